//! Everything that the dependencies of charts need, fetched and compared in memory before any file changes.
//!
//! In: chart directories and a source. Out: for each chart what is to be written, or why it cannot be. The charts share what they
//! need: each list of versions and each archive is fetched once, several at a time.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::artifact::remote::ChartSource;
use crate::text::threads::{map_in_parallel, map_with_state};

use super::chosen::{Chosen, Lists};
use super::error::DependencyError;
use super::fetch::fetch;
use super::prepared::{PreparedChart, ResolveOptions};
use super::resolving::{Archives, Resolving};
use super::supply::SuppliedDependencies;

/// Lists and archives that are fetched at the same time. They wait for servers more than they need a processor.
const FETCHED_AT_ONCE: usize = 8;

/// The dependencies of several charts, in their order; each chart, or every reason why it is not ready.
pub fn prepare(
    directories: &[PathBuf],
    source: &dyn ChartSource,
    options: &ResolveOptions<'_>,
) -> Vec<Result<PreparedChart, Vec<DependencyError>>> {
    let requests = map_in_parallel(directories, |directory| Resolving::read(directory, options));
    let ready = || requests.iter().flatten();
    let needed = distinct(ready().flat_map(Resolving::needed_lists));
    let lists = map_with_state(
        &needed,
        Some(FETCHED_AT_ONCE),
        || (),
        |(), (repository, chart)| source.versions(repository, chart),
    );
    let lists: Lists = needed.into_iter().zip(lists).collect();
    let chosen: Vec<Result<Vec<Chosen>, Vec<DependencyError>>> = requests
        .iter()
        .map(|request| match request {
            Ok(resolving) => resolving.choose(options, &lists),
            Err(_) => Ok(Vec::new()),
        })
        .collect();
    let wanted = requests.iter().zip(&chosen).flat_map(|(request, chosen)| {
        let here = request.as_ref().ok().map(Resolving::present);
        let chosen = chosen.iter().flatten();
        chosen.filter(move |chosen| here.is_none_or(|here| !here.contains_key(*chosen)))
    });
    let wanted = distinct(wanted.cloned());
    let supply = SuppliedDependencies::new(source, options.names);
    let (done, total) = (AtomicUsize::new(0), wanted.len());
    let fetched = map_with_state(
        &wanted,
        Some(FETCHED_AT_ONCE),
        || (),
        |(), chosen| {
            let fetched = fetch(chosen, source, options.links, &supply).map(Box::new);
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            fetched
        },
    );
    let mut archives = Archives::new();
    for (chosen, fetched) in wanted.into_iter().zip(fetched) {
        match fetched {
            Ok(fetched) => drop(archives.insert(chosen, Ok(*fetched))),
            Err(error) => drop(archives.insert(chosen, Err(Some(error)))),
        }
    }
    let finished = requests.into_iter().zip(chosen).map(|(request, chosen)| {
        let request = request.map_err(|error| vec![error])?;
        request.finish(&chosen?, &mut archives, options)
    });
    finished.collect()
}

fn distinct<T: Hash + Eq + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}
