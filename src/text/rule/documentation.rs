//! What `docs/rules.md` says about a rule. The page is part of the program, so that `explain` and the page cannot differ.

use std::sync::LazyLock;

use super::table::Rule;
use crate::text::packed::unpacked_text;

/// The page, as the build script packs it.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.md.gz"));

/// The page.
static PAGE: LazyLock<String> = LazyLock::new(|| unpacked_text(PACKED));

impl Rule {
    /// Its section of the page: the heading, severity and summary, the reason, and examples.
    pub fn section(self) -> &'static str {
        section_of(&PAGE, self.id()).unwrap_or_default()
    }
}

/// The section with a heading, without blank lines around it.
fn section_of<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let mut sections = page.split("\n## ").skip(1);
    let section = sections.find(|section| section.split('\n').next() == Some(heading))?;
    Some(section.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::rule::RULES;

    #[test]
    fn every_rule_has_a_section() {
        for row in RULES {
            let section = row.rule.section();
            let summary = format!("{}\n\n**{}**: {}.\n\n", row.id, row.severity.name(), row.summary);
            assert!(section.starts_with(&summary), "{}: {section}", row.id);
            assert!(!section.contains("\n## "), "{}", row.id);
        }
    }

    #[test]
    fn a_heading_is_the_whole_line() {
        let page = "# Rules\n\n## crd-kind\n\na\n\n## crd\n\nb\n";
        assert_eq!(section_of(page, "crd"), Some("crd\n\nb"));
        assert_eq!(section_of(page, "crd-kind"), Some("crd-kind\n\na"));
        assert_eq!(section_of(page, "kind"), None);
    }
}
