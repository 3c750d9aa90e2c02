//! From a chart directory to its package: checks, versions given by flags, dependencies by path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::chart::{
    Chart, ChartFile, LinkPolicy, LoadError, LocalDependencyError, SupplyDependencies, archive_name,
    files_with_dependencies, load_files, read_archive,
};
use crate::text::edit::{DocumentChoice, Edit, EditError, NewValue, Operation, YamlPath, apply_edits};
use crate::text::limits::FILE_BYTES;
use crate::text::semver::Version;
use crate::text::sha256::sha256_hex;
use crate::text::source::{Named, read_file};

use super::archive::{ArchiveWriteError, TIME};
use super::members::pack_chart;
use super::version_suffix::{FilledSuffix, VersionSuffixError};

/// Versions that the package gets instead of the chart's own.
#[derive(Debug, Clone, Default)]
pub struct PackageOptions {
    /// Version to write into Chart.yaml.
    pub version: Option<String>,
    /// What is added to the version.
    pub suffix: Option<FilledSuffix>,
    /// appVersion to write into Chart.yaml.
    pub app_version: Option<String>,
    /// Whether files outside of the chart's directory are packaged where links lead to them.
    pub links: LinkPolicy,
    /// Time stamp of the files in the archive, in seconds since 1970; a fixed one unless given.
    pub time: Option<u64>,
    /// What supplies dependencies of other repositories that `charts/` lacks; they are missing without it.
    pub supply: Option<Arc<dyn SupplyDependencies + Send>>,
}

/// A packaged chart.
#[derive(Debug, Clone)]
pub struct Package {
    /// The chart, as packaged.
    pub chart: Chart,
    /// Bytes of the archive.
    pub archive: Vec<u8>,
}

impl Package {
    /// `NAME-VERSION.tgz`
    pub fn file_name(&self) -> String {
        archive_name(&self.chart.metadata)
    }

    /// Hex SHA-256 of the archive.
    pub fn digest(&self) -> String {
        sha256_hex(&self.archive)
    }
}

/// A chart that cannot be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The chart, or one that it depends on by path, does not load.
    #[error(transparent)]
    Local(#[from] LocalDependencyError),
    /// The chart does not load.
    #[error("{}: {source}", directory.display())]
    Load {
        /// The chart.
        directory: PathBuf,
        /// Why.
        source: LoadError,
    },
    /// Dependencies are missing.
    #[error("{}: found in Chart.yaml, but missing in charts/ directory: {names}", directory.display())]
    Missing {
        /// The chart.
        directory: PathBuf,
        /// Their names.
        names: String,
    },
    /// The given version is not a semantic version.
    #[error("`{0}` is not a valid SemVer version")]
    Version(String),
    /// The version cannot have the suffix.
    #[error("{}: {source}", directory.display())]
    Suffix {
        /// The chart.
        directory: PathBuf,
        /// Why.
        source: VersionSuffixError,
    },
    /// values.schema.json is not JSON.
    #[error("{}: values.schema.json is not valid JSON", .0.display())]
    Schema(PathBuf),
    /// Chart.yaml cannot be edited.
    #[error("Chart.yaml: {0}")]
    Edit(#[from] EditError),
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveWriteError),
}

/// Packages a chart directory, or repackages a chart's archive.
///
/// # Errors
/// When the chart does not load, a dependency is missing, or a given version is not a semantic version.
pub fn package_chart(directory: &Path, options: &PackageOptions) -> Result<Package, PackageError> {
    let load = |source| PackageError::Load {
        directory: directory.to_owned(),
        source,
    };
    if directory.is_dir() {
        let supply = options.supply.as_deref();
        let files = files_with_dependencies(directory, options.links, supply.map(|supply| supply as _))?.files;
        return package_files(directory, files, options);
    }
    let bytes = read_file(directory, Named::ByUser, FILE_BYTES).map_err(|source| {
        load(LoadError::Read {
            path: directory.to_owned(),
            source,
        })
    })?;
    package_archive(directory, &bytes, options)
}

/// Repackages a chart's archive that is at hand; `name` is what errors call it.
///
/// # Errors
/// When the chart does not load, a dependency is missing, or a given version is not a semantic version.
pub fn package_archive(name: &Path, archive: &[u8], options: &PackageOptions) -> Result<Package, PackageError> {
    let files = read_archive(archive).map_err(|error| PackageError::Load {
        directory: name.to_owned(),
        source: error.into(),
    })?;
    package_files(name, files, options)
}

fn package_files(
    directory: &Path,
    mut files: Vec<ChartFile>,
    options: &PackageOptions,
) -> Result<Package, PackageError> {
    set_versions(&mut files, options)?;
    let load = |source| PackageError::Load {
        directory: directory.to_owned(),
        source,
    };
    let mut chart = load_files(files.clone()).map_err(load)?;
    if let Some(suffix) = &options.suffix {
        let version = suffix.add_to(&chart.metadata.version);
        let version = version.map_err(|source| PackageError::Suffix {
            directory: directory.to_owned(),
            source,
        })?;
        set_version(&mut files, &version)?;
        chart = load_files(files).map_err(load)?;
    }
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        return Err(PackageError::Missing {
            directory: directory.to_owned(),
            names: missing.join(", "),
        });
    }
    let is_json = |schema: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(schema).is_ok();
    if chart.schema.as_deref().is_some_and(|schema| !is_json(schema)) {
        return Err(PackageError::Schema(directory.to_owned()));
    }
    let archive = pack_chart(&chart, options.time.unwrap_or(TIME))?;
    Ok(Package { chart, archive })
}

