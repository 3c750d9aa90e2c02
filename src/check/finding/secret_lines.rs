//! Secrets on lines of scripts and of other programs' configuration: what is assigned to a name, what is passed to a command, and what stands in
//! an element of XML.
//!
//! In: a line. Out: the line with `*` for every byte of a secret, as long as it was.

use super::secret_text::{key_before, names_secret, push_masked, without_separators};

/// A line without what it assigns to names of secrets, as scripts and command lines do: `export TOKEN=x`, `--password=x`; nothing where
/// it assigns nothing.
pub(super) fn without_assigned(line: &str) -> Option<String> {
    if !line.contains('=') {
        return None;
    }
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, value)) = rest.split_once('=') {
        masked.push_str(before);
        masked.push('=');
        rest = value;
        let key = key_before(before).trim_start_matches('-');
        if !names_secret(&without_separators(key)) && !key.eq_ignore_ascii_case("pwd") {
            continue;
        }
        // `password = "x"`, as TOML and INI files have it.
        let blanks = value.len() - value.trim_start_matches([' ', '\t']).len();
        let (blanks, value) = value
            .split_at_checked(if before.ends_with([' ', '\t']) { blanks } else { 0 })
            .unwrap_or(("", value));
        masked.push_str(blanks);
        rest = value;
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let length = match quote {
            Some(quote) => value.get(1..).and_then(|inner| inner.find(quote)).map(|at| at + 2),
            None => unquoted_end(value),
        };
        let (value, after) = value
            .split_at_checked(length.unwrap_or(value.len()))
            .unwrap_or((value, ""));
        // A comparison, what is computed, and what another variable holds.
        let is_text = !value.starts_with(['=', '$', '*', '`']) && !value.contains("{{") && !value.starts_with("\"$");
        if is_text {
            push_masked(value, &mut masked);
            rest = after;
        }
    }
    masked.push_str(rest);
    Some(masked)
}

/// Where a value ends that no quotation marks surround: at a blank, a quotation mark or a bracket, or at a sign with another name behind it.
/// Passwords have such signs too.
fn unquoted_end(value: &str) -> Option<usize> {
    let ends = |(at, sign): (usize, char)| match sign {
        '"' | '\'' | '}' | ')' => true,
        ';' | ',' | '&' => begins_another(value.get(at + 1..).unwrap_or_default()),
        sign => sign.is_whitespace(),
    };
    value.char_indices().find(|&found| ends(found)).map(|(at, _)| at)
}

/// Whether a text is not more of the value before it: `&user=x`, `; run`, `&& run`.
fn begins_another(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let after = text.trim_start_matches(is_name);
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';');
    text.is_empty() || text.starts_with(is_end) || (after.len() < text.len() && after.starts_with('='))
}

/// A line without the texts of elements whose names are those of secrets: `<password>x</password>`.
/// Nothing where it has none.
pub(super) fn without_elements(line: &str) -> Option<String> {
    let mut masked = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('>') {
        let name = before.rsplit('<').next().unwrap_or_default();
        masked.push_str(before);
        masked.push('>');
        rest = after;
        let text = after.split('<').next().unwrap_or_default();
        let closing = after.get(text.len()..).unwrap_or_default();
        if closing.starts_with("</") && names_secret(&without_separators(name)) && !text.contains("{{") {
            push_masked(text, &mut masked);
            rest = closing;
        }
    }
    let is_changed = masked != line.get(..masked.len()).unwrap_or_default();
    is_changed.then(|| masked + rest)
}

/// Programs, and the flag whose value is a password: what follows the flag, or its next word.
const PASSWORD_FLAGS: [(&str, &str); 8] = [
    ("mysql", "-p"),
    ("mysqladmin", "-p"),
    ("mysqldump", "-p"),
    ("mariadb", "-p"),
    ("sshpass", "-p"),
    ("redis-cli", "-a"),
    ("curl", "-u"),
    ("curl", "--user"),
];

/// Schemes of an `Authorization` header, which the credentials follow.
const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];

/// A line without what it passes to commands as secrets: `--password x`, `mysql -px`, `curl -u name:x`, and without credentials of an
/// `Authorization` header. Nothing where it has none.
pub(super) fn without_arguments(line: &str) -> Option<String> {
    if !has_flag(line) && !has_authorization(line) {
        return None;
    }
    let mut masked = String::new();
    let mut from = 0;
    let mut program = "";
    let mut previous = "";
    for (start, word) in words(line) {
        let bare = word.trim_matches(['"', '\'', '`', '(', ')', ',', ';']);
        let name = bare.rsplit('/').next().unwrap_or(bare);
        if PASSWORD_FLAGS.iter().any(|(known, _)| *known == name) {
            program = name;
        }
        if let Some(secret) = secret_of_word(program, previous, word, bare)
            && let Some(inner) = word.find(secret)
        {
            masked.push_str(line.get(from..start + inner)?);
            push_masked(secret, &mut masked);
            from = start + inner + secret.len();
        }
        previous = bare;
    }
    (from > 0).then(|| masked + line.get(from..).unwrap_or_default())
}

