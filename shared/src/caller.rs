//! Who is asking.
//!
//! Identity comes only from what stands in front of the function: the authorizer's context, the IAM principal, or, on
//! one machine, a header. A caller id is safe as part of a key: `[A-Za-z0-9_-]{1,64}`, everything else is hashed.

use std::str::FromStr;

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::prices::Picodollars;
use crate::problem::{Code, Problem};

/// A caller id that fits `[A-Za-z0-9_-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Caller(String);

/// A text that is no caller id.
#[derive(Debug, thiserror::Error)]
#[error("not a caller id")]
pub struct NoCaller;

impl TryFrom<String> for Caller {
    type Error = NoCaller;

    fn try_from(id: String) -> Result<Caller, NoCaller> {
        Caller::exact(&id).ok_or(NoCaller)
    }
}

impl From<Caller> for String {
    fn from(caller: Caller) -> String {
        caller.0
    }
}

impl Caller {
    /// The id as it is, if it has the right form.
    #[must_use]
    pub fn exact(id: &str) -> Option<Caller> {
        let fits =
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        fits.then(|| Caller(id.to_owned()))
    }

    /// The id as it is, or `h-` and 32 hex digits of its SHA-256 where it does not have the right form.
    #[must_use]
    pub fn hashed(id: &str) -> Caller {
        Caller::exact(id).unwrap_or_else(|| {
            let digest = Sha256::digest(id.as_bytes());
            Caller(format!("h-{}", hex(&digest[..16])))
        })
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes as lower-case hexadecimal digits, as ids and hashes stand in items.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |text, byte| text + &format!("{byte:02x}"))
}

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Spend: every route of `generate`.
    Generate,
    /// Read one's own statistics and reset them.
    Stats,
    /// Read everyone's statistics.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 3] = [Scope::Generate, Scope::Stats, Scope::Admin];

    /// As it stands in a key and in an authorizer's context.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::Generate => "generate",
            Scope::Stats => "stats",
            Scope::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Scope, ()> {
        Scope::ALL.into_iter().find(|scope| scope.name() == text).ok_or(())
    }
}

/// What a key allows its caller, where it says so, in the place of the deployment's defaults. Counted per caller: two keys of
/// one caller share what they use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Requests per minute; as many may come at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Requests that may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<u64>,
    /// Money per calendar month, in picodollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
}

impl Allowance {
    /// Money per calendar month.
    #[must_use]
    pub fn budget(&self) -> Option<Picodollars> {
        self.budget.map(Picodollars)
    }
}

/// A caller, the scopes it came with, and what it is allowed.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who.
    pub caller: Caller,
    /// In the place of defaults.
    pub allowance: Allowance,
    scopes: Vec<Scope>,
}

impl Identity {
    fn new(caller: Caller, scopes: Vec<Scope>) -> Identity {
        Identity { caller, scopes, allowance: Allowance::default() }
    }

    /// As an authorizer's context, whose values are strings.
    #[must_use]
    pub fn context(caller: &Caller, scopes: &[Scope], allowance: &Allowance) -> Vec<(&'static str, String)> {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
        let mut context = vec![("caller", caller.as_str().to_owned()), ("scopes", names.join(" "))];
        let limits = [
            (REQUESTS, allowance.requests_per_minute),
            (IN_FLIGHT, allowance.max_in_flight),
            (BUDGET, allowance.budget),
        ];
        context.extend(limits.into_iter().filter_map(|(name, limit)| Some((name, limit?.to_string()))));
        context
    }

    /// Whether the caller holds this scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        // Who reads everybody's statistics reads statistics.
        self.scopes.contains(&scope) || (scope == Scope::Stats && self.scopes.contains(&Scope::Admin))
    }

    /// # Errors
    ///
    /// `forbidden` without the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) { Ok(()) } else { Err(Code::Forbidden.into()) }
    }
}

/// Where identity comes from (`AUTH_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMode {
    /// The context values `caller` and `scopes` of a Lambda authorizer.
    Authorizer,
    /// The IAM principal's ARN. It may generate and read its own statistics; nobody is an administrator.
    Iam,
    /// The `x-api-key` header or `local`, with all scopes. For one machine only.
    Local,
}

