//! How the program is linked, and the commit that it is built from.

use std::env::var;
use std::path::Path;
use std::process::Command;

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
    // Without it, every commit would rebuild what is built for tests.
    if is("PROFILE", "release") {
        record_commit(Path::new(&var("CARGO_MANIFEST_DIR").unwrap_or_default()));
    }
}

/// Passes the commit and its date on, where the sources are the work tree of a git repository of their own. An unpacked archive has
/// neither, wherever it lies, so that it gives the same program everywhere.
fn record_commit(root: &Path) {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(top) = git(&["rev-parse", "--show-toplevel"]) else {
        return;
    };
    if Path::new(&top).canonicalize().ok() != root.canonicalize().ok() {
        return;
    }
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            let path = root.join(path);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
    let Some(commit) = git(&["log", "-1", "--format=%H %cs"]) else {
        return;
    };
    if let Some((commit, date)) = commit.split_once(' ') {
        println!("cargo::rustc-env=CHARTWRIGHT_COMMIT={commit}");
        println!("cargo::rustc-env=CHARTWRIGHT_COMMIT_DATE={date}");
    }
}
