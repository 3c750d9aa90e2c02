//! Charts of every name that Helm packages, in every kind of repository: pushed, checked, listed, fetched and removed under the same name, or
//! refused before anything is written. Helm 4.3 fetches what the indexes of the table name, and nothing but the first three rows where
//! nothing is encoded.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use chartwright::artifact::package::pack;
use chartwright::engine::chart::ChartFile;

use super::gcs_server::{Behaviour as GcsBehaviour, GcsServer};
use super::remote_oci_server::{Behaviour as OciBehaviour, Deletes, OciServer};
use super::remote_server::{Answer, Server};
use super::s3_server::{Behaviour as S3Behaviour, S3Server};

const VERSION: &str = "1.0.0-rc.1+b.2";

/// Names of charts, as they are in the URL of the index.
const NAMES: [(&str, &str); 14] = [
    ("web", "web"),
    ("A_b.c", "A_b.c"),
    ("a..b", "a..b"),
    ("a%2fb", "a%252fb"),
    ("%41", "%2541"),
    ("a%b", "a%25b"),
    ("a b", "a%20b"),
    ("a+b", "a%2Bb"),
    ("a#b", "a%23b"),
    ("a?b", "a%3Fb"),
    ("a@b", "a%40b"),
    ("a&b=c;d", "a%26b%3Dc%3Bd"),
    ("é[\"*\"]", "%C3%A9%5B%22%2A%22%5D"),
    ("%2e%2e%2f", "%252e%252e%252f"),
];

/// Names that no repository accepts.
const REFUSED: [&str; 4] = [".hidden", "..a", "a\\b", "a:b"];

/// The program, with a home and the addresses of stores.
struct Program<'p> {
    home: &'p Path,
    variables: Vec<(&'static str, String)>,
}

impl Program<'_> {
    fn run(&self, code: i32, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
        command.args(arguments).env_clear().current_dir(self.home);
        command
            .env("HOME", self.home)
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "hunter2")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output: Output = command.output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {all}");
        all
    }

    /// Writes a chart's archive to `chart.tgz`, and gives it.
    fn chart(&self, name: &str) -> Vec<u8> {
        let text = format!(
            "apiVersion: v2\nname: {}\nversion: {VERSION}\n",
            serde_json::Value::from(name)
        );
        let archive = pack(&[ChartFile::new("Chart.yaml".to_owned(), text.into_bytes())], "chart").expect("packs");
        std::fs::write(self.home.join("chart.tgz"), &archive).expect("writes");
        archive
    }
}

