//! The frame of a page: its head with the style and a policy that forbids everything else, the verdict, and remarks.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::text::go::base64;

use super::text::escaped;

const STYLE: &str = include_str!("style.css");

/// What colour the verdict has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Something failed.
    Failed,
    /// All is well.
    Well,
    /// Neither.
    Neutral,
}

impl Mood {
    const fn class(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Well => "well",
            Self::Neutral => "neutral",
        }
    }
}

/// A page that is being written. Each of its lines begins with a tag.
pub struct Page {
    out: String,
}

impl Page {
    /// A page with its verdict, and what else there is to say.
    pub fn new(title: &str, mood: Mood, verdict: &str, remarks: impl Iterator<Item = String>) -> Self {
        Self::begun((title, "'none'"), mood, verdict, &mut { remarks })
    }

    /// The same with forms that may be sent to where the page is from.
    pub fn with_forms(title: &str, mood: Mood, verdict: &str, remarks: impl Iterator<Item = String>) -> Self {
        Self::begun((title, "'self'"), mood, verdict, &mut { remarks })
    }

    fn begun(
        (title, forms): (&str, &str),
        mood: Mood,
        verdict: &str,
        remarks: &mut dyn Iterator<Item = String>,
    ) -> Self {
        // The policy names the style by its digest: an attribute or element that input would add could not even set a colour.
        let digest = base64::encode(Sha256::digest(STYLE).as_slice());
        let title = escaped(title);
        let mut page = Self {
            out: format!(
                "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
                 content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {forms}\">\n<meta \
                 name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light \
                 dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
                escaped(verdict)
            ),
        };
        page.line(&format!("<header class=\"{}\">", mood.class()));
        page.line(&format!("<p class=\"tool\">{title}</p>"));
        page.line(&format!("<h1>{}</h1>", escaped(verdict)));
        for remark in remarks {
            page.line(&format!("<p class=\"remark\">{}</p>", escaped(&remark)));
        }
        page.line("</header>\n<main>");
        page
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, class: &str, text: &str) {
        _ = writeln!(self.out, "<p class=\"{class}\">{}</p>", escaped(text));
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.out.len()
    }

    /// The whole page.
    pub fn finish(mut self) -> String {
        self.line("</main>\n</body>\n</html>");
        self.out
    }
}
