//! Answers as JSON: the task's own fields first, then those that all tasks share.

use std::time::Duration;

use serde::Serialize;
use shared::analysis::Analysis;
use shared::llm::{Completion, StopReason};
use shared::prices::Picodollars;
use shared::prompts::Output;
use shared::redaction::{Counts, Vault};
use shared::response::Arrival;
use shared::verify::Verification;

use crate::bill::Bill;
use crate::model::Choice;

/// The answer to any generate request.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    output: Output,
    /// Where a résumé and a job are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis>,
    /// Where the applicant's own text is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verification>,
    redaction: Counts,
    usage_stats: UsageStats,
    stop_reason: &'static str,
    truncated: bool,
    simulated: bool,
    prompt_version: &'static str,
    request_id: String,
}

/// Tokens and their exact price.
#[derive(Debug, Serialize)]
struct UsageStats {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_usd: Picodollars,
    model: String,
    /// Times the model was asked, refused tries included.
    attempts: u32,
    duration_ms: u128,
}

impl Answer {
    #[expect(clippy::too_many_arguments, reason = "an answer gathers what every step has found")]
    pub(crate) fn new(
        output: Output,
        analysis: Option<Analysis>,
        verification: Option<Verification>,
        vault: &Vault,
        completion: &Completion,
        bill: &Bill,
        choice: &Choice,
        prompt_version: &'static str,
        arrival: &Arrival,
    ) -> Answer {
        Answer {
            output,
            analysis,
            verification,
            redaction: vault.counts().clone(),
            usage_stats: UsageStats {
                input_tokens: bill.usage.input_tokens,
                output_tokens: bill.usage.output_tokens,
                cache_read_tokens: bill.usage.cache_read_tokens,
                cache_write_tokens: bill.usage.cache_write_tokens(),
                cost_usd: bill.cost,
                model: choice.model.id().to_owned(),
                attempts: completion.attempts,
                duration_ms: arrival.now.elapsed().unwrap_or(Duration::ZERO).as_millis(),
            },
            stop_reason: completion.stop_reason.as_str(),
            truncated: matches!(completion.stop_reason, StopReason::MaxTokens | StopReason::ContextWindowExceeded),
            simulated: completion.simulated,
            prompt_version,
            request_id: arrival.request_id.to_string(),
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
