//! The main job, end to end.

use http::Method;
use local::environment::Environment;
use local::service::Service;
use local::stand_in::RequestLog;
use serde_json::{Value, json};
use tests::fixtures::{RESUME, SECRETS, example_body, short_answer, short_body};
use tests::model_server::{Meta, Reply};
use tests::stack::{EventVersion, Stack, number, request, string};

#[tokio::test]
async fn the_source_documents_bodies_work_as_printed() {
    let stack = Stack::start().await;
    let answer = json!({ "optimized_resume": "Software Engineer with 5 years", "changes_made": ["a"], "expected_improvement": "b" });
    stack.model.play(Reply::answer(&answer));

    let body = json!({
        "resume_raw_text": "Software Engineer with 5 years...",
        "job_description_text": "Looking for Senior Python Developer..."
    });
    let reply = stack.post("/api/v1/generate", &body).await;

    assert_eq!(reply.status, 200, "{}", reply.text);
    let got = reply.json();
    assert!(got["optimized_resume"].is_string());
    assert!(got["changes_made"].as_array().is_some_and(|changes| changes.iter().all(Value::is_string)));
    assert!(got["expected_improvement"].is_string());
    let usage = &got["usage_stats"];
    assert_eq!((usage["input_tokens"].as_u64(), usage["output_tokens"].as_u64()), (Some(2500), Some(1200)));
    assert!(usage["cost_usd"].is_f64() && usage["model"].is_string());
    // 2500 x $2 + 1200 x $10, per million, written from the integer.
    assert!(reply.text.contains("\"cost_usd\":0.017,"), "{}", reply.text);

    let statistics = stack.get("/api/v1/stats").await.json();
    let document = json!({
        "total_requests": 1, "total_input_tokens": 2500, "total_output_tokens": 1200, "total_tokens": 3700,
        "total_cost": 0.017, "average_cost_per_request": 0.017,
        "requests_by_model": { "claude-sonnet-5-5": 1 }, "cost_by_model": { "claude-sonnet-5-5": 0.017 }
    });
    for (name, value) in document.as_object().expect("an object") {
        assert_eq!(&statistics[name], value, "{name}");
    }
    assert_eq!(statistics["total_attempts"], 1);
    assert!(statistics["period"].is_string() && statistics["since"].is_string());
}

#[tokio::test]
async fn the_owner_stays_here_and_stands_in_the_answer_again() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let log_of_model = RequestLog::to_file(log.path()).expect("writable");
    let service = Service::start(Environment::only(&[]), None, log_of_model).await.expect("starts");
    let body = example_body("generate").to_string();
    let request = request(Method::POST, "/api/v1/generate", &[], body.as_bytes());

    let response = service.call(&request).await.expect("answered");
    let answer = http_body_util::BodyExt::collect(response.into_body()).await.expect("a body").to_bytes();
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");

    let rewritten = answer["optimized_resume"].as_str().expect("text");
    let sent = std::fs::read_to_string(log.path()).expect("the model's log");
    assert_eq!(sent.lines().count(), 1);
    for secret in SECRETS {
        assert!(RESUME.contains(secret) && rewritten.contains(secret), "{secret} did not come back");
        assert!(!sent.contains(secret), "{secret} reached the model");
    }
    assert!(!answer.to_string().contains("PII_REDACTED"), "a placeholder is left");
    assert_eq!(answer["simulated"], true);
    assert_eq!(answer["verification"]["reverted"], json!([]));
    assert!(answer["analysis"]["match_score"].as_f64().is_some_and(|score| score > 0.0));
    // Nothing invented: the same lines in another order, and within lists of skills the same words.
    let words = |text: &str| {
        let mut words: Vec<String> = text.split(|c: char| c.is_whitespace() || c == ',').map(str::to_owned).collect();
        words.retain(|word| !word.is_empty());
        words.sort();
        words
    };
    assert_eq!(words(rewritten), words(RESUME));
}

