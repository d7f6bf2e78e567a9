//! What is kept of a caller, and what is not any more.

use serde::Serialize;

/// The answer to a deletion.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Forgotten {
    /// What is gone.
    pub(crate) deleted: Deleted,
    /// What is not.
    pub(crate) kept: Vec<Kept>,
}

/// Counts of what was deleted.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Deleted {
    /// Stored answers of requests with an idempotency key.
    pub(crate) idempotency_items: usize,
}

/// Something that is kept.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Kept {
    /// What.
    pub(crate) what: &'static str,
    /// Until when.
    pub(crate) until: &'static str,
    /// Why.
    pub(crate) why: &'static str,
}

impl Forgotten {
    /// After so many stored answers are gone.
    pub(crate) fn new(idempotency_items: usize) -> Forgotten {
        let kept = [
            (
                "usage records, their sums and periods: request id, time, caller id, task, model, tokens, cost; no text",
                "the operator deletes the ledger and its backups (35 days)",
                "they are the account of what was spent",
            ),
            (
                "the caller's id, its keys without their secrets, its rate-limit and budget counters; no text",
                "the operator deletes them",
                "they say who may call, and keep limits and budgets",
            ),
            (
                "the claim of a request that is still running",
                "it ends, or its time is over; an answer is then kept as any other",
                "without it the same request could be billed twice",
            ),
            (
                "traces: steps, attempts, tokens, cost and counts of a request; no text",
                "30 days after it",
                "they show what happened to a request",
            ),
            (
                "log lines: request id, caller or key id, status, durations; no text",
                "the log groups' retention is over",
                "they show that the service works",
            ),
        ];
        let kept = kept.into_iter().map(|(what, until, why)| Kept { what, until, why }).collect();
        Forgotten { deleted: Deleted { idempotency_items }, kept }
    }
}
