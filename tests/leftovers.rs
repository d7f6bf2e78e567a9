//! What crashed instances leave behind, what the provider asks for, and what a budget says on its way up.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::caller::Caller;
use shared::ledger::{Status, UsageRecord};
use shared::limits::{Settled, Spent};
use shared::prices::{Picodollars, Usage};
use shared::request::Task;
use tests::fault_proxy::{Fate, FaultProxy, Faults};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::stack::{ORPHAN_CEILING, Reply as Answer, Stack, number, string};

const KEY: (&str, &str) = ("ANTHROPIC_API_KEY", "k");

async fn asked_by(stack: &Stack, caller: &str) -> Answer {
    stack.post_with("/api/v1/generate", &[("x-api-key", caller)], &short_body()).await
}

fn play(stack: &Stack, times: usize) {
    (0..times).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
}

#[tokio::test]
async fn an_attempt_that_was_lost_is_recorded_at_its_most_and_every_book_agrees() {
    let stack = Stack::with(&[KEY]).await;
    play(&stack, 1);
    let id = stack.orphan("a", true).await;
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let records = stack.records().await;
    let lost = records.iter().find(|record| string(record, "request_id") == id.as_str()).expect("a record");
    assert_eq!((string(lost, "status").as_str(), lost["estimated"].as_bool()), ("lost", Ok(&true)));
    // 2000 x $2 and 8192 x $10 a million.
    assert_eq!(number(lost, "cost_pico"), 2_000 * 2_000_000 + 8_192 * 10_000_000);
    let sum: u64 = records.iter().map(|record| number(record, "cost_pico")).sum();
    assert_eq!(stack.committed().await, (sum, sum, 0));
    let stats = stack.get_with("/api/v1/stats", &[("x-api-key", "a")]).await.json();
    assert_eq!(stats["total_requests"], 2);
}

#[tokio::test]
async fn an_instance_that_died_before_the_provider_was_asked_costs_nothing() {
    let stack = Stack::with(&[KEY]).await;
    play(&stack, 1);
    stack.orphan("a", false).await;
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let records = stack.records().await;
    assert_eq!(records.len(), 1);
    let cost = number(&records[0], "cost_pico");
    assert_eq!(stack.committed().await, (cost, cost, 0));
}

#[tokio::test]
async fn orphans_that_stand_in_the_way_are_closed_at_once() {
    let stack = Stack::with(&[KEY, ("CALLER_MAX_IN_FLIGHT", "1"), ("CALLER_BUDGET_USD", "0.20")]).await;
    play(&stack, 1);
    stack.orphan("a", true).await;
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    assert_eq!(stack.committed().await.2, 0);
}

#[tokio::test]
async fn another_callers_request_heals_the_provider_item_too() {
    let stack = Stack::with(&[KEY]).await;
    play(&stack, 1);
    stack.orphan("a", true).await;
    assert_eq!(asked_by(&stack, "b").await.status, 200);
    let (callers, provider, open) = stack.committed().await;
    assert_eq!((callers, open), (provider, 0));
    assert_eq!(stack.get_with("/api/v1/stats", &[("x-api-key", "a")]).await.json()["total_requests"], 1);
}

#[tokio::test]
async fn a_record_that_the_ledger_did_not_take_is_written_by_the_next_request() {
    let stack = Stack::with(&[KEY]).await;
    play(&stack, 2);
    // No ledger: the answer is given all the same, and its record kept.
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    stack.client.delete_table().table_name(&stack.ledger_table).send().await.expect("deleted");
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let kept = |items: Vec<tests::stack::Item>| {
        items
            .iter()
            .flat_map(|item| item.keys().cloned().collect::<Vec<_>>())
            .filter(|name| name.starts_with('w'))
            .count()
    };
    assert_eq!(kept(stack.items(&stack.state_table).await), 1);
    let tables = shared::settings::Tables { state: stack.state_table.clone(), ledger: stack.ledger_table.clone() };
    shared::dynamodb::create_missing_tables(&stack.client, &tables).await.expect("created");
    play(&stack, 1);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    assert_eq!(kept(stack.items(&stack.state_table).await), 0);
    assert_eq!(stack.records().await.len(), 2, "the kept one and the last");
}

