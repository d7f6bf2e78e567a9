//! `verify --jsonl`: answers held against their sources, without a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::redaction::redact_texts;
use shared::request::Role;
use shared::verify::{Mode, Verification, verify_document};

use super::Outcome;
use super::jsonl::{Options, answer_lines};
use crate::Error;
use crate::environment::Environment;

#[derive(Deserialize)]
struct Wanted {
    id: Value,
    source: String,
    #[serde(default)]
    job: String,
    rewritten: String,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    text: String,
    #[serde(flatten)]
    verification: Verification,
}

pub(super) fn run(_: &Options) -> Result<Outcome, Error> {
    let mode = Environment::of_process().get_or("VERIFY_MODE", "revert");
    let mode: Mode = mode.parse().map_err(|()| Error::from("VERIFY_MODE must be revert, flag or off"))?;
    answer_lines(|Wanted { id, source, job, rewritten }| {
        // One vault for all three, so that the same person is the same placeholder in each.
        let texts = [(Role::Resume, source.as_str()), (Role::Job, job.as_str()), (Role::Resume, rewritten.as_str())];
        let (redacted, vault) = redact_texts(&texts);
        let [source, job, rewritten] = redacted.as_slice() else { unreachable!("three texts in, three out") };
        let (text, verification) = verify_document(source, job, rewritten.as_str(), mode, &vault);
        Answer { id, text: vault.rehydrate(&text), verification }
    })
}
