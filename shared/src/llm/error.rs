//! What goes wrong with a model call, by what the caller does about it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::Instant;

use crate::prices::Usage;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A wish to be left alone for longer is cut to this.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// Largest error body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// How long an error body may take.
const LONGEST_ERROR_BODY: Duration = Duration::from_secs(2);

/// Why a model call produced no completion. No message carries prompt or completion text.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// The provider limits this deployment (429). Retry no sooner than `retry_after`.
    #[error("provider throttled the call")]
    Throttled {
        /// The provider's wish.
        retry_after: Option<Duration>,
        /// `x-should-retry`, if sent.
        should_retry: Option<bool>,
    },
    /// The provider is overloaded (529).
    #[error("provider overloaded")]
    Overloaded {
        /// The provider's wish.
        retry_after: Option<Duration>,
        /// `x-should-retry`, if sent.
        should_retry: Option<bool>,
    },
    /// The provider failed (408, 409, 500 and above).
    #[error("provider failed with status {status}")]
    Upstream {
        /// The HTTP status, or 500 for an error inside a stream.
        status: u16,
        /// The provider's wish.
        retry_after: Option<Duration>,
        /// `x-should-retry`, if sent.
        should_retry: Option<bool>,
    },
    /// The key was refused (401, 403). Nothing the caller can mend.
    #[error("provider refused the key")]
    Unauthorized,
    /// There is no key to call with.
    #[error("no provider key")]
    NoKey,
    /// The request was refused (other 4xx). Repeating it is useless.
    #[error("provider rejected the request with status {status}")]
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// The request is too large for the provider or the model.
    #[error("request too large for the model")]
    TooLarge,
    /// The connection failed before a request was accepted. Safe to retry.
    #[error("could not reach the provider")]
    Unreachable(#[source] BoxError),
    /// Nothing usable arrived in time.
    #[error("no answer in time")]
    DeadlineExceeded,
    /// The stream ended or broke before `message_stop`.
    #[error("the provider's stream ended early")]
    StreamEnded,
    /// The client went away, so the call was ended.
    #[error("the client went away")]
    Abandoned,
    /// Reading the answer ended in a defect of ours.
    #[error("reading the answer failed")]
    Panicked,
    /// The stream is not what the Messages API sends, or larger than any answer.
    #[error("the provider's stream is not understood")]
    Malformed,
}

impl LlmError {
    /// How long the provider wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            LlmError::Throttled { retry_after, .. }
            | LlmError::Overloaded { retry_after, .. }
            | LlmError::Upstream { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    fn is_transient(&self) -> bool {
        match self {
            LlmError::Throttled { should_retry, .. }
            | LlmError::Overloaded { should_retry, .. }
            | LlmError::Upstream { should_retry, .. } => should_retry.unwrap_or(true),
            LlmError::Unreachable(_) => true,
            _ => false,
        }
    }

    /// An error object inside a stream, by its type.
    pub(super) fn from_type(kind: &str) -> LlmError {
        match kind {
            "rate_limit_error" => LlmError::Throttled { retry_after: None, should_retry: None },
            "overloaded_error" => LlmError::Overloaded { retry_after: None, should_retry: None },
            "authentication_error" | "permission_error" => LlmError::Unauthorized,
            "request_too_large" => LlmError::TooLarge,
            "invalid_request_error" | "not_found_error" | "billing_error" => LlmError::Rejected { status: 400 },
            _ => LlmError::Upstream { status: 500, retry_after: None, should_retry: None },
        }
    }
}

/// What a failed call may have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    /// Nothing: the provider refused it or never got it.
    Nothing,
    /// Exactly this: the provider reported its final usage before the stream broke.
    Exactly(Usage),
    /// The prompt as reported, and output that nobody counted up to the break.
    AtLeast(Usage),
    /// Possibly all of it: the request went out and nothing came back.
    Unknown,
}

/// A failed call and its possible cost.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: LlmError,
    /// What it may have cost.
    pub billed: Billed,
    /// Whether the stand-in model answered.
    pub simulated: bool,
}

