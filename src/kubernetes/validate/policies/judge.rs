//! The verdicts of policies on an object (`k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go` and
//! `validator.go`).

use serde_json::Value as Json;

use super::super::cel::{Answer, Evaluations, Expression, Inputs, Known, Wanted, inputs};
use super::blame::{blamed, conjuncts};
use super::documents::{Binding, Policies, Policy, Validation};
use super::matching::matches;
use super::params::binding_fault;
use super::request::Request;
use super::verdict::{Effect, PolicyVerdict};

/// Most that all validations of a policy may cost for an object (`RuntimeCELCostBudget`).
const COST: u64 = 10_000_000;
/// The same of the conditions under which a policy applies (`RuntimeCELCostBudgetMatchConditions`).
const CONDITIONS_COST: u64 = 2_500_000;
/// Longest message that an expression makes (`MaxEvaluatedMessageExpressionSizeBytes`).
const MESSAGE_BYTES: usize = 5 << 10;

const SPENT: &str = "validation failed due to running out of cost budget, no further validation rules will be run";
const CONDITIONS: &str = "/spec/matchConditions";

/// What a policy finds, before it is known what follows.
struct Found {
    place: String,
    what: What,
    /// The validation that fails for the object.
    validation: Option<usize>,
    /// Steps to what it is about in the object.
    steps: Vec<String>,
}

enum What {
    Failed {
        message: String,
        reason: String,
    },
    /// An error of an audit annotation or of the binding, which refuses whatever the binding says.
    Refused(String),
    Unknown(String),
}

impl Policies {
    /// What the policies say of an object that is created: nothing if all of them admit it.
    pub fn judge(&self, request: &Request<'_>) -> Vec<PolicyVerdict> {
        let mut verdicts = Vec::new();
        if request.is_exempt() {
            return verdicts;
        }
        let namespace = request.namespace.and_then(|name| self.namespaces.get(name));
        for policy in &self.all {
            let is_about = matches(&policy.constraints, request, namespace);
            if is_about == Some(false) {
                continue;
            }
            for binding in &policy.bindings {
                let resources = binding.resources.as_ref();
                let is_bound = resources.map_or(Some(true), |resources| matches(resources, request, namespace));
                let found = match (is_about, is_bound) {
                    (_, Some(false)) => continue,
                    (Some(true), Some(true)) => self.bound(policy, binding, request, namespace),
                    _ => vec![unknown(
                        "/spec/matchConstraints",
                        "whether it applies depends on the namespace, or on another version of the object".to_owned(),
                    )],
                };
                for found in found {
                    add(&mut verdicts, policy, binding, &found);
                }
            }
        }
        verdicts
    }

    /// What a policy that applies finds, with all parameters of a binding.
    fn bound(&self, policy: &Policy, binding: &Binding, request: &Request<'_>, namespace: Option<&Json>) -> Vec<Found> {
        if let Some(fault) = binding_fault(policy, binding, request) {
            let refused = Found::new("/spec/paramKind".to_owned(), What::Refused(fault.to_owned()));
            return Some(refused).filter(|_| !policy.ignores_errors).into_iter().collect();
        }
        let Some(params) = self.params(policy, binding, request) else {
            return vec![unknown(
                "/spec/paramKind",
                "its parameters are not among the documents".to_owned(),
            )];
        };
        let object = request.stored();
        let seen = request.seen(&object);
        let namespace = match (request.namespace, namespace) {
            (None, _) => Known::Nothing,
            (Some(_), Some(namespace)) => Known::Value(namespace),
            (Some(_), None) => Known::Unknown,
        };
        let mut all = Vec::new();
        for param in params {
            let seen_with = |namespace: Known<'_>| inputs(&object, &seen, namespace, param);
            if let Some(found) = conditions(policy, &seen_with(Known::Nothing)) {
                all.extend(found);
                continue;
            }
            let mut found = Vec::new();
            let here = seen_with(namespace);
            match validations(policy, &here, &mut found) {
                Some(fault) => found.push(failed(policy, "/spec/validations", fault)),
                None => annotations(policy, &here, &mut found),
            }
            for found in &mut found {
                if let Some(validation) = found.validation.and_then(|index| policy.validations.get(index)) {
                    let see = |object: &Json| inputs(object, &seen, namespace, param);
                    found.steps = policy.steps(validation, &object, &see);
                }
            }
            all.append(&mut found);
        }
        all.retain(|found| !matches!(&found.what, What::Failed { message, .. } if message.is_empty()));
        all
    }
}

