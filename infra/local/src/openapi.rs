//! The contract as OpenAPI 3.1: schemas from the functions' own types, paths and statuses from the tables below.
//!
//! `local openapi` writes it to `docs/openapi.json`, which is committed and served; a test compares.

use generate::contract as generate_contract;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::problem::{self, Code};
use shared::request::{self, Task};
use stats::contract as stats_contract;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// Codes that any request with a body may meet.
const OF_BODIES: &[Code] = &[Code::BodyTooLarge, Code::UnsupportedMediaType, Code::InvalidRequest];
/// Codes that any guarded request may meet.
const OF_ALL: &[Code] = &[Code::Unauthenticated, Code::Forbidden, Code::NotAcceptable, Code::Internal];
const OF_STORES: &[Code] = &[Code::StoreUnavailable];
/// Codes of what asks the model.
const OF_MODELS: &[Code] = &[
    Code::IdempotencyInProgress,
    Code::ReplayExpired,
    Code::ModelRetired,
    Code::ModelUnknown,
    Code::ContextTooLong,
    Code::ModelRefused,
    Code::IdempotencyMismatch,
    Code::RateLimited,
    Code::ConcurrencyLimited,
    Code::BudgetExhausted,
    Code::ProviderAuth,
    Code::ProviderError,
    Code::ProviderStreamEnded,
    Code::InvalidModelOutput,
    Code::LlmUnavailable,
    Code::ProviderThrottled,
    Code::ProviderOverloaded,
    Code::SecretsUnavailable,
    Code::ProviderTimeout,
];

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let settings = settings.for_serialize();
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<problem::Body<'_>>();
    let paths = paths(&mut generator, &problem);
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tailor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Rewrites a résumé for a job description. Detected personal data never reaches the model; every changed claim is checked against the résumé; costs are exact.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "Behind API Gateway the stage comes first, as in /prod." }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "x-api-key" } },
            "schemas": schemas,
        },
    })
}

/// One operation.
struct Operation<'a> {
    id: &'a str,
    summary: &'a str,
    body: Option<Value>,
    parameters: Vec<Value>,
    /// Media type objects by media type.
    answers: Vec<(&'static str, Value)>,
    codes: Vec<&'static [Code]>,
}

impl Operation<'_> {
    fn write(self, problem: &Schema) -> Value {
        let content: Map<String, Value> =
            self.answers.into_iter().map(|(media, schema)| (media.to_owned(), schema)).collect();
        let mut responses = Map::new();
        responses.insert("200".to_owned(), json!({ "description": "The answer.", "content": content }));
        let codes: Vec<Code> = self.codes.into_iter().flatten().copied().collect();
        let mut statuses: Vec<u16> = codes.iter().map(|code| code.status()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        for status in statuses {
            let slugs: Vec<&str> =
                codes.iter().filter(|code| code.status() == status).map(|code| code.slug()).collect();
            let mut response = json!({
                "description": slugs.join(", "),
                "content": { PROBLEM: { "schema": problem } },
            });
            if matches!(status, 429 | 503) {
                response["headers"] = json!({ "Retry-After": { "schema": { "type": "integer", "minimum": 1 } } });
            }
            responses.insert(status.to_string(), response);
        }
        let mut operation = json!({ "operationId": self.id, "summary": self.summary, "responses": responses });
        if let Some(body) = self.body {
            operation["requestBody"] = json!({ "required": true, "content": { JSON: { "schema": body } } });
        }
        if !self.parameters.is_empty() {
            operation["parameters"] = json!(self.parameters);
        }
        operation
    }
}

