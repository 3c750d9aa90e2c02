//! Templates that use too much, under a hundredth of the limits that renderings have.

use std::sync::Arc;

use super::lookup;
use crate::engine::template::{Executor, Options, TemplateSet, Value, World};

struct Still;

impl World for Still {
    fn now_unix_nanos(&self) -> i128 {
        0
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

const STEPS: &str = "limit of 200000 steps";
const MEMORY: &str = "limit of 3000000 bytes of values";

const TEMPLATES: &[(&str, &str)] = &[
    ("{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}", STEPS),
    (
        r#"{{ $l := list }}{{ range until 60 }}{{ $l = append $l (repeat 300000 "a") }}{{ end }}"#,
        MEMORY,
    ),
    (
        r"{{ $d := dict }}{{ range $i, $_ := until 60 }}{{ $_ := set $d (print $i) (until 10000) }}{{ end }}",
        MEMORY,
    ),
    (
        r#"{{ $d := dict }}{{ range until 100000 }}{{ $d = dict "a" $d }}{{ end }}"#,
        MEMORY,
    ),
    (
        r#"{{ range $i, $_ := until 10000 }}{{ $x := tpl (print "{{/* " $i " */}}" (repeat 100 "{{ 1 }}")) $ }}{{ end }}"#,
        MEMORY,
    ),
    (
        r#"{{ range $i, $_ := until 1000 }}{{ $x := regexMatch (printf "(\\pL{10}){9}%d" $i) "a" }}{{ end }}"#,
        STEPS,
    ),
    (r#"{{ regexReplaceAll "(.*)x|a" (repeat 30000 "a") "b" | len }}"#, STEPS),
    (
        r#"{{ $s := repeat 50000 "a" }}{{ range until 10 }}{{ $x := regexReplaceAll "" $s "" }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 50000 "a" }}{{ range until 10 }}{{ $x := regexReplaceAllLiteral "a" $s "b" }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 10000 "a" }}{{ range until 10000 }}{{ $x := sha256sum $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 300000 "a" }}{{ range until 1000 }}{{ $x := contains "b" $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 300000 "a" }}{{ $t := print $s "b" }}{{ range until 1000 }}{{ $x := eq $s $t }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ range until 1000 }}{{ $x := date (repeat 1000 "2006") now }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ range until 1000 }}{{ $x := printf "%99999d" 1 }}{{ end }}"#,
        MEMORY,
    ),
    (r"{{ uniq (until 10000) | len }}", STEPS),
    (
        r"{{ without (until 10000) 1 2 3 (until 9000) | len }}{{ range until 100 }}{{ $x := has 9999 (until 9999) }}{{ end }}",
        MEMORY,
    ),
    (r#"{{ $x := genPrivateKey "ecdsa" }}"#, STEPS),
    (r#"{{ $x := genCA "a" 365 }}"#, STEPS),
    (
        r#"{{ $s := repeat 20000 "a: 1\n" }}{{ range until 100 }}{{ $x := fromYaml $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := printf "[%s1]" (repeat 100000 "1,") }}{{ $x := fromJson $s }}{{ $x = fromJsonArray $s }}"#,
        MEMORY,
    ),
];

#[test]
fn templates_that_use_too_much_are_stopped() {
    for (text, expected) in TEMPLATES {
        let mut set = TemplateSet::new(lookup);
        set.parse("t", *text).unwrap();
        let mut options = Options::default();
        if *expected == MEMORY {
            options.max_memory = 3_000_000;
        } else {
            options.max_steps = 200_000;
        }
        let mut world = Still;
        let mut executor = Executor::new(Arc::new(set.finish()), options, &mut world);
        match executor.render("t", Value::Nil) {
            Ok(_) => panic!("{text}: not stopped"),
            Err(error) => assert!(error.cause.contains(expected), "{text}: {}", error.cause),
        }
    }
}

#[test]
fn large_keys_count_as_more_than_others() {
    for (kind, is_stopped) in [
        ("", true),
        ("rsa", true),
        ("dsa", true),
        ("ecdsa", false),
        ("ed25519", false),
    ] {
        let mut set = TemplateSet::new(lookup);
        set.parse("t", format!("{{{{ $x := genPrivateKey {kind:?} }}}}"))
            .unwrap();
        let options = Options {
            max_steps: 1_000_000,
            ..Options::default()
        };
        let mut world = Still;
        let mut executor = Executor::new(Arc::new(set.finish()), options, &mut world);
        assert_eq!(executor.render("t", Value::Nil).is_err(), is_stopped, "{kind}");
    }
}
