//! The words for expressions that cannot be read: those of ANTLR's error strategy (`DefaultErrorStrategy` of
//! `antlr4-go/antlr`), for the first fault.

use super::tokens::{Kind, SyntaxFault};
use super::tree::shown;

/// The place of a fault of the whole expression, which is before every other.
pub(super) const NOWHERE: usize = usize::MAX;

/// A fault of the whole expression.
pub(super) fn nowhere(message: String) -> SyntaxFault {
    SyntaxFault {
        offset: NOWHERE,
        message,
    }
}

/// A fault of the grammar, in cel-go's form.
pub(super) fn of_grammar(fault: &SyntaxFault) -> SyntaxFault {
    SyntaxFault {
        message: format!("Syntax error: {}", fault.message),
        offset: fault.offset,
    }
}

fn grammar(offset: usize, message: String) -> SyntaxFault {
    of_grammar(&SyntaxFault { offset, message })
}

/// The tokens that can begin an operand, sorted.
pub(super) fn operand() -> Vec<Kind> {
    let signs = ["[", "{", "(", ".", "-", "!", "true", "false", "null"];
    let mut all: Vec<Kind> = signs.into_iter().map(Kind::sign).collect();
    all.extend([
        Kind::Float,
        Kind::Int,
        Kind::Uint,
        Kind::String,
        Kind::Bytes,
        Kind::Name,
    ]);
    all.sort_unstable();
    all
}

/// The tokens that can follow the parenthesis of a call, sorted.
pub(super) fn argument() -> Vec<Kind> {
    with(operand(), &[")"])
}

/// The tokens that can follow the bracket of an index, sorted.
pub(super) fn index() -> Vec<Kind> {
    with(operand(), &["?"])
}

/// The end of the expression is not what is wanted behind a negation.
pub(super) fn extraneous_end(offset: usize) -> SyntaxFault {
    grammar(
        offset,
        format!("extraneous input '<EOF>' expecting {}", listed(&operand())),
    )
}

/// The tokens that can follow the bracket of a list or a mapping, sorted.
pub(super) fn item(close: &str) -> Vec<Kind> {
    with(operand(), &[close, ",", "?"])
}

/// The tokens that can follow the bracket of a message, sorted.
pub(super) fn field() -> Vec<Kind> {
    with(vec![Kind::Name, Kind::QuotedName], &["}", ",", "?"])
}

fn with(mut all: Vec<Kind>, signs: &[&str]) -> Vec<Kind> {
    all.extend(signs.iter().map(|sign| Kind::sign(sign)));
    all.sort_unstable();
    all
}

fn listed(wanted: &[Kind]) -> String {
    let names: Vec<String> = wanted.iter().map(|kind| kind.name()).collect();
    match names.as_slice() {
        [name] => name.clone(),
        names => format!("{{{}}}", names.join(", ")),
    }
}

fn found(kind: Kind, text: &str) -> String {
    if kind == Kind::End {
        "'<EOF>'".to_owned()
    } else {
        shown(text)
    }
}

/// A token is none of those that are wanted; it is too much if the next one is.
pub(super) fn unexpected(offset: usize, kind: Kind, text: &str, next: Kind, wanted: &[Kind]) -> SyntaxFault {
    let word = if kind != Kind::End && wanted.contains(&next) {
        "extraneous"
    } else {
        "mismatched"
    };
    let message = format!("{word} input {} expecting {}", found(kind, text), listed(wanted));
    grammar(offset, message)
}

/// The dot of a field has no name behind it.
pub(super) fn no_name(offset: usize, kind: Kind, text: &str) -> SyntaxFault {
    if ["true", "false", "null"].into_iter().any(|word| kind.is(word)) {
        return grammar(offset, format!("mismatched input '{text}' expecting IDENTIFIER"));
    }
    no_alternative(offset, ".", text)
}

/// What was read so far has no continuation.
pub(super) fn no_alternative(offset: usize, before: &str, text: &str) -> SyntaxFault {
    grammar(
        offset,
        format!("no viable alternative at input {}", shown(&format!("{before}{text}"))),
    )
}

/// What is in the place of a closing bracket, or of a colon.
pub(super) struct Closing<'t> {
    pub(super) offset: usize,
    pub(super) found: &'t str,
    pub(super) kind: Kind,
    pub(super) next: Kind,
}

impl Closing<'_> {
    /// What is wrong if a sign is wanted: the token there is too much, or the sign is missing.
    pub(super) fn fault(&self, wanted: Kind) -> SyntaxFault {
        if self.kind != Kind::End && self.next == wanted {
            return unexpected(self.offset, self.kind, self.found, self.next, &[wanted]);
        }
        let ends = [")", "]", "}"].into_iter().any(|sign| wanted.is(sign));
        let begins_operand = wanted.is(":") && operand().contains(&self.kind);
        if (ends && self.kind == Kind::End) || begins_operand {
            let message = format!("missing {} at {}", wanted.name(), found(self.kind, self.found));
            return grammar(self.offset, message);
        }
        unexpected(self.offset, self.kind, self.found, Kind::End, &[wanted])
    }
}
