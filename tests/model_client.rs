//! The model client at its far end: what it sends, how it retries, and what each ending costs.

use std::time::Duration;

use serde_json::{Value, json};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::{Meta, ModelServer, Reply, Step, message};
use tests::stack::{Reply as Answer, Stack, number, string};

async fn asked(stack: &Stack) -> Answer {
    stack.post("/api/v1/generate", &short_body()).await
}

#[tokio::test]
async fn a_call_is_streamed_structured_and_keeps_the_key_in_its_header() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(asked(&stack).await.status, 200);

    let received = stack.model.received();
    let head = received[0].head.to_lowercase();
    for line in [
        "post /v1/messages http/1.1",
        "x-api-key: test-key",
        "anthropic-version: 2026-10-21",
        "content-type: application/json",
    ] {
        assert!(head.contains(line), "{line}");
    }
    let body = received[0].json();
    assert_eq!(
        (&body["stream"], &body["model"], &body["max_tokens"]),
        (&json!(true), &json!("claude-sonnet-5-5"), &json!(8192))
    );
    assert_eq!(body["output_config"]["format"]["type"], "json_schema");
    let properties = body["output_config"]["format"]["schema"]["properties"].as_object().expect("a schema");
    assert_eq!(properties.keys().next().map(String::as_str), Some("optimized_resume"));
    for absent in ["temperature", "tools", "tool_choice", "thinking", "top_p"] {
        assert!(body[absent].is_null(), "{absent}");
    }
}

#[tokio::test]
async fn one_connection_serves_two_warm_calls() {
    let stack = Stack::start().await;
    for _ in 0..2 {
        stack.model.play(Reply::answer(&short_answer()));
        assert_eq!(asked(&stack).await.status, 200);
    }
    let connections: Vec<usize> = stack.model.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[tokio::test]
async fn a_connection_that_died_while_idle_costs_nothing() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&short_answer()).then(Step::Close));
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(asked(&stack).await.status, 200);
    assert_eq!(asked(&stack).await.status, 200);
    assert_eq!(stack.records().await.len(), 2);
}

#[tokio::test]
async fn a_temperature_goes_to_models_that_take_one_with_the_older_api_version() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_TEMPERATURE", "0")]).await;
    for (model, temperature, version) in
        [("claude-sonnet-4-6", json!(0.0), "2023-06-01"), ("claude-sonnet-5-5", Value::Null, "2026-10-21")]
    {
        stack.model.play(Reply::answer(&short_answer()));
        let mut body = short_body();
        body["model"] = json!(model);
        assert_eq!(stack.post("/api/v1/generate", &body).await.status, 200);
        let received = stack.model.received().pop().expect("received");
        assert_eq!(received.json()["temperature"], temperature, "{model}");
        assert!(received.head.contains(&format!("anthropic-version: {version}")), "{model}");
    }
}

#[tokio::test]
async fn tasks_can_have_their_own_model_and_limits_hold() {
    let stack = Stack::with(&[
        ("ANTHROPIC_API_KEY", "k"),
        ("LLM_MODEL_COVER_LETTER", "claude-opus-5-5"),
        ("LLM_MAX_TOKENS", "5000"),
    ])
    .await;
    stack.model.play(Reply::answer(&json!({ "cover_letter": "Dear team" })));
    let mut body = short_body();
    body["company_name"] = json!("Globex");
    body["position_title"] = json!("Engineer");
    assert_eq!(stack.post("/api/v1/generate/cover-letter", &body).await.status, 200);
    let received = stack.model.received()[0].json();
    assert_eq!((&received["model"], &received["max_tokens"]), (&json!("claude-opus-5-5"), &json!(5000)));
}

#[tokio::test]
async fn refused_tries_are_repeated_and_cost_nothing() {
    let stack = Stack::start().await;
    let at_once = [("retry-after-ms", "1")];
    stack.model.play(Reply::error(529, "overloaded_error", &at_once));
    stack.model.play(Reply::error(500, "api_error", &at_once));
    stack.model.play(Reply::answer(&short_answer()));

    let reply = asked(&stack).await;

    assert_eq!((reply.status, reply.json()["usage_stats"]["attempts"].as_u64()), (200, Some(3)));
    let counts: Vec<bool> =
        (0..3).map(|n| stack.model.received()[n].head.contains(&format!("x-stainless-retry-count: {n}"))).collect();
    assert_eq!(counts, [true; 3]);
    let statistics = stack.get("/api/v1/stats").await.json();
    assert_eq!((&statistics["total_requests"], &statistics["total_attempts"]), (&json!(1), &json!(1)));
    assert_eq!(stack.records().await.len(), 1);
}

