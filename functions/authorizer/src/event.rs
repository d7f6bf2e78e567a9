//! What the gateway asks, and what it is told: a REST API's authorizer of type REQUEST, the parts of it that are used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request that wants to pass.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    method_arn: String,
    #[serde(default)]
    headers: Option<BTreeMap<String, Option<String>>>,
}

/// Leave to pass, with what the functions are told of the caller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    principal_id: String,
    policy_document: Value,
    /// Values are strings: the gateway takes no others apart.
    pub context: BTreeMap<&'static str, String>,
}

impl Asked {
    /// A header's value, whatever the case of its name.
    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let headers = self.headers.as_ref()?;
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, value)| value.as_deref())
    }

    /// Leave for every method and path of the stage: the gateway applies one answer to all of them while it remembers it.
    /// `None` where the request names no stage.
    pub(crate) fn allow(&self, principal: &str, context: Vec<(&'static str, String)>) -> Option<Allowed> {
        // arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>
        let mut parts = self.method_arn.splitn(3, '/');
        let (api, stage) = (parts.next()?, parts.next()?);
        if !api.contains(":execute-api:") || stage.is_empty() {
            return None;
        }
        let statement = json!({
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": format!("{api}/{stage}/*"),
        });
        Some(Allowed {
            principal_id: principal.to_owned(),
            policy_document: json!({ "Version": "2012-10-17", "Statement": [statement] }),
            context: context.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arn: &str) -> Asked {
        serde_json::from_value(json!({ "methodArn": arn, "headers": { "X-Api-Key": "k", "odd": null } })).expect("read")
    }

    #[test]
    fn leave_is_for_the_stage_and_nothing_beside_it() {
        let request = asked("arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/POST/api/v1/generate/x");
        assert_eq!((request.header("x-api-key"), request.header("odd")), (Some("k"), None));
        let allowed = serde_json::to_value(request.allow("id", vec![("caller", "acme".to_owned())])).expect("JSON");
        let resource = &allowed["policyDocument"]["Statement"][0]["Resource"];
        assert_eq!(resource, "arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/*");
        assert_eq!((&allowed["principalId"], &allowed["context"]), (&json!("id"), &json!({ "caller": "acme" })));
        for arn in [
            "",
            "*",
            "arn:aws:execute-api:r:1:api",
            "arn:aws:s3:::bucket/stage/GET",
            "arn:aws:execute-api:r:1:api//GET/",
        ] {
            assert!(asked(arn).allow("id", Vec::new()).is_none(), "{arn}");
        }
    }
}
