//! Several résumés in one request.

use std::time::Duration;

use serde_json::{Value, json};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::{Reply, Step};
use tests::stack::Stack;

const PATH: &str = "/api/v1/generate/batch";

fn play(stack: &Stack, times: usize) {
    (0..times).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
}

#[tokio::test]
async fn one_bad_item_fails_alone_and_each_good_one_has_its_record() {
    let stack = Stack::start().await;
    play(&stack, 2);
    let mut odd = short_body();
    odd["nonsense"] = json!(1);
    let items = json!({ "items": [short_body(), { "resume_raw_text": "x" }, odd, short_body()] });
    let reply = stack.post(PATH, &items).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = reply.json();
    let results = reply["results"].as_array().expect("results");
    let statuses: Vec<(u64, u64)> = results
        .iter()
        .map(|result| (result["index"].as_u64().unwrap_or(9), result["status"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(statuses, [(0, 200), (1, 422), (2, 422), (3, 200)]);
    assert!(results[0]["body"]["optimized_resume"].is_string());
    assert_eq!(results[1]["body"]["code"], "invalid-request");
    let ids = [&results[0]["body"]["request_id"], &results[3]["body"]["request_id"]];
    assert_ne!(ids[0], ids[1]);
    assert_eq!((stack.records().await.len(), stack.committed().await.2), (2, 0));
}

#[tokio::test]
async fn permits_and_budget_hold_for_each_item() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("CALLER_RPM", "2"), ("RATE_LIMIT_WAIT_MS", "0")]).await;
    play(&stack, 4);
    let items: Vec<Value> = (0..4).map(|_| short_body()).collect();
    let reply = stack.post(PATH, &json!({ "items": items, "max_concurrent": 1 })).await.json();
    let codes: Vec<Value> =
        reply["results"].as_array().expect("results").iter().map(|result| result["status"].clone()).collect();
    assert_eq!(json!(codes), json!([200, 200, 429, 429]));
}

#[tokio::test]
async fn lines_come_as_items_finish() {
    let stack = Stack::start().await;
    let slow = Reply(vec![Step::Pause(Duration::from_millis(400))]);
    let answer = Reply::answer(&short_answer());
    stack.model.play(Reply(slow.0.into_iter().chain(answer.0).collect()));
    play(&stack, 2);
    let items = json!({ "items": [short_body(), short_body(), short_body()] });
    let reply = stack.post_with(PATH, &[("accept", "application/x-ndjson")], &items).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"));
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["status"] == 200));
    assert_eq!(lines[2]["index"].as_u64().map(|index| index < 3), Some(true));
}

#[tokio::test]
async fn what_the_deadline_cuts_is_a_timeout_of_its_own() {
    let variables = [("ANTHROPIC_API_KEY", "k"), ("LLM_TIMEOUT_MS", "600"), ("LLM_MAX_RETRIES", "0")];
    let stack = Stack::with(&variables).await;
    stack.model.play(Reply(vec![Step::Hang]));
    play(&stack, 1);
    let items = json!({ "items": [short_body(), short_body()], "max_concurrent": 1 });
    let reply = stack.post(PATH, &items).await.json();
    let of =
        |index: usize| (reply["results"][index]["status"].clone(), reply["results"][index]["body"]["code"].clone());
    assert_eq!((of(0), of(1)), ((json!(504), json!("provider-timeout")), (json!(504), json!("provider-timeout"))));
    assert_eq!(stack.model.received().len(), 1, "the second was not begun");
}

#[tokio::test]
async fn a_batch_is_repeated_by_its_key_item_by_item() {
    let stack = Stack::start().await;
    play(&stack, 2);
    let items = json!({ "items": [short_body(), short_body()] });
    let headers = [("idempotency-key", "batch-1")];
    let first = stack.post_with(PATH, &headers, &items).await;
    assert_eq!(first.text, stack.post_with(PATH, &headers, &items).await.text);
    assert_eq!(stack.model.received().len(), 2);
}

#[tokio::test]
async fn a_batch_has_bounds() {
    let stack = Stack::start().await;
    let many: Vec<Value> = (0..21).map(|_| short_body()).collect();
    for body in [
        json!({ "items": [] }),
        json!({ "items": many }),
        json!({ "items": [short_body()], "max_concurrent": 0 }),
        json!({ "items": [short_body()], "max_concurrent": 21 }),
        json!({ "items": "x" }),
        json!({}),
        json!({ "items": [short_body()], "other": 1 }),
    ] {
        let reply = stack.post(PATH, &body).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid-request"), "{}", reply.text);
    }
    let huge = json!({ "items": [{ "resume_raw_text": "x".repeat(4 * 1024 * 1024) }] });
    assert_eq!(stack.post(PATH, &huge).await.status, 413);
    assert!(stack.model.received().is_empty());
}