fn paths(generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let schemas = generate_contract::schemas(generator);
    let [statistics, history, trace] = stats_contract::schemas(generator);
    let mut paths = Map::new();
    for task in Task::ALL {
        let answer = json!({ "allOf": generate_contract::answer(task, generator) });
        let (path, id) = match task {
            Task::ResumeOptimization => ("/api/v1/generate".to_owned(), "generate".to_owned()),
            other => (format!("/api/v1/generate/{}", other.name()), other.name().to_owned()),
        };
        let operation = Operation {
            id: &id,
            summary: summary(task),
            body: Some(request::schema(task)),
            parameters: vec![idempotency_key(), raw()],
            answers: vec![(JSON, schema(&answer)), ("text/event-stream", events())],
            codes: vec![OF_ALL, OF_BODIES, OF_STORES, OF_MODELS],
        };
        paths.insert(path, json!({ "post": operation.write(problem) }));
    }
    let resume = || request::schema(Task::ResumeOptimization);
    // Options of a model call are taken and have no effect where no model is asked.
    let unasked = || {
        let mut body = resume();
        for name in ["model", "prompt_version"] {
            body["properties"][name] = json!({ "type": ["string", "null"], "minLength": 1, "maxLength": 100 });
        }
        let object = body.as_object_mut();
        object.map(|object| ["if", "then"].map(|name| object.remove(name)));
        body
    };
    let stream = Operation {
        id: "generate-stream",
        summary: "The first task as server-sent events, whatever Accept says but for what excludes them.",
        body: Some(resume()),
        parameters: vec![idempotency_key(), raw()],
        answers: vec![("text/event-stream", events())],
        codes: vec![OF_ALL, OF_BODIES, OF_STORES, OF_MODELS],
    };
    paths.insert("/api/v1/generate/stream".to_owned(), json!({ "post": stream.write(problem) }));
    let results = json!({
        "type": "object", "required": ["results"],
        "properties": { "results": { "type": "array", "items": schemas.item } },
    });
    let items = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array", "minItems": 1, "maxItems": 20,
                "items": { "description": "A body of any task; `task` names it, the first without. A bad one fails alone." },
            },
            "max_concurrent": { "type": ["integer", "null"], "minimum": 1, "maximum": 20, "default": 3 },
        },
    });
    let batch = Operation {
        id: "generate-batch",
        summary: "Up to twenty requests in one; each has its own status, and one bad item fails alone.",
        body: Some(items),
        parameters: vec![idempotency_key()],
        answers: vec![(JSON, schema(&results)), ("application/x-ndjson", text())],
        codes: vec![OF_ALL, OF_BODIES],
    };
    paths.insert("/api/v1/generate/batch".to_owned(), json!({ "post": batch.write(problem) }));
    for (path, id, summary, answer) in [
        (
            "/api/v1/analyze",
            "analyze",
            "What the job asks for and what the résumé shows of it. No model, no cost.",
            schemas.analysis,
        ),
        ("/api/v1/redact", "redact", "The texts as a model would see them. No model, no cost.", schemas.redacted),
    ] {
        let operation = Operation {
            id,
            summary,
            body: Some(unasked()),
            parameters: Vec::new(),
            answers: vec![(JSON, schema(&answer))],
            codes: vec![OF_ALL, OF_BODIES],
        };
        paths.insert(path.to_owned(), json!({ "post": operation.write(problem) }));
    }
    let data = Operation {
        id: "delete-data",
        summary: "Deletes what is kept of the caller's texts, and says what else is kept, how long and why.",
        body: None,
        parameters: Vec::new(),
        answers: vec![(JSON, schema(&schemas.forgotten))],
        codes: vec![OF_ALL, OF_STORES],
    };
    paths.insert("/api/v1/data".to_owned(), json!({ "delete": data.write(problem) }));
    let read = Operation {
        id: "statistics",
        summary: "What was spent in the period in force, or within days.",
        body: None,
        parameters: vec![
            query("from", json!({ "type": "string", "format": "date" }), "First day, 2020 or later."),
            query("to", json!({ "type": "string", "format": "date" }), "Last day, with `from` only; at most 366 days."),
            query(
                "detail",
                json!({ "type": "string", "pattern": "^(day|task|model|class)(,(day|task|model|class))*$" }),
                "Breakdowns.",
            ),
            query(
                "caller",
                json!({ "type": "string", "pattern": "^([A-Za-z0-9_-]{1,64}|\\*)$" }),
                "Another caller, or * for all: scope `admin`.",
            ),
        ],
        answers: vec![(JSON, schema(&statistics))],
        codes: vec![OF_ALL, OF_STORES, &[Code::InvalidRequest]],
    };
    paths.insert("/api/v1/stats".to_owned(), json!({ "get": read.write(problem) }));
    let read = Operation {
        id: "history",
        summary: "The records of a period, newest first.",
        body: None,
        parameters: vec![
            query(
                "period",
                json!({ "type": "string", "pattern": "^20\\d\\d-(0[1-9]|1[0-2])(\\.[1-9]\\d{0,8})?$" }),
                "Such as 2026-11.",
            ),
            query("cursor", json!({ "type": "string", "minLength": 1 }), "Where the page before ended."),
            query(
                "limit",
                json!({ "type": "integer", "minimum": 1, "maximum": 1_000, "default": 100 }),
                "Records a page.",
            ),
            query(
                "caller",
                json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
                "Another caller: scope `admin`.",
            ),
        ],
        answers: vec![(JSON, schema(&history)), ("application/x-ndjson", text()), ("text/csv", text())],
        codes: vec![OF_ALL, OF_STORES, &[Code::InvalidRequest]],
    };
    let traced = Operation {
        id: "trace",
        summary: "What happened to one request that asked the model: steps, attempts, tokens, cost, counts; no text. Kept for 30 days. Scope `stats`.",
        body: None,
        parameters: vec![
            json!({
                "name": "id", "in": "path", "required": true,
                "schema": { "type": "string", "pattern": "^[A-Za-z0-9]{12}$" },
                "description": "A `request_id`.",
            }),
            query(
                "caller",
                json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
                "Another caller: scope `admin`.",
            ),
        ],
        answers: vec![(JSON, schema(&trace))],
        codes: vec![OF_ALL, OF_STORES, &[Code::InvalidRequest, Code::NotFound]],
    };
    paths.insert("/api/v1/requests/{id}".to_owned(), json!({ "get": traced.write(problem) }));
    let mut read = read.write(problem);
    read["responses"]["200"]["links"] = json!({
        "next": { "operationId": "history", "parameters": { "cursor": "$response.body#/next_cursor" } },
    });
    paths.insert("/api/v1/stats/requests".to_owned(), json!({ "get": read }));
    let period = json!({
        "type": "object", "additionalProperties": false,
        "properties": { "expected_period": { "type": ["string", "null"], "minLength": 1, "maxLength": 20 } },
    });
    let begun = json!({
        "type": "object", "required": ["period", "since"],
        "properties": { "period": { "type": "string" }, "since": { "type": "string", "format": "date-time" } },
    });
    let reset = Operation {
        id: "reset",
        summary: "Begins a new statistics period. Budgets follow the calendar month and are not changed.",
        body: None,
        parameters: Vec::new(),
        answers: vec![(JSON, schema(&begun))],
        codes: vec![OF_ALL, OF_BODIES, OF_STORES, &[Code::PeriodChanged]],
    };
    let mut reset = reset.write(problem);
    reset["responses"]["200"]["links"] = json!({
        "records": { "operationId": "history", "parameters": { "period": "$response.body#/period" } },
    });
    reset["requestBody"] = json!({ "required": false, "content": { JSON: { "schema": period } } });
    paths.insert("/api/v1/stats/reset".to_owned(), json!({ "post": reset }));
    for (path, id, summary, answer) in [
        (
            "/health",
            "health",
            "That the service runs. Touches nothing.",
            json!({ "type": "object", "required": ["status"], "properties": { "status": { "const": "ok" } } }),
        ),
        ("/openapi.json", "openapi", "This document.", json!({ "type": "object", "required": ["openapi"] })),
    ] {
        let operation = Operation {
            id,
            summary,
            body: None,
            parameters: Vec::new(),
            answers: vec![(JSON, schema(&answer))],
            codes: vec![&[Code::NotAcceptable, Code::Internal]],
        };
        let mut operation = operation.write(problem);
        operation["security"] = json!([]);
        paths.insert(path.to_owned(), json!({ "get": operation }));
    }
    Value::Object(paths)
}