impl FromStr for AuthMode {
    type Err = ();

    fn from_str(text: &str) -> Result<AuthMode, ()> {
        match text {
            "authorizer" => Ok(AuthMode::Authorizer),
            "iam" => Ok(AuthMode::Iam),
            "local" => Ok(AuthMode::Local),
            _ => Err(()),
        }
    }
}

impl AuthMode {
    /// The identity that the request's context carries.
    ///
    /// # Errors
    ///
    /// `unauthenticated` where it carries none, or one that cannot be a caller id.
    pub fn identify(self, request: &Request) -> Result<Identity, Problem> {
        let identity = match self {
            AuthMode::Authorizer => from_authorizer(request),
            AuthMode::Iam => {
                user_arn(request).map(|arn| Identity::new(Caller::hashed(&arn), vec![Scope::Generate, Scope::Stats]))
            }
            AuthMode::Local => {
                let key = request.headers().get("x-api-key").map(|value| String::from_utf8_lossy(value.as_bytes()));
                let id = key.filter(|value| !value.is_empty()).unwrap_or("local".into());
                Some(Identity::new(Caller::hashed(&id), Scope::ALL.to_vec()))
            }
        };
        identity.ok_or_else(|| Code::Unauthenticated.into())
    }
}

/// Names of limits in an authorizer's context.
const REQUESTS: &str = "requests_per_minute";
const IN_FLIGHT: &str = "max_in_flight";
/// In picodollars.
const BUDGET: &str = "budget";

fn from_authorizer(request: &Request) -> Option<Identity> {
    let context = request.request_context_ref()?;
    let fields = &context.authorizer()?.fields;
    let caller = Caller::exact(fields.get("caller")?.as_str()?)?;
    let scopes = fields.get("scopes").and_then(|value| value.as_str()).unwrap_or_default();
    let scopes = scopes.split([' ', ',']).filter_map(|name| name.parse().ok()).collect();
    // A limit that cannot be read is not no limit.
    let limit = |name: &str| -> Option<Option<u64>> {
        match fields.get(name) {
            None => Some(None),
            Some(value) => value.as_str()?.parse().ok().map(Some),
        }
    };
    let allowance =
        Allowance { requests_per_minute: limit(REQUESTS)?, max_in_flight: limit(IN_FLIGHT)?, budget: limit(BUDGET)? };
    Some(Identity { caller, scopes, allowance })
}

/// An assumed role without the name of its session, which whoever assumes it may choose.
fn without_session(arn: &str) -> &str {
    let role = arn.split_once(":assumed-role/").map(|(_, role)| role);
    let session = role.and_then(|role| role.rsplit_once('/')).map(|(_, session)| session.len() + 1);
    &arn[..arn.len() - session.unwrap_or(0)]
}

fn user_arn(request: &Request) -> Option<String> {
    let arn = match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.identity.user_arn.clone(),
        RequestContext::ApiGatewayV2(context) => context.authorizer.as_ref()?.iam.as_ref()?.user_arn.clone(),
        _ => None,
    };
    arn.filter(|arn| !arn.is_empty()).map(|arn| without_session(&arn).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_escape_a_key_is_hashed() {
        for id in ["", "a#b", "arn:aws:iam::1:user/x", "ü", &"x".repeat(65)] {
            let caller = Caller::hashed(id);
            assert!(caller.as_str().starts_with("h-") && caller.as_str().len() == 34, "{id}");
            assert_eq!(Caller::exact(id), None);
        }
        assert_eq!(Caller::hashed("team-a_1").as_str(), "team-a_1");
    }

    #[test]
    fn a_session_is_no_caller_of_its_own() {
        let role = "arn:aws:sts::123456789012:assumed-role/Team";
        for session in ["one", "two@example.com"] {
            assert_eq!(without_session(&format!("{role}/{session}")), role);
        }
        for other in ["arn:aws:iam::123456789012:user/a/b", role, ""] {
            assert_eq!(without_session(other), other);
        }
    }
}
