//! What an attempt cost, as far as anybody can know.
//!
//! Never too little: where the provider did not report the output, all of `max_tokens` is charged; where it reported
//! nothing, every byte of the request counts as a token as well. Such a bill is marked as estimated
//! (`docs/decisions/003-unknown-cost.md`).

use std::time::Duration;

use shared::ledger::{Status, UsageRecord};
use shared::llm::{Billed, Completion, Failure, LlmError, StopReason};
use shared::prices::{Picodollars, PriceSheet, Usage};
use shared::trace::Attempt;

use crate::job::Job;
use crate::model::Choice;
use crate::pipeline::{Asked, Seen};

/// Tokens, their price, and how the attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) usage: Usage,
    pub(crate) cost: Picodollars,
    /// `None` where the provider billed nothing: such an attempt leaves no record.
    status: Option<Status>,
    estimated: bool,
    simulated: bool,
}

impl Bill {
    /// The bill of an attempt that the provider refused or never got.
    pub(crate) fn nothing() -> Bill {
        Bill { usage: Usage::default(), cost: Picodollars::ZERO, status: None, estimated: false, simulated: false }
    }

    pub(crate) fn of(outcome: &Result<Completion, Failure>, choice: &Choice, request_bytes: u64) -> Bill {
        let (billed, status, simulated) = match outcome {
            Ok(completion) => (completion.billed, status(completion.stop_reason), completion.simulated),
            Err(failure) if matches!(failure.error, LlmError::Abandoned) => {
                (failure.billed, Status::Disconnected, failure.simulated)
            }
            Err(failure) => (failure.billed, Status::Failed, failure.simulated),
        };
        let output_tokens = choice.max_tokens;
        let (usage, estimated) = match billed {
            Billed::Nothing => return Bill::nothing(),
            Billed::Exactly(usage) => (usage, false),
            Billed::AtLeast(usage) => (Usage { output_tokens, ..usage }, true),
            Billed::Unknown => (Usage { input_tokens: request_bytes, output_tokens, ..Usage::default() }, true),
        };
        Bill { usage, cost: choice.model.cost(&usage), status: Some(status), estimated, simulated }
    }

    /// Both bills, for what a request cost in all.
    pub(crate) fn plus(&self, other: &Bill) -> Bill {
        let usage = self.usage.plus(&other.usage);
        Bill { usage, cost: self.cost.plus(other.cost), ..other.clone() }
    }

    /// The ledger's record of an attempt, if it leaves one.
    pub(crate) fn record(&self, asked: &Asked, job: &Job<'_>, seen: &Seen<'_>) -> Option<UsageRecord> {
        Some(UsageRecord {
            request_id: job.arrival.request_id.clone(),
            attempt: asked.number,
            caller: job.caller.clone(),
            period: asked.period.clone(),
            task: seen.redacted.task(),
            prompt_version: seen.version.to_owned(),
            model: asked.model.to_owned(),
            status: self.status?,
            usage: self.usage,
            cost: self.cost,
            price_version: PriceSheet::embedded().version().to_owned(),
            estimated: self.estimated,
            simulated: self.simulated,
            duration: asked.duration,
        })
    }

    /// The same for the request's trace, whether or not there is a record.
    pub(crate) fn attempt(&self, number: u32, tries: u32, prompt_sha256: String, duration: Duration) -> Attempt {
        Attempt {
            number,
            tries,
            prompt_sha256,
            status: self.status,
            usage: self.usage,
            cost_pico: self.cost.0,
            estimated: self.estimated,
            simulated: self.simulated,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn status(stop_reason: StopReason) -> Status {
    match stop_reason {
        StopReason::EndTurn => Status::Completed,
        StopReason::MaxTokens | StopReason::ContextWindowExceeded => Status::Truncated,
        StopReason::Refusal => Status::Refused,
        StopReason::Unexpected => Status::Failed,
    }
}
