//! Rate limits and budgets in the quiet case; `cargo run --release -p bench -- limits` shows them under fire.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::fixtures::{short_answer, short_body};
use tests::model_server::{Reply, Step};
use tests::recorder::Recorder;
use tests::stack::{Reply as Answer, Stack, number};

const KEY: (&str, &str) = ("ANTHROPIC_API_KEY", "k");
const NO_WAIT: (&str, &str) = ("RATE_LIMIT_WAIT_MS", "0");

async fn asked_by(stack: &Stack, caller: &str) -> Answer {
    stack.post_with("/api/v1/generate", &[("x-api-key", caller)], &short_body()).await
}

fn play(stack: &Stack, times: usize) {
    (0..times).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
}

#[tokio::test]
async fn a_caller_gets_its_burst_and_then_a_time_to_come_back() {
    let stack = Stack::with(&[KEY, NO_WAIT, ("CALLER_RPM", "2")]).await;
    play(&stack, 3);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    for answered_by in ["the database", "memory"] {
        let refused = asked_by(&stack, "a").await;
        assert_eq!((refused.status, refused.code().as_str()), (429, "rate-limited"), "{answered_by}");
        let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((28..=30).contains(&seconds), "{answered_by}: {seconds}");
        assert_eq!(refused.json()["retryable"], true);
    }
    assert_eq!(asked_by(&stack, "b").await.status, 200, "another caller has its own bucket");
    assert_eq!(stack.model.received().len(), 3);
}

#[tokio::test]
async fn two_instances_share_one_limit_and_one_budget() {
    let first = Stack::with(&[KEY, NO_WAIT, ("CALLER_RPM", "2")]).await;
    let second = first.another(&[KEY, NO_WAIT, ("CALLER_RPM", "2")]).await;
    play(&first, 3);
    assert_eq!(asked_by(&first, "a").await.status, 200);
    assert_eq!(asked_by(&second, "a").await.status, 200);
    assert_eq!(asked_by(&first, "a").await.status, 429);
    assert_eq!(asked_by(&second, "a").await.status, 429);
    assert_eq!(first.get_with("/api/v1/stats", &[("x-api-key", "a")]).await.json()["total_requests"], 2);
}

/// A caller whose bucket of one permit a second is full, but for the time that `due_in` takes.
async fn with_a_full_bucket(stack: &Stack, due_in: Duration) {
    let period = Duration::from_secs(60);
    let tat =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970") + period - Duration::from_secs(1) + due_in;
    let update = stack.client.update_item().table_name(&stack.state_table);
    let update = update.key("PK", AttributeValue::S("L#k#a".to_owned())).key("SK", AttributeValue::S("L".to_owned()));
    let update = update.update_expression("SET tr = :tat");
    let tat = AttributeValue::N(tat.as_micros().to_string());
    update.expression_attribute_values(":tat", tat).send().await.expect("written");
}

#[tokio::test]
async fn a_slot_that_is_due_soon_is_booked_and_waited_for() {
    let rate = ("CALLER_RPM", "60");
    let patient = Stack::with(&[KEY, rate, ("RATE_LIMIT_WAIT_MS", "2000")]).await;
    play(&patient, 1);
    with_a_full_bucket(&patient, Duration::from_millis(300)).await;
    let asked = Instant::now();
    assert_eq!(asked_by(&patient, "a").await.status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(250), "{:?}", asked.elapsed());

    let impatient = Stack::with(&[KEY, NO_WAIT, rate]).await;
    with_a_full_bucket(&impatient, Duration::from_millis(300)).await;
    let refused = asked_by(&impatient, "a").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
}

#[tokio::test]
async fn the_provider_keys_own_limit_is_a_503_and_gives_the_callers_budget_back() {
    let stack = Stack::with(&[KEY, NO_WAIT, ("PROVIDER_RPM", "1"), ("TOTAL_BUDGET_USD", "10")]).await;
    play(&stack, 2);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let refused = asked_by(&stack, "b").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "provider-throttled"));
    assert!(!refused.header("retry-after").is_empty());
    let (callers, provider, open) = stack.committed().await;
    assert_eq!((callers, open), (provider, 0));
}

#[tokio::test]
async fn a_budget_is_never_passed_and_says_when_it_renews() {
    // An attempt's ceiling is about 8192 x $10 per million for its output and some cents for its prompt.
    let stack = Stack::with(&[KEY, ("CALLER_BUDGET_USD", "0.15")]).await;
    play(&stack, 20);
    let mut admitted = 0;
    let refused = loop {
        let reply = asked_by(&stack, "a").await;
        if reply.status != 200 {
            break reply;
        }
        admitted += 1;
        assert!(stack.committed().await.0 <= 150_000_000_000);
    };
    assert_eq!((refused.status, refused.code().as_str()), (429, "budget-exhausted"));
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!(seconds <= 31 * 86_400);
    assert!(admitted >= 2, "each costs $0.017 of $0.15, and the last needs its whole ceiling: {admitted}");
    assert_eq!(asked_by(&stack, "b").await.status, 200, "another caller has its own budget");
}