/// One way a call can end: the script, and what the caller and the books must show.
struct Ending {
    name: &'static str,
    replies: Vec<Reply>,
    status: u16,
    code: &'static str,
    calls: usize,
    /// Status and estimation of the record, where there is one.
    record: Option<(&'static str, bool)>,
}

fn endings() -> Vec<Ending> {
    let text = short_answer().to_string();
    let meta = |stop_reason| Meta { stop_reason, ..Meta::default() };
    let events = message(&text, &Meta::default());
    let no = [("x-should-retry", "false")];
    let never = [("retry-after", "3600")];
    let ages = [("retry-after", "10000000000000000000")];
    let (mut without_usage, mut null_usage) = (events.clone(), events.clone());
    without_usage[0]["message"].as_object_mut().map(|message| message.remove("usage"));
    without_usage[10].as_object_mut().map(|event| event.remove("usage"));
    null_usage[0]["message"]["usage"] = Value::Null;
    let error_event = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "scripted" } });
    let cut_at = |end: usize| Reply::unfinished(&events[..end]);
    let mut late_error = events[..8].to_vec();
    late_error.push(error_event.clone());
    let row = |name, reply, status, code, record| Ending { name, replies: vec![reply], status, code, calls: 1, record };
    let failed = Some(("failed", true));
    // What is not readable is asked for once more.
    let twice = |name, reply: Reply, code, record| Ending {
        replies: vec![reply.clone(), reply.clone()],
        calls: 2,
        ..row(name, reply, 502, code, record)
    };
    vec![
        row("throttled for long", Reply::error(429, "rate_limit_error", &never), 503, "provider-throttled", None),
        row(
            "overloaded, told not to retry",
            Reply::error(529, "overloaded_error", &no),
            503,
            "provider-overloaded",
            None,
        ),
        row("bad key", Reply::error(401, "authentication_error", &[]), 502, "provider-auth", None),
        row("bad request", Reply::error(400, "invalid_request_error", &[]), 502, "provider-error", None),
        row("too large", Reply::error(413, "request_too_large", &[]), 422, "context-too-long", None),
        row("a redirect", Reply::status(307, &[("location", "http://127.0.0.1:1/")], ""), 502, "provider-error", None),
        row("an HTML page", Reply::status(502, &[("x-should-retry", "false")], "<html>"), 502, "provider-error", None),
        row("refusal", Reply::text("", &meta("refusal")), 422, "model-refused", Some(("refused", false))),
        row("unknown stop", Reply::text(&text, &meta("pause_turn")), 502, "provider-error", Some(("failed", false))),
        twice(
            "not JSON",
            Reply::text("I cannot", &meta("end_turn")),
            "invalid-model-output",
            Some(("completed", false)),
        ),
        twice(
            "another schema",
            Reply::text("{\"x\":1}", &meta("end_turn")),
            "invalid-model-output",
            Some(("completed", false)),
        ),
        twice(
            "cut before a line",
            Reply::text("{\"optimi", &meta("max_tokens")),
            "invalid-model-output",
            Some(("truncated", false)),
        ),
        row("error first", Reply::events(std::slice::from_ref(&error_event)), 503, "provider-overloaded", None),
        row("error later", Reply::events(&late_error), 503, "provider-overloaded", failed),
        row("ends early", Reply::events(&events[..8]), 502, "provider-stream-ended", failed),
        row("closes early", cut_at(8).then(Step::Close), 502, "provider-stream-ended", failed),
        row("resets", cut_at(8).then(Step::Reset), 502, "provider-stream-ended", failed),
        row(
            "resets after the last usage",
            cut_at(11).then(Step::Reset),
            502,
            "provider-stream-ended",
            Some(("failed", false)),
        ),
        row("closes at once", Reply(vec![Step::Close]), 502, "provider-stream-ended", failed),
        row("no usage at all", Reply::events(&without_usage), 200, "", Some(("completed", true))),
        row("null usage first", Reply::events(&null_usage), 200, "", Some(("completed", true))),
        row("waits for ages", Reply::error(429, "rate_limit_error", &ages), 503, "provider-throttled", None),
        row("falls silent", cut_at(8).then(Step::Hang), 504, "provider-timeout", failed),
        row("says nothing", Reply(vec![Step::Hang]), 504, "provider-timeout", failed),
        row(
            "garbage",
            Reply::events(&[json!({ "type": "message_start", "message": 7 })]),
            502,
            "provider-error",
            failed,
        ),
    ]
}