#[tokio::test]
async fn the_providers_pause_holds_every_instance_back() {
    for rate in ["50", "0"] {
        let variables = [KEY, ("LLM_MAX_RETRIES", "0"), ("PROVIDER_RPM", rate), ("RATE_LIMIT_WAIT_MS", "0")];
        let first = Stack::with(&variables).await;
        let second = first.another(&variables).await;
        first.model.play(Reply::error(429, "rate_limit_error", &[("retry-after", "20")]));
        assert_eq!(asked_by(&first, "a").await.code(), "provider-throttled");
        let refused = asked_by(&second, "b").await;
        assert_eq!((refused.status, refused.code().as_str()), (503, "provider-throttled"), "{rate}");
        let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((19..=22).contains(&seconds), "{rate}: {seconds}");
        assert_eq!(first.model.received().len(), 1, "{rate}");
    }
}

#[tokio::test]
async fn headers_say_what_is_left() {
    let stack = Stack::with(&[KEY, ("CALLER_RPM", "3"), ("RATE_LIMIT_WAIT_MS", "0")]).await;
    play(&stack, 3);
    for (remaining, reset) in [(2, 20), (1, 40), (0, 60)] {
        let reply = asked_by(&stack, "a").await;
        assert_eq!(reply.header("ratelimit-policy"), "\"default\";q=3;w=60");
        let limit = reply.header("ratelimit");
        let near = [reset, reset - 1].iter().any(|t| limit == format!("\"default\";r={remaining};t={t}"));
        assert!(near, "{limit}");
    }
    let refused = asked_by(&stack, "a").await;
    let wait = refused.header("retry-after").to_owned();
    assert_eq!(refused.header("ratelimit"), format!("\"default\";r=0;t={wait}"));
    let free = Stack::with(&[KEY, ("CALLER_RPM", "0")]).await;
    play(&free, 1);
    assert_eq!(asked_by(&free, "a").await.header("ratelimit"), "");
}

#[tokio::test]
async fn each_share_of_a_budget_is_said_once() {
    // Each answer costs $0.017.
    let stack = Stack::with(&[KEY, ("CALLER_BUDGET_USD", "0.6"), ("TOTAL_BUDGET_USD", "100")]).await;
    let second = stack.another(&[KEY, ("CALLER_BUDGET_USD", "0.6"), ("TOTAL_BUDGET_USD", "100")]).await;
    play(&stack, 50);
    let alerts = || async {
        let mut items = stack.items(&stack.ledger_table).await;
        items.retain(|item| string(item, "PK").starts_with('E'));
        let mut keys: Vec<String> = items.iter().map(|item| string(item, "PK") + &string(item, "SK")[7..]).collect();
        keys.sort();
        keys
    };
    let mut seen = Vec::new();
    for turn in 0..50 {
        let reply = asked_by(if turn % 2 == 0 { &stack } else { &second }, "a").await;
        let now = alerts().await;
        assert!(now.starts_with(&seen), "{now:?}");
        seen = now;
        if reply.status != 200 {
            break;
        }
    }
    let half = "E#a#050".to_owned();
    assert!(seen.contains(&half), "{seen:?}");
    assert_eq!(seen.last().map(String::as_str), Some("E#a#100"), "the refusal says that all of it is used");
}

#[tokio::test]
async fn one_large_request_does_not_cry_that_a_budget_is_used_up() {
    // Two answers of $0.017 leave no room for the third's ceiling of some $0.1: refused, with a quarter spent.
    let stack = Stack::with(&[KEY, ("TOTAL_BUDGET_USD", "0.15")]).await;
    play(&stack, 20);
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(asked_by(&stack, "a").await.status);
    }
    assert_eq!(statuses.last(), Some(&429));
    let items = stack.items(&stack.ledger_table).await;
    assert!(!items.iter().any(|item| string(item, "PK") == "E" && string(item, "SK").ends_with("#100")));
}

