//! Templates that use too much, under a hundredth of the limits that renderings have.

use std::sync::Arc;

use super::lookup;
use crate::engine::template::{Executor, Options, TemplateSet, Value, World};

struct Still;

impl World for Still {
    fn now_unix_nanos(&self) -> i128 {
        0
    }

    /// Every kind of character, since random texts leave out those that they do not want.
    fn fill_random(&mut self, bytes: &mut [u8]) {
        for (byte, value) in bytes.iter_mut().zip((0..=u8::MAX).cycle()) {
            *byte = value;
        }
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
    (
        r#"{{ $s := repeat 20000 "ab" }}{{ range until 16 }}{{ $x := replace "a" "b" $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 20000 "ab" }}{{ range until 6 }}{{ $x := shuffle $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 105000 "ab" }}{{ range until 3 }}{{ $x := printf "%x" $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r"{{ $d := dict }}{{ range $i, $_ := until 5000 }}{{ $_ := set $d (print $i) $i }}{{ end }}{{ range until 5 }}{{ $x := toYaml $d }}{{ end }}",
        STEPS,
    ),
    (
        r"{{ $d := dict }}{{ range $i, $_ := until 5000 }}{{ $_ := set $d (print $i) $i }}{{ end }}{{ range until 12 }}{{ $x := toToml $d }}{{ end }}",
        STEPS,
    ),
    (
        r#"{{ $l := fromJsonArray (printf "[%s0]" (repeat 4000 "0,")) }}{{ range until 300 }}{{ $x := compact $l }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $d := dict }}{{ range $i, $_ := until 5000 }}{{ $_ := set $d (print $i) $i }}{{ end }}{{ range until 40 }}{{ $x := pick $d "1" }}{{ end }}"#,
        STEPS,
    ),
    (r"{{ range until 5 }}{{ $x := randNumeric 90000 }}{{ end }}", STEPS),
    (r"{{ range until 60 }}{{ $x := seq 1 1000 }}{{ end }}", STEPS),
    (r"{{ range until 11000 }}{{ $x := addf 1 2 3 }}{{ end }}", STEPS),
    (
        r#"{{ $l := until 1000 }}{{ range until 90 }}{{ $x := join "," $l }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 1000 "aa" }}{{ range until 80 }}{{ $x := regexReplaceAll "(a|aa)+" $s "b" }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 1000 "ab" }}{{ range until 4 }}{{ $x := regexMatch "[ab]*a[ab]{500}[0-9]" $s }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 60000 "(" }}{{ range until 4 }}{{ $x := regexMatch $s "a" }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $d := dict "path" (repeat 1000 "é") "host" "a" }}{{ range until 100 }}{{ $x := urlJoin $d }}{{ end }}"#,
        STEPS,
    ),
    (
        r#"{{ $s := repeat 2000 "é" }}{{ range until 170 }}{{ $x := durationDays $s }}{{ end }}"#,
        STEPS,
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

/// The keys are not ones: what they cost counts before they are read.
#[test]
fn large_keys_and_slow_hashes_count_as_more_than_others() {
    let given = |bytes: usize| {
        format!(
            r#"genCAWithKey "a" 1 (print "-----BEGIN RSA PRIVATE KEY-----\n" (b64enc (repeat {bytes} "a")) "\n-----END RSA PRIVATE KEY-----\n")"#
        )
    };
    for (call, is_stopped) in [
        (r#"genPrivateKey """#.to_owned(), true),
        (r#"genPrivateKey "rsa""#.to_owned(), true),
        (r#"genPrivateKey "dsa""#.to_owned(), true),
        (r#"genPrivateKey "ecdsa""#.to_owned(), false),
        (r#"genPrivateKey "ed25519""#.to_owned(), false),
        (r#"derivePassword 1 "long" "a" "b" "c""#.to_owned(), true),
        // About those of 2,048 and 16,384 bits.
        (given(1_190), false),
        (given(9_300), true),
    ] {
        let mut set = TemplateSet::new(lookup);
        set.parse("t", format!("{{{{ $x := {call} }}}}")).unwrap();
        let options = Options {
            max_steps: 2_000_000,
            ..Options::default()
        };
        let mut world = Still;
        let mut executor = Executor::new(Arc::new(set.finish()), options, &mut world);
        let error = executor.render("t", Value::Nil).err().map(|error| error.cause);
        let is_exceeded = error
            .as_ref()
            .is_some_and(|cause| cause.contains("limit of 2000000 steps"));
        assert_eq!(is_exceeded, is_stopped, "{call}: {error:?}");
    }
}