impl Policy {
    /// Steps to what a validation that fails is about in the object; `see` makes of an object what expressions see.
    fn steps(&self, validation: &Validation, object: &Json, see: &dyn Fn(&Json) -> Inputs) -> Vec<String> {
        let parts = conjuncts(&validation.text);
        let here = see(object);
        // A part that does not compile alone was divided at the wrong place.
        let several = parts.into_iter().filter(|part| part.len() < validation.text.len());
        let failing = several
            .map(|part| (part, self.composition.compile(part, Wanted::Bool, true)))
            .find(|(_, part)| part.fault().is_none() && fails(self, part, &here));
        let (text, expression) = match &failing {
            Some((text, expression)) => (*text, expression),
            None => (validation.text.as_str(), &validation.expression),
        };
        let fields = self.composition.object_fields(text);
        blamed(object, &fields, &mut |object| fails(self, expression, &see(object)))
    }
}

/// Whether what expressions see fails one of them.
fn fails(policy: &Policy, expression: &Expression, inputs: &Inputs) -> bool {
    let mut evaluations = Evaluations::new(&policy.composition, inputs, COST);
    matches!(evaluations.answer(expression), Answer::Bool(false) | Answer::Error(_))
}

impl Found {
    const fn new(place: String, what: What) -> Self {
        Self {
            place,
            what,
            validation: None,
            steps: Vec::new(),
        }
    }

    /// What a validation that fails gives.
    fn of(validation: usize, what: Self) -> Self {
        Self {
            validation: Some(validation),
            ..what
        }
    }
}

fn unknown(place: &str, message: String) -> Found {
    Found::new(place.to_owned(), What::Unknown(message))
}

/// An error; one without words if the policy ignores errors.
fn failed(policy: &Policy, place: &str, words: String) -> Found {
    let what = What::Failed {
        message: if policy.ignores_errors { String::new() } else { words },
        reason: "Invalid".to_owned(),
    };
    Found::new(place.to_owned(), what)
}

/// Nothing if the conditions under which a policy applies hold (`matchconditions.Match`).
fn conditions(policy: &Policy, inputs: &Inputs) -> Option<Vec<Found>> {
    let mut evaluations = Evaluations::new(&policy.composition, inputs, CONDITIONS_COST);
    let (mut errors, mut unknowns) = (Vec::<String>::new(), Vec::new());
    for (index, condition) in policy.conditions.iter().enumerate() {
        match evaluations.answer(condition) {
            Answer::Bool(false) => return Some(Vec::new()),
            Answer::Spent => return Some(vec![failed(policy, CONDITIONS, SPENT.to_owned())]),
            Answer::Error(words) if errors.contains(&words) => {}
            Answer::Error(words) => errors.push(words),
            Answer::Unknown => unknowns.push(not_known(&format!("{CONDITIONS}/{index}"))),
            Answer::Bool(true) | Answer::Text(_) | Answer::Null | Answer::Other => {}
        }
    }
    if !unknowns.is_empty() {
        return Some(unknowns);
    }
    match errors.as_slice() {
        [] => None,
        [error] => Some(vec![failed(policy, CONDITIONS, error.clone())]),
        errors => Some(vec![failed(policy, CONDITIONS, format!("[{}]", errors.join(", ")))]),
    }
}

fn not_known(place: &str) -> Found {
    unknown(
        place,
        "its expression needs what only a cluster knows, or takes too long".to_owned(),
    )
}

