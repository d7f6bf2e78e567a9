//! The trace of one request: what it says equals the wire and the books, and it is its caller's alone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::fixtures::{SECRETS, example_body, short_answer, short_body};
use tests::model_server::{Meta, Reply, Step};
use tests::stack::{Stack, number, string};

const PATH: &str = "/api/v1/generate";
const KEY: (&str, &str) = ("ANTHROPIC_API_KEY", "k");
const STREAM: (&str, &str) = ("accept", "text/event-stream");

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn traced(stack: &Stack, id: &str) -> Value {
    let reply = stack.get(&format!("/api/v1/requests/{id}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn stages(trace: &Value) -> Vec<&str> {
    let stages = trace["stages"].as_array().into_iter().flatten();
    stages.filter_map(|stage| stage["stage"].as_str()).collect()
}

#[tokio::test]
async fn a_trace_says_what_was_sent_what_it_cost_and_how_long_each_step_took() {
    let stack = Stack::with(&[KEY]).await;
    stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after-ms", "1")]));
    stack.model.play(Reply::answer(&short_answer()));
    let answer = stack.post(PATH, &short_body()).await;
    let answered = answer.json();
    let trace = traced(&stack, answered["request_id"].as_str().unwrap_or_default()).await;
    assert_eq!(trace["outcome"], "completed");
    // Of the bytes on the wire, the same both times.
    let sent = stack.model.received();
    assert_eq!((sent.len(), &trace["prompt_sha256"]), (2, &json!(sha256(&sent[1].body))));
    assert_eq!((&trace["attempts"][0]["tries"], &trace["attempts"][0]["status"]), (&json!(2), &json!("completed")));
    for name in ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "model"] {
        assert_eq!(trace[name], answered["usage_stats"][name], "{name}");
    }
    for name in ["redaction", "prompt_version", "request_id", "simulated"] {
        assert_eq!(trace[name], answered[name], "{name}");
    }
    for name in ["mode", "checked", "supported", "placeholders"] {
        assert_eq!(trace["verification"][name], answered["verification"][name], "{name}");
    }
    assert_eq!(stages(&trace), ["validate", "redact", "analyze", "render", "acquire", "model", "verify"]);
    let record = &stack.records().await[0];
    assert_eq!(trace["attempts"][0]["duration_ms"], number(record, "duration_ms"));
    assert_eq!((trace["task"].as_str(), trace["caller"].as_str()), (Some("resume-optimization"), Some("local")));
    // Without the zeros at the end of its fraction.
    let timestamp = trace["timestamp"].as_str().unwrap_or_default();
    assert!(timestamp.starts_with("20") && timestamp.ends_with('Z') && timestamp.len() <= 24, "{timestamp}");
}

#[tokio::test]
async fn another_callers_request_is_unknown_and_an_administrator_names_whose_it_is() {
    let stack = Stack::with(&[KEY]).await;
    stack.model.play(Reply::answer(&short_answer()));
    let answer = stack.post_with(PATH, &[("x-api-key", "a")], &short_body()).await.json();
    let path = format!("/api/v1/requests/{}", answer["request_id"].as_str().unwrap_or_default());
    let own = stack.get_with(&path, &[("x-api-key", "a")]).await;
    let other = stack.get_with(&path, &[("x-api-key", "b")]).await;
    let none = stack.get_with("/api/v1/requests/b32gfKgN76xx", &[("x-api-key", "b")]).await;
    assert_eq!((own.status, other.status, other.code().as_str()), (200, 404, "not-found"));
    // Nothing tells a foreign id from one that never was.
    assert_eq!(other.json()["detail"], none.json()["detail"]);
    // Locally everybody is an administrator.
    let named = stack.get_with(&format!("{path}?caller=a"), &[("x-api-key", "b")]).await;
    assert_eq!((named.status, named.text), (200, own.text));
    for bad in ["?caller=*", "?caller=%0d%0a", "?period=2026-11"] {
        let reply = stack.get_with(&format!("{path}{bad}"), &[("x-api-key", "a")]).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid-request"), "{bad}");
    }
}

#[tokio::test]
async fn failures_second_attempts_streams_and_batches_have_traces_too() {
    let stack = Stack::with(&[KEY, ("LLM_MAX_RETRIES", "1")]).await;
    // Refused without a bill: no record, but a trace.
    (0..2).for_each(|_| stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after-ms", "1")])));
    let refused = stack.post(PATH, &short_body()).await;
    let trace = traced(&stack, refused.json()["request_id"].as_str().unwrap_or_default()).await;
    assert_eq!((&trace["outcome"], &trace["attempts"][0]["status"]), (&json!("provider-overloaded"), &Value::Null));
    assert_eq!((&trace["attempts"][0]["tries"], &trace["cost_usd"]), (&json!(2), &json!(0)));
    assert!(stack.records().await.is_empty());

    // Cut off, then asked again for twice as much: two attempts, the sum of both.
    stack.model.play(Reply::text("{\"optimized_res", &Meta { stop_reason: "max_tokens", ..Meta::default() }));
    stack.model.play(Reply::answer(&short_answer()));
    let answer = stack.post(PATH, &short_body()).await.json();
    let trace = traced(&stack, answer["request_id"].as_str().unwrap_or_default()).await;
    assert_eq!(trace["attempts"].as_array().map(Vec::len), Some(2));
    assert_eq!((&trace["input_tokens"], &trace["cost_usd"]), (&json!(5000), &answer["usage_stats"]["cost_usd"]));
    let sent = stack.model.received();
    assert_ne!(trace["attempts"][0]["prompt_sha256"], trace["prompt_sha256"]);
    assert_eq!(sent.last().map(|sent| sha256(&sent.body)).as_deref(), trace["prompt_sha256"].as_str());

    stack.model.play(Reply::answer(&short_answer()));
    let streamed = stack.post_with(PATH, &[STREAM], &short_body()).await;
    let trace = traced(&stack, streamed.header("x-request-id")).await;
    assert_eq!((&trace["streamed"], trace["first_delta_ms"].is_number()), (&json!(true), true));
    assert!(stages(&trace).contains(&"stream"), "{trace}");

    // A stream that breaks after it began.
    let broken = Reply(Reply::answer(&short_answer()).0[..6].to_vec()).then(Step::Close);
    stack.model.play(broken);
    let broken = stack.post_with(PATH, &[STREAM], &short_body()).await;
    assert_eq!(traced(&stack, broken.header("x-request-id")).await["outcome"], "provider-stream-ended");

    stack.model.play(Reply::answer(&short_answer()));
    let batch = json!({ "items": [short_body(), { "resume_raw_text": "x" }] });
    let results = stack.post("/api/v1/generate/batch", &batch).await.json();
    let id = results["results"][0]["body"]["request_id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(traced(&stack, &id).await["outcome"], "completed");
    // What never reached a model has none.
    let id = results["results"][1]["body"]["request_id"].as_str().unwrap_or_default();
    assert_eq!(stack.get(&format!("/api/v1/requests/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_trace_holds_no_text_and_expires_in_a_month() {
    let stack = Stack::with(&[KEY]).await;
    stack.model.play(Reply::answer(&json!({ "optimized_resume": "Kafka since 1999" })));
    let answer = stack.post(PATH, &example_body("generate")).await;
    let id = answer.header("x-request-id").to_owned();
    let shown = traced(&stack, &id).await.to_string();
    let items = stack.items(&stack.state_table).await;
    let item = items.iter().find(|item| string(item, "PK") == "Q#local").expect("the trace's item");
    for text in [shown, format!("{item:?}")] {
        for secret in SECRETS.into_iter().chain(["Kafka", "REDACTED", "Engineer"]) {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    let expires = number(item, "expires_at");
    let day = (expires - 30 * 86_400) / 60;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
    assert!(now - day < 5, "{expires}");
    // The table deletes when it finds the time: until then it is as good as gone.
    let past = aws_sdk_dynamodb::types::AttributeValue::N("1".to_owned());
    let update = stack.client.update_item().table_name(&stack.state_table).set_key(Some(
        ["PK", "SK"].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect(),
    ));
    let update = update.update_expression("SET expires_at = :past").expression_attribute_values(":past", past);
    update.send().await.expect("written");
    assert_eq!(stack.get(&format!("/api/v1/requests/{id}")).await.status, 404);
}
