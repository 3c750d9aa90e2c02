//! What a policy says of an object.

/// What follows from a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The API server refuses the object.
    Denied,
    /// It warns.
    Warned,
    /// It notes the failure in the audit log.
    Audited,
    /// Only a cluster knows.
    Unknown,
}

/// What a policy says of an object, if that is anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// The name of the policy.
    pub policy: String,
    /// The name of the binding.
    pub binding: String,
    /// What follows.
    pub effect: Effect,
    /// The server's words; for an unknown verdict, what is not known.
    pub message: String,
    /// Why an object is refused (`metav1.StatusReason`).
    pub reason: String,
    /// JSON pointer in the policy to what decides: `/spec/validations/0`.
    pub place: String,
    /// Steps to what it is about in the object, which may lack the last ones; none for all of it.
    pub steps: Vec<String>,
}
