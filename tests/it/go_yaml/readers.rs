//! Compares the two readers of YAML: the block reader gives exactly the tree that scanner and parser give.

use chartwright::text::threads::map_in_parallel;
use chartwright::text::yaml;

use super::{setting, snippets};
use crate::data;

/// Whether both readers give the same tree, or the same error.
fn agree(text: &[u8]) -> bool {
    yaml::parse_stream(text) == yaml::parse_stream_from_tokens(text)
        && yaml::parse_first(text) == yaml::parse_first_from_tokens(text)
}

#[test]
fn both_readers_give_the_same_tree() {
    let count = usize::try_from(setting("YAML_SNIPPETS", data::SNIPPETS)).expect("a number of snippets");
    let seed = setting("YAML_SEED", 1);
    let corpus = data::corpus().map_or_else(Vec::new, |corpus| snippets::corpus(&corpus));
    for (name, snippets) in [
        ("corners", snippets::corners()),
        ("files", snippets::files(&corpus, corpus.len(), 0)),
        ("mutations", snippets::mutations(&corpus, 4 * count, seed)),
        ("soup", snippets::soup(4 * count, seed)),
        ("strings", snippets::strings(count, seed)),
        ("blocks", snippets::blocks(16 * count, seed)),
    ] {
        let agreeing = map_in_parallel(&snippets, |snippet| agree(snippet));
        for (snippet, agrees) in snippets.iter().zip(agreeing) {
            assert!(agrees, "{name} {:?}", String::from_utf8_lossy(snippet));
        }
        println!("{name}: {} snippets", snippets.len());
    }
}
