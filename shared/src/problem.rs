//! Problems: every way this service says no, as RFC 9457 `application/problem+json`.
//!
//! A [`Code`] is stable and owns its status, title and sentence. Nothing the user sent is ever part of a problem:
//! sentences are fixed, and a field is named by a pointer made of our own field names.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

macro_rules! codes {
    ($($variant:ident, $slug:literal, $status:literal, $retryable:literal, $title:literal, $detail:literal;)*) => {
        /// A stable problem code. Statuses and meanings: the table in `README.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $detail] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the statuses table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name, as in `urn:tailor:problem:<slug>`.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Code::$variant => $slug,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// Whether the same request may succeed later.
            #[must_use]
            pub fn retryable(self) -> bool {
                match self { $(Code::$variant => $retryable,)* }
            }

            fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            fn sentence(self) -> &'static str {
                match self { $(Code::$variant => $detail,)* }
            }
        }
    };
}

codes! {
    Unauthenticated, "unauthenticated", 401, false, "Not authenticated", "The request carries no identity.";
    Forbidden, "forbidden", 403, false, "Not allowed", "The caller's scopes do not allow this.";
    NotFound, "not-found", 404, false, "Not found", "There is nothing at this path.";
    MethodNotAllowed, "method-not-allowed", 405, false, "Method not allowed", "This path does not take this method.";
    NotAcceptable, "not-acceptable", 406, false, "Not acceptable", "None of the accepted media types can be produced.";
    IdempotencyInProgress, "idempotency-in-progress", 409, true, "Still running", "A request with this idempotency key is still running.";
    PeriodChanged, "period-changed", 409, false, "Period changed", "The statistics period is not the expected one.";
    ReplayExpired, "replay-expired", 409, false, "Replay expired", "The stored answer can no longer be replayed.";
    BodyTooLarge, "body-too-large", 413, false, "Body too large", "The body is too large.";
    UnsupportedMediaType, "unsupported-media-type", 415, false, "Unsupported media type", "The body must be application/json.";
    InvalidRequest, "invalid-request", 422, false, "Invalid request", "The request is not valid; see errors.";
    ModelRetired, "model-retired", 422, false, "Model retired", "The model is retired.";
    ModelUnknown, "model-unknown", 422, false, "Model unknown", "The model is not in the price sheet.";
    ContextTooLong, "context-too-long", 422, false, "Context too long", "The texts do not fit the model's context.";
    ModelRefused, "model-refused", 422, false, "Model refused", "The model declined to answer this request.";
    IdempotencyMismatch, "idempotency-mismatch", 422, false, "Idempotency key reused", "The idempotency key was used with another body.";
    RateLimited, "rate-limited", 429, true, "Too many requests", "The caller's rate limit is reached.";
    ConcurrencyLimited, "concurrency-limited", 429, true, "Too many at once", "The caller has too many requests in flight.";
    BudgetExhausted, "budget-exhausted", 429, true, "Budget exhausted", "This request could exceed the month's budget.";
    Internal, "internal", 500, true, "Internal error", "Something failed on our side.";
    ProviderAuth, "provider-auth", 502, false, "Provider refused the key", "The model provider refused this deployment's key.";
    ProviderError, "provider-error", 502, false, "Provider error", "The model provider could not answer this request.";
    ProviderStreamEnded, "provider-stream-ended", 502, true, "Answer cut off", "The model provider's answer ended early.";
    InvalidModelOutput, "invalid-model-output", 502, true, "Unusable model answer", "The model's answer does not have the agreed form.";
    LlmUnavailable, "llm-unavailable", 503, true, "No model available", "No model key is configured, or the provider cannot be reached.";
    ProviderThrottled, "provider-throttled", 503, true, "Provider throttled", "The model provider is limiting this deployment.";
    ProviderOverloaded, "provider-overloaded", 503, true, "Provider overloaded", "The model provider is overloaded.";
    StoreUnavailable, "store-unavailable", 503, true, "Store unavailable", "The database did not answer in time; nothing was spent.";
    SecretsUnavailable, "secrets-unavailable", 503, true, "Secrets unavailable", "The model key could not be read.";
    ProviderTimeout, "provider-timeout", 504, true, "Provider timeout", "The model provider did not answer in time.";
}

