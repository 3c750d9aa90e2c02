//! Many writers at once into stores where a fifth of the answers is at fault: every chart is in the index with its digest, every archive
//! has its entry, and no push is reported as failed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chartwright::artifact::credential::CertificateFiles;
use chartwright::artifact::network::{Clock, NetworkSettings, RetryPolicy};
use chartwright::artifact::package::pack;
use chartwright::artifact::repository::store::{GcsSettings, S3Settings};
use chartwright::artifact::repository::{
    ArchivePlace, Existing, Item, Location, Outcome, PublishRequest, RepositorySettings, publish_packages,
};
use chartwright::engine::chart::ChartFile;
use chartwright::text::yaml::json_from_bytes;

use super::gcs_server::{self, GcsServer};
use super::remote_settings::sha256;
use super::s3_server::{self, S3Server};

/// Writers at once, and the charts of each.
const WRITERS: usize = 16;
const CHARTS: usize = 10;
/// Attempts at a request. With those of a run, one request in 15,000 would meet a fault in each, and a race has thousands.
const ATTEMPTS: u32 = 15;
/// How much shorter pauses are than in a run.
const HASTE: u32 = 50;

/// A clock that waits a little: writers that collide must spread out.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause / HASTE);
    }

    fn random(&self) -> f64 {
        // The nanoseconds of the moment.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        f64::from(now.map_or(0, |since| since.subsec_nanos()) % 1000) / 1000.0
    }

    fn now_unix_seconds(&self) -> u64 {
        1_767_225_600
    }
}

fn settings(s3: S3Settings, gcs: GcsSettings) -> RepositorySettings {
    RepositorySettings {
        network: NetworkSettings::default(),
        certificates: CertificateFiles::default(),
        s3,
        gcs,
        retry: RetryPolicy {
            attempts: ATTEMPTS,
            ..RetryPolicy::default()
        },
        clock: Arc::new(Hasty),
    }
}

fn item(name: &str) -> Item {
    let chart = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let files = [ChartFile::new("Chart.yaml".to_owned(), chart.into_bytes())];
    Item::from_archive(pack(&files, name).expect("packs")).expect("is a chart")
}

/// Publishes the charts of every writer one by one, and gives the digest of each archive by its name.
fn race(address: &str, settings: &RepositorySettings) -> BTreeMap<String, String> {
    let location = Location::parse(address, Path::new("/")).expect("an address");
    let publish = |writer: usize| {
        let mut digests = Vec::new();
        for chart in 0..CHARTS {
            let item = item(&format!("c{writer}-{chart}"));
            digests.push((item.file_name.clone(), sha256(&item.archive)));
            let request = PublishRequest {
                items: std::slice::from_ref(&item),
                place: &ArchivePlace::default(),
                existing: Existing::Refuse,
                is_dry_run: false,
            };
            let published = publish_packages(&location, request, settings, "2026-01-01T00:00:00Z")
                .unwrap_or_else(|error| panic!("{}: {error}", item.file_name));
            let outcomes: Vec<Outcome> = published.iter().map(|step| step.outcome).collect();
            assert_eq!(outcomes, [Outcome::Published], "{}", item.file_name);
        }
        digests
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || publish(writer)))
            .collect();
        let written = writers
            .into_iter()
            .flat_map(|writer| writer.join().expect("no writer fails"));
        written.collect()
    })
}

/// Compares the index and the archives of a repository with what was published.
fn assert_complete(index: &[u8], archives: &BTreeMap<String, Vec<u8>>, published: &BTreeMap<String, String>) {
    let json = json_from_bytes(index).expect("the index is YAML");
    let entries = json["entries"].as_object().expect("entries");
    let listed: BTreeMap<String, String> = entries
        .values()
        .flat_map(|versions| versions.as_array().expect("a list"))
        .map(|entry| {
            let text = |field: &str| entry[field].as_str().expect("a text").to_owned();
            (format!("{}-{}.tgz", text("name"), text("version")), text("digest"))
        })
        .collect();
    assert_eq!(published.len(), WRITERS * CHARTS);
    assert_same(&listed, published, "what is listed");
    let kept: BTreeMap<String, String> = archives
        .iter()
        .map(|(name, bytes)| (name.clone(), sha256(bytes)))
        .collect();
    assert_same(&kept, published, "what is stored");
}

/// The same names with the same digests; a message has only those that differ.
fn assert_same(found: &BTreeMap<String, String>, published: &BTreeMap<String, String>, what: &str) {
    let lost: Vec<_> = published
        .iter()
        .filter(|(name, digest)| found.get(*name) != Some(digest))
        .collect();
    let foreign: Vec<_> = found.keys().filter(|name| !published.contains_key(*name)).collect();
    assert!(
        lost.is_empty() && foreign.is_empty(),
        "{what}: lost or changed {lost:?}, not published {foreign:?}"
    );
}

#[test]
fn no_push_to_s3_is_lost_or_fails_though_a_fifth_of_the_answers_does() {
    let server = S3Server::start(s3_server::Behaviour::IsFaulty);
    let s3 = S3Settings::from_variables(&|name| match name {
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("key".to_owned()),
        "AWS_ENDPOINT_URL" => Some(server.endpoint.clone()),
        _ => None,
    });
    let published = race("s3://bucket/charts", &settings(s3, GcsSettings::default()));
    let index = server.object("bucket/charts/index.yaml").expect("an index");
    assert_complete(&index, &server.archives("bucket/charts/"), &published);
}

#[test]
fn no_push_to_google_is_lost_or_fails_though_a_fifth_of_the_answers_does() {
    let server = GcsServer::start(gcs_server::Behaviour::IsFaulty);
    let url = server.server.url.clone();
    let gcs = GcsSettings::from_variables(&|name| (name == "STORAGE_EMULATOR_HOST").then(|| url.clone()));
    let published = race("gs://bucket/charts", &settings(S3Settings::default(), gcs));
    let index = server.object("bucket/charts/index.yaml").expect("an index");
    assert_complete(&index.bytes, &server.archives("bucket/charts/"), &published);
}
