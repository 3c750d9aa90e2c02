//! Policies of admission (`ValidatingAdmissionPolicy`), judged without a cluster (`k8s.io/apiserver/pkg/admission/plugin/policy`).
//!
//! [`PolicyObjects`] are what texts have of policies, their bindings, namespaces and parameters; [`Policies`] judge by them:
//! [`Policies::judge`] gives the verdicts on an object that is created, and the place in it that each is about. What only a cluster knows (the user, who may do what, namespaces and
//! parameters that are not among the documents) makes a verdict unknown, never a refusal.

mod selector;

mod request;

mod matching;

mod documents;

mod params;

mod verdict;

mod blame;

mod source;

mod judge;

pub use documents::Policies;
pub use request::Request;
pub use source::{PolicyObjects, PolicyTextFault};
pub use verdict::{Effect, PolicyVerdict};
