//! Where an environment and its releases stand in the files of `KubeCD`: the file, and the path in it.

use std::path::Path;

use super::model::{Environment, Release};
use crate::text::edit::{Step, YamlPath};

/// The file that declares an environment. For one of an application chart, it is the directory of the chart.
pub(super) fn own_file(environment: &Environment) -> &Path {
    Path::new(environment.name.place.file.path())
}

/// The path of an environment in the file that declares it.
pub(super) fn path_of_environment(environment: &Environment) -> YamlPath {
    item(&YamlPath::default(), "environments", &environment.name.text)
}

/// The path of a release in the file that declares it: a releases file, or that of the environment.
pub(super) fn path_of_release(environment: &Environment, release: &Release) -> YamlPath {
    let is_inline = release.file.as_deref() == Some(own_file(environment));
    let above = if is_inline {
        path_of_environment(environment)
    } else {
        YamlPath::default()
    };
    item(&above, "releases", &release.name.text)
}

fn item(above: &YamlPath, list: &str, name: &str) -> YamlPath {
    let item = Step::Item {
        key: "name".to_owned(),
        value: name.to_owned(),
    };
    above.key(list).child(item)
}
