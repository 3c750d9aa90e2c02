//! Certificates for servers and clients of tests, made at run time by the program itself, as a template makes them.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value as Json, json};

use super::workspace::Workspace;

/// One authority of servers, one of clients, and one that has signed nothing here. `server` is for 127.0.0.1, `named` for another name,
/// `other` is a second certificate of a client. `self_signed` is for
/// 127.0.0.1, and its own authority.
const TEMPLATE: &str = r#"
{{- $key := genPrivateKey "ecdsa" -}}
{{- $authority := genCAWithKey "authority of servers" 30 $key -}}
{{- $clients := genCAWithKey "authority of clients" 30 (genPrivateKey "ecdsa") -}}
{{- $unrelated := genCAWithKey "unrelated" 30 (genPrivateKey "ecdsa") -}}
{{- $server := genSignedCertWithKey "server" (list "127.0.0.1") nil 30 $authority (genPrivateKey "ecdsa") -}}
{{- $named := genSignedCertWithKey "server" nil (list "elsewhere.example") 30 $authority (genPrivateKey "ecdsa") -}}
{{- $client := genSignedCertWithKey "client" nil nil 30 $clients (genPrivateKey "ecdsa") -}}
{{- $other := genSignedCertWithKey "client" nil nil 30 $unrelated (genPrivateKey "ecdsa") -}}
{{- range $name, $made := dict "authority" $authority "clients" $clients "unrelated" $unrelated "server" $server "named" $named "client" $client "other" $other }}
{{ $name }}: {{ dict "certificate" $made.Cert "key" $made.Key | toJson }}
{{- end }}
"#;

/// Whether a server wants a certificate of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    /// Anyone may ask.
    Any,
    /// Those whose certificate the authority of clients has signed.
    WithCertificate,
}

/// Certificates and keys, as files in a directory: `NAME.pem` and `NAME.key`.
pub(crate) struct Certificates {
    made: Json,
    workspace: Workspace,
}

impl Certificates {
    /// Makes them. Each test has its own.
    pub(crate) fn make() -> Self {
        let workspace = Workspace::chart(&[("templates/a.yaml", TEMPLATE)]);
        let run = workspace.run(&["template", "x", "web"]);
        assert_eq!(run.code, 0, "{}", run.all());
        let lines = run.stdout.lines().filter_map(|line| line.split_once(": {"));
        let mut made: serde_json::Map<String, Json> = lines
            .map(|(name, rest)| {
                let one: Json = serde_json::from_str(&format!("{{{rest}")).expect("JSON");
                (name.to_owned(), one)
            })
            .collect();
        assert_eq!(made.len(), 7, "{}", run.all());
        for (name, one) in &made {
            for (field, ending) in [("certificate", "pem"), ("key", "key")] {
                workspace.write(&format!("{name}.{ending}"), one[field].as_str().expect("a text"));
            }
        }
        // No function of templates makes an authority's certificate with an address, which is what `openssl req -x509` makes.
        let self_signed = ["pem", "key"].map(|ending| {
            let text = std::fs::read_to_string(format!("tests/keys/self_signed.{ending}")).expect("a file");
            workspace.write(&format!("self_signed.{ending}"), &text);
            text
        });
        made.insert(
            "self_signed".to_owned(),
            json!({"certificate": self_signed[0], "key": self_signed[1]}),
        );
        Self {
            made: made.into(),
            workspace,
        }
    }

    /// Where a file is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }

    /// Writes another file.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        self.workspace.write(name, text);
        self.path(name)
    }

    /// The settings of a server with one of the certificates.
    pub(crate) fn server(&self, name: &str, clients: Clients) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = match clients {
            Clients::Any => builder.with_no_client_auth(),
            Clients::WithCertificate => {
                let mut roots = RootCertStore::empty();
                roots.add(self.certificate("clients")).expect("an authority");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let key = PrivateKeyDer::from_pem_slice(self.text(name, "key").as_bytes()).expect("a key");
        let settings = builder.with_single_cert(vec![self.certificate(name)], key);
        Arc::new(settings.expect("a certificate with its key"))
    }

    fn text(&self, name: &str, field: &str) -> &str {
        self.made[name][field].as_str().expect("a text")
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.text(name, "certificate").as_bytes()).expect("a certificate")
    }
}
