//! XML as services of AWS and S3 answer with: a document in, the text of each element out, in the order in which they end.
//!
//! Only what such answers have is read: elements, text, references, `CDATA`, comments. Attributes and prefixes of namespaces are left
//! out. A document type is refused, so there are no entities to expand.

/// Elements inside each other. The deepest answer that is read has five.
const DEPTH: usize = 32;

/// A document that is not XML, or not such XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not XML that can be read: {0}")]
pub struct XmlError(&'static str);

/// The elements that are open, the root first, each with its own text so far.
#[derive(Default)]
struct Open<'x> {
    names: Vec<&'x str>,
    texts: Vec<String>,
}

/// Calls `visit` at the end of each element, with the names of the elements it is in and its own, and with its text, references
/// decoded. What was visited before an error stays visited.
///
/// # Errors
/// When the text is not one XML element, has a document type, or has more than 32 elements inside each other.
pub fn each_element(xml: &str, visit: &mut dyn FnMut(&[&str], &str)) -> Result<(), XmlError> {
    let mut open = Open::default();
    let mut rest = xml.trim_start_matches('\u{feff}');
    let mut has_root = false;
    loop {
        let (text, markup) = rest
            .split_once('<')
            .map_or((rest, None), |(text, rest)| (text, Some(rest)));
        match open.texts.last_mut() {
            Some(known) => decode(text, known)?,
            None if text.trim().is_empty() => {}
            None => return Err(XmlError("there is text outside of the element")),
        }
        let Some(markup) = markup else { break };
        rest = if let Some(comment) = markup.strip_prefix("!--") {
            after(comment, "-->")?.1
        } else if let Some(data) = markup.strip_prefix("![CDATA[") {
            let (data, rest) = after(data, "]]>")?;
            let known = open.texts.last_mut();
            known
                .ok_or(XmlError("there is text outside of the element"))?
                .push_str(data);
            rest
        } else if let Some(instruction) = markup.strip_prefix('?') {
            after(instruction, "?>")?.1
        } else if markup.starts_with('!') {
            return Err(XmlError("it has a document type"));
        } else if let Some(end) = markup.strip_prefix('/') {
            let (name, rest) = after(end, ">")?;
            open.close(name.trim_end(), visit)?;
            rest
        } else {
            if open.names.is_empty() && std::mem::replace(&mut has_root, true) {
                return Err(XmlError("it has two outermost elements"));
            }
            let (tag, rest) = tag(markup)?;
            let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
            open.open(name)?;
            if is_closed {
                open.close(name, visit)?;
            }
            rest
        };
    }
    if has_root && open.names.is_empty() {
        Ok(())
    } else {
        Err(XmlError("it ends too early"))
    }
}

impl<'x> Open<'x> {
    fn open(&mut self, name: &'x str) -> Result<(), XmlError> {
        if name.is_empty() {
            return Err(XmlError("an element has no name"));
        }
        if self.names.len() >= DEPTH {
            return Err(XmlError("it has too many elements inside each other"));
        }
        self.names.push(local(name));
        self.texts.push(String::new());
        Ok(())
    }

    fn close(&mut self, name: &str, visit: &mut dyn FnMut(&[&str], &str)) -> Result<(), XmlError> {
        let text = self.texts.pop().unwrap_or_default();
        if self.names.last() != Some(&local(name)) {
            return Err(XmlError("an end tag is not that of the element"));
        }
        visit(&self.names, &text);
        self.names.pop();
        Ok(())
    }
}

/// A name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

/// What is before a mark, and what is after it.
fn after<'x>(text: &'x str, mark: &str) -> Result<(&'x str, &'x str), XmlError> {
    text.split_once(mark).ok_or(XmlError("it ends too early"))
}

/// The inside of a start tag, and what is after it. Values of attributes may have `>` in them.
fn tag(markup: &str) -> Result<(&str, &str), XmlError> {
    let mut quote = None;
    for (at, c) in markup.char_indices() {
        match (c, quote) {
            ('>', None) => {
                let (tag, rest) = markup.split_at(at);
                return Ok((tag, rest.strip_prefix('>').unwrap_or_default()));
            }
            ('<', None) => break,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(mark)) if c == mark => quote = None,
            _ => {}
        }
    }
    Err(XmlError("a tag does not end"))
}

