//! Rules over crds/. Follows `pkg/chart/v2/lint/rules/crds.go`.

use crate::text::source::Span;

use super::chart_source::ChartSource;
use super::documents::read_documents;
use super::message::{LintSeverity, Messages, Place};

use LintSeverity::Error;

pub(super) fn check(source: &ChartSource, messages: &mut Messages) {
    const DIRECTORY: &str = "crds/";
    if !source.exists("crds") {
        return;
    }
    if !source.is_directory("crds") {
        messages.add(Error, "crds-directory", DIRECTORY, "not a directory", None);
        return;
    }
    let chart = match source.load() {
        Ok(chart) => chart,
        Err(error) => {
            messages.add(Error, "chart-load", DIRECTORY, error.to_string(), None);
            return;
        }
    };
    for crd in chart.crds("") {
        let name = &crd.file.name;
        let file = crd.path.trim_start_matches('/').to_owned();
        for document in read_documents(&crd.file.data) {
            let place = |offset: usize| {
                let at = u32::try_from(offset).unwrap_or(u32::MAX);
                Some(Place {
                    file: file.clone(),
                    span: Span::new(at, at),
                })
            };
            match document {
                Err(error) => {
                    let text = format!("unable to parse YAML: {}", error.text);
                    messages.add(Error, "crd-format", name, text, place(error.offset));
                    return;
                }
                Ok(document) => {
                    if !document.api_version.starts_with("apiextensions.k8s.io") {
                        let text = "apiVersion is not in 'apiextensions.k8s.io'";
                        messages.add(Error, "crd-api-version", name, text, place(document.offset));
                    }
                    if document.kind != "CustomResourceDefinition" {
                        let text = "object kind is not 'CustomResourceDefinition'";
                        messages.add(Error, "crd-kind", name, text, place(document.offset));
                    }
                }
            }
        }
    }
}
