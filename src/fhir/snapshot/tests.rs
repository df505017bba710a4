//! Rules of snapshots, each with a small structure.
