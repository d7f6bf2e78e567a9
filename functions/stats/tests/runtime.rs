//! The real binary under Lambda's Runtime API: a REST event in, a buffered answer out.

use std::path::Path;

use serde_json::{Value, json};
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