/// A byte after `%` for each escape; `plus` for `+`, which S3 reads as a space.
fn decoded(text: &str, plus: u8) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).expect("hexadecimal digits")
            }
            b'+' => plus,
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Reads an object.
type Read = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// A store: its address, what reads an object of it, and the variables that lead to it.
struct Store {
    address: String,
    read: Read,
    variables: Vec<(&'static str, String)>,
}

fn stores(home: &Path) -> Vec<Store> {
    // A directory may have characters of URLs itself.
    let directory = home.join("my #1 charts%20?");
    let (s3, gcs) = (
        S3Server::start(S3Behaviour::Honest),
        GcsServer::start(GcsBehaviour::Honest),
    );
    vec![
        Store {
            address: format!("file://{}", directory.display()),
            read: Arc::new(move |name| std::fs::read(directory.join(name)).ok()),
            variables: Vec::new(),
        },
        Store {
            address: "s3://bucket/charts".to_owned(),
            variables: vec![("AWS_ENDPOINT_URL", s3.endpoint.clone())],
            read: Arc::new(move |name| s3.object(&format!("bucket/charts/{name}"))),
        },
        Store {
            address: "gs://bucket/charts".to_owned(),
            variables: vec![("STORAGE_EMULATOR_HOST", gcs.server.url.clone())],
            read: Arc::new(move |name| gcs.object(&format!("bucket/charts/{name}")).map(|object| object.bytes)),
        },
    ]
}

#[test]
fn a_chart_of_any_name_is_pushed_checked_fetched_and_removed() {
    let home = tempfile::tempdir().expect("a directory");
    for store in stores(home.path()) {
        let program = Program {
            home: home.path(),
            variables: store.variables,
        };
        let read = Arc::clone(&store.read);
        let plus = if store.address.starts_with("s3:") { b' ' } else { b'+' };
        // The same repository as a server over HTTP has it.
        let server =
            Server::start(
                move |request, _| match read(decoded(request.path(), plus).trim_start_matches('/')) {
                    Some(bytes) => Answer::new(200, bytes),
                    None => Answer::new(404, ""),
                },
            );
        let address = store.address.as_str();
        let mut archives = Vec::new();
        for (name, escaped) in NAMES {
            let archive = program.chart(name);
            program.run(0, &["push", "chart.tgz", address]);
            let again = program.run(0, &["push", "chart.tgz", address]);
            assert!(again.contains("already, with the same content"), "{name}: {again}");
            let file = format!("{name}-{VERSION}.tgz");
            assert_eq!((store.read)(&file).as_ref(), Some(&archive), "{name} in {address}");
            let index = String::from_utf8((store.read)("index.yaml").expect("an index")).expect("UTF-8");
            let url = format!("{escaped}-1.0.0-rc.1%2Bb.2.tgz");
            // S3 takes `+` for a space.
            let url = if address.starts_with("s3:") {
                url
            } else {
                url.replace("%2B", "+")
            };
            assert!(
                index.contains(&format!("- {url}\n")) || index.contains(&format!("- '{url}'\n")),
                "{name}: {index}"
            );
            archives.push((name, file, archive));
        }
        program.run(0, &["repo", "check", address]);
        for (number, (name, file, archive)) in archives.iter().enumerate() {
            let listed = program.run(0, &["repo", "list", address, name, "-o", "json"]);
            let listed: serde_json::Value = serde_json::from_str(&listed).expect("is JSON");
            assert_eq!(listed["charts"][0]["name"], *name, "{listed}");
            for (kind, repository) in [("own", address), ("http", &server.url)] {
                let out = home.path().join(format!("{kind}{number}"));
                std::fs::create_dir_all(&out).expect("a directory");
                let destination = out.display().to_string();
                let pull = [
                    "pull",
                    name,
                    "--repo",
                    repository,
                    "--version",
                    VERSION,
                    "-d",
                    &destination,
                ];
                let cache = home.path().join(".cache");
                let _emptied = std::fs::remove_dir_all(cache);
                program.run(0, &pull);
                let saved = std::fs::read(out.join(file));
                assert_eq!(saved.ok().as_ref(), Some(archive), "{name} from {repository}");
                std::fs::remove_dir_all(out).expect("removes");
            }
            program.run(0, &["repo", "delete", address, name, VERSION]);
            assert_eq!((store.read)(file), None, "{name} in {address}");
        }
        for name in REFUSED {
            program.chart(name);
            let text = program.run(1, &["push", "chart.tgz", address]);
            assert!(
                text.contains("cannot be published") && text.contains("help: "),
                "{text}"
            );
        }
        let clean = program.run(0, &["repo", "check", address]);
        assert!(clean.contains("agree"), "{clean}");
    }
}

/// An index that `helm repo index` wrote names archives without escapes.
#[test]
fn a_chart_of_any_name_is_read_from_an_index_of_helm() {
    let home = tempfile::tempdir().expect("a directory");
    let program = Program {
        home: home.path(),
        variables: Vec::new(),
    };
    let repository = home.path().join("repository");
    std::fs::create_dir(&repository).expect("a directory");
    let address = repository.display().to_string();
    let mut index = "apiVersion: v1\nentries:\n".to_owned();
    for (name, _) in NAMES {
        let file = format!("{name}-{VERSION}.tgz");
        std::fs::write(repository.join(&file), program.chart(name)).expect("writes");
        let (quoted, url) = (serde_json::Value::from(name), serde_json::Value::from(file));
        index.push_str(&format!(
            "  {quoted}:\n  - {{name: {quoted}, version: {VERSION}, urls: [{url}]}}\n"
        ));
    }
    std::fs::write(repository.join("index.yaml"), index).expect("writes");
    // The URL of this one leads out of the repository wherever it is decoded.
    let (leading_out, others): (Vec<_>, Vec<_>) = NAMES.iter().partition(|(name, _)| name.contains("%2e%2e"));
    let report = program.run(1, &["repo", "check", &address]);
    assert!(
        report.contains("%2e%2e%2f-1.0.0") && report.contains(": 1 fault"),
        "{report}"
    );
    assert_eq!(leading_out.len(), 1);
    for (name, _) in others {
        let file = format!("{name}-{VERSION}.tgz");
        program.run(
            0,
            &[
                "pull",
                name,
                "--repo",
                &format!("file://{address}"),
                "--devel",
                "-d",
                ".",
            ],
        );
        assert!(home.path().join(&file).is_file(), "{name}");
        program.run(0, &["repo", "delete", &address, name, VERSION]);
        assert!(!repository.join(&file).exists(), "{name}");
    }
}

/// The path of a registry has few characters.
#[test]
fn a_registry_gets_names_that_are_paths() {
    let home = tempfile::tempdir().expect("a directory");
    let program = Program {
        home: home.path(),
        variables: Vec::new(),
    };
    let server = OciServer::start(OciBehaviour {
        deletes: Deletes::Tags,
        ..OciBehaviour::default()
    });
    let address = server.repository();
    for name in NAMES.iter().map(|(name, _)| *name).chain(REFUSED) {
        let archive = program.chart(name);
        if name != "web" {
            let text = program.run(1, &["push", "chart.tgz", &address, "--plain-http"]);
            assert!(text.contains("is not the address of a chart in a registry"), "{text}");
            program.run(2, &["repo", "delete", &address, name, VERSION, "--plain-http"]);
            continue;
        }
        program.run(0, &["push", "chart.tgz", &address, "--plain-http"]);
        program.run(0, &["repo", "check", &format!("{address}/{name}"), "--plain-http"]);
        let pull = ["pull", name, "--repo", &address, "--version", VERSION, "--plain-http"];
        program.run(0, &pull);
        let saved = std::fs::read(home.path().join(format!("{name}-{VERSION}.tgz")));
        assert_eq!(saved.ok().as_ref(), Some(&archive));
        program.run(0, &["repo", "delete", &address, name, VERSION, "--plain-http"]);
    }
    let content = server.content.lock().expect("not poisoned");
    let mut tagged = content.manifests.keys().filter(|key| !key.contains("sha256:"));
    assert_eq!(tagged.next(), None);
}
