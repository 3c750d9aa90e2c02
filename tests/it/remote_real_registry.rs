//! Pushes packages to a real registry, for `.ci/oci_registry.py`, which starts one and has Helm read them:
//! `OCI_REGISTRY=host:port OCI_PACKAGES=directory cargo test --test it remote_real_registry`. Without them there is nothing to do.

use std::path::{Path, PathBuf};

use chartwright::artifact::oci::{ChartPush, OciReference, PushOutcome};
use chartwright::artifact::remote::RemoteCharts;
use chartwright::engine::chart::{load_files, read_archive};

use super::remote_settings::settings;

/// The archives of a directory, by name.
fn archives(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut archives: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "tgz"))
        .collect();
    archives.sort();
    archives
}

/// Prints `NAME-VERSION.tgz OUTCOME DIGEST` for each package.
#[test]
fn packages_are_pushed_twice_to_a_real_registry() {
    let (Ok(host), Ok(packages)) = (std::env::var("OCI_REGISTRY"), std::env::var("OCI_PACKAGES")) else {
        return;
    };
    let registry = RemoteCharts::new(settings()).registry_of(&host).expect("a registry");
    let below = OciReference::parse(&format!("oci://{host}/ours")).expect("an address");
    for path in archives(Path::new(&packages)) {
        let archive = std::fs::read(&path).expect("an archive");
        let provenance = std::fs::read(path.with_extension("tgz.prov")).ok();
        let chart = load_files(read_archive(&archive).expect("an archive")).expect("a chart");
        let push = ChartPush {
            archive: &archive,
            provenance: provenance.as_deref(),
            metadata: &chart.metadata,
            is_forced: false,
            is_same_content: &|_, _| false,
        };
        let first = registry.push_chart(&below, &push).expect("is pushed");
        let second = registry.push_chart(&below, &push).expect("is there");
        assert_eq!(
            (second.outcome, &second.digest),
            (PushOutcome::AlreadyThere, &first.digest)
        );
        let name = path.file_name().expect("a name").to_string_lossy();
        println!("{name} {:?} {}", first.outcome, first.digest);
    }
}