fn retryable(ending: &Ending) -> bool {
    ending.name == "an HTML page"
        || !matches!(ending.code, "" | "provider-auth" | "provider-error" | "context-too-long" | "model-refused")
}

#[tokio::test]
async fn every_ending_has_its_status_its_record_and_closed_reservations() {
    for ending in endings() {
        let variables = [
            ("ANTHROPIC_API_KEY", "k"),
            ("LLM_IDLE_TIMEOUT_MS", "150"),
            ("LLM_TIMEOUT_MS", "400"),
            ("LLM_MAX_RETRIES", "0"),
        ];
        let stack = Stack::with(&variables).await;
        ending.replies.iter().cloned().for_each(|reply| stack.model.play(reply));

        let reply = asked(&stack).await;

        let name = format!("{}: {}", ending.name, reply.text);
        assert_eq!((reply.status, reply.code().as_str()), (ending.status, ending.code), "{name}");
        assert_eq!(stack.model.received().len(), ending.calls, "{name}");
        assert!(!reply.text.contains("scripted") && !reply.text.contains("test-key"), "{name}");
        assert_eq!(reply.header("retry-after").is_empty(), ending.status != 503, "{name}");
        // An outage may pass: the caller may try again.
        assert_eq!(reply.json()["retryable"] == true, retryable(&ending), "{name}");
        let records = stack.records().await;
        let record = records.first().map(|item| (string(item, "status"), item["estimated"].as_bool() == Ok(&true)));
        assert_eq!(record, ending.record.map(|(status, estimated)| (status.to_owned(), estimated)), "{name}");
        let spent = records.iter().map(|item| number(item, "cost_pico")).sum();
        assert_eq!(stack.committed().await, (spent, spent, 0), "{name}");
        assert_eq!(spent > 0, ending.record.is_some(), "{name}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_at_max_tokens_keeps_its_complete_lines() {
    let stack = Stack::start().await;
    let text = "{\"optimized_resume\": \"<PII_REDACTED_NAME_1>\\nEngineer\\n- Cut co";
    stack.model.play(Reply::text(text, &Meta { stop_reason: "max_tokens", ..Meta::default() }));
    let reply = asked(&stack).await.json();
    assert_eq!(reply["optimized_resume"], "Jane Doe\nEngineer");
    assert_eq!((&reply["truncated"], &reply["stop_reason"]), (&json!(true), &json!("max_tokens")));
    assert_eq!(string(&stack.records().await[0], "status"), "truncated");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_or_unreadable_is_asked_for_once_more() {
    let cut = || Reply::text("{\"optimized_resume\": \"A\\nB", &Meta { stop_reason: "max_tokens", ..Meta::default() });
    let unreadable = || Reply::text("Sure! Here is", &Meta::default());
    for (first, factor) in [(cut(), 2), (unreadable(), 1)] {
        let stack = Stack::start().await;
        stack.model.play(first);
        stack.model.play(Reply::answer(&short_answer()));
        let reply = asked(&stack).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let reply = reply.json();
        assert_eq!((&reply["truncated"], &reply["usage_stats"]["attempts"]), (&json!(false), &json!(2)));
        // Both are paid for and both are recorded; the answer states the sum.
        assert_eq!(reply["usage_stats"]["cost_usd"], json!(0.034));
        let records = stack.records().await;
        let costs: Vec<u64> = records.iter().map(|record| number(record, "cost_pico")).collect();
        assert_eq!(costs, [17_000_000_000, 17_000_000_000]);
        assert_eq!((number(&records[0], "attempt"), number(&records[1], "attempt")), (1, 2));
        assert_eq!(stack.committed().await, (34_000_000_000, 34_000_000_000, 0));
        let stats = stack.get("/api/v1/stats").await.json();
        assert_eq!((&stats["total_requests"], &stats["total_attempts"]), (&json!(1), &json!(2)));
        let sent: Vec<u64> =
            stack.model.received().iter().map(|received| received.json()["max_tokens"].as_u64().unwrap_or(0)).collect();
        assert_eq!(sent[1], sent[0] * factor);
    }
}

#[tokio::test]
async fn no_second_attempt_against_the_callers_will_or_budget_or_in_a_stream() {
    let cut = || {
        let text = "{\"optimized_resume\": \"<PII_REDACTED_NAME_1>\\nEngineer\\n- Cut co";
        Reply::text(text, &Meta { stop_reason: "max_tokens", ..Meta::default() })
    };
    let stack = Stack::start().await;
    stack.model.play(cut());
    let mut body = short_body();
    body["max_tokens"] = json!(1_000);
    let reply = stack.post("/api/v1/generate", &body).await.json();
    assert_eq!((&reply["truncated"], stack.model.received().len()), (&json!(true), 1));

    // The first ceiling fits, a second of twice the output does not.
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("CALLER_BUDGET_USD", "0.15")]).await;
    stack.model.play(cut());
    let reply = asked(&stack).await.json();
    assert_eq!((&reply["truncated"], stack.model.received().len()), (&json!(true), 1));
    assert_eq!((stack.records().await.len(), stack.committed().await.2), (1, 0));

    let stack = Stack::start().await;
    stack.model.play(cut());
    let reply = stack.post_with("/api/v1/generate", &[("accept", "text/event-stream")], &short_body()).await;
    assert!(reply.text.contains("event: done") && reply.text.contains("\"truncated\":true"), "{}", reply.text);
    assert_eq!(stack.model.received().len(), 1);
}

#[tokio::test]
async fn an_unreachable_provider_is_unavailable_and_costs_nothing() {
    // Nobody listens on that address of this machine.
    let gone = ModelServer::start().await.url.replace("127.0.0.1", "127.0.0.2");
    let stack =
        Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_BASE_URL", &gone), ("LLM_MAX_RETRIES", "0")]).await;
    let reply = asked(&stack).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "llm-unavailable"));
    assert_eq!((stack.records().await.len(), stack.committed().await), (0, (0, 0, 0)));
}

