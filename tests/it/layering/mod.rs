//! The layers of `src/lib.rs`: a layer imports only layers before it, a module of a layer only modules before it in the
//! layer's `mod.rs`, however the import is spelt. Also, files are short and begin with a description, and
//! `ARCHITECTURE.md` lists the modules.

mod imports;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use imports::imports;

/// No file is longer, tests and comments included.
const MAX_LINES: usize = 600;

/// A layer and its modules, in order. A layer whose files are private has none.
struct Layer {
    name: String,
    modules: Vec<String>,
}

/// How a layer declares a module that other files may import. Modules declared without these are a part of the layer
/// itself.
const SHARED: &[&str] = &["pub mod ", "pub(crate) mod "];
/// How the root of the crate declares a layer.
const ANY: &[&str] = &["pub mod ", "pub(crate) mod ", "mod "];

/// The modules that a file declares in one of some ways.
fn declared(path: &str, ways: &[&str]) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let name = |line: &str| {
        let rest = ways.iter().find_map(|way| line.strip_prefix(way));
        rest?.strip_suffix(';').map(str::to_owned)
    };
    text.lines().filter_map(name).collect()
}

fn layers() -> Vec<Layer> {
    let names = declared("src/lib.rs", ANY);
    let layer = |name: String| Layer {
        modules: declared(&format!("src/{name}/mod.rs"), SHARED),
        name,
    };
    names.into_iter().map(layer).collect()
}

