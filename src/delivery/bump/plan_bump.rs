//! The whole plan: files, edits and images to the new content of each file, and new versions of their charts.

use std::io;
use std::path::{Path, PathBuf};

use crate::delivery::image::{ImageReference, LeftNotes};
use crate::text::edit::{Change, Edit, check_size};

use super::chart_version::Raise;
use super::error::BumpError;
use super::moved_image::{MovedImage, moves_of};
use super::plan::{BumpPlan, FilePlan};
use super::plan_image::{ImageFile, plan_image};
use super::raise_chart::{ChartUpdate, chart_directory, update_charts};
use super::update_locks::update_locks;

/// Reads a file by its absolute path: how a plan finds and reads a Chart.yaml.
pub type ReadFile<'f> = &'f dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// A file to edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path as the user knows it, relative to the working directory or absolute.
    pub path: String,
    /// Its content.
    pub text: Vec<u8>,
    /// Edits of this file alone.
    pub edits: Vec<Edit>,
}

/// The inputs of a bump.
#[derive(Debug, Clone)]
pub struct BumpRequest {
    /// The files; the same file twice counts once.
    pub files: Vec<SourceFile>,
    /// What is done in every file, in order.
    pub edits: Vec<Edit>,
    /// Images that are moved wherever a file names them; each must be named in one file at least.
    pub images: Vec<ImageReference>,
    /// Whether values of images may change that aliases of the file refer to.
    pub through_anchors: bool,
    /// Directory of the chart whose own values name repositories that the files leave out, and whose version is raised;
    /// `None` for the chart that each file is in.
    pub chart: Option<PathBuf>,
    /// What is known of the images that the files' own edits move.
    pub moved: Vec<MovedImage>,
    /// How the version of a chart is raised when one of its files changes.
    pub chart_version: Option<Raise>,
    /// The repository of the image whose tag a chart has as its appVersion.
    pub app_version_from: Option<String>,
    /// The directory that relative paths start from.
    pub working_directory: PathBuf,
}

impl BumpRequest {
    /// What makes the plan: from the texts that are given the first time, from the files as they are then every other time.
    pub fn plans<'r>(&'r mut self, read: ReadFile<'r>) -> impl FnMut() -> Result<BumpPlan, BumpError> + 'r {
        let mut is_first = true;
        move || {
            if !std::mem::replace(&mut is_first, false) {
                self.read_again(read)?;
            }
            plan_bump(self, read)
        }
    }

    /// Reads the files again.
    fn read_again(&mut self, read: ReadFile<'_>) -> Result<(), BumpError> {
        for file in &mut self.files {
            let path = absolute(Path::new(&file.path), &self.working_directory);
            file.text = read(&path).map_err(|source| BumpError::Read { path, source })?;
        }
        Ok(())
    }
}

