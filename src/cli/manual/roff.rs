//! A page for `man`, with the macros that groff and mandoc have in common.

use super::page::{Entry, Page, Section, sentence};

/// The page of a command, of the day and the version that are given.
pub(in crate::cli) fn roff(page: &Page, date: &str, version: &str) -> String {
    let title = page.file_stem().to_uppercase();
    let mut out = format!(
        ".TH {} 1 {} {} {}\n",
        quoted(&title),
        quoted(date),
        quoted(&format!("chartwright {version}")),
        quoted("chartwright manual")
    );
    out.push_str(&format!(
        ".SH NAME\n{} \\- {}\n",
        escaped(&page.file_stem()),
        line(&page.about)
    ));
    out.push_str(&format!(".SH SYNOPSIS\n{}\n", usage(page)));
    out.push_str(".SH DESCRIPTION\n");
    let about = page.description.as_deref().unwrap_or(&page.about);
    out.push_str(&paragraphs(&sentence(about), ".PP"));
    if !page.aliases.is_empty() {
        out.push_str(&format!(".PP\nAlso: {}.\n", line(&page.aliases.join(", "))));
    }
    sections(&page.commands, "COMMANDS", &mut out);
    sections(&page.arguments, "OPTIONS", &mut out);
    if !page.examples.is_empty() {
        out.push_str(".SH EXAMPLES\n.nf\n");
        for example in &page.examples {
            out.push_str(&format!("{}\n", line_start(escaped(example))));
        }
        out.push_str(".fi\n");
    }
    out.push_str(".SH EXIT STATUS\n");
    for (code, meaning) in &page.exit_codes {
        out.push_str(&format!(".TP\n\\fB{code}\\fR\n{}\n", line(meaning)));
    }
    if !page.related.is_empty() {
        let related: Vec<String> = page
            .related
            .iter()
            .map(|name| format!("\\fB{}\\fR(1)", escaped(&name.replace(' ', "-"))))
            .collect();
        out.push_str(&format!(".SH SEE ALSO\n{}\n", related.join(",\n")));
    }
    out
}

/// The usage, with the command in bold.
fn usage(page: &Page) -> String {
    let rest = page.usage.strip_prefix(&page.name).unwrap_or_default();
    let lines: Vec<String> = rest.lines().map(|text| escaped(text.trim_end())).collect();
    format!("\\fB{}\\fR{}", escaped(&page.name), lines.join("\n.br\n"))
}

fn sections(sections: &[Section], heading: &str, out: &mut String) {
    if sections.is_empty() {
        return;
    }
    out.push_str(&format!(".SH {heading}\n"));
    for section in sections {
        if !section.title.is_empty() {
            out.push_str(&format!(".SS {}\n", quoted(&section.title)));
        }
        for entry in &section.entries {
            out.push_str(&format!(".TP\n\\fB{}\\fR\n", escaped(&entry.spelling)));
            out.push_str(&entry_text(entry));
        }
    }
}

fn entry_text(entry: &Entry) -> String {
    let mut text = paragraphs(&sentence(&entry.help), ".IP");
    let is_explained = entry.values.iter().any(|(_, help)| help.is_some());
    if is_explained {
        for (value, help) in &entry.values {
            let help = help
                .as_deref()
                .map(|help| format!(": {}", line(help)))
                .unwrap_or_default();
            text.push_str(&format!(".br\n\\fB{}\\fR{help}\n", escaped(value)));
        }
    } else if !entry.values.is_empty() {
        let values: Vec<String> = entry
            .values
            .iter()
            .map(|(value, _)| format!("\\fB{}\\fR", escaped(value)))
            .collect();
        text.push_str(&format!("Accepted: {}.\n", values.join(", ")));
    }
    if let Some(default) = &entry.default {
        let start = if is_explained { ".br\n" } else { "" };
        text.push_str(&format!("{start}Default: \\fB{}\\fR.\n", escaped(default)));
    }
    text
}

/// Paragraphs with a request between them: `.IP` keeps the indentation of an entry.
fn paragraphs(text: &str, request: &str) -> String {
    let paragraphs: Vec<String> = text.split("\n\n").map(lines).collect();
    paragraphs.join(&format!("\n{request}\n")) + "\n"
}

/// Lines of a text; none of them begins a request.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().filter(|text| !text.trim().is_empty()).map(line).collect();
    lines.join("\n")
}

/// A line with what is between backticks in bold.
fn line(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(number, part)| {
        if number % 2 == 1 {
            format!("\\fB{}\\fR", escaped(part))
        } else {
            escaped(part)
        }
    });
    line_start(parts.collect())
}

/// A line that begins with a period or a quote would be a request.
fn line_start(line: String) -> String {
    if line.starts_with(['.', '\'']) {
        format!("\\&{line}")
    } else {
        line
    }
}

/// Characters that mean something to roff, and those beyond ASCII, which not every roff reads.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\(rs"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '`' => out.push_str("\\(ga"),
            character if character.is_ascii() => out.push(character),
            character => out.push_str(&format!("\\[u{:04X}]", u32::from(character))),
        }
    }
    out
}

/// An argument of a macro.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\\(dq"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manual::pages;

    #[test]
    fn nothing_in_a_text_is_a_request() {
        for (text, want) in [
            (".TH x", "\\&.TH x"),
            ("'a", "\\(aqa"),
            ("a `b-c` d", "a \\fBb\\-c\\fR d"),
            ("C:\\x … ~^", "C:\\(rsx \\[u2026] \\(ti\\(ha"),
            ("a\n.b\n\nc", "a\n\\&.b\nc"),
        ] {
            assert_eq!(lines(text), want, "{text}");
        }
        assert_eq!(paragraphs("a\n\n.b", ".IP"), "a\n.IP\n\\&.b\n");
        assert_eq!(quoted("a \"b\""), "\"a \\(dqb\\(dq\"");
    }

    #[test]
    fn a_page_has_the_sections_of_a_manual() {
        let pages = pages(&crate::cli::program());
        let page = pages.iter().find(|page| page.command() == "repo list").unwrap();
        let text = roff(page, "2026-11-29", "1.2.3");
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        assert_eq!(
            headings,
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "EXAMPLES",
                "EXIT STATUS",
                "SEE ALSO"
            ]
        );
        let first =
            ".TH \"CHARTWRIGHT\\-REPO\\-LIST\" 1 \"2026\\-11\\-29\" \"chartwright 1.2.3\" \"chartwright manual\"\n";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("\nchartwright\\-repo\\-list \\- "), "{text}");
        assert!(text.contains("\n\\fBchartwright repo list\\fR [OPTIONS] "), "{text}");
        assert!(text.contains("\\fBchartwright\\-repo\\fR(1)"), "{text}");
    }

    #[test]
    fn pages_are_ascii_and_lines_begin_with_known_requests() {
        for page in pages(&crate::cli::program()) {
            let text = roff(&page, "", "");
            assert!(text.is_ascii(), "{}", page.name);
            for line in text.lines().filter(|line| line.starts_with(['.', '\''])) {
                let request = line.split(' ').next().unwrap();
                let known = [".TH", ".SH", ".SS", ".TP", ".PP", ".IP", ".br", ".nf", ".fi"];
                assert!(known.contains(&request), "{}: {line}", page.name);
            }
        }
    }
}
