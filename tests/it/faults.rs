//! What goes wrong in a fifth of the answers of a store in the test's own process: every kind in turn, for whichever request is next.

use super::remote_server::Answer;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is carried out, and the connection ends without an answer.
    LosesAnswer,
    /// It is carried out, and answered with 503.
    HidesSuccess,
    /// It is not carried out, and answered with 503.
    IsUnavailable,
    /// It is not carried out, and answered with 500.
    Fails,
    /// It is not carried out, and answered with 429 and `Retry-After`.
    Throttles,
    /// A write is not carried out, and answered with 409: another is in progress.
    Collides,
    /// A write is carried out, and answered with 412: something between has sent it twice.
    Repeats,
    /// It is carried out, and the answer ends in the middle.
    Truncates,
}

const KINDS: [Fault; 8] = [
    Fault::LosesAnswer,
    Fault::HidesSuccess,
    Fault::IsUnavailable,
    Fault::Fails,
    Fault::Throttles,
    Fault::Collides,
    Fault::Repeats,
    Fault::Truncates,
];

/// One request in this many has a fault.
const EVERY: usize = 5;

impl Fault {
    /// The fault of the n-th request, if it has one. Only writes collide.
    pub(crate) fn of(number: usize, is_write: bool) -> Option<Self> {
        if number % EVERY != EVERY - 1 {
            return None;
        }
        let kind = KINDS[number / EVERY % KINDS.len()];
        Some(match kind {
            Self::Collides | Self::Repeats if !is_write => Self::IsUnavailable,
            kind => kind,
        })
    }

    /// Whether the request is carried out.
    pub(crate) const fn is_carried_out(self) -> bool {
        matches!(
            self,
            Self::LosesAnswer | Self::HidesSuccess | Self::Repeats | Self::Truncates
        )
    }

    /// The answer of a request that was carried out, whose connection ends before it or in its middle.
    pub(crate) fn interrupted(self, answer: Answer) -> Answer {
        if self == Self::Truncates && !answer.body.is_empty() {
            return answer.cut_in_half();
        }
        Answer {
            is_lost: true,
            ..answer
        }
    }

    /// The status of the answer, unless it is that of the request.
    pub(crate) const fn status(self) -> Option<u16> {
        match self {
            Self::HidesSuccess | Self::IsUnavailable => Some(503),
            Self::Fails => Some(500),
            Self::Throttles => Some(429),
            Self::Collides => Some(409),
            Self::Repeats => Some(412),
            Self::LosesAnswer | Self::Truncates => None,
        }
    }
}