impl Failure {
    pub(super) fn new(error: LlmError, billed: Billed) -> Failure {
        Failure { error, billed, simulated: false }
    }

    /// The client went away before the model said anything: nothing is known of the call if one is in flight.
    #[must_use]
    pub fn abandoned(in_flight: &AtomicBool) -> Failure {
        Failure::unread(LlmError::Abandoned, in_flight)
    }

    /// A panic took the answer with it, and what it had said of its usage.
    #[must_use]
    pub fn panicked(in_flight: &AtomicBool) -> Failure {
        Failure::unread(LlmError::Panicked, in_flight)
    }

    fn unread(error: LlmError, in_flight: &AtomicBool) -> Failure {
        let billed = if in_flight.load(Ordering::Relaxed) { Billed::Unknown } else { Billed::Nothing };
        Failure::new(error, billed)
    }

    pub(super) fn is_retryable(&self) -> bool {
        self.billed == Billed::Nothing && self.error.is_transient()
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Deserialize)]
pub(super) struct ErrorObject {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// A send that failed: nothing is billed if no connection stood, anything may be if it broke afterwards.
pub(super) fn not_sent(error: reqwest::Error) -> Failure {
    // A request that could not even be built was never sent. hyper reports a pooled connection that turned out dead before the request was written as a connect error or as a
    // canceled request; both are safe to repeat.
    let unsent = error.is_builder() || error.is_connect() || is_canceled(&error);
    let billed = if unsent { Billed::Nothing } else { Billed::Unknown };
    let error = if unsent { LlmError::Unreachable(error.without_url().into()) } else { LlmError::StreamEnded };
    Failure::new(error, billed)
}

fn is_canceled(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.to_string().contains("canceled") {
            return true;
        }
        source = inner.source();
    }
    false
}

/// A status that is not success, as an error. The body is read only for its error type.
pub(super) async fn refused(mut response: Response, deadline: Instant) -> LlmError {
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let should_retry = match response.headers().get("x-should-retry").map(|value| value.as_bytes()) {
        Some(b"true") => Some(true),
        Some(b"false") => Some(false),
        _ => None,
    };
    let mut body = Vec::new();
    // What status and headers say is not lost over a body that does not come.
    let deadline = deadline.min(Instant::now() + LONGEST_ERROR_BODY);
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(deadline, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    let kind = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error.kind).unwrap_or_default();
    match (status, kind.as_str()) {
        (429, _) => LlmError::Throttled { retry_after, should_retry },
        (529, _) | (_, "overloaded_error") => LlmError::Overloaded { retry_after, should_retry },
        (401 | 403, _) => LlmError::Unauthorized,
        (413, _) => LlmError::TooLarge,
        (408 | 409 | 500.., _) => LlmError::Upstream { status, retry_after, should_retry },
        _ if should_retry == Some(true) => LlmError::Upstream { status, retry_after, should_retry },
        _ => LlmError::Rejected { status },
    }
}

/// `retry-after-ms`, else `retry-after` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let positive = |seconds: f64| {
        let seconds = Some(seconds.min(LONGEST_WAIT.as_secs_f64())).filter(|_| !seconds.is_nan())?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return positive(millis / 1000.0);
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return positive(seconds);
    }
    // HTTP dates end in GMT, which RFC 2822 allows as an obsolete zone.
    let date = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(SystemTime::from(date).duration_since(now).unwrap_or(Duration::ZERO).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn retry_after_is_read_in_all_three_forms() {
        let wait = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header value"));
            retry_after(&headers, UNIX_EPOCH + Duration::from_secs(784_111_777))
        };
        assert_eq!(wait("retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("retry-after", "2"), Some(Duration::from_secs(2)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("retry-after", "-1"), None);
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("retry-after", "nan"), None);
        assert_eq!(wait("retry-after", "10000000000000000000"), Some(LONGEST_WAIT));
    }
}