#[tokio::test]
async fn a_budget_that_is_only_reserved_is_free_again_soon_and_a_dear_request_never_fits() {
    let slow = [KEY, ("CALLER_BUDGET_USD", "0.15"), ("LLM_IDLE_TIMEOUT_MS", "400"), ("LLM_TIMEOUT_MS", "400")];
    let stack = Stack::with(&slow).await;
    stack.model.play(Reply(vec![Step::Hang]));
    let busy = asked_by(&stack, "a");
    let refused = async {
        while stack.model.received().is_empty() {
            tokio::task::yield_now().await;
        }
        asked_by(&stack, "a").await
    };
    let (_, refused) = tokio::join!(busy, refused);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("budget-exhausted", "5"));

    let poor = Stack::with(&[KEY, ("CALLER_BUDGET_USD", "0.01")]).await;
    let refused = asked_by(&poor, "a").await;
    assert_eq!((refused.code().as_str(), &refused.json()["retryable"]), ("budget-exhausted", &json!(false)));
    assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("fewer tokens")));
}

#[tokio::test]
async fn zero_in_flight_is_no_limit() {
    let stack = Stack::with(&[KEY, ("CALLER_MAX_IN_FLIGHT", "0")]).await;
    play(&stack, 2);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
}

#[tokio::test]
async fn the_total_budget_binds_all_callers() {
    let stack = Stack::with(&[KEY, ("TOTAL_BUDGET_USD", "0.01")]).await;
    for caller in ["a", "b"] {
        let refused = asked_by(&stack, caller).await;
        assert_eq!((refused.status, refused.code().as_str()), (429, "budget-exhausted"));
    }
    assert!(stack.model.received().is_empty());
    assert_eq!(stack.committed().await, (0, 0, 0));
}

#[tokio::test]
async fn requests_in_flight_are_bounded_per_caller() {
    let stack =
        Stack::with(&[KEY, ("CALLER_MAX_IN_FLIGHT", "1"), ("LLM_IDLE_TIMEOUT_MS", "400"), ("LLM_TIMEOUT_MS", "400")])
            .await;
    stack.model.play(Reply(vec![Step::Hang]));
    stack.model.play(Reply::answer(&short_answer()));
    let busy = asked_by(&stack, "a");
    let refused = async {
        while stack.model.received().is_empty() {
            tokio::task::yield_now().await;
        }
        asked_by(&stack, "a").await
    };
    let (timed_out, refused) = tokio::join!(busy, refused);
    assert_eq!(timed_out.status, 504);
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.header("retry-after")),
        (429, "concurrency-limited", "1")
    );
    assert_eq!(asked_by(&stack, "a").await.status, 200, "the first has ended");
}

#[tokio::test]
async fn a_database_that_is_down_spends_nothing() {
    let stack = Stack::start().await;
    stack.client.delete_table().table_name(&stack.state_table).send().await.expect("deleted");
    let reply = asked_by(&stack, "a").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "store-unavailable"));
    assert!(stack.model.received().is_empty());
}

#[tokio::test]
async fn admission_is_one_write_per_item_with_three_limits_and_budget_in_one_unit() {
    let limits = [
        KEY,
        ("CALLER_INPUT_TPM", "1000000"),
        ("CALLER_OUTPUT_TPM", "1000000"),
        ("CALLER_BUDGET_USD", "10"),
        ("TOTAL_BUDGET_USD", "10"),
    ];
    let stack = Stack::with(&limits).await;
    play(&stack, 1);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let items = stack.items(&stack.state_table).await;
    let limiters = items.iter().filter(|item| tests::stack::string(item, "PK").starts_with("L#")).count();
    assert_eq!(
        (limiters, items.len()),
        (2, 3),
        "one item for the caller, one for the provider, and the request's trace"
    );
    let caller = items.iter().find(|item| tests::stack::string(item, "PK") == "L#k#a").expect("the caller's item");
    assert!(["tr", "ti", "tu"].iter().all(|name| number(caller, name) > 0) && number(caller, "n") == 0);
    let size: usize = caller.iter().map(|(name, value)| name.len() + format!("{value:?}").len()).sum();
    assert!(size < 1024, "one write unit");
    assert_eq!(json!(stack.committed().await), json!([17_000_000_000_u64, 17_000_000_000_u64, 0]));
}

#[tokio::test]
async fn a_warm_request_makes_two_calls_before_the_model_and_four_after_it() {
    let stack = Stack::with(&[KEY]).await;
    let recorder = Recorder::before(&stack.dynamodb).await;
    let stack = stack.another(&[KEY, ("AWS_ENDPOINT_URL_DYNAMODB", &recorder.url)]).await;
    play(&stack, 2);
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let mut first = recorder.take();
    first.retain(|operation| operation != "CreateTable");
    assert_eq!(first.len(), 8, "a new caller is looked up and noted beside its permit: {first:?}");
    assert_eq!(asked_by(&stack, "a").await.status, 200);
    let mut second = recorder.take();
    let after = second.split_off(2);
    assert_eq!(second, ["UpdateItem", "UpdateItem"]);
    let mut after = after;
    after.sort();
    // The trace beside the record; it takes no time of its own.
    assert_eq!(after, ["PutItem", "TransactWriteItems", "UpdateItem", "UpdateItem"]);
}