fn set_versions(files: &mut [ChartFile], options: &PackageOptions) -> Result<(), PackageError> {
    let Some(file) = files.iter_mut().find(|file| file.name == "Chart.yaml") else {
        return Ok(());
    };
    if let Some(version) = &options.version {
        if Version::parse(version).is_err() {
            return Err(PackageError::Version(version.clone()));
        }
        file.data = set_field(&file.data, "version", version)?.into();
    }
    if let Some(app_version) = &options.app_version {
        file.data = set_field(&file.data, "appVersion", app_version)?.into();
    }
    Ok(())
}

fn set_version(files: &mut [ChartFile], version: &str) -> Result<(), PackageError> {
    let options = PackageOptions {
        version: Some(version.to_owned()),
        ..PackageOptions::default()
    };
    set_versions(files, &options)
}

/// Sets a top-level field of Chart.yaml; one that is missing is added as a last line.
fn set_field(text: &[u8], field: &str, value: &str) -> Result<Vec<u8>, EditError> {
    let edit = Edit {
        document: DocumentChoice::Index(0),
        creates: true,
        ..Edit::new(
            YamlPath::default().key(field),
            Operation::Set(NewValue::Text(value.to_owned())),
        )
    };
    apply_edits(text, &[edit]).map(|(edited, _)| edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_set_and_added() {
        let set = |text: &str, field: &str, value: &str| {
            String::from_utf8(set_field(text.as_bytes(), field, value).unwrap()).unwrap()
        };
        assert_eq!(
            set("name: x\nversion: 1.0.0 # v\n", "version", "1.1.0"),
            "name: x\nversion: 1.1.0 # v\n"
        );
        assert_eq!(
            set("name: x\r\n", "appVersion", "1.10"),
            "name: x\r\nappVersion: \"1.10\"\r\n"
        );
        assert_eq!(set("name: x", "appVersion", "a"), "name: x\nappVersion: a");
    }

    #[test]
    fn entries_of_charts_that_helm_passes_over_are_not_packaged() {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("charts/_old/Chart.yaml", "apiVersion: v2\nname: old\nversion: 1.0.0\n"),
            (
                "charts/.cache/Chart.yaml",
                "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
            ),
            ("charts/_note.txt", "for people"),
            ("templates/_helper.tpl", "{{/* stays */}}"),
        ] {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let package = package_chart(directory.path(), &PackageOptions::default()).unwrap();
        let files = read_archive(&package.archive).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["Chart.yaml", "templates/_helper.tpl", "charts/sub/Chart.yaml"]);
    }

    #[test]
    fn dependencies_by_path_are_packaged_too() {
        let package = package_chart(Path::new("fixtures/shop/shop"), &PackageOptions::default()).unwrap();
        let names: Vec<String> = read_archive(&package.archive)
            .unwrap()
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert!(names.contains(&"charts/orders/Chart.yaml".to_owned()), "{names:?}");
        assert_eq!(package.file_name(), "shop-0.3.0.tgz");
    }

    #[test]
    fn versions_that_are_given_are_those_of_the_package() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write("values.yaml", "version: 7\n");
        write("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0 # now\n");
        let options = |version: Option<&str>, app_version: Option<&str>| PackageOptions {
            version: version.map(str::to_owned),
            app_version: app_version.map(str::to_owned),
            ..PackageOptions::default()
        };
        let package = package_chart(directory.path(), &options(Some("2.0.0-rc.1"), Some("3"))).unwrap();
        assert_eq!(package.file_name(), "c-2.0.0-rc.1.tgz");
        assert_eq!(package.chart.metadata.app_version, "3");
        let files = read_archive(&package.archive).unwrap();
        let text = |name: &str| {
            let file = files.iter().find(|file| file.name == name).unwrap();
            String::from_utf8(file.data.to_vec()).unwrap()
        };
        assert_eq!(
            text("Chart.yaml"),
            "apiVersion: v2\nname: c\nversion: 2.0.0-rc.1 # now\nappVersion: \"3\"\n"
        );
        assert_eq!(text("values.yaml"), "version: 7\n");
        for (options, message) in [
            (options(Some("two"), None), "`two` is not a valid SemVer version"),
            (options(None, None), "c-1.0.0.tgz"),
        ] {
            let outcome = package_chart(directory.path(), &options);
            let shown = outcome.map_or_else(|error| error.to_string(), |package| package.file_name());
            assert_eq!(shown, message);
        }
        // A package can be packed again.
        let archive = directory.path().join("c.tgz");
        std::fs::write(&archive, &package.archive).unwrap();
        let again = package_chart(&archive, &PackageOptions::default()).unwrap();
        assert_eq!(again.archive, package.archive);
    }

    #[test]
    fn a_chart_that_lacks_a_dependency_is_not_packaged() {
        let directory = tempfile::tempdir().unwrap();
        let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: a, version: 1.x}, {name: b, version: 1.x}]\n";
        std::fs::write(directory.path().join("Chart.yaml"), chart).unwrap();
        let error = package_chart(directory.path(), &PackageOptions::default()).unwrap_err();
        let message = error.to_string();
        assert!(
            message.ends_with("found in Chart.yaml, but missing in charts/ directory: a, b"),
            "{message}"
        );
        let nowhere = package_chart(Path::new("/nowhere/c.tgz"), &PackageOptions::default()).unwrap_err();
        assert!(nowhere.to_string().starts_with("/nowhere/c.tgz: "), "{nowhere}");
    }
}