/// Adds the validations that fail, or gives the error of all of them.
fn validations(policy: &Policy, inputs: &Inputs, all: &mut Vec<Found>) -> Option<String> {
    let mut evaluations = Evaluations::new(&policy.composition, inputs, COST);
    let mut answers = Vec::with_capacity(policy.validations.len());
    for validation in &policy.validations {
        match evaluations.answer(&validation.expression) {
            Answer::Spent => return Some(SPENT.to_owned()),
            answer => answers.push(answer),
        }
    }
    // The server computes the messages of all validations, also of those that hold.
    let mut messages = evaluations.again();
    let computed: Vec<Option<Answer>> = policy
        .validations
        .iter()
        .map(|validation| Some(messages.answer(validation.computed.as_ref()?)))
        .collect();
    let is_spent = computed.contains(&Some(Answer::Spent));
    // What is computed of a Secret that is a parameter is not shown.
    let has_secret = policy.param_kind.as_ref().is_some_and(|(_, kind)| kind == "Secret");
    let results = policy.validations.iter().zip(answers).zip(computed);
    for (index, ((validation, answer), computed)) in results.enumerate() {
        let place = format!("/spec/validations/{index}");
        match answer {
            Answer::Error(words) => all.push(Found::of(index, failed(policy, &place, words))),
            Answer::Unknown => all.push(not_known(&place)),
            _ if is_spent => all.push(failed(policy, &place, format!("failed messageExpression: {SPENT}"))),
            Answer::Bool(true) => {}
            _ => {
                let what = What::Failed {
                    message: message(validation, computed.as_ref().filter(|_| !has_secret)),
                    reason: validation.reason.clone(),
                };
                all.push(Found::of(index, Found::new(place, what)));
            }
        }
    }
    None
}

/// The message of a validation that fails.
fn message(validation: &Validation, computed: Option<&Answer>) -> String {
    let computed = match computed {
        Some(Answer::Text(text)) => text.trim(),
        _ => "",
    };
    let is_usable = computed.len() <= MESSAGE_BYTES && !computed.contains('\n');
    match (computed, validation.message.as_str()) {
        (computed, _) if is_usable && !computed.is_empty() => computed.to_owned(),
        (_, "") => format!("failed expression: {}", validation.text),
        (_, message) => message.to_owned(),
    }
}

/// Adds the audit annotations that cannot be made.
fn annotations(policy: &Policy, inputs: &Inputs, all: &mut Vec<Found>) {
    let mut evaluations = Evaluations::new(&policy.composition, inputs, COST);
    for (index, annotation) in policy.annotations.iter().enumerate() {
        let place = format!("/spec/auditAnnotations/{index}");
        match evaluations.answer(annotation) {
            Answer::Spent => {
                all.clear();
                all.push(failed(policy, "/spec/auditAnnotations", SPENT.to_owned()));
                return;
            }
            Answer::Error(words) if !policy.ignores_errors => all.push(Found::new(place, What::Refused(words))),
            // An annotation that is not known refuses nothing.
            _ => {}
        }
    }
}

/// Adds what follows from what a policy found.
fn add(verdicts: &mut Vec<PolicyVerdict>, policy: &Policy, binding: &Binding, found: &Found) {
    let (name, bound) = (&policy.name, &binding.name);
    let denied =
        |message: &str| format!("ValidatingAdmissionPolicy '{name}' with binding '{bound}' denied request: {message}");
    let mut push = |effect: Effect, message: String, reason: &str| {
        verdicts.push(PolicyVerdict {
            policy: name.clone(),
            binding: bound.clone(),
            effect,
            message,
            reason: reason.to_owned(),
            place: found.place.clone(),
            steps: found.steps.clone(),
        });
    };
    match &found.what {
        What::Unknown(message) => push(Effect::Unknown, message.clone(), ""),
        What::Refused(message) => push(Effect::Denied, denied(message), "Invalid"),
        What::Failed { message, reason } => {
            for action in &binding.actions {
                match action.as_str() {
                    "Deny" => push(Effect::Denied, denied(message), reason),
                    "Warn" => push(
                        Effect::Warned,
                        format!(
                            "Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{bound}': {message}"
                        ),
                        reason,
                    ),
                    "Audit" => push(Effect::Audited, message.clone(), reason),
                    _ => {}
                }
            }
        }
    }
}
