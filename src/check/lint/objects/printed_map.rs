//! `printed-map`: a map printed as Go prints it.

/// Byte of a line at which `map[a:1]` is a whole value.
pub(super) fn find(line: &str) -> Option<usize> {
    let line_end = line.trim_end();
    let at = line_end.find("map[")?;
    let before = line_end.get(..at)?.trim_end_matches(['"', '\'']);
    let inner = line_end
        .get(at + 4..)?
        .trim_end_matches(['"', '\''])
        .strip_suffix(']')?;
    let is_value = before.ends_with(": ") || before.ends_with("- ");
    let is_map = inner.is_empty()
        || inner.split_once(':').is_some_and(|(key, _)| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        });
    (is_value && is_map).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn printed_maps_are_found() {
        for (line, is_found) in [
            ("a: map[b:1]", true),
            ("- map[]", true),
            ("a: \"map[b:1]\"", true),
            ("b: 'std::map[a]'", false),
            ("a: map[b]", false),
            ("c: x map[b:1] y", false),
            ("a: map[b c:1]", false),
            ("a: map[:1]", false),
            ("- 'map[a.b/c-d_e:1]'", true),
            ("amap[b:1]", false),
        ] {
            assert_eq!(find(line).is_some(), is_found, "{line}");
        }
    }
}
