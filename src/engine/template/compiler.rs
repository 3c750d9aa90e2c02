//! The state that is kept from one compiled source to the next.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::error::ParseError;
use super::function::FunctionLookup;
use super::parser::Parser;
use super::text::Text;
use super::tree::{NodeId, Unit};
use crate::text::limits::TEMPLATE_TOKENS;

/// Compiles sources one after the other: they share words and grow in the same buffers, from which each is copied at
/// its exact size. Compiling waits mostly for new memory.
#[derive(Debug, Default)]
pub struct Compiler {
    pub(super) words: Words,
    /// A unit without content, for its vectors.
    draft: Unit,
    scratch: Vec<NodeId>,
    callees: HashMap<Text, u32, RandomState>,
    /// Tokens of actions in all sources so far.
    tokens: u32,
}

impl Compiler {
    /// Compiles one source file.
    pub(super) fn compile(&mut self, name: Text, source: Text, lookup: FunctionLookup) -> Result<Unit, ParseError> {
        let bytes = source.clone();
        let mut draft = std::mem::take(&mut self.draft);
        draft.name = name.clone();
        draft.source = source;
        let left = TEMPLATE_TOKENS.saturating_sub(self.tokens);
        let mut parser = Parser::new(bytes.as_bytes(), left, lookup, draft, &mut self.words);
        parser.scratch = std::mem::take(&mut self.scratch);
        parser.callees = std::mem::take(&mut self.callees);
        let parsed = parser.parse_file(name);
        self.tokens += left - parser.lexer.left;
        let Parser {
            unit: mut draft,
            mut scratch,
            mut callees,
            ..
        } = parser;
        let unit = draft.take();
        scratch.clear();
        callees.clear();
        self.draft = draft;
        self.scratch = scratch;
        self.callees = callees;
        parsed.map(|()| unit)
    }
}

/// Names of fields, variables and functions, and short strings, each of them once.
#[derive(Debug, Default)]
pub(super) struct Words {
    known: HashSet<Text, RandomState>,
}

impl Words {
    pub(super) fn intern(&mut self, word: &[u8]) -> Text {
        if let Some(known) = self.known.get(word) {
            return known.clone();
        }
        let text = Text::from(word);
        self.known.insert(text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_too_many_tokens_are_refused_together() {
        let lookup: FunctionLookup = |_| None;
        let source = |actions: usize| Text::from("{{.}}".repeat(actions));
        let actions = TEMPLATE_TOKENS as usize / 2;
        let mut compiler = Compiler::default();
        for (source, fits) in [
            (source(actions - 10), true),
            (source(10), true),
            (source(1), false),
            (source(0), true),
        ] {
            let compiled = compiler.compile(Text::from("t"), source, lookup);
            let error = compiled.err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(error.is_empty(), fits, "{error}");
            assert!(fits || error.contains("more than 2100000 words and signs"), "{error}");
        }
    }

    #[test]
    fn a_source_compiles_the_same_whatever_came_before() {
        let sources = [
            "{{ .Values.a }}{{ if $.b }}{{ print \"x\" .c 1.5 }}{{ end }}",
            "{{ define \"d\" }}{{ len .Values.a | printf \"%d\" }}{{ end }}",
            "{{ if .a }}{{ nothing }}",
            "",
            "{{ range $i, $x := .Values.a }}{{ $i }}{{ $x.y }}{{ else }}{{ len . }}{{ end }}",
        ];
        let mut compiler = Compiler::default();
        let compile = |compiler: &mut Compiler, source: &str| {
            let unit = compiler.compile(Text::from("t"), Text::from(source), |_| None);
            format!("{unit:?}")
        };
        for source in sources.iter().chain(sources.iter().rev()) {
            let expected = compile(&mut Compiler::default(), source);
            assert_eq!(compile(&mut compiler, source), expected, "{source}");
        }
    }
}
