//! TLS with servers of the test's own: which certificates are accepted with which flags, variables and files, on `https://`, `oci://`,
//! `s3://` and `gs://`, and what the errors say.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;

use super::gcs_server::{Behaviour as GcsBehaviour, GcsServer};
use super::remote_oci_server::{Behaviour as OciBehaviour, OciServer};
use super::remote_server::{Answer, Server};
use super::remote_settings::{index, is_archive, packed, sha256};
use super::s3_server::{Behaviour as S3Behaviour, S3Server};
use super::tls_certificates::{Certificates, Clients};

const UNKNOWN: &str = "invalid peer certificate: UnknownIssuer";
const NAME_THE_AUTHORITY: &str = "help: name the file of the authority that signed the server's certificate, or of that certificate itself, with --ca-file (--insecure-skip-tls-verify accepts any certificate)";
const GIVE_OURS: &str = "give --cert-file and --key-file";

/// A repository behind TLS that has `web` 1.0.0.
struct Repository {
    /// What `pull` is given.
    arguments: Vec<String>,
    /// The variables that lead to the server.
    variables: Vec<(&'static str, String)>,
    /// Keeps the server's content.
    _server: Box<dyn std::any::Any>,
}

/// The kinds of repositories.
const KINDS: [&str; 4] = ["https", "oci", "s3", "gs"];

impl Repository {
    fn start(kind: &str, tls: Arc<ServerConfig>) -> Self {
        let archive = packed("web", "1.0.0");
        let text = index(&[("1.0.0", &sha256(&archive), "web-1.0.0.tgz")]);
        let repo = |url: &str| ["web", "--repo", url].map(str::to_owned).to_vec();
        match kind {
            "https" => {
                let server = Server::start_with(Some(tls), move |request, _| match request.path() {
                    "/index.yaml" => Answer::new(200, text.clone()),
                    path if is_archive(path) => Answer::new(200, archive.clone()),
                    _ => Answer::new(404, ""),
                });
                Self {
                    arguments: repo(&server.url),
                    variables: Vec::new(),
                    _server: Box::new(server),
                }
            }
            "oci" => {
                let server = OciServer::start_with(OciBehaviour::default(), Some(tls));
                server.insert("charts/web", "1.0.0", &archive);
                Self {
                    arguments: vec![format!("{}/web", server.repository())],
                    variables: Vec::new(),
                    _server: Box::new(server),
                }
            }
            "s3" => {
                let server = S3Server::start_with(S3Behaviour::Honest, Some(tls));
                server.insert("bucket/charts/index.yaml", text.as_bytes());
                server.insert("bucket/charts/web-1.0.0.tgz", &archive);
                let variables = [
                    ("AWS_ENDPOINT_URL", server.endpoint.as_str()),
                    ("AWS_ACCESS_KEY_ID", "key"),
                    ("AWS_SECRET_ACCESS_KEY", "hunter2"),
                ];
                Self {
                    arguments: repo("s3://bucket/charts"),
                    variables: variables.map(|(name, value)| (name, value.to_owned())).to_vec(),
                    _server: Box::new(server),
                }
            }
            _ => {
                let server = GcsServer::start_with(GcsBehaviour::Honest, Some(tls));
                server.insert("bucket/charts/index.yaml", text.as_bytes());
                server.insert("bucket/charts/web-1.0.0.tgz", &archive);
                Self {
                    arguments: repo("gs://bucket/charts"),
                    variables: vec![("STORAGE_EMULATOR_HOST", server.server.url.clone())],
                    _server: Box::new(server),
                }
            }
        }
    }

    /// Pulls the chart. The authority that `SSL_CERT_FILE` names stands for the system's.
    fn pull(&self, home: &Path, more: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
            .arg("pull")
            .args(&self.arguments)
            .args(more)
            .env_clear()
            .env("HOME", home)
            .envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())))
            .envs(variables.iter().copied())
            .current_dir(home)
            .output()
            .expect("runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("hunter2") && !error.contains("panicked"), "{error}");
        let archive = home.join("web-1.0.0.tgz");
        let is_saved = std::fs::remove_file(archive).is_ok();
        let code = output.status.code().expect("a code");
        assert_eq!(is_saved, code == 0, "{error}");
        (code, error)
    }
}

