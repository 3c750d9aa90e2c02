//! Any bytes as Chart.lock, and after a zero byte as Chart.lock.sums: dependencies are prepared or refused, and what would be written is read
//! again.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::dependency::{DigestFile, ResolveOptions, Way, prepare};
use chartwright::artifact::package::pack;
use chartwright::artifact::remote::{ChartSource, FetchedChart, ListedVersion, SourceError};
use chartwright::engine::chart::{ChartFile, LinkPolicy};
use libfuzzer_sys::fuzz_target;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: web, version: 1.x, repository: 'https://h/charts'}\n";

/// A repository with one chart.
#[derive(Debug)]
struct One(Vec<u8>);

impl ChartSource for One {
    fn versions(&self, _: &str, _: &str) -> Result<Vec<ListedVersion>, SourceError> {
        let version = "1.2.3".to_owned();
        Ok(vec![ListedVersion {
            version,
            digest: None,
            urls: Vec::new(),
        }])
    }

    fn fetch(&self, _: &str, _: &str, version: &str) -> Result<FetchedChart, SourceError> {
        if version != "1.2.3" {
            return Err(SourceError::missing("no such version"));
        }
        let url = "https://h/charts/web-1.2.3.tgz".to_owned();
        Ok(FetchedChart {
            archive: self.0.clone(),
            digest: "0".repeat(64),
            manifest: None,
            url,
            provenance: None,
        })
    }
}

/// A directory of this process alone, with the chart, and its repository.
fn setting() -> &'static (PathBuf, One) {
    static SETTING: OnceLock<(PathBuf, One)> = OnceLock::new();
    SETTING.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("chartwright-fuzz-dependency-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("Chart.yaml"), CHART).expect("a file");
        let web = ChartFile::new(
            "Chart.yaml".to_owned(),
            &b"apiVersion: v2\nname: web\nversion: 1.2.3\n"[..],
        );
        (directory, One(pack(&[web], "web").expect("packs")))
    })
}

fuzz_target!(|bytes: &[u8]| {
    let (directory, source) = setting();
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (lock, sums) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Some(file) = std::str::from_utf8(sums)
        .ok()
        .and_then(|text| DigestFile::parse(text).ok())
    {
        assert_eq!(DigestFile::parse(&file.text()).as_ref(), Ok(&file), "{}", file.text());
    }
    std::fs::write(directory.join("Chart.lock"), lock).expect("a file");
    std::fs::write(directory.join("Chart.lock.sums"), sums).expect("a file");
    for way in [Way::Build, Way::Update] {
        let options = ResolveOptions {
            way,
            names: &|_| None,
            links: LinkPolicy::StayInside,
            record_digests: true,
            now_nanos: 0,
            progress: &|_, _| (),
        };
        let prepared = prepare(std::slice::from_ref(directory), source, &options);
        for (name, text) in prepared.iter().flatten().flat_map(|chart| &chart.files) {
            if name.ends_with(".sums") {
                let file = DigestFile::parse(text).expect("a file of ours");
                assert_eq!(&file.text(), text);
            }
        }
    }
});
