//! Rules over crds/. Follows `pkg/chart/v2/lint/rules/crds.go`.

use crate::check::finding::Location;
use crate::engine::chart::Chart;
use crate::text::rule::{Rule, Severity};

use super::chart_source::ChartSource;
use super::documents::read_documents;
use super::message::Messages;

use Severity::Error;

const DIRECTORY: &str = "crds/";

pub(super) fn check(source: &ChartSource, messages: &mut Messages<'_>) {
    if !has_directory(source, messages) {
        return;
    }
    let chart = match source.load(&mut messages.notices) {
        Ok(chart) => chart,
        Err(error) => {
            messages.add(Error, Rule::ChartLoad, DIRECTORY, error.to_string(), None);
            return;
        }
    };
    check_chart(&chart, messages);
}

/// Whether there are CRDs; reports what stands in the place of their directory.
pub(super) fn has_directory(source: &ChartSource, messages: &mut Messages<'_>) -> bool {
    if !source.exists("crds") {
        return false;
    }
    let is_directory = source.is_directory("crds");
    if !is_directory {
        messages.add(Error, Rule::CrdsDirectory, DIRECTORY, "not a directory", None);
    }
    is_directory
}

/// Checks the CRDs of a chart and of those below it; false ends the checking, as in Helm.
pub(super) fn check_chart(chart: &Chart, messages: &mut Messages<'_>) -> bool {
    for file in chart.own_crds() {
        let source = chart.source_of(file);
        for document in read_documents(&file.data) {
            let at = |offset: usize| Location::at(source.clone(), offset);
            match document {
                Err(error) => {
                    let text = format!("unable to parse YAML: {}", error.text);
                    messages.add_at(Error, Rule::CrdFormat, &file.name, text, at(error.offset));
                    return false;
                }
                Ok(document) => {
                    if !document.api_version.starts_with("apiextensions.k8s.io") {
                        let text = "apiVersion is not in 'apiextensions.k8s.io'";
                        messages.add_at(Error, Rule::CrdApiVersion, &file.name, text, at(document.offset));
                    }
                    if document.kind != "CustomResourceDefinition" {
                        let text = "object kind is not 'CustomResourceDefinition'";
                        messages.add_at(Error, Rule::CrdKind, &file.name, text, at(document.offset));
                    }
                }
            }
        }
    }
    chart
        .dependencies
        .iter()
        .all(|subchart| check_chart(subchart, messages))
}