/// Adds a text with its references decoded.
fn decode(text: &str, to: &mut String) -> Result<(), XmlError> {
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        to.push_str(before);
        let (name, after) = reference
            .split_once(';')
            .ok_or(XmlError("a reference does not end with `;`"))?;
        to.push(character(name).ok_or(XmlError("a reference is not to a character"))?);
        rest = after;
    }
    to.push_str(rest);
    Ok(())
}

/// The character of a reference. Names of objects may have characters that XML 1.0 does not allow, so any is accepted.
fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each visited element as `a/b=text`.
    fn visited(xml: &str) -> (Vec<String>, Result<(), String>) {
        let mut visited = Vec::new();
        let outcome = each_element(xml, &mut |names, text| {
            visited.push(format!("{}={text}", names.join("/")));
        });
        (visited, outcome.map_err(|XmlError(reason)| reason.to_owned()))
    }

    #[test]
    fn elements_have_their_own_text() {
        for (xml, want) in [
            ("<a>x</a>", &["a=x"][..]),
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<!-- <b> -->\n<a>\n<b>1</b><c/>2</a>\n",
                &["a/b=1", "a/c=", "a=\n2"],
            ),
            ("<s:a xmlns:s=\"x\" y='>/'><s:b z=\"1\" /></s:a >", &["a/b=", "a="]),
            (
                "<a>&lt;&gt;&amp;&quot;&apos;&#233;&#xe9;&#x1;&amp;lt;</a>",
                &["a=<>&\"'éé\u{1}&lt;"],
            ),
            ("<a>x<![CDATA[<b>&amp;]]>y</a>", &["a=x<b>&amp;y"]),
        ] {
            let want = want.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(visited(xml), (want, Ok(())), "{xml}");
        }
    }

    #[test]
    fn other_texts_are_refused_after_what_was_read() {
        let deep = format!("{}{}", "<a>".repeat(33), "</a>".repeat(33));
        for (xml, before, want) in [
            ("", 0, "it ends too early"),
            ("no", 0, "there is text outside of the element"),
            ("<a>", 0, "it ends too early"),
            ("<a><b>1</b>", 1, "it ends too early"),
            ("<a></b>", 0, "an end tag is not that of the element"),
            ("</a>", 0, "an end tag is not that of the element"),
            ("<a/><b/>", 1, "it has two outermost elements"),
            ("<a/>x", 1, "there is text outside of the element"),
            ("<a x='>", 0, "a tag does not end"),
            ("<a <b>", 0, "a tag does not end"),
            ("<>", 0, "an element has no name"),
            ("<a><!--", 0, "it ends too early"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 0, "it has a document type"),
            ("<a>&b;</a>", 0, "a reference is not to a character"),
            ("<a>&#xd800;</a>", 0, "a reference is not to a character"),
            ("<a>x & y</a>", 0, "a reference does not end with `;`"),
            (&deep, 0, "it has too many elements inside each other"),
        ] {
            let (visited, outcome) = visited(xml);
            assert_eq!((visited.len(), outcome), (before, Err(want.to_owned())), "{xml}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(xml in "([<>/&;!?'\"\\-=# a:]|<a>|</a>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&#x|\\PC){0,40}") {
            let (visited, _) = visited(&xml);
            prop_assert!(visited.len() <= xml.len());
        }

        #[test]
        fn an_escaped_text_is_read_back(text in "\\PC*", depth in 1..DEPTH) {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
            let xml = format!("{}{escaped}{}", "<a>".repeat(depth), "</a>".repeat(depth));
            let (visited, outcome) = visited(&xml);
            prop_assert_eq!(outcome, Ok(()));
            let names = vec!["a"; depth].join("/");
            prop_assert_eq!(visited.first(), Some(&format!("{names}={text}")));
        }
    }
}
