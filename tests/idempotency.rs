//! `Idempotency-Key`: one model call, one bill, one answer.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::{Meta, Reply, Step};
use tests::stack::{Reply as Answer, Stack, string};

const PATH: &str = "/api/v1/generate";

async fn send(stack: &Stack, caller: &str, key: &str, body: &Value) -> Answer {
    stack.post_with(PATH, &[("x-api-key", caller), ("idempotency-key", key)], body).await
}

#[tokio::test]
async fn the_same_request_is_answered_once_and_replayed_with_its_owner_in_place() {
    let stack = Stack::start().await;
    let body = json!({
        "resume_raw_text": "Jane Doe\njane.doe@example.com\nBuilt 3 services in Rust at Acme GmbH",
        "job_description_text": "We look for an engineer with Rust.",
    });
    stack.model.play(Reply::answer(&json!({
        "optimized_resume": "<PII_REDACTED_NAME_1>\n<PII_REDACTED_EMAIL_1>\nBuilt 3 services in Rust at Acme GmbH",
        "changes_made": ["<PII_REDACTED_NAME_1> first"], "expected_improvement": "some",
    })));
    let first = send(&stack, "a", "order-1", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, ""));
    assert!(first.text.contains("jane.doe@example.com"), "{}", first.text);
    let second = send(&stack, "a", "order-1", &body).await;
    assert_eq!((second.status, second.header("idempotent-replayed")), (200, "true"));
    assert_eq!(first.text, second.text, "byte for byte, request id and duration included");
    assert_eq!((stack.model.received().len(), stack.records().await.len()), (1, 1));
    let stored = format!("{:?}", stack.items(&stack.state_table).await);
    assert!(!stored.contains("Jane") && !stored.contains("jane.doe") && !stored.contains("order-1"), "{stored}");
    assert!(stored.contains("PII_REDACTED_NAME_1"));
}

#[tokio::test]
async fn fifty_at_once_make_one_call() {
    let stack = Stack::start().await;
    let slow = Reply(vec![Step::Pause(Duration::from_millis(300))]);
    let answer = Reply::answer(&short_answer());
    stack.model.play(Reply(slow.0.into_iter().chain(answer.0).collect()));
    let body = short_body();
    let all = futures_util::future::join_all((0..50).map(|_| send(&stack, "a", "k", &body))).await;
    let count = |status: u16| all.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(200), count(409)), (1, 49));
    let waiting = all.iter().find(|reply| reply.status == 409).expect("one of them");
    assert_eq!((waiting.code().as_str(), &waiting.json()["retryable"]), ("idempotency-in-progress", &json!(true)));
    assert!((1..=10).contains(&waiting.header("retry-after").parse::<u64>().expect("seconds")));
    assert_eq!((stack.model.received().len(), stack.records().await.len()), (1, 1));
    assert_eq!(send(&stack, "a", "k", &body).await.status, 200);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_its_route_and_its_body() {
    let stack = Stack::start().await;
    (0..3).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    let mut body = short_body();
    assert_eq!(send(&stack, "a", "k", &body).await.status, 200);
    assert_eq!(send(&stack, "b", "k", &body).await.header("idempotent-replayed"), "", "another caller's is another");
    body["job_description_text"] = json!("Another job description of some length");
    let mismatch = send(&stack, "a", "k", &body).await;
    assert_eq!((mismatch.status, mismatch.code().as_str()), (422, "idempotency-mismatch"));
    for key in ["", &"k".repeat(256), "with space"] {
        let refused = send(&stack, "a", key, &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid-request"), "{key:?}");
    }
    assert_eq!(stack.model.received().len(), 2);
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_lasts_is_kept() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_MAX_RETRIES", "0")]).await;
    stack.model.play(Reply::error(529, "overloaded_error", &[]));
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(send(&stack, "a", "passes", &short_body()).await.code(), "provider-overloaded");
    assert_eq!(send(&stack, "a", "passes", &short_body()).await.status, 200);

    let refusal = Meta { stop_reason: "refusal", ..Meta::default() };
    stack.model.play(Reply::text("", &refusal));
    for replayed in ["", "true"] {
        let reply = send(&stack, "a", "lasts", &short_body()).await;
        assert_eq!((reply.code().as_str(), reply.header("idempotent-replayed")), ("model-refused", replayed));
    }
    assert_eq!(stack.model.received().len(), 3);
}

/// Sets a number of the only claim in the table.
async fn set_claim(stack: &Stack, attribute: &str, value: &str) {
    let items = stack.items(&stack.state_table).await;
    let claim = items.iter().find(|item| string(item, "PK").starts_with("I#")).expect("a claim");
    let update = stack.client.update_item().table_name(&stack.state_table);
    let update = update.key("PK", claim["PK"].clone()).key("SK", claim["SK"].clone());
    let update = update.update_expression("SET #a = :v").expression_attribute_names("#a", attribute);
    update.expression_attribute_values(":v", AttributeValue::N(value.to_owned())).send().await.expect("written");
}

#[tokio::test]
async fn every_claim_expires_whether_the_table_deletes_it_or_not() {
    let stack = Stack::start().await;
    (0..2).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    assert_eq!(send(&stack, "a", "k", &short_body()).await.status, 200);
    let items = stack.items(&stack.state_table).await;
    let claim = items.iter().find(|item| string(item, "PK").starts_with("I#")).expect("a claim");
    assert!(claim.contains_key("expires_at"));
    set_claim(&stack, "until", "1000").await;
    assert_eq!(send(&stack, "a", "k", &short_body()).await.header("idempotent-replayed"), "");
    assert_eq!(stack.model.received().len(), 2);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("IDEMPOTENCY_TTL_HOURS", "0")]).await;
    (0..2).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    for _ in 0..2 {
        assert_eq!(send(&stack, "a", "k", &short_body()).await.status, 200);
    }
    assert_eq!(stack.model.received().len(), 2);
}

#[tokio::test]
async fn an_answer_that_another_version_stored_is_told_to_be_gone_and_not_asked_for_again() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(send(&stack, "a", "k", &short_body()).await.status, 200);
    let items = stack.items(&stack.state_table).await;
    let claim = items.iter().find(|item| string(item, "PK").starts_with("I#")).expect("a claim");
    let update = stack.client.update_item().table_name(&stack.state_table);
    let update = update.key("PK", claim["PK"].clone()).key("SK", claim["SK"].clone()).update_expression("SET a = :a");
    let other = AttributeValue::S("{\"another\":\"form\"}".to_owned());
    update.expression_attribute_values(":a", other).send().await.expect("written");
    let reply = send(&stack, "a", "k", &short_body()).await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "replay-expired"));
    assert_eq!(stack.model.received().len(), 1);
}
