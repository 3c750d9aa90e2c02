//! Marks: a value's text in, the same kind of text with a number in it out, so that it is recognised in what a chart renders. A marked
//! version is still one, of the same major and minor number, a marked digest has the same length, and a marked name only letters
//! and digits, since charts compare versions and check names.

/// Digits of the number of a mark: fewer than those from which Go prints a number with an exponent.
const DIGITS: usize = 6;
/// Numbers of marks begin here.
const FIRST: u32 = 700_000;
/// The most marks that have numbers of their own.
pub(super) const MOST_MARKS: usize = 100_000;
/// Hexadecimal digits that a digest has at least.
const DIGEST_DIGITS: usize = 32;

/// The number of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mark(u32);

impl Mark {
    /// The mark with an index below [`MOST_MARKS`].
    pub(super) fn numbered(index: usize) -> Self {
        Self(FIRST + u32::try_from(index % MOST_MARKS).unwrap_or_default())
    }

    /// The number in place of a number.
    pub(super) fn number(self) -> f64 {
        f64::from(self.0)
    }

    /// The digits that are looked for.
    pub(super) fn digits(self) -> String {
        self.0.to_string()
    }

    /// A text with the mark. What follows the last letter or digit stays at the end, such as the slash of a prefix.
    pub(super) fn on(self, text: &str) -> String {
        let is_open = text.contains("{{");
        let kept = if is_open {
            text
        } else {
            text.trim_end_matches(|c: char| !c.is_alphanumeric())
        };
        let end = text.get(kept.len()..).unwrap_or_default();
        if let Some(digest) = kept.len().checked_sub(DIGITS).filter(|_| ends_with_digest(kept)) {
            return format!("{}{}{end}", kept.get(..digest).unwrap_or_default(), self.0);
        }
        let colon = kept.rfind([':', '/', '@', '}']).map_or(0, |at| at + 1);
        let (before, last) = kept.split_at(colon);
        let may_be_version = before.is_empty() || before.ends_with(':');
        match self.on_version(last).filter(|_| may_be_version) {
            Some(version) => format!("{before}{version}{end}"),
            None => format!("{kept}{}{end}", self.0),
        }
    }

    /// `1.2.3-alpine` as `1.2.700000-alpine`.
    fn on_version(self, text: &str) -> Option<String> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let length = digits
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(digits.len());
        let (numbers, rest) = digits.split_at(length);
        if !rest.is_empty() && !rest.starts_with(['-', '+', '_']) {
            return None;
        }
        let mut numbers = numbers.split('.');
        let major = numbers.next().filter(|major| !major.is_empty())?;
        let minor = numbers.next().unwrap_or("0");
        let v = text.get(..text.len() - digits.len()).unwrap_or_default();
        Some(format!("{v}{major}.{minor}.{}{rest}", self.0))
    }
}

fn ends_with_digest(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(_, digits)| digits.len() >= DIGEST_DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_text_is_of_the_same_kind() {
        let mark = Mark::numbered(7);
        let digest = format!("1.2@sha256:{}", "a".repeat(64));
        for (text, want) in [
            ("1.25.3", "1.25.700007"),
            ("v1.25.3-alpine", "v1.25.700007-alpine"),
            ("1.25", "1.25.700007"),
            ("17", "17.0.700007"),
            ("7.0.4.1", "7.0.700007"),
            ("latest", "latest700007"),
            ("main-3842bd0", "main-3842bd0700007"),
            ("acme/web", "acme/web700007"),
            ("eu.gcr.io/acme/", "eu.gcr.io/acme700007/"),
            ("docker.io", "docker.io700007"),
            ("acme/web:1.2.3", "acme/web:1.2.700007"),
            ("acme/web:latest", "acme/web:latest700007"),
            ("{{ .Chart.AppVersion }}", "{{ .Chart.AppVersion }}700007"),
            ("{{ .Values.a }}-1.2.3", "{{ .Values.a }}-1.2.3700007"),
            (&digest, &format!("1.2@sha256:{}700007", "a".repeat(58))),
        ] {
            assert_eq!(mark.on(text), want, "{text}");
        }
    }
}
