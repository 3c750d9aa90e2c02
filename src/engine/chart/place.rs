//! The file on disk for each file of a chart, and of the charts below it: subcharts are in `charts/`, in archives,
//! or beside the chart where `file://` dependencies name them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::load::{Chart, ChartFile};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{SourceFile, join_shown, read_inside};

/// Where a chart's files are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartPlace {
    /// Path inside the parent chart: `charts/web`, `charts/web-1.2.3.tgz!`. Empty for a top chart.
    inside: Arc<str>,
    /// Path as reports show it. Empty until [`Chart::place_at`] was called.
    path: Arc<str>,
    /// The directory it was read from; none for archives, and until [`Chart::read_from`] was called.
    directory: Option<Arc<Path>>,
}

impl ChartPlace {
    /// Of a subchart, by its directory or archive in `charts/`.
    pub(super) fn of_subchart(name: &str, is_archive: bool) -> Self {
        let end = if is_archive { "!" } else { "" };
        Self {
            inside: format!("charts/{name}{end}").into(),
            path: Arc::default(),
            directory: None,
        }
    }
}

impl Chart {
    /// Sets where the chart is: `path` is its directory as reports show it, or its archive followed by `!`.
    /// `neighbours` are the paths of subcharts that came from beside the chart, by their path inside it (`charts/web`).
    pub fn place_at(&mut self, path: &str, neighbours: &[(String, String)]) {
        self.place_below(path, "", neighbours);
    }

    fn place_below(&mut self, path: &str, prefix: &str, neighbours: &[(String, String)]) {
        self.place.path = path.into();
        for subchart in &mut self.dependencies {
            let inside = join_shown(prefix, &subchart.place.inside);
            let neighbour = neighbours.iter().find(|(name, _)| *name == inside);
            let path = neighbour.map_or_else(|| join_shown(path, &subchart.place.inside), |(_, path)| path.clone());
            subchart.place_below(&path, &inside, neighbours);
        }
    }

    /// Sets the directory that the chart was read from. `neighbours` are the directories of subcharts that came from beside the
    /// chart, by their path inside it.
    pub fn read_from(&mut self, directory: &Path, neighbours: &[(String, PathBuf)]) {
        self.read_from_below(directory, "", neighbours);
    }

    fn read_from_below(&mut self, directory: &Path, prefix: &str, neighbours: &[(String, PathBuf)]) {
        self.place.directory = Some(directory.into());
        for subchart in &mut self.dependencies {
            if subchart.place.inside.ends_with('!') {
                continue;
            }
            let inside = join_shown(prefix, &subchart.place.inside);
            let neighbour = neighbours.iter().find(|(name, _)| *name == inside);
            let directory = neighbour.map_or_else(
                || directory.join(&*subchart.place.inside),
                |(_, directory)| directory.clone(),
            );
            subchart.read_from_below(&directory, &inside, neighbours);
        }
    }

    /// The content of one of its files, or of one in its directory that .helmignore leaves out.
    pub fn read_file(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(file) = self.raw.iter().find(|file| file.name == name) {
            return Some(file.data.to_vec());
        }
        let stays_inside = |name: &Path| name.components().all(|step| matches!(step, Component::Normal(_)));
        let name = Some(Path::new(name)).filter(|name| stays_inside(name))?;
        let directory = self.place.directory.as_ref()?;
        // Not by a link that leads out of the chart: Helm reads no file here at all.
        read_inside(directory, &directory.join(name), FILE_BYTES).ok().flatten()
    }

    /// The chart's path as reports show it.
    pub fn path(&self) -> &str {
        &self.place.path
    }

    /// The path of one of its files as reports show it.
    pub fn file_path(&self, name: &str) -> String {
        join_shown(self.path(), name)
    }

    /// One of its files as findings refer to it; without text where the chart has no such file.
    pub fn source_file(&self, name: &str) -> SourceFile {
        let file = self.raw.iter().find(|file| file.name == name);
        file.map_or_else(
            || SourceFile::without_text(self.file_path(name)),
            |file| self.source_of(file),
        )
    }

    /// The same for a file that the caller has already found.
    pub fn source_of(&self, file: &ChartFile) -> SourceFile {
        let path = self.file_path(&file.name);
        let kept = file
            .source
            .get_or_init(|| SourceFile::new(path.as_str(), Arc::clone(&file.data)));
        // Copies of a file keep what was made of it, and may have another name or text.
        if kept.path() == path && std::ptr::eq(kept.text(), file.data.as_ref()) {
            return kept.clone();
        }
        SourceFile::new(path, Arc::clone(&file.data))
    }