#[tokio::test]
async fn both_event_versions_give_the_same_answer() {
    let stack = Stack::start().await;
    let sent = request(Method::POST, "/api/v1/generate", &[], short_body().to_string().as_bytes());
    for version in [EventVersion::V1, EventVersion::V2] {
        stack.model.play(Reply::answer(&short_answer()));
        let reply = stack.send(version, &sent).await;
        assert_eq!(reply.status, 200, "{version:?} {}", reply.text);
        assert_eq!(
            reply.json()["optimized_resume"],
            "Jane Doe\nEngineer\njane@example.com\n\nNorthwind Freight Inc, 2016-2019\n- Costs cut by 12 %"
        );
        assert_eq!(reply.json()["changes_made"], json!(["Put the result first, for Jane Doe"]));
        assert_eq!(reply.header("x-request-id"), reply.json()["request_id"]);
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let paths = ["/api/v1/stats", "/health", "/api/v1/stats/requests?limit=1"];
    for (path, version) in paths.iter().flat_map(|path| [(path, EventVersion::V1), (path, EventVersion::V2)]) {
        assert_eq!(stack.send(version, &request(Method::GET, path, &[], b"")).await.status, 200, "{path} {version:?}");
    }
}

#[tokio::test]
async fn all_token_classes_are_priced_exactly_and_every_book_agrees() {
    let stack = Stack::start().await;
    let usage = json!({
        "input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 10000, "cache_creation_input_tokens": 5000,
        "cache_creation": { "ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 3000 }
    });
    let meta = Meta { usage, ..Meta::default() };
    stack.model.play(Reply::text(&short_answer().to_string(), &meta));

    let reply = stack.post("/api/v1/generate", &short_body()).await;

    // 1000 x 2 + 100 x 10 + 10000 x 0.10 + 2000 x 2.50 + 3000 x 4, per million.
    assert!(reply.text.contains("\"cost_usd\":0.021,"), "{}", reply.text);
    let usage = reply.json()["usage_stats"].clone();
    assert_eq!(
        (usage["cache_read_tokens"].as_u64(), usage["cache_write_tokens"].as_u64()),
        (Some(10_000), Some(5_000))
    );
    assert!(stack.get("/api/v1/stats").await.text.contains("\"total_cost\":0.021,"));
    let records = stack.records().await;
    assert_eq!(records.len(), 1);
    assert_eq!(number(&records[0], "cost_pico"), 21_000_000_000);
    assert_eq!(string(&records[0], "status"), "completed");
    assert_eq!(stack.committed().await, (21_000_000_000, 21_000_000_000, 0), "committed equals spent, nothing is open");
}

#[tokio::test]
async fn without_a_key_only_the_model_is_missing() {
    let stack = Stack::with(&[]).await;
    let reply = stack.post("/api/v1/generate", &short_body()).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "llm-unavailable"));
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(stack.post("/api/v1/analyze", &short_body()).await.status, 200);
    assert_eq!(stack.post("/api/v1/redact", &short_body()).await.status, 200);
    assert_eq!(stack.get("/api/v1/stats").await.status, 200);
    assert_eq!(stack.get("/health").await.status, 200);
    assert!(stack.model.received().is_empty());
}

#[tokio::test]
async fn analysis_and_redaction_need_no_model_and_cost_nothing() {
    let stack = Stack::start().await;
    let analysis = stack.post("/api/v1/analyze", &short_body()).await.json();
    assert_eq!(analysis["missing_keywords"], json!(["rust", "terraform"]));
    assert_eq!(analysis["match_score"], 0.0);
    let redacted = stack.post("/api/v1/redact", &short_body()).await.json();
    assert!(redacted["resume_redacted"].as_str().is_some_and(|text| text.starts_with("<PII_REDACTED_NAME_1>\n")));
    assert_eq!(redacted["redaction"], json!({ "NAME": 1, "EMAIL": 1 }));
    assert!(redacted["job_description_redacted"].is_string());
    assert!(stack.model.received().is_empty());
    assert_eq!(stack.get("/api/v1/stats").await.json()["total_requests"], 0);
}

#[tokio::test]
async fn what_the_source_does_not_say_is_taken_back() {
    let stack = Stack::start().await;
    let mut lie = short_answer();
    lie["optimized_resume"] = json!(
        "<PII_REDACTED_NAME_1>\nNorthwind Freight Inc, 2016-2019\n- Cut costs by 45 %\n- Managed 800 people at Globex Corporation"
    );
    stack.model.play(Reply::answer(&lie));

    let reply = stack.post("/api/v1/generate", &short_body()).await.json();

    assert_eq!(reply["optimized_resume"], "Jane Doe\nNorthwind Freight Inc, 2016-2019\n- Cut costs by 12 %\n");
    let reverted = &reply["verification"]["reverted"];
    assert_eq!(reverted[0]["claim"], "45");
    assert_eq!(reverted[0]["replaced_by"], "- Cut costs by 12 %");
    assert!(reverted.as_array().is_some_and(|all| all.iter().any(|claim| claim["claim"] == "Globex Corporation")));
    assert_eq!(reply["verification"]["placeholders"], json!({ "dropped": 1, "invented": 0 }));
}

#[tokio::test]
async fn a_placeholder_without_its_bracket_hides_no_claim() {
    let stack = Stack::start().await;
    let mut lie = short_answer();
    lie["optimized_resume"] = json!("<PII_REDACTED_NAME_1\nEngineer\n<PII_REDACTED_NAME_1 managed 900 people");
    stack.model.play(Reply::answer(&lie));
    let reply = stack.post("/api/v1/generate", &short_body()).await.json();
    assert!(!reply["optimized_resume"].as_str().expect("text").contains("900"), "{reply}");
    assert_eq!(reply["verification"]["reverted"][0]["claim"], "900");
}

#[tokio::test]
async fn no_placeholder_is_left_whatever_the_model_made_of_it() {
    let stack = Stack::start().await;
    let mut answer = short_answer();
    answer["optimized_resume"] = json!(
        "&lt;PII_REDACTED_NAME_1&gt;\npii_redacted_email_1 PII\\_REDACTED\\_EMAIL\\_1 <PII_REDACTED_EMAIL> [PII_REDACTED_NAME_9]\nNorthwind"
    );
    stack.model.play(Reply::answer(&answer));
    let reply = stack.post("/api/v1/generate", &short_body()).await.json();
    assert_eq!(reply["optimized_resume"], "Jane Doe\njane@example.com jane@example.com  \nNorthwind");
    assert_eq!(reply["verification"]["placeholders"], json!({ "dropped": 0, "invented": 2 }));
}
