//! Schemas of values that a thread has compiled: a chart is rendered with many values, and compiling its schema takes most of the time of
//! validating them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::kubernetes::json_schema::{Loader, Node, Validator};

/// Most schemas that a thread keeps: those of a chart and its subcharts.
const MAX_KEPT: usize = 16;
/// Longer schemas are not kept.
const MAX_BYTES: usize = 4 << 20;

/// A compiled schema with its text.
type Kept = (Vec<u8>, Rc<Validator>);

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// A loader that knows whether it was asked: what was compiled with another document is not kept, since that may be another one next time.
pub(super) struct AskedLoader<'l> {
    inner: &'l dyn Loader,
    is_asked: Cell<bool>,
}

impl<'l> AskedLoader<'l> {
    pub(super) const fn new(inner: &'l dyn Loader) -> Self {
        Self {
            inner,
            is_asked: Cell::new(false),
        }
    }
}

impl Loader for AskedLoader<'_> {
    fn load(&self, url: &str) -> Result<Option<Node>, String> {
        self.is_asked.set(true);
        self.inner.load(url)
    }

    fn is_trusted(&self, url: &str) -> bool {
        self.inner.is_trusted(url)
    }
}

/// The schema with this text, if this thread has compiled it.
pub(super) fn kept(schema: &[u8]) -> Option<Rc<Validator>> {
    KEPT.with_borrow(|kept| {
        let known = kept.iter().find(|(text, _)| text == schema);
        known.map(|(_, validator)| Rc::clone(validator))
    })
}

/// Keeps a compiled schema, unless it depends on other documents.
pub(super) fn keep(schema: &[u8], validator: &Rc<Validator>, loader: &AskedLoader<'_>) {
    if loader.is_asked.get() || schema.len() > MAX_BYTES {
        return;
    }
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MAX_KEPT {
            kept.remove(0);
        }
        kept.push((schema.to_vec(), Rc::clone(validator)));
    });
}
