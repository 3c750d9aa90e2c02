//! What the rows of Helm's answers do not cover: namespaces, source maps, limits, arbitrary input.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::text::threads::on_large_stack;

struct Still;

impl World for Still {
    fn now_unix_nanos(&self) -> i128 {
        0
    }
    fn fill_random(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn call_include(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match arguments {
        [Value::Str(name), data] => host.include(name, data.clone()),
        _ => Err("bad call".into()),
    }
}

fn call_tpl(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match arguments {
        [Value::Str(source), data] => host.tpl(source, data.clone()),
        _ => Err("bad call".into()),
    }
}

fn call_indent(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let text = arguments[0].display().to_str_lossy().replace('\n', "\n  ");
    if text.is_empty() {
        Err("nothing to indent".into())
    } else {
        Ok(Value::str(format!("  {text}")))
    }
}

static FUNCTIONS: &[Function] = &[
    Function::new("include", &[Parameter::Str, Parameter::Any], false, call_include),
    Function::new("tpl", &[Parameter::Str, Parameter::Any], false, call_tpl),
    Function::new("indent2", &[Parameter::Str], false, call_indent),
];

fn lookup(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

fn compile(files: &[(&str, &str)]) -> Arc<CompiledSet> {
    let mut set = TemplateSet::new(lookup);
    for (name, text) in files {
        set.parse(*name, *text).unwrap();
    }
    Arc::new(set.finish())
}

fn render(files: &[(&str, &str)], options: Options, dot: Value) -> Result<Output, ExecutionError> {
    let mut world = Still;
    let last = files.last().unwrap().0;
    Executor::new(compile(files), options, &mut world).render(last, dot)
}

fn text_of(files: &[(&str, &str)]) -> String {
    let output = render(files, Options::default(), Value::Nil).unwrap();
    String::from_utf8(output.text).unwrap()
}

#[test]
fn later_definitions_replace_earlier_ones_unless_empty() {
    let main = ("main", r#"{{ template "x" }}"#);
    let one = ("one", r#"{{ define "x" }}1{{ end }}"#);
    let two = ("two", r#"{{ define "x" }}2{{ end }}"#);
    let blank = ("blank", r#"{{ define "x" }}  {{/* nothing */}} {{ end }}"#);
    assert_eq!(text_of(&[one, two, main]), "2");
    assert_eq!(text_of(&[two, one, main]), "1");
    assert_eq!(text_of(&[one, blank, main]), "1");
    let origins = compile(&[one, blank, main]).definitions();
    let origin = origins.iter().find(|origin| origin.name == Text::from("x")).unwrap();
    assert_eq!(origin.file, Text::from("one"));
}

#[test]
fn definitions_of_tpl_end_with_the_call() {
    let source = r#"{{ define "x" }}outer{{ end }}{{ tpl "{{ define `x` }}inner{{ end }}{{ include `x` . }}" . }} {{ include "x" . }}"#;
    assert_eq!(text_of(&[("main", source)]), "inner outer");
    let nested = r#"{{ tpl "{{ define `y` }}Y{{ end }}{{ tpl `{{ include \"y\" . }}` . }}" . }}"#;
    assert_eq!(text_of(&[("main", nested)]), "Y");
}

#[test]
fn maps_included_lines_back_through_indentation() {
    let partial = ("_p", "{{ define \"p\" }}a: 1\nb: {{ . }}\n{{ end }}");
    let main = ("main", "top\n{{ include \"p\" 5 | indent2 }}\n");
    let options = Options {
        source_map: true,
        ..Options::default()
    };
    let output = render(&[partial, main], options, Value::Nil).unwrap();
    let text = String::from_utf8(output.text).unwrap();
    assert_eq!(text, "top\n  a: 1\n  b: 5\n  \n");
    let map = output.map.unwrap();
    let place = |needle: &str| {
        let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
        let segment = map.find(offset).unwrap();
        let source = &map.sources[segment.source as usize];
        (
            source.name.to_string(),
            segment.position,
            map.callers_of(segment).count(),
        )
    };
    assert_eq!(place("top").0, "main");
    assert_eq!(place("a: 1"), ("_p".to_owned(), 16, 1));
    assert_eq!(place("5").0, "_p");
    let position = partial.1.find(". }}").unwrap();
    assert_eq!(place("5").1 as usize, position);
}

#[test]
fn errors_carry_places_from_the_inside_out() {
    let main = "{{ define \"in\" }}{{ .a.b.c }}{{ end }}\n{{ include \"in\" . }}";
    let dot = Value::map_of([("a", Value::map_of([]))]);
    let error = render(&[("main", main)], Options::default(), dot).unwrap_err();
    assert_eq!(error.cause, "nil pointer evaluating interface {}.c");
    let places: Vec<_> = error
        .frames
        .iter()
        .map(|frame| (frame.definition.as_str(), frame.line))
        .collect();
    assert_eq!(places, [("in", 1), ("main", 2)]);
    assert_eq!(error.frames[0].span.of(main.as_bytes()), b".a.b.c");
    assert_eq!(error.frames[1].span.of(main.as_bytes()), b"include \"in\" .");
}

#[test]
fn endless_templates_end_in_errors() {
    let result = on_large_stack(|| {
        let template = render(
            &[(
                "main",
                r#"{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}"#,
            )],
            Options::default(),
            Value::Nil,
        );
        let include = render(
            &[(
                "main",
                r#"{{ define "t" }}{{ if true }}{{ include "t" . }}{{ end }}{{ end }}{{ include "t" . }}"#,
            )],
            Options::default(),
            Value::Nil,
        );
        let tpl = render(
            &[("main", "{{ tpl .t . }}")],
            Options::default(),
            Value::map_of([("t", Value::str("{{ if true }}{{ tpl .t . }}{{ end }}"))]),
        );
        [template, include, tpl].map(|result| result.unwrap_err().cause)
    })
    .unwrap();
    assert_eq!(result[0], "exceeded maximum template depth (100000)");
    assert!(result[1].contains("nested reference name: t"));
    assert_eq!(result[2], "exceeded maximum template depth (100000)");
}

#[test]
fn budgets_end_long_work() {
    let options = Options {
        max_steps: 1000,
        max_output: 100,
        ..Options::default()
    };
    let long = render(
        &[("main", "{{ range $i := 1000000000 }}{{ end }}")],
        options,
        Value::Nil,
    );
    assert_eq!(long.unwrap_err().cause, "the rendering exceeds the limit of 1000 steps");
    let large = render(&[("main", "{{ range 90 }}xxxxxxxxxx{{ end }}")], options, Value::Nil);
    assert_eq!(
        large.unwrap_err().cause,
        "the rendering exceeds the limit of 100 bytes of output"
    );
    let kept = render(
        &[("main", "{{ range 9 }}{{ $x := printf \"%400d\" 1 }}{{ end }}")],
        Options {
            max_memory: 2000,
            ..Options::default()
        },
        Value::Nil,
    );
    assert_eq!(
        kept.unwrap_err().cause,
        "the rendering exceeds the limit of 2000 bytes of values"
    );
}

#[test]
fn reads_of_a_loop_are_recorded_once() {
    let dot = Value::map([(Text::from("a"), Value::str("x"))].into_iter().collect());
    let mut world = Still;
    let set = compile(&[("main", "{{ range 5000 }}{{ $x := $.a }}{{ $.a }}{{ $.b }}{{ end }}")]);
    let mut executor = Executor::new(set, Options::default(), &mut world);
    executor.start_trace();
    executor.render("main", dot).unwrap();
    let trace = executor.take_trace();
    let reads: Vec<_> = trace
        .reads
        .iter()
        .map(|read| (read.key.to_string(), read.is_found))
        .collect();
    let want = [("a".to_owned(), true), ("a".to_owned(), true), ("b".to_owned(), false)];
    assert_eq!(reads, want);
}

#[test]
fn templates_of_a_rendering_share_its_budget() {
    let options = Options {
        max_output: 100,
        ..Options::default()
    };
    let mut world = Still;
    let mut executor = Executor::new(compile(&[("a", "{{ range 60 }}x{{ end }}")]), options, &mut world);
    assert!(executor.render("a", Value::Nil).is_ok());
    let error = executor.render("a", Value::Nil).unwrap_err();
    assert!(error.cause.contains("100 bytes of output"), "{}", error.cause);
}

#[test]
fn deep_nesting_is_refused_not_overflowed() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    let mut set = TemplateSet::new(lookup);
    let error = set.parse("main", deep).unwrap_err();
    assert_eq!(error.cause, "max expression depth exceeded");
    let blocks = "{{ if true }}".repeat(20_000);
    assert_eq!(set.parse("main", blocks).unwrap_err().cause, "max block depth exceeded");
    let chain = format!("{{{{ if true }}}}{}", "{{ else if true }}".repeat(20_000));
    assert_eq!(set.parse("main", chain).unwrap_err().cause, "max block depth exceeded");
}

#[test]
fn compiled_sets_are_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<CompiledSet>();
}

fn fragment() -> impl Strategy<Value = String> {
    let words = [
        "{{",
        "}}",
        "{{- ",
        " -}}",
        "if ",
        "else ",
        "end",
        "range ",
        "with ",
        "define \"a\"",
        "template \"a\" ",
        ".",
        ".a",
        "$x",
        " := ",
        " = ",
        "| ",
        "(",
        ")",
        "\"s\"",
        "`r`",
        "1",
        "-2.5",
        "0x1F",
        "1i",
        "'c'",
        "nil",
        "true",
        " ",
        "\n",
        "printf \"%v %d %q\" ",
        "index ",
        "len ",
        "eq ",
        "and ",
        "break",
        "continue",
        "/*",
        "*/",
        "é",
        "include \"a\" . ",
        "block \"b\" .",
        ",",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_input_panics(source in fragment()) {
        let mut set = TemplateSet::new(lookup);
        if set.parse("main", source).is_ok() {
            let mut world = Still;
            let options = Options { max_steps: 10_000, source_map: true, max_nesting: 100, ..Options::default() };
            let dot = Value::map_of([("a", Value::list(vec![Value::Int(1), Value::str("x")]))]);
            drop(Executor::new(Arc::new(set.finish()), options, &mut world).render("main", dot));
        }
    }

    #[test]
    fn formats_never_panic(format in "[%a-zA-Z0-9*.#+ \\-\\[\\]]{0,24}", number in any::<f64>(), integer in any::<i64>()) {
        let arguments = [Value::Float(number), Value::Int(integer), Value::str("é"), Value::Nil];
        drop(printf::sprintf(format.as_bytes(), &arguments));
    }
}
