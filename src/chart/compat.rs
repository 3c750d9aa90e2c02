//! Which Helm is followed where two generations differ.

/// A generation of Helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Helm 4.3.
    #[default]
    Helm4,
    /// Helm 3.22.
    Helm3,
}