/// Plans a bump. Nothing is written.
///
/// # Errors
/// When nothing is requested, an image is not named, a value is missing or cannot be set without changing others, or a
/// chart has no version to raise.
pub fn plan_bump(request: &BumpRequest, read: ReadFile<'_>) -> Result<BumpPlan, BumpError> {
    let has_changes = request.files.iter().any(|file| !file.edits.is_empty());
    if request.edits.is_empty() && request.images.is_empty() && !has_changes {
        return Err(BumpError::NothingAsked);
    }
    let given_chart = request.chart.as_deref();
    let given_chart = given_chart.map(|chart| absolute(chart, &request.working_directory));
    let mut plan = BumpPlan {
        moved: request.moved.clone(),
        ..BumpPlan::default()
    };
    let mut is_found = vec![false; request.images.len()];
    let mut left = LeftNotes::default();
    let shown = |path: &str| shown_path(Path::new(path), &request.working_directory);
    for file in &request.files {
        let location = absolute(Path::new(&file.path), &request.working_directory);
        if plan.files.iter().any(|planned| planned.location == location) {
            continue;
        }
        check_size(&file.text).map_err(|source| BumpError::Edit {
            path: file.path.clone(),
            source,
        })?;
        let mut edits = request.edits.clone();
        let edit = |change: Change| Edit {
            through_anchors: request.through_anchors,
            ..Edit::from(change)
        };
        edits.extend(file.edits.iter().cloned().map(|edit| Edit {
            through_anchors: edit.through_anchors || request.through_anchors,
            ..edit
        }));
        let mut of_images = Vec::new();
        if !request.images.is_empty() {
            let chart = given_chart.clone().or_else(|| chart_directory(&location, read));
            for (image, is_found) in request.images.iter().zip(&mut is_found) {
                let planned = ImageFile {
                    path: &file.path,
                    location: &location,
                    text: &file.text,
                    chart: chart.as_deref(),
                };
                let planned = plan_image(planned, image, &shown)?;
                left.append(planned.left);
                let more = planned.changes;
                *is_found |= !more.is_empty();
                edits.extend(more.iter().cloned().map(edit));
                of_images.push((image, more));
            }
        }
        let planned = FilePlan::new(&file.path, &location, file.text.clone(), &edits)?;
        for (image, changes) in of_images {
            plan.moved
                .extend(moves_of(&file.path, image, &changes, &planned.applied));
        }
        plan.files.push(planned);
    }
    plan.left = left.sentences(&|path| plan.files.iter().any(|file| file.location == path));
    if let Some((image, _)) = request.images.iter().zip(&is_found).find(|(_, is_found)| !**is_found) {
        let files: Vec<&str> = request.files.iter().map(|file| file.path.as_str()).collect();
        return Err(BumpError::ImageNotFound {
            repository: image.repository.clone(),
            files: files.join(", "),
            left: plan.left,
        });
    }
    let update = ChartUpdate {
        raise: request.chart_version,
        app_version_from: request.app_version_from.as_deref(),
        chart: given_chart.as_deref(),
        working_directory: &request.working_directory,
    };
    update_charts(&mut plan, &update, read)?;
    update_locks(&mut plan, &request.working_directory, read)?;
    Ok(plan)
}

/// A path without `.`, from the working directory if it is relative.
pub fn absolute(path: &Path, working_directory: &Path) -> PathBuf {
    working_directory.join(path).components().collect()
}

