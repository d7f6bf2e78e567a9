//! A valid request on its way, and what its response's headers say.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue};
use shared::caller::{Allowance, Caller};
use shared::idempotency::Key;
use shared::limits::RateState;
use shared::request::GenerateRequest;
use shared::response::Arrival;
use shared::trace::Recorder;

use crate::stream::Sink;

/// A request that is valid, by itself.
pub(crate) struct Order {
    pub(crate) request: GenerateRequest,
    pub(crate) caller: Caller,
    pub(crate) allowance: Allowance,
    pub(crate) arrival: Arrival,
    pub(crate) time_left: Duration,
    pub(crate) key: Option<Key>,
    pub(crate) notes: Arc<Notes>,
}

impl Order {
    pub(crate) fn job<'a>(&'a self, sink: Option<&'a Sink>) -> Job<'a> {
        Job {
            request: &self.request,
            caller: &self.caller,
            allowance: self.allowance,
            arrival: &self.arrival,
            time_left: self.time_left,
            key: self.key.as_ref(),
            notes: &self.notes,
            sink,
        }
    }
}

/// A request on its way, with what its response says beside the answer.
pub(crate) struct Job<'a> {
    pub(crate) request: &'a GenerateRequest,
    pub(crate) caller: &'a Caller,
    pub(crate) allowance: Allowance,
    pub(crate) arrival: &'a Arrival,
    /// How long the model call may take from the arrival on.
    pub(crate) time_left: Duration,
    /// From the `Idempotency-Key`, if the request has one.
    pub(crate) key: Option<&'a Key>,
    /// What headers and trace say.
    pub(crate) notes: &'a Notes,
    /// Where the answer goes while it is being written.
    pub(crate) sink: Option<&'a Sink>,
}

/// What the response's headers and the request's trace say, gathered on the way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) recorder: Recorder,
    /// The caller's `traceparent`, if it sent one.
    #[cfg(feature = "otel")]
    pub(crate) parent: OnceLock<String>,
    /// Who asked.
    pub(crate) caller: OnceLock<Caller>,
    /// That the request's line is written: there is one, whoever comes to the end first.
    pub(crate) told: OnceLock<()>,
    pub(crate) rate: OnceLock<RateState>,
    pub(crate) replayed: OnceLock<()>,
    /// The text that the stream's deltas have said.
    pub(crate) shown: OnceLock<String>,
}

impl Notes {
    /// `RateLimit` and `RateLimit-Policy` (IETF draft ratelimit-headers-11) of the caller's requests per minute, and
    /// whether the answer is a replay.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Some(RateState { limit, remaining, reset }) = self.rate.get() {
            // Rounded up, as `Retry-After` is.
            let seconds = reset.as_secs() + u64::from(reset.subsec_nanos() > 0);
            let values = [
                ("ratelimit-policy", format!("\"default\";q={limit};w=60")),
                ("ratelimit", format!("\"default\";r={remaining};t={seconds}")),
            ];
            for (name, value) in values {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(name, value);
                }
            }
        }
        if self.replayed.get().is_some() {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
    }
}
