//! The `chartwright` program: arguments in, exit code out. Everything else is in the library.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}
