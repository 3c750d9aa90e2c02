//! Tasks of the maintainers that need more than `cargo`: `cargo xtask <task>`.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}
