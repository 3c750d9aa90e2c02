//! How many of something are reached.

/// Parts that can be reached, those that are, and those that no values reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Reached.
    pub covered: usize,
    /// All that can be reached.
    pub total: usize,
    /// Those that nothing can reach, which `total` leaves out.
    pub unreachable: usize,
}

impl Counted {
    /// Adds a part.
    pub(super) const fn add(&mut self, is_covered: bool, is_reachable: bool) {
        if is_covered {
            self.covered += 1;
            self.total += 1;
        } else if is_reachable {
            self.total += 1;
        } else {
            self.unreachable += 1;
        }
    }

    /// The same with those of another.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            covered: self.covered + other.covered,
            total: self.total + other.total,
            unreachable: self.unreachable + other.unreachable,
        }
    }

    /// The share that is reached in hundredths of a percent, rounded down: what is not whole is never shown as whole. Nothing has
    /// been missed of nothing.
    pub const fn share(self) -> u64 {
        if self.total == 0 {
            return 10_000;
        }
        (self.covered as u64) * 10_000 / (self.total as u64)
    }

    /// `83.3 %`
    pub fn percent(self) -> String {
        let share = self.share();
        format!("{}.{} %", share / 100, share % 100 / 10)
    }
}

/// What of a file, a chart or a run is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files that something ran in.
    pub templates: Counted,
    /// Lines with something that can run.
    pub lines: Counted,
    /// Ways of decisions.
    pub branches: Counted,
    /// Definitions.
    pub definitions: Counted,
    /// Values of values.yaml that a template read.
    pub values: Counted,
}

impl Totals {
    /// Lines and branches together, which `--fail-under` is about.
    pub const fn lines_and_branches(self) -> Counted {
        self.lines.with(self.branches)
    }

    /// The same with those of another.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            templates: self.templates.with(other.templates),
            lines: self.lines.with(other.lines),
            branches: self.branches.with(other.branches),
            definitions: self.definitions.with(other.definitions),
            values: self.values.with(other.values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;

    #[test]
    fn shares_are_rounded_down_and_leave_out_what_cannot_be_reached() {
        let counted = |covered, total| Counted {
            covered,
            total,
            unreachable: 7,
        };
        for (one, share) in [
            (counted(0, 0), "100.0 %"),
            (counted(0, 3), "0.0 %"),
            (counted(1, 3), "33.3 %"),
            (counted(2999, 3000), "99.9 %"),
            (counted(3, 3), "100.0 %"),
        ] {
            assert_eq!(one.percent(), share);
        }
        let mut sum = Counted::default();
        for (is_covered, is_reachable) in [(true, true), (true, false), (false, true), (false, false)] {
            sum.add(is_covered, is_reachable);
        }
        assert_eq!((sum.covered, sum.total, sum.unreachable), (2, 3, 1));
    }
}