/// One field that is wrong, by JSON pointer. `pointer` and `detail` hold our own words only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// RFC 6901 pointer into the body; empty for the body itself.
    pub pointer: String,
    /// What is wanted there.
    pub detail: String,
}

impl FieldError {
    /// A field error from its two parts.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError { pointer: pointer.into(), detail: detail.into() }
    }
}

/// Why a request is refused, ready to be written as problem+json.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .code.slug())]
pub struct Problem {
    /// The stable code; it decides the status.
    pub code: Code,
    /// A fixed sentence; the code's own unless a better one is known.
    pub detail: Cow<'static, str>,
    /// Fields to correct, on 422 only.
    pub errors: Vec<FieldError>,
    /// Earliest useful repetition; written as `Retry-After` in whole seconds, rounded up.
    pub retry_after: Option<Duration>,
    /// Methods that the path does take, written as `Allow`.
    pub allow: Option<&'static str>,
    /// Whether the same request may succeed later; the code's own answer unless more is known.
    pub retryable: bool,
}

impl Problem {
    /// A problem with the code's own sentence.
    #[must_use]
    pub fn new(code: Code) -> Problem {
        let retry_after = (code.status() == 503).then_some(Duration::from_secs(2));
        let (detail, retryable) = (Cow::Borrowed(code.sentence()), code.retryable());
        Problem { code, detail, errors: Vec::new(), retry_after, allow: None, retryable }
    }

    /// The same with another sentence. It must not contain anything the user sent.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.detail = detail.into();
        self
    }

    /// The same with a time before which repetition is useless.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Problem {
        self.retry_after = Some(wait);
        self
    }

    /// The same, known to be worth repeating.
    #[must_use]
    pub fn retryable(mut self) -> Problem {
        self.retryable = true;
        self
    }

    /// The same, known to fail however often it is repeated.
    #[must_use]
    pub fn never_retryable(mut self) -> Problem {
        self.retryable = false;
        self
    }

    /// 422 for these fields.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Problem {
        Problem { errors, ..Problem::new(Code::InvalidRequest) }
    }

    /// 422 for one field.
    #[must_use]
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::invalid(vec![FieldError::new(pointer, detail)])
    }

    /// The body of the answer.
    #[must_use]
    pub fn body<'a>(&'a self, request_id: &'a str) -> Body<'a> {
        Body {
            kind: format!("urn:tailor:problem:{}", self.code.slug()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            instance: format!("urn:tailor:request:{request_id}"),
            code: self.code.slug(),
            request_id,
            retryable: self.retryable,
            errors: &self.errors,
        }
    }

    /// `Retry-After` in whole seconds, rounded up and never 0.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u64> {
        self.retry_after.map(|wait| (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1))
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        Problem::new(code)
    }
}

/// Why a request is refused (RFC 9457).
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Body<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: String,
    code: &'static str,
    request_id: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let slugs: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(slugs.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }

    #[test]
    fn a_body_has_the_documented_members_in_order() {
        let problem = Problem::invalid_field("/resume_raw_text", "required");
        let json = serde_json::to_string(&problem.body("abc")).unwrap_or_default();
        assert_eq!(
            json,
            "{\"type\":\"urn:tailor:problem:invalid-request\",\"title\":\"Invalid request\",\"status\":422,\
             \"detail\":\"The request is not valid; see errors.\",\"instance\":\"urn:tailor:request:abc\",\
             \"code\":\"invalid-request\",\"request_id\":\"abc\",\"retryable\":false,\
             \"errors\":[{\"pointer\":\"/resume_raw_text\",\"detail\":\"required\"}]}"
        );
    }

    #[test]
    fn retry_after_rounds_up_and_is_never_zero() {
        let wait =
            |millis| Problem::new(Code::RateLimited).retry_after(Duration::from_millis(millis)).retry_after_secs();
        assert_eq!((wait(0), wait(1), wait(1000), wait(1001)), (Some(1), Some(1), Some(1), Some(2)));
    }
}
