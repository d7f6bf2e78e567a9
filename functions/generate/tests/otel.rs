//! Spans at a collector, with the feature `otel`: one tree a request, numbers and names only.
#![cfg(feature = "otel")]

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use tests::fixtures::{SECRETS, short_answer, short_body};
use tests::model_server::{Meta, Reply};
use tests::runtime_api::Sandbox;
use tests::stack::{Stack, request};

type Received = Arc<Mutex<Vec<String>>>;

async fn take(State(received): State<Received>, headers: HeaderMap, body: String) {
    assert_eq!(headers["content-type"], "application/json");
    received.lock().unwrap_or_else(PoisonError::into_inner).push(body);
}

async fn collector() -> (String, Received) {
    let received = Received::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let router = Router::new().route("/v1/traces", axum::routing::post(take)).with_state(Arc::clone(&received));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

fn event(accept: &str) -> Value {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("traceparent", parent), ("accept", accept)];
    let mut event =
        request(http::Method::POST, "/api/v1/generate", &headers, short_body().to_string().as_bytes()).v1_event();
    event["requestContext"]["authorizer"] = json!({ "caller": "acme", "scopes": "generate" });
    event
}

#[tokio::test]
async fn a_request_is_one_tree_of_spans_and_a_dead_collector_stops_nothing() {
    let stack = Stack::start().await;
    let (url, received) = collector().await;
    let variables = [
        ("STATE_TABLE", stack.state_table.as_str()),
        ("LEDGER_TABLE", stack.ledger_table.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.as_str()),
        ("ANTHROPIC_BASE_URL", stack.model.url.as_str()),
        ("ANTHROPIC_API_KEY", "test-key"),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ];
    let with = |endpoint: &'static str| {
        variables.into_iter().chain([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).collect::<Vec<_>>()
    };
    let binary = Path::new(env!("CARGO_BIN_EXE_generate"));
    let mut sandbox = Sandbox::start(binary, &with(url.leak())).await;
    // The second message is sent before the stream's last event.
    for accept in ["application/json", "text/event-stream"] {
        stack.model.play(Reply::text(&short_answer().to_string(), &Meta::default()));
        assert!(sandbox.invoke(&event(accept)).await.streamed().is_some());
    }
    let messages = received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(messages.len(), 2);
    for message in &messages {
        for secret in SECRETS.into_iter().chain(["Jane", "Northwind", "REDACTED", "test-key"]) {
            assert!(!message.contains(secret), "{secret}: {message}");
        }
        let message: Value = serde_json::from_str(message).expect("JSON");
        let spans = message["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone();
        let names: Vec<&str> = spans.iter().filter_map(|span| span["name"].as_str()).collect();
        assert_eq!(
            names[..7],
            ["generate", "validate", "redact", "analyze", "render", "acquire", "chat claude-sonnet-5-5"]
        );
        assert!(names.contains(&"verify") && names.contains(&"settle"), "{names:?}");
        let root = &spans[0];
        assert_eq!(
            (&root["traceId"], &root["parentSpanId"]),
            (&json!("0af7651916cd43dd8448eb211c80319c"), &json!("b7ad6b7169203331"))
        );
        assert!(
            spans[1..].iter().all(|span| span["parentSpanId"] == root["spanId"] && span["traceId"] == root["traceId"])
        );
        let attributes = spans[6]["attributes"].to_string();
        assert!(attributes.contains("gen_ai.usage.input_tokens") && attributes.contains("2500"), "{attributes}");
    }
    drop(sandbox.stop().await);

    let mut sandbox = Sandbox::start(binary, &with("http://127.0.0.2:9")).await;
    stack.model.play(Reply::text(&short_answer().to_string(), &Meta::default()));
    let answered = sandbox.invoke(&event("application/json")).await;
    assert_eq!(answered.streamed().map(|(prelude, _)| prelude["statusCode"].clone()), Some(json!(200)));
    let log = sandbox.stop().await;
    assert!(log.contains("spans not sent") && !log.contains("Jane"), "{log}");
}
