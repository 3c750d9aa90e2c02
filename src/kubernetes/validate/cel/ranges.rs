//! Numbers that are known to lie between two others (`SizeEstimate` of cel-go `checker/cost.go`).

/// Of going through a text, for each byte.
const PER_BYTE: f64 = 0.1;

/// Least and most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Range {
    pub(super) const UNKNOWN: Self = Self {
        least: 0,
        most: u64::MAX,
    };
    pub(super) const NOTHING: Self = Self::exactly(0);

    pub(super) const fn exactly(size: u64) -> Self {
        Self {
            least: size,
            most: size,
        }
    }

    pub(super) const fn up_to(most: u64) -> Self {
        Self { least: 0, most }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            most: self.most.saturating_add(other.most),
        }
    }

    /// What it costs to go through a text of the size.
    pub(super) fn traversal(self) -> u64 {
        scaled(self.most, PER_BYTE)
    }
}

/// A number times a factor, rounded up.
pub(super) fn scaled(number: u64, factor: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as in Go; a conversion to an integer saturates"
    )]
    {
        (number as f64 * factor).ceil() as u64
    }
}
