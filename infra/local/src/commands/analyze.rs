//! `analyze --jsonl`: the analysis of many pairs, without a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::analysis::{Analysis, analyze};
use shared::redaction::redact;
use shared::request::Input;

use super::Outcome;
use super::jsonl::{Options, answer_lines};
use crate::Error;

#[derive(Deserialize)]
struct Wanted {
    id: Value,
    resume: String,
    job: String,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    analysis: Option<Analysis>,
}

pub(super) fn run(_: &Options) -> Result<Outcome, Error> {
    answer_lines(|Wanted { id, resume, job }| {
        let (redacted, vault) = redact(&Input::ResumeOptimization { resume, job });
        let analysis = redacted.resume().zip(redacted.job()).map(|(resume, job)| analyze(resume, job).restore(&vault));
        Answer { id, analysis }
    })
}
