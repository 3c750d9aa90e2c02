//! Tables of the images of charts: a row for each image, a column for each way in which a chart is deployed, and in the cells the tags. A cell
//! that differs from the one on its left is marked.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::run::RenderingImages;
use crate::delivery::image::ImageReference;
use crate::report::html::{Page, escaped};
use crate::text::counted::counted;
use crate::text::ordered::CollectOrdered as _;
use crate::text::visible::shown_line;

use super::report::ChartImages;

/// Charts up to which all tables are unfolded; of more, those whose cells differ.
const MOST_UNFOLDED: usize = 8;
/// Characters of a digest that people read.
const SHORT_DIGEST: usize = 12;

/// What a repository has in each of the columns; nothing where it is not named.
type Row = Vec<Option<String>>;

/// Whether there is anything for a table.
pub(super) fn has_images(charts: &[ChartImages<'_>]) -> bool {
    let mut renderings = charts.iter().flat_map(|chart| chart.renderings);
    renderings.any(|rendering| !rendering.images.is_empty())
}

/// Adds the tables of charts that have images to a page of so many bytes at most.
pub(super) fn add_images(charts: &[ChartImages<'_>], page: &mut Page, most_bytes: usize) {
    let tables = charts.iter().map(|chart| (chart, rows(chart.renderings)));
    let tables: Vec<_> = tables.filter(|(_, rows)| !rows.is_empty()).collect();
    if tables.is_empty() {
        return;
    }
    page.line("<h2 id=\"images\">Images</h2>");
    let mut left_out = 0;
    for (chart, rows) in &tables {
        if page.len() > most_bytes {
            left_out += 1;
            continue;
        }
        add_table(chart, rows, tables.len() <= MOST_UNFOLDED, page);
    }
    if left_out > 0 {
        page.paragraph(
            "remark",
            &format!("The images of {} do not fit on this page.", counted(left_out, "chart")),
        );
    }
}

/// The images by their repositories.
fn rows(renderings: &[RenderingImages]) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Vec<BTreeSet<String>>> = BTreeMap::new();
    for (column, rendering) in renderings.iter().enumerate() {
        for image in &rendering.images {
            let (repository, version) = parts(image);
            let row = rows
                .entry(repository)
                .or_insert_with(|| vec![BTreeSet::new(); renderings.len()]);
            if let Some(cell) = row.get_mut(column) {
                cell.insert(version);
            }
        }
    }
    let cell = |versions: BTreeSet<String>| {
        let versions: Vec<String> = versions.into_iter().collect();
        Some(versions.join(", ")).filter(|_| !versions.is_empty())
    };
    let rows = rows.into_iter();
    rows.map(|(repository, cells)| (repository, cells.into_iter().map(cell).collect()))
        .collect_map()
}

/// The repository of an image, and its tag and digest.
fn parts(image: &str) -> (String, String) {
    let Ok(reference) = ImageReference::parse(image) else {
        return (image.to_owned(), "not a reference".to_owned());
    };
    let mut version = reference.tag.unwrap_or_default();
    if let Some(digest) = &reference.digest {
        let (algorithm, digits) = digest.split_once(':').unwrap_or(("", digest));
        let short: String = digits.chars().take(SHORT_DIGEST).collect();
        version.push_str(&format!("@{algorithm}:{short}…"));
    }
    if version.is_empty() {
        version.push_str("no tag");
    }
    (reference.repository, version)
}

/// Whether each cell differs from the one on its left.
fn differing(row: &Row) -> impl Iterator<Item = bool> {
    let left = row.iter().zip(row.iter().skip(1));
    std::iter::once(false).chain(left.map(|(left, own)| left != own))
}

fn add_table(chart: &ChartImages<'_>, rows: &BTreeMap<String, Row>, is_open: bool, page: &mut Page) {
    let differ = rows
        .values()
        .filter(|row| differing(row).any(|differs| differs))
        .count();
    let words = match differ {
        0 => String::new(),
        1 => ", 1 differs".to_owned(),
        more => format!(", {more} differ"),
    };
    let columns = counted(chart.renderings.len(), "rendering");
    let open = if is_open || differ > 0 { " open" } else { "" };
    page.line(&format!(
        "<details class=\"images\"{open}>\n<summary>{} <small>{} in {columns}{words}</small></summary>\n<div \
         class=\"wide\">\n<table>",
        escaped(&shown_line(chart.chart)),
        counted(rows.len(), "image")
    ));
    let headings = chart.renderings.iter().map(|one| {
        let name = escaped(&shown_line(&one.rendering));
        format!("<th>{name}</th>")
    });
    page.line(&format!("<tr><th>Image</th>{}</tr>", headings.collect::<String>()));
    for (repository, row) in rows {
        let cells = row.iter().zip(differing(row)).map(|(cell, differs)| {
            let class = if differs { " class=\"differs\"" } else { "" };
            let text = cell.as_ref().map_or_else(|| "–".to_owned(), |text| shown_line(text));
            format!("<td{class}>{}</td>", escaped(&text))
        });
        let name = escaped(&shown_line(repository));
        let cells: String = cells.collect();
        page.line(&format!("<tr><td><code>{name}</code></td>{cells}</tr>"));
    }
    page.line("</table>\n</div>\n</details>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::Mood;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn renderings(columns: &[&[&str]]) -> Vec<RenderingImages> {
        let columns = columns.iter().enumerate();
        columns
            .map(|(number, images)| RenderingImages {
                rendering: format!("r{number}"),
                images: images.iter().map(|&image| image.to_owned()).collect(),
            })
            .collect()
    }

    /// A star before what differs from its left.
    #[test]
    fn each_repository_has_a_row_and_each_rendering_a_column() {
        let pinned = format!("a/web:1@{DIGEST}");
        for (columns, want) in [
            (&[][..], &[][..]),
            (&[&[][..]][..], &[]),
            (&[&["a/web:1"][..]], &["a/web | 1"]),
            (
                &[&["a/web:1", "b/db:5"][..], &["a/web:1"], &["a/web:2"]],
                &["a/web | 1 | 1 | *2", "b/db | 5 | *– | –"],
            ),
            (
                &[&["host:5000/web", "web:1", "web:2"][..], &[&pinned, "{{ x }}"]],
                &[
                    "a/web | – | *1@sha256:0123456789ab…",
                    "host:5000/web | no tag | *–",
                    "web | 1, 2 | *–",
                    "{{ x }} | – | *not a reference",
                ],
            ),
        ] {
            let shown: Vec<String> = rows(&renderings(columns))
                .iter()
                .map(|(repository, row)| {
                    let cells = row.iter().zip(differing(row)).map(|(cell, differs)| {
                        let star = if differs { "*" } else { "" };
                        format!(" | {star}{}", cell.as_deref().unwrap_or("–"))
                    });
                    format!("{repository}{}", cells.collect::<String>())
                })
                .collect();
            assert_eq!(shown, want, "{columns:?}");
        }
    }

    #[test]
    fn what_differs_is_unfolded_and_what_does_not_fit_is_counted() {
        let same = renderings(&[&["a:1"], &["a:1"]]);
        let other = renderings(&[&["a:1"], &["a:2"]]);
        let none = renderings(&[&[]]);
        let chart = |renderings| ChartImages { chart: "x", renderings };
        let page = |charts: &[ChartImages<'_>], most_bytes: usize| {
            let mut page = Page::new("t", Mood::Well, "v", std::iter::empty());
            let most_bytes = page.len() + most_bytes;
            add_images(charts, &mut page, most_bytes);
            page.finish()
        };
        let text = page(&[chart(&same), chart(&none)], 10_000);
        assert_eq!(text.matches("<details class=\"images\" open>").count(), 1, "{text}");
        assert!(text.contains("<small>1 image in 2 renderings</small>"), "{text}");
        let mut many = vec![chart(same.as_slice()); MOST_UNFOLDED];
        many.push(chart(&other));
        let text = page(&many, 10_000);
        assert_eq!(text.matches("<details class=\"images\" open>").count(), 1, "{text}");
        assert!(text.contains("1 image in 2 renderings, 1 differs"), "{text}");
        assert!(text.contains("<td>1</td><td class=\"differs\">2</td>"), "{text}");
        let text = page(&many, 1000);
        assert!(text.contains("charts do not fit on this page."), "{text}");
        assert!(!page(&[chart(&none)], 10_000).contains("Images"));
    }
}
