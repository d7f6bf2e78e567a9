//! Limits: who may call now, and up to what price.
//!
//! [`bucket`] is the arithmetic, pure. [`store`] keeps it in DynamoDB: one conditional UpdateItem per item takes request
//! and token permits and reserves budget, all or nothing; another settles. The caller's item is asked first, so that a
//! caller over its limit never touches the shared one.

pub mod bucket;
mod estimate;
mod item;
mod leftovers;
mod release;
pub mod store;
mod write;

use std::time::{Duration, SystemTime};

pub use bucket::{Buckets, Quota};
pub use item::{Note, Open};
use store::Hold;
pub use store::Limits;

use crate::budget::Caps;
use crate::caller::{Allowance, Caller};
use crate::dynamodb::StoreError;
use crate::llm::Provider;
use crate::prices::Picodollars;
use crate::request::Task;
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
    /// A reservation of this age belongs to an instance that is gone: no call lasts as long.
    pub orphan_after: Duration,
}

/// What one attempt wants.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Who pays.
    pub caller: &'a Caller,
    /// What the caller's key says in the place of [`LimitsConfig`].
    pub allowance: Allowance,
    /// The request.
    pub request_id: &'a RequestId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whose key is used.
    pub provider: Provider,
    /// The model, which decides the provider's bucket.
    pub model: &'a str,
    /// What is asked of it.
    pub task: Task,
    /// Bytes of the provider request.
    pub request_bytes: u64,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// Output tokens at most.
    pub output_tokens: u64,
    /// The attempt's price at most.
    pub ceiling: Picodollars,
}

impl Wanted<'_> {
    /// When its request arrived: the month that its reservation counts in, also of a later attempt.
    fn arrived(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.request_id.millis())
    }
}

/// Why an attempt may not start.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The caller's requests or tokens per minute are used up.
    #[error("caller rate limit")]
    Rate {
        /// When the same request fits.
        retry_after: Duration,
        /// Whether it is the requests; else the tokens, and a smaller request may fit.
        of_requests: bool,
    },
    /// The caller has too many requests in flight.
    #[error("caller concurrency limit")]
    Concurrency,
    /// The reservation would pass a cap.
    #[error("budget")]
    Budget {
        /// When the month ends, or soon if only requests in flight stand in the way.
        retry_after: Duration,
        /// What is spent, where that stands in the way and not only what is reserved.
        spent: Option<Spent>,
        /// Whether it is the whole deployment's.
        of_all: bool,
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

/// Admission to one provider attempt. Settle it whatever happens; what is never settled stays reserved at its ceiling.
#[derive(Debug)]
#[must_use = "an unsettled permit keeps its reservation"]
pub struct Permit {
    caller: Hold,
    provider: Hold,
    /// The statistics period that the caller's item names, once it was closed early.
    pub stored_period: Option<String>,
    /// The caller's request bucket after the take; `None` without a limit.
    pub rate: Option<RateState>,
    /// How long until the booked slot is due. Sleep this long before calling.
    pub wait: Duration,
}

/// A caller's request bucket, as the `RateLimit` header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateState {
    /// Requests per minute.
    pub limit: u64,
    /// Requests that would be admitted now.
    pub remaining: u64,
    /// Until the bucket is full again; of a refused request, until it fits.
    pub reset: Duration,
}

/// What is spent of a budget, reservations left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// This month.
    pub spent: Picodollars,
    /// Of this much.
    pub cap: Picodollars,
}

/// The budgets after a settlement; `None` without a cap, or where the reservation was closed already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The caller's.
    pub caller: Option<Spent>,
    /// The whole deployment's.
    pub total: Option<Spent>,
}

/// What an instance that is gone left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A reservation that was never settled.
    Reservation {
        /// Whose.
        caller: Caller,
        /// The reservation.
        open: Open,
    },
    /// A record that the ledger did not take.
    Record {
        /// Whose.
        caller: Caller,
        /// Where it is kept.
        attribute: String,
        /// The record.
        json: String,
    },
}

/// Microseconds since the Unix epoch, the unit of a theoretical arrival time.
pub(crate) fn micros(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
