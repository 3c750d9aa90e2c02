//! Any text as the header `WWW-Authenticate` of a registry: one that is understood can be written again.
#![no_main]

use chartwright::artifact::oci::Challenge;
use libfuzzer_sys::fuzz_target;

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fuzz_target!(|text: &str| {
    let Some(challenge) = Challenge::parse(text) else {
        return;
    };
    let written = match &challenge {
        Challenge::Basic => "Basic".to_owned(),
        Challenge::Bearer { realm, service } => {
            let service = service
                .as_deref()
                .map(|service| format!(",service={}", quoted(service)));
            format!("Bearer realm={}{}", quoted(realm), service.unwrap_or_default())
        }
    };
    assert_eq!(Challenge::parse(&written), Some(challenge), "{written}");
});
