//! Answers as JSON: the task's own fields first, then those that all tasks share.

use serde::Serialize;
use shared::analysis::Analysis;
use shared::prices::Picodollars;
use shared::prompts::Output;
use shared::redaction::Counts;
use shared::verify::Verification;

/// The answer to any generate request.
#[derive(Debug, Serialize, schemars::JsonSchema)]
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
    pub(crate) prompt_version: String,
    pub(crate) request_id: String,
}

/// Tokens and their exact price.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct UsageStats {
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cache_read_tokens: u64,
    pub(crate) cache_write_tokens: u64,
    pub(crate) cost_usd: Picodollars,
    pub(crate) model: String,
    /// Times the model was asked, refused tries included.
    pub(crate) attempts: u32,
    pub(crate) duration_ms: u64,
}

/// The answer to `/redact`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct RedactedTexts {
    pub(crate) resume_redacted: String,
    pub(crate) job_description_redacted: String,
    pub(crate) redaction: Counts,
}
