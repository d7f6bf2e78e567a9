//! What the real binary writes to stdout of a fixed scenario: every line, every metric, and that lines equal records.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use shared::metrics::Metric;
use tests::fault_proxy::{Fate, FaultProxy, Faults};
use tests::model_server::{Meta, Reply};
use tests::runtime_api::{Answered, Sandbox};
use tests::stack::{Item, Stack, number, request, string};

/// Every kind of personal data, and something to lie about.
const RESUME: &str = "Jane Doe\n12 Elm Street, Springfield, IL 62704\njane@example.com | +1 202 555 0147 | https://janedoe.example.org/cv\n\
    SSN: 123-45-6789\nPassport: C01X00T47\nNational insurance number: AB 12 34 56 C\nIBAN: DE89 3704 0044 0532 0130 00\n\
    Card: 4111 1111 1111 1111\nDate of birth: 2 March 1984\nHome server: 203.0.113.7\nTwitter: @janedoe\n\n\
    EXPERIENCE\nEngineer, Northwind Freight Inc, 2016-2019\n- Cut costs by 12 %\n- Helped with the migration to Rust";

fn body() -> Value {
    json!({ "resume_raw_text": RESUME, "job_description_text": "Requirements:\n- Rust\n- Terraform" })
}

/// An answer with an invented figure, a bigger role, a placeholder that stands for nothing, and most others left out.
fn answer() -> Value {
    json!({
        "optimized_resume": "<PII_REDACTED_NAME_1>\n<PII_REDACTED_PHONE_9>\n\nEXPERIENCE\nEngineer, Northwind Freight Inc, 2016-2019\n\
            - Cut costs by 45 %\n- Led the migration to Rust",
        "changes_made": ["Rust first"],
        "expected_improvement": "Clearer.",
    })
}

fn cached() -> Meta {
    let usage = json!({
        "input_tokens": 900, "output_tokens": 1200, "cache_read_input_tokens": 1500, "cache_creation_input_tokens": 100,
    });
    Meta { usage, ..Meta::default() }
}

fn event(headers: &[(&str, &str)], body: &Value) -> Value {
    let mut event = request(http::Method::POST, "/api/v1/generate", headers, body.to_string().as_bytes()).v1_event();
    event["requestContext"]["authorizer"] = json!({ "caller": "acme", "scopes": "generate" });
    event
}

fn status(answered: &Answered) -> u64 {
    answered.streamed().map_or(0, |(prelude, _)| prelude["statusCode"].as_u64().unwrap_or(0))
}

