//! The errors of YAML text, in the words and with the line numbers of go-yaml v2 and sigs.k8s.io/yaml.

use std::borrow::Cow;
use std::fmt;

/// Why a text was refused. `Display` gives go-yaml's own message, `yaml: line 2: …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is not YAML.
    #[error("yaml: {}{problem}", LinePrefix(*line))]
    Syntax {
        /// go-yaml's line, which is near the fault rather than at it; 0 where it names none.
        line: u32,
        /// Byte offset of the fault itself.
        offset: u32,
        /// go-yaml's message.
        problem: Cow<'static, str>,
    },
    /// The text is YAML, but cannot become a value.
    #[error("yaml: {problem}")]
    Content {
        /// Byte offset of the node at fault.
        offset: u32,
        /// go-yaml's message.
        problem: String,
    },
    /// Strict decoding met keys written twice.
    #[error("yaml: unmarshal errors:{}", DuplicateLines(.0))]
    DuplicateKeys(Vec<DuplicateKey>),
    /// The value has no JSON form: a null key, an infinity.
    #[error("{0}")]
    NotJson(String),
}

/// A key written twice in one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The second key, as Go's `%#v` shows it.
    pub key: String,
    /// 1-based line of the second value.
    pub line: u32,
    /// Byte offset of the second key.
    pub offset: u32,
}

struct LinePrefix(u32);

impl fmt::Display for LinePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return Ok(());
        }
        write!(f, "line {}: ", self.0)
    }
}

struct DuplicateLines<'a>(&'a [DuplicateKey]);

impl fmt::Display for DuplicateLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for duplicate in self.0 {
            write!(
                f,
                "\n  line {}: key {} already set in map",
                duplicate.line, duplicate.key
            )?;
        }
        Ok(())
    }
}

impl YamlError {
    /// What is wrong without a word of the text, for files that have secrets: an alias that is not defined may be the password
    /// that its writer did not quote.
    pub fn without_text(&self, text: &[u8]) -> String {
        if let Self::Syntax {
            problem: Cow::Borrowed(_),
            ..
        } = self
        {
            return self.to_string();
        }
        let reason = "a value cannot be read; put quotes around text that begins with `*`, `&`, `!`, `%` or `@`";
        let Some(before) = self.offset().and_then(|offset| text.get(..offset as usize)) else {
            return reason.to_owned();
        };
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        format!("line {line}: {reason}")
    }

    /// Byte offset of the fault, where there is one.
    pub fn offset(&self) -> Option<u32> {
        match self {
            Self::Syntax { offset, .. } | Self::Content { offset, .. } => Some(*offset),
            Self::DuplicateKeys(keys) => keys.first().map(|key| key.offset),
            Self::NotJson(_) => None,
        }
    }
}
