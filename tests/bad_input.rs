//! Bad input gets the right status and problem, is not quoted, and spends nothing.

use http::Method;
use serde_json::{Value, json};
use tests::fixtures::{SHORT_JOB, SHORT_RESUME, short_body};
use tests::stack::{EventVersion, Stack, request};

/// Stands in every bad value and must not come back in any answer.
const MARK: &str = "quote-me-not-7731";

struct Case {
    name: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    pointer: Option<&'static str>,
}

fn case(name: &'static str, body: impl Into<Vec<u8>>, pointer: &'static str) -> Case {
    Case { name, headers: &[], body: body.into(), status: 422, code: "invalid-request", pointer: Some(pointer) }
}

fn with(field: &str, value: &Value) -> String {
    let mut body = short_body();
    body[field] = value.clone();
    body.to_string()
}

fn cases() -> Vec<Case> {
    let long = format!("{MARK}{}", "x".repeat(50_001));
    let job = json!({ "job_description_text": SHORT_JOB }).to_string();
    let unknown_pair = format!("{{\"{MARK}\": \"{MARK}\", \"resume_raw_text\": \"{MARK} {MARK}\"}}");
    let mut invalid_utf8 = short_body().to_string().into_bytes();
    invalid_utf8[25] = 0xff;
    let ten_megabytes =
        json!({ "resume_raw_text": "x".repeat(10_000_000), "job_description_text": SHORT_JOB }).to_string();
    let text: &[(&str, &str)] = &[("content-type", "text/plain")];
    let image: &[(&str, &str)] = &[("accept", "image/png")];
    vec![
        case("missing", job, "/resume_raw_text"),
        case("short", with("resume_raw_text", &json!(" 123456789 ")), "/resume_raw_text"),
        case("over-long", with("job_description_text", &json!(long)), "/job_description_text"),
        case("null", with("resume_raw_text", &Value::Null), "/resume_raw_text"),
        case("wrong type", with("resume_raw_text", &json!([MARK])), "/resume_raw_text"),
        case("number for text", with("job_description_text", &json!(77_317_731)), "/job_description_text"),
        case("unknown field", with(MARK, &json!(MARK)), ""),
        case("only unknown fields", unknown_pair, ""),
        case("malformed", format!("{{\"resume_raw_text\": \"{MARK}"), ""),
        case("trailing text", format!("{} {MARK}", short_body()), ""),
        case("an array", json!([SHORT_RESUME, SHORT_JOB]).to_string(), ""),
        case("a string", json!(MARK).to_string(), ""),
        case("empty", "", ""),
        case("white space", " \n ", ""),
        case("invalid UTF-8", invalid_utf8, ""),
        case("deep nesting", "[".repeat(100_000), ""),
        case("deep field", format!("{{\"resume_raw_text\": {}", "[".repeat(100_000)), "/resume_raw_text"),
        case("no tokens", with("max_tokens", &json!(0)), "/max_tokens"),
        case("negative tokens", with("max_tokens", &json!(-1)), "/max_tokens"),
        case("too many tokens", with("max_tokens", &json!(32_001)), "/max_tokens"),
        case("hot", with("temperature", &json!(1.5)), "/temperature"),
        case("a temperature for a model without", with("temperature", &json!(0.0)), "/temperature"),
        case("empty model", with("model", &json!("")), "/model"),
        Case { code: "model-unknown", pointer: None, ..case("model", with("model", &json!(MARK)), "") },
        Case {
            code: "model-retired",
            pointer: None,
            ..case("retired", with("model", &json!("claude-3-5-sonnet-20241022")), "")
        },
        Case { status: 413, code: "body-too-large", pointer: None, ..case("10 MB", ten_megabytes, "") },
        Case {
            headers: text,
            status: 415,
            code: "unsupported-media-type",
            pointer: None,
            ..case("content type", short_body().to_string(), "")
        },
        Case {
            headers: image,
            status: 406,
            code: "not-acceptable",
            pointer: None,
            ..case("accept", short_body().to_string(), "")
        },
    ]
}

#[tokio::test]
async fn bad_input_is_answered_precisely_not_quoted_and_free() {
    let stack = Stack::start().await;
    for version in [EventVersion::V1, EventVersion::V2] {
        for case in cases() {
            let request = request(Method::POST, "/api/v1/generate", case.headers, &case.body);
            let reply = stack.send(version, &request).await;
            let name = format!("{} ({version:?}): {}", case.name, reply.text);
            assert_eq!((reply.status, reply.code().as_str()), (case.status, case.code), "{name}");
            assert_eq!(reply.header("content-type"), "application/problem+json", "{name}");
            assert_eq!(reply.json()["type"], format!("urn:tailor:problem:{}", case.code), "{name}");
            let pointers = reply.json()["errors"].clone();
            match case.pointer {
                Some(pointer) => assert!(
                    pointers.as_array().is_some_and(|all| all.iter().any(|error| error["pointer"] == pointer)),
                    "{name}"
                ),
                None => assert!(pointers.is_null(), "{name}"),
            }
            assert!(!reply.text.contains(MARK) && !reply.text.contains("7731773"), "{name}");
        }
    }
    assert!(stack.model.received().is_empty());
    assert!(stack.records().await.is_empty());
    assert_eq!(stack.committed().await, (0, 0, 0));
}

#[tokio::test]
async fn a_retired_model_names_its_successor() {
    let stack = Stack::start().await;
    for model in ["claude-sonnet-4-20250514", "claude-opus-4-20250514", "claude-3-5-sonnet-20241022"] {
        let reply =
            stack.post("/api/v1/generate", &serde_json::from_str(&with("model", &json!(model))).expect("JSON")).await;
        assert_eq!(reply.code(), "model-retired");
        assert!(reply.json()["detail"].as_str().is_some_and(|text| text.contains("use claude-")), "{}", reply.text);
    }
}

#[tokio::test]
async fn every_tasks_fields_are_checked() {
    let stack = Stack::start().await;
    let rows = [
        ("cover-letter", short_body(), vec!["/company_name", "/position_title"]),
        ("job-analysis", json!({}), vec!["/job_description_text"]),
        (
            "bullet-points",
            json!({ "experience_bullets": [], "job_requirements": [""] }),
            vec!["/experience_bullets", "/job_requirements/0"],
        ),
        (
            "bullet-points",
            json!({ "experience_bullets": ["x", 7], "job_requirements": ["x"] }),
            vec!["/experience_bullets/1"],
        ),
        ("achievements", json!({ "experience_text": "short" }), vec!["/experience_text"]),
        ("quality-review", json!({ "resume_raw_text": "short" }), vec!["/resume_raw_text"]),
    ];
    for (task, body, wanted) in rows {
        let reply = stack.post(&format!("/api/v1/generate/{task}"), &body).await;
        let errors = reply.json()["errors"].clone();
        let pointers: Vec<&str> =
            errors.as_array().expect("errors").iter().filter_map(|e| e["pointer"].as_str()).collect();
        assert_eq!((reply.status, pointers), (422, wanted), "{task}: {}", reply.text);
    }
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_say_so() {
    let stack = Stack::start().await;
    for path in [
        "/",
        "/api/v1",
        "/api/v1/generate/nonsense",
        "/api/v1/generate/stream/more",
        "/api/v1/generate/batches",
        "/openapi.yaml",
    ] {
        let reply = stack.post(path, &short_body()).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "not-found"), "{path}");
    }
    let reply = stack.get("/api/v1/generate").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "POST, OPTIONS"));
    let reply = stack.post("/api/v1/stats", &json!({})).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, OPTIONS"));
}