/// A path relative to the working directory if it is below it.
pub fn shown_path(path: &Path, working_directory: &Path) -> String {
    path.strip_prefix(working_directory)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::super::assignment::{ValueKind, parse_assignment};
    use super::super::chart_version::VersionPart;
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// Files below `/work` that do not exist on disk; those in `edited` are given to the plan.
    struct Files(Vec<(&'static str, String)>);

    impl Files {
        fn plan(&self, edited: &[&str], adapt: impl FnOnce(&mut BumpRequest)) -> Result<BumpPlan, BumpError> {
            let read = |path: &Path| {
                let found = self.0.iter().find(|(name, _)| Path::new("/work").join(name) == path);
                found
                    .map(|(_, text)| text.clone().into_bytes())
                    .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            };
            let files = edited.iter().map(|path| SourceFile {
                path: (*path).to_owned(),
                text: read(&absolute(Path::new(path), Path::new("/work"))).unwrap(),
                edits: Vec::new(),
            });
            let mut request = BumpRequest {
                files: files.collect(),
                edits: Vec::new(),
                images: Vec::new(),
                through_anchors: false,
                chart: None,
                moved: Vec::new(),
                chart_version: None,
                app_version_from: None,
                working_directory: "/work".into(),
            };
            adapt(&mut request);
            plan_bump(&request, &read)
        }
    }

    fn set(text: &str) -> Vec<Edit> {
        vec![parse_assignment(text, ValueKind::Typed).unwrap()]
    }

    fn news(plan: &BumpPlan) -> Vec<(&str, &str)> {
        let files = plan.files.iter();
        files
            .map(|file| (file.path.as_str(), std::str::from_utf8(&file.new).unwrap()))
            .collect()
    }

    fn shop() -> Files {
        Files(vec![
            (
                "shop/Chart.yaml",
                "name: shop\nversion: 1.2.3\nappVersion: \"1\"\n".to_owned(),
            ),
            ("shop/values.yaml", "tag: v1 # now\n".to_owned()),
            ("shop/envs/prod.yaml", "tag: v1\n".to_owned()),
            ("lone.yaml", "tag: v1\n".to_owned()),
        ])
    }

    #[test]
    fn every_file_gets_the_assignments_and_a_chart_one_new_version() {
        let plan = shop().plan(&["shop/values.yaml", "./shop/envs/prod.yaml"], |request| {
            request.edits = set("tag=v2");
            request.chart_version = Some(Raise::By(VersionPart::Minor));
        });
        assert_eq!(
            news(&plan.unwrap()),
            [
                ("shop/values.yaml", "tag: v2 # now\n"),
                ("./shop/envs/prod.yaml", "tag: v2\n"),
                ("shop/Chart.yaml", "name: shop\nversion: 1.3.0\nappVersion: \"1\"\n"),
            ]
        );
    }

    #[test]
    fn a_chart_yaml_that_is_edited_and_raised_keeps_both_edits() {
        for path in ["shop/Chart.yaml", "./shop/Chart.yaml", "/work/shop/./Chart.yaml"] {
            let plan = shop().plan(&[path], |request| {
                request.edits = set("appVersion=2");
                request.chart_version = Some(Raise::By(VersionPart::Patch));
            });
            assert_eq!(
                news(&plan.unwrap()),
                [(path, "name: shop\nversion: 1.2.4\nappVersion: \"2\"\n")]
            );
        }
    }

    #[test]
    fn a_version_is_raised_only_when_something_changes() {
        let plan = shop().plan(&["shop/values.yaml"], |request| {
            request.edits = set("tag=v1");
            request.chart_version = Some(Raise::By(VersionPart::Patch));
        });
        let plan = plan.unwrap();
        assert_eq!(news(&plan), [("shop/values.yaml", "tag: v1 # now\n")]);
        assert_eq!(plan.changed_files().count(), 0);
    }

    #[test]
    fn a_file_that_is_given_twice_is_edited_once() {
        let plan = shop().plan(&["lone.yaml", "./lone.yaml", "/work/lone.yaml"], |request| {
            request.edits = set("tag=v2");
        });
        assert_eq!(news(&plan.unwrap()), [("lone.yaml", "tag: v2\n")]);
    }

    type Adapt<'a> = &'a dyn Fn(&mut BumpRequest);

    #[test]
    fn impossible_plans_are_errors_with_their_place() {
        let image = |text: &str| vec![ImageReference::parse(text).unwrap()];
        let rows: [(&str, Adapt<'_>, &str); 6] = [
            (
                "lone.yaml",
                &|_| {},
                "nothing to change: neither a value nor an image is given",
            ),
            (
                "lone.yaml",
                &|request| request.images = image("acme/web:2"),
                "no value names the image `acme/web` in lone.yaml",
            ),
            (
                "lone.yaml",
                &|request| request.images = image("acme/web"),
                "`acme/web` has no tag: name the image as REPOSITORY:TAG",
            ),
            (
                "lone.yaml",
                &|request| request.edits = set("tga=v2"),
                "lone.yaml:1:1: no value at `tga`; did you mean `tag`?",
            ),
            (
                "lone.yaml",
                &|request| {
                    request.edits = set("tag=v2");
                    request.chart_version = Some(Raise::By(VersionPart::Patch));
                },
                "no Chart.yaml above lone.yaml",
            ),
            (
                "pinned.yaml",
                &|request| request.images = image("acme/web:2"),
                "pinned.yaml: `image` pins a digest, which wins over the tag: name the image as REPOSITORY:TAG@DIGEST",
            ),
        ];
        let mut files = shop();
        files.0.push(("pinned.yaml", format!("image: acme/web:1@{DIGEST}\n")));
        for (path, adapt, want) in rows {
            let error = files.plan(&[path], adapt).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
        files.0.push(("shop/sub/Chart.yaml", "version: latest\n".to_owned()));
        files.0.push(("shop/sub/values.yaml", "tag: v1\n".to_owned()));
        let error = files.plan(&["shop/sub/values.yaml"], |request| {
            request.edits = set("tag=v2");
            request.chart_version = Some(Raise::By(VersionPart::Patch));
        });
        assert_eq!(
            error.unwrap_err().to_string(),
            "shop/sub/Chart.yaml: its version is missing or not a semantic version, so it cannot be raised"
        );
    }

    #[test]
    fn one_file_that_names_an_image_is_enough() {
        let mut files = shop();
        files.0.push(("web.yaml", "image: acme/web:1\n".to_owned()));
        let plan = files.plan(&["lone.yaml", "web.yaml"], |request| {
            request.images = vec![ImageReference::parse("acme/web:2").unwrap()];
        });
        assert_eq!(
            news(&plan.unwrap()),
            [("lone.yaml", "tag: v1\n"), ("web.yaml", "image: acme/web:2\n")]
        );
    }
}