/// The function under the Runtime API, over the stack's tables by way of `endpoint`.
async fn sandbox(stack: &Stack, endpoint: &str, variables: &[(&str, &str)]) -> Sandbox {
    let own =
        [("AWS_ENDPOINT_URL_DYNAMODB", endpoint), ("ANTHROPIC_API_KEY", "test-key"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    // A later value of a name counts.
    let variables = [&stack.variables()[..], &own, variables].concat();
    Sandbox::start(Path::new(env!("CARGO_BIN_EXE_generate")), &variables).await
}

/// A line with what differs from run to run left out.
fn steady(line: &Value, ledger: &str) -> Value {
    let mut line = line.clone();
    if line["_aws"].is_object() {
        line["_aws"]["Timestamp"] = json!(0);
        let timed = Metric::ALL.iter().filter(|metric| metric.unit() == "Milliseconds");
        for metric in timed.filter(|metric| line[metric.name()].is_number()).collect::<Vec<_>>() {
            line[metric.name()] = json!("<ms>");
        }
    }
    if let Some(fields) = line.get_mut("fields").and_then(Value::as_object_mut) {
        for (name, value) in fields.iter_mut() {
            match name.as_str() {
                "request_id" => *value = json!("<id>"),
                "month" => *value = json!("<month>"),
                // Throttled, or out of time meanwhile: as the client's backoff happens to fall.
                "error" if value.as_str().is_some_and(|error| error.starts_with("database:")) => {
                    *value = json!("<why>")
                }
                "duration_ms" | "attempt_duration_ms" | "wait_ms" => *value = json!("<ms>"),
                _ => {}
            }
        }
    }
    for span in line.get_mut("spans").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(id) = span.get_mut("request_id") {
            *id = json!("<id>");
        }
    }
    serde_json::from_str(&line.to_string().replace(ledger, "<ledger>")).unwrap_or_default()
}

fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[tokio::test]
async fn lines_and_metrics_of_a_fixed_scenario_are_what_is_documented() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k")]).await;
    let proxy = FaultProxy::before(&stack.dynamodb, Faults::default(), 1).await;
    let variables = [("TOTAL_BUDGET_USD", "0.33"), ("CALLER_RPM", "0"), ("PROVIDER_RPM", "0")];
    let mut sandbox = sandbox(&stack, &proxy.url, &variables).await;
    let mut asked = async |headers: &[(&str, &str)], body: &Value| status(&sandbox.invoke(&event(headers, body)).await);

    // Refused once, answered with everything that verification can find, from the provider's cache.
    stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after-ms", "1")]));
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    assert_eq!(asked(&[], &body()).await, 200);
    // Once for a key, and again from what is stored.
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    let key = [("idempotency-key", "k-1")];
    assert_eq!((asked(&key, &body()).await, asked(&key, &body()).await), (200, 200));
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    assert_eq!(asked(&[("accept", "text/event-stream")], &body()).await, 200);
    // Refused for what it is, and by the provider for the key.
    assert_eq!(asked(&[], &json!({ "resume_raw_text": "x" })).await, 422);
    stack.model.play(Reply::error(401, "authentication_error", &[]));
    assert_eq!(asked(&[], &body()).await, 502);
    // An unreadable answer, and a second attempt that costs nothing: the line is the first one's record.
    stack.model.play(Reply::text("no JSON", &cached()));
    stack.model.play(Reply::error(400, "invalid_request_error", &[]));
    assert_eq!(asked(&[], &body()).await, 502);
    // What an instance left behind that is gone; at its ceiling it takes more than a quarter of the budget.
    stack.orphan("acme", true).await;
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    assert_eq!(asked(&[], &body()).await, 200);
    // The ledger does not take a record, and says nothing of why.
    proxy.script("TransactWriteItems", "", Fate::Denied);
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    assert_eq!(asked(&[], &body()).await, 200);

    let lines = lines(&sandbox.stop().await);
    let shown: Vec<String> = lines.iter().map(|line| steady(line, &stack.ledger_table).to_string()).collect();
    insta::assert_snapshot!("scenario", shown.join("\n"));

    let metrics = lines.iter().filter(|line| line["_aws"].is_object());
    let directives = metrics.flat_map(|line| line["_aws"]["CloudWatchMetrics"].as_array()).flatten();
    let emitted = directives.flat_map(|directive| directive["Metrics"].as_array()).flatten();
    let emitted: BTreeSet<&str> = emitted.filter_map(|metric| metric["Name"].as_str()).collect();
    let documented: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(emitted, documented);

    // Each request's line is its record; the last has none yet, but its line has the numbers.
    let records = stack.records().await;
    let answered = lines.iter().map(|line| &line["fields"]).filter(|fields| fields["record_status"].is_string());
    let answered: Vec<&Value> = answered.collect();
    let of_request = |record: &&Item| answered.iter().any(|line| line["request_id"] == string(record, "request_id"));
    assert_eq!(records.iter().filter(of_request).count(), answered.len() - 1);
    for record in records.iter().filter(of_request) {
        let id = string(record, "request_id");
        let line = answered.iter().find(|line| line["request_id"] == id).expect("a line");
        for name in ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"] {
            assert_eq!(line[name], number(record, name), "{name}");
        }
        for name in ["caller", "task", "model", "prompt_version", "price_version"] {
            assert_eq!(line[name], string(record, name), "{name}");
        }
        let cost = shared::prices::Picodollars(number(record, "cost_pico")).to_string();
        assert_eq!((line["cost_usd"].to_string(), &line["record_status"]), (cost, &json!(string(record, "status"))));
        assert_eq!(line["attempt_duration_ms"], number(record, "duration_ms"));
        assert_eq!((&line["estimated"], &line["simulated"]), (&json!(false), &json!(false)));
    }
}

#[tokio::test]
async fn with_alarms_only_what_an_alarm_watches_is_written() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k")]).await;
    let mut sandbox = sandbox(&stack, &stack.dynamodb, &[("METRICS", "alarms")]).await;
    stack.model.play(Reply::text(&answer().to_string(), &cached()));
    assert_eq!(status(&sandbox.invoke(&event(&[], &body())).await), 200);
    stack.model.play(Reply::error(401, "authentication_error", &[]));
    assert_eq!(status(&sandbox.invoke(&event(&[], &body())).await), 502);
    let lines = lines(&sandbox.stop().await);
    let metrics: Vec<&Value> = lines.iter().filter(|line| line["_aws"].is_object()).collect();
    assert_eq!(metrics.len(), 1, "{metrics:?}");
    assert_eq!(metrics[0]["ProviderAuthFailures"], 1);
}