#[tokio::test]
async fn no_retry_outlives_the_invocation() {
    let mut stack = Stack::start().await;
    stack.time_left = Duration::from_millis(2_500);
    for _ in 0..3 {
        stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after", "1")]));
    }
    let reply = asked(&stack).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "provider-overloaded"));
    assert_eq!(
        stack.model.received().len(),
        1,
        "half a second was left for the model: a second try would come too late"
    );
}

#[tokio::test]
async fn a_deadline_in_1970_is_unknown_and_the_configured_time_holds() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&short_answer()));
    let sent = tests::stack::request(http::Method::POST, "/api/v1/generate", &[], short_body().to_string().as_bytes());
    let mut event = local::event::invocation(&sent.v1_event(), Duration::ZERO).expect("an event");
    let mut context = lambda_context(&event);
    context.deadline = 600_000;
    event.extensions_mut().insert(context);
    let response = stack.service.generate(event).await.expect("an answer");
    assert_eq!(response.status(), 200);
}

fn lambda_context(event: &lambda_http::Request) -> lambda_http::Context {
    use lambda_http::RequestExt;
    event.lambda_context()
}

#[tokio::test]
async fn a_key_with_a_line_end_is_used_without_it_and_a_broken_one_ends_the_start() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "test-key\n")]).await;
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(asked(&stack).await.status, 200);
    assert!(stack.model.received()[0].head.contains("x-api-key: test-key\r\n"));

    for (name, value) in [
        ("ANTHROPIC_API_KEY", "sk-a\nb"),
        ("ANTHROPIC_BASE_URL", "https://ex ample.com"),
        ("RATE_LIMIT_WAIT_MS", "18446744073709000"),
    ] {
        let lookup = |wanted: &str| (wanted == name).then(|| value.to_owned());
        let error = generate::Config::read(&lookup).expect_err("refused").to_string();
        assert!(error.contains(name) && !error.contains(value), "{error}");
    }
}

#[tokio::test]
async fn a_provider_that_accepts_and_says_nothing_is_given_up_after_the_silence_it_may_have() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_IDLE_TIMEOUT_MS", "300")]).await;
    stack.model.play(Reply::nothing().then(Step::Hang));
    let begun = std::time::Instant::now();
    let reply = asked(&stack).await;
    assert_eq!((reply.status, reply.code().as_str()), (504, "provider-timeout"));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let records = stack.records().await;
    assert_eq!((records.len(), records[0]["estimated"].as_bool()), (1, Ok(&true)));
}

#[tokio::test]
async fn a_refusal_is_known_by_its_head_even_if_its_body_never_ends() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_MAX_RETRIES", "0")]).await;
    let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\ncontent-length: 500\r\n\r\n{\"type\":";
    stack.model.play(Reply::nothing().then(Step::Bytes(head.as_bytes().to_vec())).then(Step::Hang));
    let reply = asked(&stack).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "provider-throttled"));
    assert_eq!(reply.header("retry-after"), "60");
    assert!(stack.records().await.is_empty());
    // And every instance knows.
    assert_eq!(asked(&stack).await.code(), "provider-throttled");
    assert_eq!(stack.model.received().len(), 1);
}
