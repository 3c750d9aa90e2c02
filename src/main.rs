//! The `chartwright` program: arguments in, exit code out. Everything else is in the library.

fn main() -> std::process::ExitCode {
    chartwright::cli::run(std::env::args_os().collect())
}
