//! Contexts of the kubeconfig, which kubectl writes and reads.

use serde_json::Value as Json;

use super::super::program::ProgramCall;
use super::super::target::{KubeTarget, context_name};
use crate::text::near::nearest;

/// Makes the context of an environment, or changes it.
pub fn set_context(environment: &str, cluster: &str, user: &str, namespace: &str) -> ProgramCall {
    let context = context_name(environment);
    let call = ProgramCall::new("kubectl", ["config", "set-context", &context]);
    call.and(["--cluster", cluster, "--user", user, "--namespace", namespace])
}

/// Makes a context the current one; none where the target has none.
pub fn use_context(target: &KubeTarget) -> Option<ProgramCall> {
    let context = target.context.as_deref()?;
    Some(ProgramCall::new("kubectl", ["config", "use-context", context]))
}

/// Prints the kubeconfig, all of its files together, without secrets.
pub fn view_kubeconfig() -> ProgramCall {
    ProgramCall::new("kubectl", ["config", "view", "-o", "json"])
}

/// A context that the kubeconfig does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kubeconfig has no context named `{name}` with a cluster and a user{}", meant.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default())]
pub struct UnknownContextError {
    name: String,
    meant: Option<String>,
}

/// The cluster and the user of a context in a kubeconfig, as [`view_kubeconfig`] prints it.
///
/// # Errors
/// When there is no context of exactly that name.
pub fn names_of_context(kubeconfig: &Json, context: &str) -> Result<(String, String), UnknownContextError> {
    let contexts = kubeconfig.get("contexts").and_then(Json::as_array);
    let contexts = contexts.map(Vec::as_slice).unwrap_or_default();
    let name = |entry: &'_ Json| entry.get("name").and_then(Json::as_str).map(str::to_owned);
    let found = contexts.iter().find(|entry| name(entry).as_deref() == Some(context));
    let member = |key: &str| {
        let text = found?.pointer(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    member("/context/cluster").zip(member("/context/user")).ok_or_else(|| {
        let known: Vec<String> = contexts.iter().filter_map(name).collect();
        UnknownContextError {
            name: context.to_owned(),
            meant: nearest(context, known.iter().map(String::as_str)).map(str::to_owned),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contexts_are_found_by_their_whole_name() {
        let kubeconfig = json!({"contexts": [
            {"name": "my-prod-old", "context": {"cluster": "x", "user": "y"}},
            {"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "n"}},
            {"name": "half", "context": {"cluster": "c", "user": ""}},
        ]});
        let missing = "the kubeconfig has no context named";
        for (config, context, want) in [
            (&kubeconfig, "prod", Ok(("c".to_owned(), "u".to_owned()))),
            (&kubeconfig, "my-prod-old", Ok(("x".to_owned(), "y".to_owned()))),
            (
                &kubeconfig,
                "my-prod",
                Err(format!("{missing} `my-prod` with a cluster and a user")),
            ),
            (
                &kubeconfig,
                "prd",
                Err(format!(
                    "{missing} `prd` with a cluster and a user; did you mean `prod`?"
                )),
            ),
            (
                &kubeconfig,
                "half",
                Err(format!("{missing} `half` with a cluster and a user")),
            ),
            (
                &json!({"contexts": null}),
                "prod",
                Err(format!("{missing} `prod` with a cluster and a user")),
            ),
        ] {
            let found = names_of_context(config, context).map_err(|error| error.to_string());
            assert_eq!(found, want, "{context}");
        }
    }
}
