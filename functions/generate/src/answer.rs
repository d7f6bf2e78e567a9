//! Answers as JSON: the task's own fields first, then those that all tasks share.

use std::time::Duration;

use serde::Serialize;
use shared::analysis::Analysis;
use shared::prices::{Model, Picodollars};
use shared::prompts::Output;
use shared::redaction::Counts;
use shared::response::Arrival;
use shared::verify::Verification;

use crate::bill::Bill;

/// The answer to any generate request.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    pub(crate) output: Output,
    /// Where a résumé and a job are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) analysis: Option<Analysis>,
    /// Where the applicant's own text is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verification: Option<Verification>,
    pub(crate) redaction: Counts,
    pub(crate) usage_stats: UsageStats,
    pub(crate) stop_reason: &'static str,
    pub(crate) truncated: bool,
    pub(crate) simulated: bool,
    pub(crate) prompt_version: &'static str,
    pub(crate) request_id: String,
}

/// Tokens and their exact price.
#[derive(Debug, Serialize)]
pub(crate) struct UsageStats {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_usd: Picodollars,
    model: &'static str,
    /// Times the model was asked, refused tries included.
    attempts: u32,
    duration_ms: u128,
}

impl UsageStats {
    pub(crate) fn new(bill: &Bill, model: &'static Model, attempts: u32, arrival: &Arrival) -> UsageStats {
        UsageStats {
            input_tokens: bill.usage.input_tokens,
            output_tokens: bill.usage.output_tokens,
            cache_read_tokens: bill.usage.cache_read_tokens,
            cache_write_tokens: bill.usage.cache_write_tokens(),
            cost_usd: bill.cost,
            model: model.id(),
            attempts,
            duration_ms: arrival.now.elapsed().unwrap_or(Duration::ZERO).as_millis(),
        }
    }
}

/// The answer to `/redact`.
#[derive(Debug, Serialize)]
pub(crate) struct RedactedTexts {
    pub(crate) resume_redacted: String,
    pub(crate) job_description_redacted: String,
    pub(crate) redaction: Counts,
}
