//! Invented people, and what a model might answer about them.

use serde_json::{Value, json};

/// The example résumé.
pub const RESUME: &str = include_str!("../../examples/resume.txt");
/// The example job.
pub const JOB: &str = include_str!("../../examples/job.txt");

/// What identifies the example's owner and must never reach a model.
pub const SECRETS: [&str; 9] = [
    "Marit", "Oyelaran", "oyelaran@example.com", "202-555-0147", "linkedin.com/in", "github.com/marit", "123-45-6789",
    "DE89 3704", "tobias.lindqvist@",
];

/// A short résumé with a name, an address and a figure.
pub const SHORT_RESUME: &str =
    "Jane Doe\nEngineer\njane@example.com\n\nEXPERIENCE\nNorthwind Freight Inc, 2016-2019\n- Cut costs by 12 %";
/// A job for it.
pub const SHORT_JOB: &str = "Requirements:\n- Experience with Rust\n- Terraform";

/// The body of a request for a rewrite.
#[must_use]
pub fn short_body() -> Value {
    json!({ "resume_raw_text": SHORT_RESUME, "job_description_text": SHORT_JOB })
}

/// A model's answer to a rewrite of the short résumé.
#[must_use]
pub fn short_answer() -> Value {
    json!({
        "optimized_resume": "<PII_REDACTED_NAME_1>\nEngineer\n<PII_REDACTED_EMAIL_1>\n\nNorthwind Freight Inc, 2016-2019\n- Costs cut by 12 %",
        "changes_made": ["Put the result first, for <PII_REDACTED_NAME_1>"],
        "expected_improvement": "The result is easier to see.",
    })
}

/// The body for a task of the API's paths: the file of the same name in `examples/`.
///
/// # Panics
///
/// If there is no such file.
#[must_use]
pub fn example_body(name: &str) -> Value {
    let path = format!("{}/../examples/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
