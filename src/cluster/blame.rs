//! The line that is at fault: a problem of a workload in, the template and the values that set the field out.

use super::pods::Problem;
use super::rendered_release::RenderedRelease;
use crate::check::explain::{template_place, values_of_line};
use crate::check::finding::{Location, Related, SecretValues};
use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::text::source::SourceFile;
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Why a rollout failed, for people. It holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong.
    pub problem: Problem,
    /// The last lines of the container's log.
    pub log: Vec<String>,
    /// The field as it is written, such as `spec.template.spec.containers[web].image`.
    pub field: String,
    /// The template line that set the field, or the nearest one above it.
    pub template: Option<Location>,
    /// The values that the line names.
    pub values: Vec<Related>,
}

/// Finds the line of a problem, and hides the secrets of the release in it.
pub(super) fn explain(release: &RenderedRelease, problem: &Problem, log: &str) -> Explanation {
    let secrets = release.secrets();
    let hide = |text: &str| secrets.hide(text).into_owned();
    let template = place_of(release, problem);
    let origins = release.origins();
    let values = template.as_ref().map_or_else(Vec::new, |place| {
        values_of_line(&release.chart, place, &|path| origins.find(path))
    });
    let mut problem = problem.clone();
    problem.message = hide(&problem.message);
    Explanation {
        field: shown_field(&problem.field),
        problem,
        log: log.lines().map(hide).collect(),
        template,
        values,
    }
}

/// Finds the line of a problem in a file that is applied as it is.
pub(super) fn explain_in_file(
    file: &SourceFile,
    mut problem: Problem,
    log: &str,
    secrets: &SecretValues,
) -> Explanation {
    problem.message = secrets.hide(&problem.message).into_owned();
    Explanation {
        field: shown_field(&problem.field),
        log: log.lines().map(|line| secrets.hide(line).into_owned()).collect(),
        template: offset_in(file.text(), &problem).map(|offset| Location::at(file.clone(), offset)),
        values: Vec::new(),
        problem,
    }
}

fn shown_field(steps: &[String]) -> String {
    let mut shown = String::new();
    for step in steps {
        if !step.starts_with('[') && !shown.is_empty() {
            shown.push('.');
        }
        shown.push_str(step);
    }
    shown
}

/// Whether a document is the object: API servers name kinds in their plural as well.
fn is_kind(kind: &str, wanted: &str) -> bool {
    let (kind, wanted) = (kind.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let plurals = [
        format!("{kind}s"),
        format!("{kind}es"),
        kind.strip_suffix('y')
            .map(|stem| format!("{stem}ies"))
            .unwrap_or_default(),
    ];
    kind == wanted || plurals.contains(&wanted)
}

fn place_of(release: &RenderedRelease, problem: &Problem) -> Option<Location> {
    if problem.name.is_empty() {
        return None;
    }
    release.files.iter().find_map(|file| {
        let offset = offset_in(&file.text, problem)?;
        Some(template_place(&release.chart, file, offset))
    })
}

/// Where the field of a problem stands in a text.
fn offset_in(text: &[u8], problem: &Problem) -> Option<usize> {
    for document in split_manifests(text, Compat::Helm4) {
        let Ok(tree) = yaml::parse_first(document.text) else {
            continue;
        };
        let Some(root) = tree.root() else { continue };
        let member = |node: NodeId, key: &'static str| tree.get(node, key).map(|found| tree.target(found));
        let kind = member(root, "kind").map_or("", |node| tree.text(node));
        let name = member(root, "metadata").and_then(|metadata| member(metadata, "name"));
        if !is_kind(kind, &problem.kind) || name.is_none_or(|name| tree.text(name) != problem.name) {
            continue;
        }
        let node = deepest(&tree, root, &problem.field);
        return Some(document.offset + tree.span(node).start as usize);
    }
    None
}

/// The node at a path, or the nearest one above it that there is.
fn deepest(tree: &Tree<'_>, root: NodeId, path: &[String]) -> NodeId {
    let mut node = root;
    for step in path {
        let target = tree.target(node);
        let item = step.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let next = match (tree.kind(target), item) {
            (NodeKind::Mapping, None) => tree
                .pairs(target)
                .find(|(key, _)| tree.text(tree.target(*key)) == *step)
                .map(|(_, value)| value),
            (NodeKind::Sequence, Some(item)) => {
                let is_named = |node: &NodeId| {
                    let name = tree.get(tree.target(*node), "name");
                    name.is_some_and(|name| tree.text(tree.target(name)) == item)
                };
                let number = item.parse::<usize>().ok();
                let by_name = tree.children(target).find(is_named);
                by_name.or_else(|| tree.children(target).nth(number?))
            }
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}
