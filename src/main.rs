//! The thin binary.

fn main() -> std::process::ExitCode {
    plugfest::cli::main()
}