fn summary(task: Task) -> &'static str {
    match task {
        Task::ResumeOptimization => "Rewrites a résumé for a job.",
        Task::CoverLetter => "Writes a cover letter.",
        Task::JobAnalysis => "Takes a job description apart.",
        Task::BulletPoints => "Tailors bullet points to requirements.",
        Task::Achievements => "Finds achievements in an experience text.",
        Task::QualityReview => "Judges a résumé.",
    }
}

fn query(name: &str, schema: Value, description: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": schema, "description": description })
}

fn raw() -> Value {
    let description = "Releases text at once, provisional until `done`; for event streams.";
    query("stream", json!({ "type": "string", "enum": ["raw"] }), description)
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        "description": "The same key and body are answered once and replayed for a day.",
    })
}

/// A media type object with a schema.
fn schema(schema: &impl serde::Serialize) -> Value {
    json!({ "schema": schema })
}

fn text() -> Value {
    schema(&json!({ "type": "string" }))
}

/// Server-sent events: OpenAPI 3.1 has no words for them, so an example says what comes.
fn events() -> Value {
    json!({
        "example": "id: 0\nevent: meta\ndata: {\"request_id\":\"...\",\"seq\":0}\n\nid: 1\nevent: delta\ndata: {\"text\":\"...\",\"seq\":1}\n\nid: 2\nevent: usage\ndata: {...}\n\nid: 3\nevent: done\ndata: {...}\n\n",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_what_the_types_say() {
        let committed: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).expect("JSON");
        assert!(committed == document(), "run: cargo run -p local -- openapi > docs/openapi.json");
    }

    #[test]
    fn every_code_is_documented_with_its_status_and_every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for code in Code::ALL.iter().filter(|code| !matches!(code, Code::NotFound | Code::MethodNotAllowed)) {
            assert!(text.contains(code.slug()), "{}", code.slug());
        }
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