/// The forbidden imports of a module, a line each.
fn violations(layers: &[Layer], module: &[&str], source: &str) -> Vec<String> {
    let layer_index = |name: &str| layers.iter().position(|layer| layer.name == name);
    let Some(layer) = module.first().and_then(|name| layer_index(name)) else {
        return Vec::new();
    };
    let module_index = |name: &str| layers[layer].modules.iter().position(|module| module == name);
    let own = module.get(1).and_then(|name| module_index(name));
    let fault = |path: &[String]| match path {
        [glob] if glob == "*" => Some("hides which layers it imports".to_owned()),
        [name, glob] if glob == "*" && layer_index(name).is_some() => {
            Some(format!("hides which modules of {name} it imports"))
        }
        [name, rest @ ..] => {
            let other = layer_index(name)?;
            let inner = rest
                .first()
                .and_then(|name| module_index(name))
                .filter(|_| other == layer);
            if other > layer {
                Some(format!("{name} comes after {}", layers[layer].name))
            } else if inner > own && own.is_some() {
                Some(format!("{} comes after {}", rest[0], module[1]))
            } else {
                None
            }
        }
        [] => None,
    };
    let found = imports(module, source).into_iter();
    found
        .filter_map(|import| {
            let path = import.path.join("::");
            Some(format!("{}: crate::{path}: {}", import.line, fault(&import.path)?))
        })
        .collect()
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

#[test]
fn modules_import_only_earlier_modules() {
    let layers = layers();
    assert!(layers.len() > 8, "src/lib.rs lists the layers");
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a source file");
        let place = file.with_extension("");
        let module: Vec<&str> = place
            .strip_prefix("src")
            .expect("a path below src")
            .iter()
            .map(|name| name.to_str().expect("a name"))
            .filter(|&name| name != "mod")
            .collect();
        let found = violations(&layers, &module, &source);
        wrong.extend(found.iter().map(|fault| format!("{}:{fault}", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Layers as small as they can be: `text` (source, yaml), `check` (finding, lint), `report`.
fn small_layers() -> Vec<Layer> {
    let layer = |name: &str, modules: &[&str]| Layer {
        name: name.to_owned(),
        modules: modules.iter().map(|&name| name.to_owned()).collect(),
    };
    vec![
        layer("text", &["source", "yaml"]),
        layer("check", &["finding", "lint"]),
        layer("report", &[]),
    ]
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per import")]
fn imports_are_seen_however_they_are_spelt() {
    let layers = small_layers();
    let deep = &["text", "yaml", "scanner", "token"][..];
    for (module, source, is_fine) in [
        // Layers.
        (deep, "use crate::report;", false),
        (deep, "use crate::report::Format;", false),
        (deep, "pub use crate::report::Format as F;", false),
        (deep, "use crate::{text::source, report};", false),
        (
            deep,
            "use crate::{text::{source, yaml}, check::{finding::Finding}};",
            false,
        ),
        (deep, "use crate::{\n    text::source::{Span, LineIndex},\n};", true),
        (deep, "use {crate::report, std::fmt};", false),
        (deep, "use crate::check as c;\nfn f() { c::finding() }", false),
        (deep, "use crate as root;\nfn f() { root::report::x() }", false),
        (deep, "use crate as root;\nfn f() { root::text::x() }", true),
        (deep, "use crate::{self as root};\nfn f() { root::report::x() }", false),
        (deep, "use super::super::super::report;", true),
        (deep, "use super::super::super::super::report;", false),
        (deep, "fn f() { super::super::super::super::report::x() }", false),
        (
            deep,
            "mod tests { use super::super::super::super::super::report::x; }",
            false,
        ),
        (
            deep,
            "mod tests { fn f() {} }\nuse super::super::super::super::report::x;",
            false,
        ),
        (deep, "use self::super::super::super::super::report::x;", false),
        (deep, "fn f() -> crate::report::Format { todo!() }", false),
        (
            deep,
            "fn f() { let x: Vec<crate::report::Format> = Vec::new(); }",
            false,
        ),
        (deep, "impl crate::report::Show for X {}", false),
        (deep, "fn f() { crate::report::show!(x) }", false),
        (deep, "macro_rules! m { () => { $crate::report::x() } }", false),
        (deep, "fn f() { println!(\"{}\", crate::report::x()) }", false),
        (deep, "fn f() { use crate::report::x; }", false),
        (deep, "fn f() { r::x() }\nuse crate::report as r;", false),
        (deep, "use crate::r#report::x;", false),
        (deep, "use crate :: report :: x;", false),
        (deep, "use crate::/* between */report::x;", false),
        (deep, "fn f<'a>(x: &'a str) { crate::report::x() }", false),
        (deep, "fn f() { let c = '\\''; crate::report::x() }", false),
        (deep, "fn f() { let c = '\"'; crate::report::x() }", false),
        (deep, "const C: &str = r#\"\"#; use crate::report;", false),
        (deep, "use crate::*;", false),
        (deep, "use super::super::super::*;", false),
        (&["report"], "use crate::text::*;", false),
        (&["report"], "use crate::text::source::*;", true),
        // What is not an import.
        (deep, "// use crate::report;", true),
        (deep, "/* /* */ use crate::report; */", true),
        (deep, "//! [`crate::report::Format`]", true),
        (deep, "const C: &str = \"use crate::report;\";", true),
        (deep, "const C: &str = \"\\\"\"; // crate::report::x", true),
        (deep, "const C: &str = r#\"\" crate::report::x \"#;", true),
        (deep, "const C: &[u8] = b\"crate::report::x\";", true),
        (deep, "use report::x; fn f() { report::y() }", true),
        (deep, "use ::report::x;", true),
        (deep, "pub(in crate::text) fn f() {}", true),
        (deep, "use serde::de::{self, Error}; fn f() { de::x(); }", true),
        // Modules of one layer.
        (&["text", "source"], "use super::yaml;", false),
        (&["text", "source"], "use super::yaml::Tree;", false),
        (&["text", "source", "span"], "use super::super::yaml::Tree;", false),
        (
            &["text", "source"],
            "use crate::text::{source::Span, yaml::Tree};",
            false,
        ),
        (
            &["text", "source"],
            "use crate::text as t;\nfn f() { t::yaml::x() }",
            false,
        ),
        (
            &["text", "source"],
            "use super::{self as t};\nfn f() { t::yaml::x() }",
            false,
        ),
        (
            &["text", "source"],
            "use crate::text;\nfn f() { text::yaml::x() }",
            false,
        ),
        (&["text", "source"], "use super::*;", false),
        (&["text", "source"], "mod tests { use super::*; }", true),
        (&["text", "source"], "use self::yaml::x;", true),
        (&["text", "source"], "use super::source::x;", true),
        (&["text", "yaml"], "use super::source::Span;", true),
        (&["text", "yaml", "tree"], "use super::super::source::Span;", true),
        (&["check", "finding"], "use crate::text::yaml;", true),
        (&["check", "finding"], "use super::lint;", false),
        (&["check"], "pub mod finding; use self::lint::x;", true),
        // Layers without modules of their own, the root and the program.
        (&["report", "text"], "use crate::check::lint::x; use super::json;", true),
        (&["report", "text"], "use crate::report::Format;", true),
        (&[], "pub mod text; use crate::report::x;", true),
        (&["main"], "use chartwright::report;", true),
    ] {
        let found = violations(&layers, module, source);
        assert_eq!(found.is_empty(), is_fine, "{module:?}: {source}\n{}", found.join("\n"));
    }
}

#[test]
fn violations_name_the_line_and_the_modules() {
    let found = violations(
        &small_layers(),
        &["text", "source"],
        "//! x\nuse std::fmt;\n\nuse crate::{\n    text::yaml,\n    report::Format,\n};\n",
    );
    assert_eq!(
        found,
        [
            "5: crate::text::yaml: yaml comes after source",
            "6: crate::report::Format: report comes after text"
        ]
    );
}

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    let mut files = Vec::new();
    for directory in ["src", "tests/it", "xtask/src"] {
        sources(Path::new(directory), &mut files);
    }
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", file.display());
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            file.display()
        );
    }
}

/// Every module has a row in the table of `ARCHITECTURE.md`, in the order of the layers, and every row a module.
#[test]
fn the_architecture_lists_the_modules() {
    let text = fs::read_to_string("ARCHITECTURE.md").expect("ARCHITECTURE.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let mut modules = Vec::new();
    for layer in layers() {
        if layer.modules.is_empty() {
            modules.push(layer.name);
        } else {
            modules.extend(layer.modules.iter().map(|module| format!("{}/{module}", layer.name)));
        }
    }
    assert_eq!(
        listed, modules,
        "left: the rows of ARCHITECTURE.md, right: the modules of src"
    );
}
