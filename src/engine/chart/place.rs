//! The file on disk for each file of a chart, and of the charts below it: subcharts are in `charts/`, in archives,
//! or beside the chart where `file://` dependencies name them.

use std::sync::Arc;

use super::load::{Chart, ChartFile};
use crate::text::source::{SourceFile, join_shown};

/// Where a chart's files are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartPlace {
    /// Path inside the parent chart: `charts/web`, `charts/web-1.2.3.tgz!`. Empty for a top chart.
    inside: Arc<str>,
    /// Path as reports show it. Empty until [`Chart::place_at`] was called.
    path: Arc<str>,
}

impl ChartPlace {
    /// Of a subchart, by its directory or archive in `charts/`.
    pub(super) fn of_subchart(name: &str, is_archive: bool) -> Self {
        let end = if is_archive { "!" } else { "" };
        Self {
            inside: format!("charts/{name}{end}").into(),
            path: Arc::default(),
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
        SourceFile::new(self.file_path(&file.name), Arc::clone(&file.data))
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
