//! How the program is linked.

use std::env::var;

#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes settings to a build script in variables"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A program at a fixed address needs none of the 30,000 relocations that a movable one needs, which take a third of
    // a millisecond at every start. With `crt-static` the compiler chooses itself, see .cargo/static.toml.
    let is = |key: &str, value: &str| var(key).is_ok_and(|found| found.split(',').any(|part| part == value));
    let is_linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if is_linux && !is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    // Functions with the same code are kept once: 0.3 MB less. Rust's own linker knows how, which it links with here unless told
    // otherwise; others refuse the option.
    let flags = var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let has_own_linker = var("RUSTC_LINKER").is_err() && !flags.contains("link");
    if is_linux && is("CARGO_CFG_TARGET_ARCH", "x86_64") && has_own_linker {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
