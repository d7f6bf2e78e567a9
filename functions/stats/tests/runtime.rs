//! The real binary under Lambda's Runtime API: a REST event in, a buffered answer out.

use std::path::Path;

use serde_json::{Value, json};
use tests::canary::{Canary, Sink, Sinks, inspect};
use tests::runtime_api::Sandbox;
use tests::stack::{Stack, request};

#[tokio::test]
async fn the_binary_answers_rest_events_buffered() {
    let stack = Stack::start().await;
    let variables = [
        ("STATE_TABLE", stack.state_table.as_str()),
        ("LEDGER_TABLE", stack.ledger_table.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.as_str()),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
        ("AUTH_MODE", "iam"),
    ];
    let mut sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_stats")), &variables).await;
    let mut ask = async |path: &str, arn: Value| {
        let mut event = request(http::Method::GET, path, &[], b"").v1_event();
        event["requestContext"]["identity"]["userArn"] = arn;
        let answered = sandbox.invoke(&event).await;
        assert_eq!(answered.kind, "response");
        assert!(answered.headers.get("lambda-runtime-function-response-mode").is_none(), "buffered");
        let response: Value = serde_json::from_slice(&answered.body).expect("a proxy response");
        let body: Value = serde_json::from_str(response["body"].as_str().expect("text")).expect("JSON");
        (response["statusCode"].clone(), body)
    };
    let (status, body) = ask("/api/v1/stats", json!("arn:aws:iam::000000000000:user/tester")).await;
    assert_eq!((status, &body["total_requests"], &body["total_cost"]), (json!(200), &json!(0), &json!(0)));
    let (status, body) = ask("/api/v1/stats", Value::Null).await;
    assert_eq!((status, &body["code"]), (json!(401), &json!("unauthenticated")));
    assert_eq!(ask("/health", Value::Null).await.0, json!(200));
    assert_eq!(ask("/api/v1/stats?caller=*", json!("arn:aws:iam::000000000000:user/tester")).await.0, json!(403));
}

#[tokio::test]
async fn the_binary_repeats_nothing_that_a_request_carries() {
    let stack = Stack::start().await;
    let variables = [
        ("STATE_TABLE", stack.state_table.as_str()),
        ("LEDGER_TABLE", stack.ledger_table.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.as_str()),
        ("AWS_SECRET_ACCESS_KEY", "canarySecretAccessKey81"),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ];
    let mut sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_stats")), &variables).await;
    let mut sinks = Sinks::default();
    let asked = [
        (http::Method::GET, "/api/v1/stats?canary-name=1&from=canary-from&detail=canary-detail", ""),
        (http::Method::GET, "/api/v1/stats?caller=canary-caller", ""),
        (http::Method::GET, "/api/v1/stats/requests?cursor=canary-cursor&period=canary-period&limit=canary-limit", ""),
        (http::Method::GET, "/api/v1/requests/canaryABCDEF", ""),
        (http::Method::GET, "/api/v1/canary-path", ""),
        (http::Method::POST, "/api/v1/stats/reset", "{\"expected_period\":\"canary-expected\",\"canary-field\":1}"),
        (http::Method::POST, "/api/v1/stats/reset", "{\"canary-broken\":"),
    ];
    for (method, path, body) in asked {
        let mut event =
            request(method, path, &[("cookie", "canary-cookie"), ("x-note", "canary-header")], body.as_bytes())
                .v1_event();
        event["requestContext"]["authorizer"] = json!({ "caller": "acme", "scopes": "stats" });
        let answered = sandbox.invoke(&event).await;
        let text = String::from_utf8_lossy(&answered.body).into_owned();
        let response: Value = serde_json::from_str(&text).expect("a proxy response");
        assert!(response["statusCode"].as_u64().is_some_and(|status| status >= 400), "{path}: {text}");
        sinks.add(Sink::Problems, &text);
    }
    let (stdout, stderr) = sandbox.stop_apart().await;
    sinks.add_log(&stdout, &stderr);
    for table in [&stack.state_table, &stack.ledger_table] {
        sinks.add(Sink::Ledger, &format!("{:?}", stack.items(table).await));
    }
    let (wrong, table) = inspect(&[Canary::new("whatever a request carries", "canary", &[])], &sinks);
    assert!(wrong.is_empty() && stdout.contains("answered"), "{table}\n{stdout}");
}