/// A second instance whose database misbehaves as scripted.
async fn behind_a_proxy(stack: &Stack, variables: &[(&str, &str)]) -> (Stack, FaultProxy) {
    let proxy = FaultProxy::before(&stack.dynamodb, Faults::default(), 1).await;
    let endpoint = [("AWS_ENDPOINT_URL_DYNAMODB", proxy.url.as_str())];
    let variables: Vec<(&str, &str)> = variables.iter().chain(&endpoint).copied().collect();
    (stack.another(&variables).await, proxy)
}

#[tokio::test]
async fn while_a_record_stands_nowhere_its_reservation_stays_open() {
    let stack = Stack::with(&[KEY]).await;
    let (other, proxy) = behind_a_proxy(&stack, &[KEY]).await;
    play(&stack, 1);
    proxy.script("TransactWriteItems", "", Fate::Denied);
    proxy.script("UpdateItem", "\"SET #w = :w\"", Fate::Denied);
    assert_eq!(asked_by(&other, "a").await.status, 200, "the answer is not lost");
    assert!(stack.records().await.is_empty());
    let (callers, provider, open) = stack.committed().await;
    assert!(callers == provider && open > 0, "{callers} {provider} {open}");
}

#[tokio::test]
async fn what_the_providers_item_alone_holds_was_never_sent() {
    let stack = Stack::with(&[KEY]).await;
    let (other, proxy) = behind_a_proxy(&stack, &[KEY]).await;
    proxy.script("UpdateItem", "L#g#anthropic", Fate::ReplyLost);
    let refused = asked_by(&other, "a").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "store-unavailable"));
    assert!(stack.model.received().is_empty());
    assert_eq!(stack.committed().await, (0, 0, 0), "what was taken without an answer is given back");
    // And where even that fails, the sweep charges nothing.
    let id = stack.orphan("a", true).await;
    let update = stack.client.update_item().table_name(&stack.state_table);
    let update = update.key("PK", AttributeValue::S("L#k#a".to_owned())).key("SK", AttributeValue::S("L".to_owned()));
    let update =
        update.update_expression("REMOVE #r ADD #b :b, n :n").expression_attribute_names("#r", format!("r{id}"));
    let month = format!("b{}", shared::budget::month(SystemTime::now()).replace('-', ""));
    let update = update.expression_attribute_names("#b", month);
    let update = update.expression_attribute_values(":b", AttributeValue::N(format!("-{ORPHAN_CEILING}")));
    update.expression_attribute_values(":n", AttributeValue::N("-1".to_owned())).send().await.expect("released");
    play(&stack, 1);
    assert_eq!(asked_by(&stack, "b").await.status, 200);
    let records = stack.records().await;
    assert_eq!(records.len(), 1, "no record of a call that was not made");
    let cost = number(&records[0], "cost_pico");
    assert_eq!(stack.committed().await, (cost, cost, 0));
}

