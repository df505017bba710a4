//! Bounds for files that come from strangers.

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The most values in one file, aliases expanded.
pub const MAX_NODES: usize = 400_000;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 64;
/// The most keys of one map.
pub const MAX_KEYS: usize = 4096;
