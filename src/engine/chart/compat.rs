//! Which Helm is followed where two generations differ.

use crate::engine::functions;
use crate::engine::template::FunctionLookup;

/// A generation of Helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Helm 4.3.
    #[default]
    Helm4,
    /// Helm 3.22.
    Helm3,
}

impl Compat {
    /// The Go package of Helm's chart types, which errors name.
    pub(super) const fn go_package(self) -> &'static str {
        match self {
            Self::Helm4 => "v2",
            Self::Helm3 => "chart",
        }
    }

    /// The functions that templates may call.
    pub fn functions(self) -> FunctionLookup {
        match self {
            Self::Helm4 => functions::lookup,
            Self::Helm3 => functions::lookup_helm3,
        }
    }
}