#[tokio::test]
async fn a_kept_record_says_what_an_open_reservation_cost() {
    // Whoever comes next, the caller himself or another.
    for next in ["a", "b"] {
        let stack = Stack::with(&[KEY]).await;
        let id = stack.orphan("a", true).await;
        let record = UsageRecord {
            request_id: id.clone(),
            attempt: 1,
            caller: Caller::exact("a").expect("a caller"),
            period: shared::budget::month(SystemTime::now()),
            task: Task::ResumeOptimization,
            prompt_version: "v1".to_owned(),
            model: "claude-sonnet-5-5".to_owned(),
            status: Status::Completed,
            usage: Usage { input_tokens: 10, output_tokens: 10, ..Usage::default() },
            cost: Picodollars(123),
            price_version: "x".to_owned(),
            estimated: false,
            simulated: false,
            duration: Duration::from_secs(1),
        };
        let update = stack.client.update_item().table_name(&stack.state_table);
        let update =
            update.key("PK", AttributeValue::S("L#k#a".to_owned())).key("SK", AttributeValue::S("L".to_owned()));
        let update = update.update_expression("SET #w = :w").expression_attribute_names("#w", format!("w{id}.1"));
        update.expression_attribute_values(":w", AttributeValue::S(record.encode())).send().await.expect("written");
        play(&stack, 1);
        assert_eq!(asked_by(&stack, next).await.status, 200);
        let records = stack.records().await;
        let kept = records.iter().find(|record| string(record, "request_id") == id.as_str()).expect("written");
        assert_eq!((string(kept, "status").as_str(), number(kept, "cost_pico")), ("completed", 123), "{next}");
        let sum: u64 = records.iter().map(|record| number(record, "cost_pico")).sum();
        assert_eq!(stack.committed().await, (sum, sum, 0), "{next}");
    }
}

#[tokio::test]
async fn a_reset_whose_answer_was_lost_is_done_and_told() {
    let stack = Stack::with(&[KEY]).await;
    let (other, proxy) = behind_a_proxy(&stack, &[KEY]).await;
    let month = shared::budget::month(SystemTime::now());
    proxy.script("PutItem", "\"S\":\"P\"", Fate::FirstReplyLost);
    let reply = other.post_with("/api/v1/stats/reset", &[("x-api-key", "a")], &serde_json::json!({})).await;
    assert_eq!(reply.json()["period"], format!("{month}.2"), "{}", reply.text);
    play(&stack, 1);
    assert_eq!(asked_by(&other, "a").await.status, 200);
    let stats = stack.get_with("/api/v1/stats", &[("x-api-key", "a")]).await.json();
    assert_eq!((&stats["period"], &stats["total_requests"]), (&reply.json()["period"], &serde_json::json!(1)));
}

#[tokio::test]
async fn a_late_note_of_an_earlier_period_changes_nothing() {
    let stack = Stack::with(&[KEY]).await;
    let caller = Caller::exact("a").expect("a caller");
    for period in ["2026-11.10", "2026-11.2", "2026-11.10"] {
        shared::limits::store::note_period(&stack.client, &stack.state_table, &caller, period).await.expect("noted");
    }
    let items = stack.items(&stack.state_table).await;
    assert_eq!(items.iter().map(|item| string(item, "p")).collect::<Vec<_>>(), ["2026-11.10"]);
}

#[tokio::test]
async fn a_repeated_call_takes_another_permit_of_the_provider() {
    let variables = [KEY, ("PROVIDER_RPM", "2"), ("RATE_LIMIT_WAIT_MS", "0"), ("LLM_MAX_RETRIES", "1")];
    let stack = Stack::with(&variables).await;
    stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after-ms", "1")]));
    play(&stack, 2);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    assert_eq!(stack.model.received().len(), 2, "one request, two calls");
    assert_eq!(asked_by(&stack, "a").await.code(), "provider-throttled", "both permits are gone");
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_is_said_once() {
    let variables = [KEY, ("CALLER_BUDGET_USD", "0.15")];
    let stack = Stack::with(&variables).await;
    let (other, proxy) = behind_a_proxy(&stack, &variables).await;
    let alerts = shared::alerts::Alerts::new(
        shared::dynamodb::connect_to(&proxy.url, "local".to_owned(), "local", "local"),
        stack.ledger_table.clone(),
    );
    proxy.script("PutItem", "E#a", Fate::FirstReplyLost);
    let spent = Spent { spent: Picodollars(60), cap: Picodollars(100) };
    let settled = Settled { caller: Some(spent), total: None };
    let caller = Caller::exact("a").expect("a caller");
    // The client repeats the write by itself; its own item is no stranger's.
    assert_eq!(alerts.after(&caller, &settled, SystemTime::now()).await, 1);
    assert_eq!(alerts.after(&caller, &settled, SystemTime::now()).await, 0);
    drop(other);
}