/// A run for one server: flags, variables, and the words of the refusal, if it is one.
type Row<'r> = (&'r [&'r str], &'r [(&'r str, &'r str)], &'r [&'r str]);

fn assert_rows(kind: &str, repository: &Repository, home: &Path, rows: &[Row<'_>]) {
    for (flags, variables, words) in rows {
        let (code, error) = repository.pull(home, flags, variables);
        let what = format!("{kind} {flags:?} {variables:?}: {error}");
        assert_eq!(code, if words.is_empty() { 0 } else { 3 }, "{what}");
        for words in *words {
            assert!(error.contains(words), "{words} in {what}");
        }
        assert!(!error.contains("attempts"), "it is not tried again: {what}");
    }
}

#[test]
fn a_server_needs_a_certificate_of_a_trusted_authority() {
    let certificates = Certificates::make();
    let path = |name: &str| certificates.path(name).display().to_string();
    let (authority, unrelated) = (path("authority.pem"), path("unrelated.pem"));
    let both = certificates.write(
        "both.pem",
        &[&unrelated, &authority]
            .map(|path| std::fs::read_to_string(path).expect("a file"))
            .concat(),
    );
    let (both, system) = (both.display().to_string(), ("SSL_CERT_FILE", unrelated.as_str()));
    let home = tempfile::tempdir().expect("a directory");
    let tls = certificates.server("server", Clients::Any);
    let misnamed = certificates.server("named", Clients::Any);
    for kind in KINDS {
        let repository = Repository::start(kind, Arc::clone(&tls));
        let refused = &[UNKNOWN, NAME_THE_AUTHORITY][..];
        let rows: &[Row<'_>] = &[
            (&[], &[system], refused),
            (&["--ca-file", &unrelated], &[system], refused),
            (&["--ca-file", &authority], &[system], &[]),
            (&["--ca-file", &both], &[system], &[]),
            (&["--insecure-skip-tls-verify"], &[system], &[]),
            (&[], &[("SSL_CERT_FILE", &authority)], &[]),
            // The system's authorities do not count beside those of a file.
            (&["--ca-file", &unrelated], &[("SSL_CERT_FILE", &authority)], refused),
        ];
        assert_rows(kind, &repository, home.path(), rows);
        let by_aws: &[&str] = if kind == "s3" { &[] } else { refused };
        let bundle = ("AWS_CA_BUNDLE", authority.as_str());
        assert_rows(kind, &repository, home.path(), &[(&[], &[system, bundle], by_aws)]);

        let repository = Repository::start(kind, Arc::clone(&misnamed));
        let refused = &["certificate not valid for name \"127.0.0.1\"", "help: use a name that"][..];
        let rows: &[Row<'_>] = &[
            (&["--ca-file", &authority], &[system], refused),
            (&["--ca-file", &authority, "--insecure-skip-tls-verify"], &[system], &[]),
        ];
        assert_rows(kind, &repository, home.path(), rows);
    }
}

/// As in Go and curl: whoever signed it, a certificate that the file has is trusted.
#[test]
fn the_servers_own_certificate_may_be_the_one_that_is_trusted() {
    let certificates = Certificates::make();
    let path = |name: &str| certificates.path(name).display().to_string();
    let (unrelated, client, client_key) = (path("unrelated.pem"), path("client.pem"), path("client.key"));
    let home = tempfile::tempdir().expect("a directory");
    let refused = &[UNKNOWN, NAME_THE_AUTHORITY][..];
    let misnamed = &["certificate not valid for name \"127.0.0.1\"", "help: use a name that"][..];
    for (name, outcome) in [("self_signed", &[][..]), ("server", &[]), ("named", misnamed)] {
        let own = path(&format!("{name}.pem"));
        let tls = certificates.server(name, Clients::Any);
        for kind in KINDS {
            let repository = Repository::start(kind, Arc::clone(&tls));
            let rows: &[Row<'_>] = &[
                (&["--ca-file", &own], &[], outcome),
                (&["--ca-file", &unrelated], &[], refused),
                (&["--ca-file", &own, "--insecure-skip-tls-verify"], &[], &[]),
            ];
            assert_rows(kind, &repository, home.path(), rows);
        }
        let repository = Repository::start("https", certificates.server(name, Clients::WithCertificate));
        let flags = ["--ca-file", &own, "--cert-file", &client, "--key-file", &client_key];
        assert_rows("https", &repository, home.path(), &[(&flags, &[], outcome)]);
    }
    // Among the system's it is an authority like others, and the advice is the same.
    let repository = Repository::start("https", certificates.server("self_signed", Clients::Any));
    let system = [("SSL_CERT_FILE", unrelated.as_str())];
    assert_rows(
        "https",
        &repository,
        home.path(),
        &[(&[], &system, &[NAME_THE_AUTHORITY])],
    );
}

#[test]
fn the_files_of_the_aws_tools_name_an_authority_for_s3() {
    let certificates = Certificates::make();
    let path = |name: &str| certificates.path(name).display().to_string();
    let (authority, unrelated) = (path("authority.pem"), path("unrelated.pem"));
    let home = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(home.path().join(".aws")).expect("a directory");
    let profiles = format!(
        "[default]\nca_bundle = {authority}\n[profile wrong]\nca_bundle = {unrelated}\n[profile broken]\nca_bundle = {}\n",
        certificates.write("broken.pem", "hunter2").display()
    );
    std::fs::write(home.path().join(".aws/config"), profiles).expect("writes");
    let repository = Repository::start("s3", certificates.server("server", Clients::Any));
    let refused = &[UNKNOWN, NAME_THE_AUTHORITY, "; AWS_CA_BUNDLE may name it as well"][..];
    let (system, wrong) = (("SSL_CERT_FILE", unrelated.as_str()), ("AWS_PROFILE", "wrong"));
    let rows: &[Row<'_>] = &[
        (&[], &[system], &[]),
        (&[], &[system, wrong], refused),
        // The variable goes before the profile, the flag before both.
        (&[], &[system, wrong, ("AWS_CA_BUNDLE", &authority)], &[]),
        (&[], &[system, ("AWS_CA_BUNDLE", &unrelated)], refused),
        (
            &["--ca-file", &authority],
            &[system, wrong, ("AWS_CA_BUNDLE", &unrelated)],
            &[],
        ),
        (&["--ca-file", &unrelated], &[system], refused),
        (&["--insecure-skip-tls-verify"], &[system, wrong], &[]),
        (
            &[],
            &[system, ("AWS_PROFILE", "broken")],
            &[
                "the file of authorities that `ca_bundle` of the AWS profile names, ",
                "broken.pem is broken: it has no certificate as PEM",
            ],
        ),
    ];
    assert_rows("s3", &repository, home.path(), rows);
}

#[test]
fn a_server_may_want_a_certificate_of_ours() {
    let certificates = Certificates::make();
    let path = |name: &str| certificates.path(name).display().to_string();
    let authority = path("authority.pem");
    let home = tempfile::tempdir().expect("a directory");
    let tls = certificates.server("server", Clients::WithCertificate);
    for kind in KINDS {
        let repository = Repository::start(kind, Arc::clone(&tls));
        let run = |more: &[&str], words: &[&str]| {
            let flags = [&["--ca-file", authority.as_str()], more].concat();
            assert_rows(kind, &repository, home.path(), &[(&flags, &[], words)]);
        };
        let (ours, key) = (path("client.pem"), path("client.key"));
        let (other, other_key) = (path("other.pem"), path("other.key"));
        run(&[], &["received fatal alert: CertificateRequired", GIVE_OURS]);
        run(&["--cert-file", &ours, "--key-file", &key], &[]);
        run(
            &["--cert-file", &other, "--key-file", &other_key],
            &["received fatal alert: ", GIVE_OURS],
        );
        // As in Helm, a certificate without its key is not used.
        run(
            &["--cert-file", &ours],
            &["received fatal alert: CertificateRequired", GIVE_OURS],
        );
    }
}

/// What is not PEM is found before anything is sent, and the error names the file.
#[test]
fn a_file_that_is_not_what_it_should_be_is_named() {
    let certificates = Certificates::make();
    let path = |name: &str| certificates.path(name).display().to_string();
    let text = certificates.write("text.pem", "hunter2\n").display().to_string();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = certificates.write("damaged.pem", damaged).display().to_string();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = certificates.write("encrypted.key", encrypted).display().to_string();
    let (ours, other_key) = (path("client.pem"), path("other.key"));
    let home = tempfile::tempdir().expect("a directory");
    let tls = certificates.server("server", Clients::Any);
    for kind in KINDS {
        let repository = Repository::start(kind, Arc::clone(&tls));
        for (flags, message) in [
            (
                &["--ca-file", text.as_str()][..],
                format!(
                    "the file of authorities {text} is broken: it has no certificate as PEM (`-----BEGIN CERTIFICATE-----`)"
                ),
            ),
            (
                &["--ca-file", &damaged],
                format!("the file of authorities {damaged} is broken: what it has as certificate 1 is not one"),
            ),
            (
                &["--ca-file", "/no/such/file"],
                "cannot read the file of authorities /no/such/file: ".to_owned(),
            ),
            (
                &["--cert-file", &text, "--key-file", &other_key],
                format!("the certificate {text} is broken: it has no certificate as PEM"),
            ),
            (
                &["--cert-file", &ours, "--key-file", &text],
                format!("the key {text} is broken: it has no private key as PEM (`-----BEGIN PRIVATE KEY-----`)"),
            ),
            (
                &["--cert-file", &ours, "--key-file", &encrypted],
                format!(
                    "the key {encrypted} is broken: its private key is encrypted, which is not supported: decrypt it first"
                ),
            ),
            (
                &["--cert-file", &ours, "--key-file", &other_key],
                format!("the key {other_key} is broken: its private key is not that of the certificate"),
            ),
        ] {
            assert_rows(kind, &repository, home.path(), &[(flags, &[], &[message.as_str()])]);
        }
    }
    let repository = Repository::start("s3", tls);
    for (value, message) in [
        (
            text.as_str(),
            format!("the file of authorities that AWS_CA_BUNDLE names, {text} is broken: it has no certificate as PEM"),
        ),
        (
            "/no/such/file",
            "cannot read the file of authorities that AWS_CA_BUNDLE names, /no/such/file: ".to_owned(),
        ),
    ] {
        let variables = [("AWS_CA_BUNDLE", value)];
        assert_rows(
            "s3",
            &repository,
            home.path(),
            &[(&[], &variables, &[message.as_str()])],
        );
    }
}

/// The commands that write say the same.
#[test]
fn pushes_name_the_authority_as_well() {
    let certificates = Certificates::make();
    let home = tempfile::tempdir().expect("a directory");
    std::fs::write(home.path().join("web-1.0.0.tgz"), packed("web", "1.0.0")).expect("writes");
    let tls = certificates.server("server", Clients::Any);
    let authority = certificates.path("authority.pem").display().to_string();
    for kind in ["oci", "s3", "gs"] {
        let repository = Repository::start(kind, Arc::clone(&tls));
        let last = repository.arguments.last().expect("an address");
        let target = last.trim_end_matches("/web").replace("/charts", "/pushed");
        for (flags, code) in [(&[][..], 3), (&["--ca-file", authority.as_str()], 0)] {
            let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
                .args(["push", "web-1.0.0.tgz", &target])
                .args(flags)
                .env_clear()
                .env("HOME", home.path())
                .env("SSL_CERT_FILE", certificates.path("unrelated.pem"))
                .envs(repository.variables.iter().map(|(name, value)| (*name, value.as_str())))
                .current_dir(home.path())
                .output()
                .expect("runs");
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{kind}: {error}");
            if code == 3 {
                assert!(
                    error.contains(UNKNOWN) && error.contains(NAME_THE_AUTHORITY),
                    "{kind}: {error}"
                );
            }
        }
    }
}
