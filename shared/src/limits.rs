//! Limits: who may call now, and up to what price.
//!
//! [`bucket`] is the arithmetic, pure. [`store`] keeps it in DynamoDB: one conditional UpdateItem per item takes request
//! and token permits and reserves budget, all or nothing; another settles. The caller's item is asked first, so that a
//! caller over its limit never touches the shared one.

pub mod bucket;
pub mod store;

use std::time::{Duration, SystemTime};

pub use bucket::{Buckets, Quota};
pub use store::{Limits, Permit};

use crate::budget::Caps;
use crate::caller::Caller;
use crate::dynamodb::StoreError;
use crate::llm::Provider;
use crate::prices::Picodollars;
use crate::request_id::RequestId;

/// Everything that bounds calls.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Per caller.
    pub caller: Buckets,
    /// For the provider key, per model.
    pub provider: Buckets,
    /// Requests of one caller that may run at once; `None` is no limit.
    pub caller_max_in_flight: Option<u64>,
    /// How long a request may wait for its slot.
    pub wait: Duration,
    /// Money per month.
    pub caps: Caps,
}

/// What one attempt wants.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Who pays.
    pub caller: &'a Caller,
    /// The request.
    pub request_id: &'a RequestId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whose key is used.
    pub provider: Provider,
    /// The model, which decides the provider's bucket.
    pub model: &'a str,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// Output tokens at most.
    pub output_tokens: u64,
    /// The attempt's price at most.
    pub ceiling: Picodollars,
}

/// Why an attempt may not start.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The caller's requests or tokens per minute are used up.
    #[error("caller rate limit")]
    Rate {
        /// When the same request fits.
        retry_after: Duration,
    },
    /// The caller has too many requests in flight.
    #[error("caller concurrency limit")]
    Concurrency,
    /// The reservation would pass a cap.
    #[error("budget")]
    Budget {
        /// When the month ends, or soon if only requests in flight stand in the way.
        retry_after: Duration,
    },
    /// The attempt's ceiling alone is above a cap: it can never start.
    #[error("dearer than the budget")]
    TooDear,
    /// The provider key's requests or tokens per minute are used up.
    #[error("provider rate limit")]
    Provider {
        /// When the same request fits.
        retry_after: Duration,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Microseconds since the Unix epoch, the unit of a theoretical arrival time.
pub(crate) fn micros(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