    /// The file of a template by its name in the set, `parent/charts/sub/templates/x.yaml`, with the chart it is in.
    /// Names are made of the charts' names, which may be aliases; directories may have other names.
    pub fn find_template(&self, name: &str) -> Option<(&Self, &ChartFile)> {
        let inside = name.strip_prefix(self.name())?.strip_prefix('/')?;
        if let Some(file) = self.templates.iter().find(|file| file.name == inside) {
            return Some((self, file));
        }
        let rest = inside.strip_prefix("charts/")?;
        self.dependencies
            .iter()
            .find_map(|subchart| subchart.find_template(rest))
    }

    /// The source of a template by its name in the set.
    pub fn template_file(&self, name: &str) -> Option<SourceFile> {
        let (chart, file) = self.find_template(name)?;
        Some(chart.source_of(file))
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::{ChartFile, load_files};
    use super::SourceFile;

    fn file(name: &str, text: &str) -> ChartFile {
        ChartFile::new(name.to_owned(), text.as_bytes())
    }

    #[test]
    fn findings_in_a_file_share_it_until_it_changes() {
        let yaml = file("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
        let mut chart = load_files(vec![yaml, file("templates/a.yaml", "a")]).unwrap();
        let source = |chart: &super::Chart| chart.template_file("shop/templates/a.yaml").unwrap();
        let first = source(&chart);
        assert!(first.is_same_handle(&source(&chart)));
        assert!(first.is_same_handle(&source(&chart.clone())));
        chart.place_at("apps/shop", &[]);
        assert_eq!(source(&chart).path(), "apps/shop/templates/a.yaml");
        if let Some(file) = std::sync::Arc::make_mut(&mut chart.templates).first_mut() {
            file.data = b"b".as_slice().into();
        }
        assert_eq!(source(&chart).text(), b"b");
    }

    #[test]
    fn templates_lead_to_files_that_can_be_opened() {
        let chart_yaml = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
        let mut chart = load_files(vec![
            file("Chart.yaml", &chart_yaml("shop")),
            file("templates/a.yaml", "a"),
            // The directory has another name than the chart.
            file("charts/db-directory/Chart.yaml", &chart_yaml("db")),
            file("charts/db-directory/templates/b.yaml", "b"),
            file("charts/orders/Chart.yaml", &chart_yaml("orders")),
            file("charts/orders/templates/c.yaml", "c"),
            file("charts/orders/charts/inner/Chart.yaml", &chart_yaml("inner")),
            file("charts/orders/charts/inner/templates/d.yaml", "d"),
        ])
        .unwrap();
        chart.place_at("apps/shop", &[("charts/orders".to_owned(), "apps/orders".to_owned())]);
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        };
        write("shop/ignored.json");
        write("shop/charts/db-directory/ignored.json");
        write("orders/ignored.json");
        let orders = directory.path().join("orders");
        chart.read_from(&directory.path().join("shop"), &[("charts/orders".to_owned(), orders)]);
        let read =
            |chart: &super::Chart, name: &str| chart.read_file(name).map(|text| String::from_utf8(text).unwrap());
        assert_eq!(read(&chart, "templates/a.yaml").as_deref(), Some("a"));
        assert_eq!(read(&chart, "ignored.json").as_deref(), Some("shop/ignored.json"));
        assert_eq!(read(&chart, "../orders/ignored.json"), None);
        let mut found: Vec<_> = chart
            .dependencies
            .iter()
            .filter_map(|chart| read(chart, "ignored.json"))
            .collect();
        found.sort();
        assert_eq!(found, ["orders/ignored.json", "shop/charts/db-directory/ignored.json"]);
        for (template, want) in [
            ("shop/templates/a.yaml", Some("apps/shop/templates/a.yaml")),
            (
                "shop/charts/db/templates/b.yaml",
                Some("apps/shop/charts/db-directory/templates/b.yaml"),
            ),
            (
                "shop/charts/orders/templates/c.yaml",
                Some("apps/orders/templates/c.yaml"),
            ),
            (
                "shop/charts/orders/charts/inner/templates/d.yaml",
                Some("apps/orders/charts/inner/templates/d.yaml"),
            ),
            ("shop/templates/none.yaml", None),
            ("gotpl", None),
        ] {
            let found = chart.template_file(template);
            assert_eq!(found.as_ref().map(SourceFile::path), want, "{template}");
        }
    }
}
