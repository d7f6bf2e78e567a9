//! The bodies' JSON schemas, for the contract.

use serde_json::{Value, json};

use super::{MAX_ITEM_CHARS, MAX_ITEMS, MAX_NAME_CHARS, MAX_TEXT_CHARS, MIN_TEXT_CHARS, Task};
use crate::prices::{Model, PriceSheet};

/// The body's JSON schema, from the same bounds that [`super::parse`] judges by, with the models of the price sheet.
#[must_use]
pub fn schema(task: Task) -> Value {
    // What is left after trimming has the length: a sign first and last.
    let text = |min: usize, max: usize| {
        let pattern = if min > 2 { format!("^\\s*\\S[\\s\\S]{{{},}}\\S\\s*$", min - 2) } else { "\\S".to_owned() };
        let description = format!("{min} to {max} characters after trimming.");
        json!({ "type": "string", "minLength": min, "pattern": pattern, "description": description })
    };
    let long = || text(MIN_TEXT_CHARS, MAX_TEXT_CHARS);
    let list = || {
        json!({
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ITEMS,
            "items": text(1, MAX_TEXT_CHARS / MAX_ITEMS),
            "description": format!(
                "Up to {MAX_ITEM_CHARS} characters each, {MAX_TEXT_CHARS} in all; the bound here keeps any list within that."
            ),
        })
    };
    let own = match task {
        Task::ResumeOptimization => vec![("resume_raw_text", long()), ("job_description_text", long())],
        Task::CoverLetter => vec![
            ("resume_raw_text", long()),
            ("job_description_text", long()),
            ("company_name", text(1, MAX_NAME_CHARS)),
            ("position_title", text(1, MAX_NAME_CHARS)),
        ],
        Task::JobAnalysis => vec![("job_description_text", long())],
        Task::BulletPoints => vec![("experience_bullets", list()), ("job_requirements", list())],
        Task::Achievements => vec![("experience_text", long())],
        Task::QualityReview => vec![("resume_raw_text", long())],
    };
    let required: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
    let models: Vec<Value> =
        PriceSheet::embedded().offered().map(|model| json!(model.id())).chain([Value::Null]).collect();
    let tempered: Vec<&str> =
        PriceSheet::embedded().offered().filter(|model| model.takes_temperature()).map(Model::id).collect();
    let options = [
        (
            "model",
            json!({ "enum": models, "description": "A model of the price sheet; the deployment's own by default." }),
        ),
        (
            "max_tokens",
            json!({
                "type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000,
                "description": "Output tokens at most, thinking included; at most what model and deployment allow.",
            }),
        ),
        (
            "temperature",
            json!({
                "type": ["number", "null"], "minimum": 0, "maximum": 1,
                "description": "For models that take one, so with `model`, unless the deployment's own does.",
            }),
        ),
        ("prompt_version", json!({ "enum": ["v1", null], "description": "The newest by default." })),
    ];
    let properties: serde_json::Map<String, Value> =
        own.iter().cloned().chain(options).map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({
        "type": "object", "additionalProperties": false, "required": required, "properties": properties,
        "if": { "required": ["temperature"], "properties": { "temperature": { "type": "number" } } },
        "then": { "required": ["model"], "properties": { "model": { "enum": tempered } } },
    })
}
