//! Places of schemas: the URL of a document, and a JSON pointer or the name of an anchor in it.
//!
//! Follows `util.go` of the library and Go's `net/url`, `ResolveReference` included.

use crate::text::go::quote::quote;
use crate::text::go::url::{Url, parse};

use super::node::Node;

/// A document and a JSON pointer in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) url: String,
    pub(super) pointer: String,
}

impl Place {
    pub(super) fn new(url: &str, pointer: impl Into<String>) -> Self {
        Self {
            url: url.to_owned(),
            pointer: pointer.into(),
        }
    }

    /// `URL#pointer`, escaped.
    pub(super) fn text(&self) -> String {
        format!("{}#{}", self.url, encode(&self.pointer))
    }

    /// The text of a keyword's place below this one.
    pub(super) fn keyword_text(&self, keyword: &str) -> String {
        format!("{}/{keyword}", self.text())
    }

    /// The value at the pointer.
    pub(super) fn find<'n>(&self, document: &'n Node) -> Result<&'n Node, String> {
        let mut node = document;
        for step in self.pointer.split('/').skip(1) {
            let step =
                unescape_step(step).ok_or_else(|| format!("invalid json-pointer {}", quote(self.text().as_bytes())))?;
            let inner = match node {
                Node::Map(map) => map.get(&step),
                Node::List(list) => step.parse::<usize>().ok().and_then(|index| list.get(index)),
                _ => None,
            };
            node = inner.ok_or_else(|| format!("json-pointer in {} not found", quote(self.text().as_bytes())))?;
        }
        Ok(node)
    }
}

/// A step of a JSON pointer.
pub(super) fn escape_step(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn unescape_step(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(1)?;
        text.push(match code {
            "0" => '~',
            "1" => '/',
            _ => return None,
        });
        text.push_str(rest);
    }
    Some(text)
}

/// The text before the first `#`, and the text after it.
pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_once('#').unwrap_or((text, ""))
}

/// The same, the fragment decoded.
pub(super) fn split_fragment(text: &str) -> Result<(&str, String), String> {
    let (url, fragment) = split(text);
    match decode(fragment) {
        Ok(fragment) => Ok((url, fragment)),
        Err(error) => Err(format!("error in parsing {}: {error}", quote(text.as_bytes()))),
    }
}

/// `url.PathEscape` of each step.
pub(super) fn encode(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+=:@/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// `url.PathUnescape`.
pub(super) fn decode(text: &str) -> Result<String, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let code = digit(0)
            .zip(digit(1))
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        let Some(code) = code else {
            let shown: Vec<u8> = std::iter::once(b'%').chain(after.iter().copied().take(2)).collect();
            return Err(format!("invalid URL escape {}", quote(&shown)));
        };
        decoded.push(code);
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

/// A reference from the document at `base`: the URL it leads to, and the decoded fragment.
pub(super) fn join(base: &str, reference: &str) -> Result<(String, String), String> {
    let failed = |url: &str, error: String| format!("error in parsing {}: {error}", quote(url.as_bytes()));
    let base_url = parse(base.as_bytes()).map_err(|error| failed(base, error))?;
    let (reference, fragment) = split_fragment(reference)?;
    let reference_url = parse(reference.as_bytes()).map_err(|error| failed(reference, error))?;
    let is_absolute = !reference_url.scheme.is_empty();
    let opaque = base_url.opaque.clone();
    let mut resolved = resolve(base_url, reference_url);
    if !is_absolute && !opaque.is_empty() {
        resolved.opaque = opaque;
    }
    Ok((String::from_utf8_lossy(&resolved.text()).into_owned(), fragment))
}

/// Go's `URL.ResolveReference`, for references without a fragment.
fn resolve(base: Url, reference: Url) -> Url {
    if !reference.scheme.is_empty() || !reference.host.is_empty() || reference.user.is_some() {
        let path = resolve_path(&reference.path, b"");
        let scheme = if reference.scheme.is_empty() {
            base.scheme
        } else {
            reference.scheme.clone()
        };
        return Url {
            scheme,
            path,
            ..reference
        };
    }
    let raw_query = if reference.path.is_empty() && reference.raw_query.is_empty() {
        base.raw_query
    } else {
        reference.raw_query
    };
    if reference.path.is_empty() && !base.opaque.is_empty() {
        return Url {
            scheme: base.scheme,
            opaque: base.opaque,
            raw_query,
            ..Url::default()
        };
    }
    Url {
        scheme: base.scheme,
        host: base.host,
        user: base.user,
        path: resolve_path(&base.path, &reference.path),
        raw_query,
        ..Url::default()
    }
}

fn resolve_path(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let full = match reference.first() {
        None => base.to_vec(),
        Some(b'/') => reference.to_vec(),
        Some(_) => {
            let end = memchr::memrchr(b'/', base).map_or(0, |slash| slash + 1);
            [base.get(..end).unwrap_or_default(), reference].concat()
        }
    };
    if full.is_empty() {
        return full;
    }
    // Without the slash that begins every result.
    let mut steps: Vec<&[u8]> = Vec::new();
    let mut last: &[u8] = b"";
    for step in full.split(|byte| *byte == b'/') {
        match step {
            b"." => {}
            b".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
        last = step;
    }
    if last == b"." || last == b".." {
        steps.push(b"");
    }
    let joined = steps.join(&b'/');
    if joined.starts_with(b"/") {
        joined
    } else {
        [b"/".as_slice(), &joined].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_go_does() {
        for (base, reference, expected) in [
            ("http://h/a/b.json", "c.json", "http://h/a/c.json"),
            ("http://h/a/b.json", "../c/./d.json", "http://h/c/d.json"),
            ("http://h/a/b.json", "/d.json", "http://h/d.json"),
            ("http://h/a/b.json", "https://x/y", "https://x/y"),
            ("http://h/a/b.json", "//x/y", "http://x/y"),
            ("http://h", "a.json", "http://h/a.json"),
            ("http://h/a?q", "", "http://h/a?q"),
            ("http://h/a?q", "?r", "http://h/a?r"),
            ("urn:a:b", "", "urn:a:b"),
            ("urn:a:b", "c", "urn:a:b"),
            ("file:///values.schema.json", "a b.json", "file:///a%20b.json"),
            ("file:///values.schema.json", "foo:bar", "foo:bar"),
        ] {
            assert_eq!(join(base, reference).unwrap().0, expected, "{base} {reference}");
        }
        assert_eq!(
            join("http://h/", "%zz").unwrap_err(),
            r#"error in parsing "%zz": parse "%zz": invalid URL escape "%zz""#
        );
        assert_eq!(
            join("http://h/", "#/%zz").unwrap_err(),
            r##"error in parsing "#/%zz": invalid URL escape "%zz""##
        );
    }

    #[test]
    fn values_are_found_by_pointer() {
        let document = Node::parse(r#"{"a/b": [{"~": 1}], "é": 2}"#.as_bytes()).unwrap();
        let find = |pointer: &str| Place::new("u", pointer).find(&document).cloned();
        assert_eq!(find("/a~1b/0/~0"), Ok(Node::Number("1".to_owned())));
        assert_eq!(find(""), Ok(document.clone()));
        assert_eq!(find("/a~1b/1").unwrap_err(), "json-pointer in \"u#/a~1b/1\" not found");
        assert_eq!(find("/é/x").unwrap_err(), "json-pointer in \"u#/%C3%A9/x\" not found");
        assert_eq!(find("/~2").unwrap_err(), "invalid json-pointer \"u#/~2\"");
    }
}