/// Whether a word begins with a hyphen. Most lines have none.
pub(super) fn has_flag(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b'-', bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        before.is_some_and(|before| before.is_ascii_whitespace() || matches!(before, b'"' | b'\''))
            && bytes.get(at + 1).is_some_and(|after| !after.is_ascii_whitespace())
    })
}

/// Whether the name of the header occurs: its `z` does in few lines.
fn has_authorization(line: &str) -> bool {
    memchr::memchr(b'z', line.as_bytes()).is_some() && line.contains("uthorization")
}

/// The words of a line, and where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = line.as_ptr() as usize;
    line.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - start, word))
}

/// The part of a word that is a secret, by the program and the word before it.
fn secret_of_word<'w>(program: &str, previous: &str, word: &'w str, bare: &'w str) -> Option<&'w str> {
    let is_text = |text: &&str| !text.is_empty() && !text.starts_with(['$', '-', '*', '<']) && !text.contains("{{");
    let flags = PASSWORD_FLAGS.iter().filter(|(known, _)| *known == program);
    for (_, flag) in flags {
        // `mysql -p x` asks for the password, and `x` is a database.
        let is_next = previous == *flag && !program.starts_with("my") && program != "mariadb";
        let value = if is_next { Some(bare) } else { bare.strip_prefix(flag) };
        let value = value.map(|value| value.split_once(':').map_or(value, |(_, password)| password));
        // `-u name` without a password.
        let has_password = program != "curl" || bare.contains(':');
        if let Some(value) = value.filter(is_text).filter(|_| has_password) {
            return Some(value);
        }
    }
    let is_passed = previous
        .strip_prefix("--")
        .is_some_and(|flag| names_secret(&without_separators(flag)));
    if is_passed && !word.starts_with('-') {
        return Some(bare).filter(is_text);
    }
    let scheme = previous.rsplit(':').next().unwrap_or(previous);
    let is_scheme = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    Some(bare)
        .filter(is_text)
        .filter(|text| is_scheme && seems_random(text))
}

/// Whether a word is none of a language: long, with digits or capital letters inside.
fn seems_random(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().skip(1).any(|byte| test(&byte));
    word.len() >= 8 && has(u8::is_ascii_alphabetic) && (has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lines_assign_and_pass_is_hidden() {
        for (line, want) in [
            ("password = \"T0k en\" # why", "password = **** *** # why"),
            ("password =\tT0k", "password =\t***"),
            ("export TOKEN= x", "export TOKEN= x"),
            ("export DB_PASSWORD=\"$X\"", "export DB_PASSWORD=\"$X\""),
            ("mysql -u root -pT0ken db", "mysql -u root -p***** db"),
            ("/usr/bin/mysqldump -pT0ken", "/usr/bin/mysqldump -p*****"),
            ("mysql -p db", "mysql -p db"),
            ("cp -pT0ken x", "cp -pT0ken x"),
            ("sshpass -p T0ken ssh -p 22 x", "sshpass -p ***** ssh -p ** x"),
            ("redis-cli -h x -a 'T0ken' ping", "redis-cli -h x -a '*****' ping"),
            ("curl -u me:T0ken https://x", "curl -u me:***** https://x"),
            ("curl --user me https://x", "curl --user me https://x"),
            ("login --password T0ken --user x", "login --password ***** --user x"),
            (
                "login --password $PASSWORD --token {{ .x }}",
                "login --password $PASSWORD --token {{ .x }}",
            ),
            ("cmd: \"--password T0ken\"", "cmd: \"--password *****\""),
            ("Server=x;Pwd=T0ken;", "Server=x;Pwd=*****;"),
            ("login --password-file x", "login --password-file x"),
            (
                "curl -H \"Authorization: Bearer T0ken-one\" x",
                "curl -H \"Authorization: Bearer *********\" x",
            ),
            ("authorization:basic dXNlcjp4\r\n", "authorization:basic ********\r\n"),
            (
                "<user>x</user><db-password>T0k en</db-password>",
                "<user>x</user><db-password>*** **</db-password>",
            ),
            ("<password>{{ .x }}</password>", "<password>{{ .x }}</password>"),
            ("a > b", "a > b"),
            ("the bearer of this, a token is x", "the bearer of this, a token is x"),
        ] {
            let assigned = without_assigned(line).unwrap_or_else(|| line.to_owned());
            let passed = without_arguments(&assigned).unwrap_or(assigned);
            assert_eq!(without_elements(&passed).unwrap_or(passed), want, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_length_stays(line in "(mysql|curl|-p|-u|--token|[Bb]earer|=|<?/?password>?|[ \t:\"'a-zA-Z0-9ü$]){0,20}") {
            proptest::prop_assert!(without_arguments(&line).is_none_or(|masked| masked.len() == line.len()));
            proptest::prop_assert!(without_elements(&line).is_none_or(|masked| masked.len() == line.len()));
            proptest::prop_assert!(without_assigned(&line).is_none_or(|masked| masked.len() == line.len()));
        }
    }
}
