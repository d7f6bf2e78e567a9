//! The real binary under Lambda's Runtime API: a gateway's question in, leave or exactly "Unauthorized" out.

use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};
use shared::caller::{Allowance, Caller, Scope};
use shared::keys::{Keys, NewKey};
use tests::canary::{Canary, Sink, Sinks, inspect};
use tests::runtime_api::Sandbox;
use tests::stack::Stack;

const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/POST/api/v1/generate";

#[tokio::test]
async fn a_key_passes_until_it_is_revoked_and_nothing_else_does() {
    let stack = Stack::start().await;
    let keys = Keys::new(stack.client.clone(), stack.ledger_table.clone());
    let allowance = Allowance { requests_per_minute: Some(7), max_in_flight: None, budget: Some(25_000_000_000_000) };
    let wanted = NewKey {
        caller: Caller::exact("acme").expect("an id"),
        scopes: vec![Scope::Generate, Scope::Stats],
        allowance,
        lifetime: None,
    };
    let (key, record) = keys.create(wanted, SystemTime::now()).await.expect("a key");
    let variables = [
        ("LEDGER_TABLE", stack.ledger_table.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.as_str()),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let mut sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_authorizer")), &variables).await;
    let mut ask = async |headers: Value| {
        let answered = sandbox.invoke(&json!({ "type": "REQUEST", "methodArn": ARN, "headers": headers })).await;
        (answered.kind, serde_json::from_slice::<Value>(&answered.body).expect("JSON"))
    };
    let (kind, allowed) = ask(json!({ "X-API-Key": key.expose() })).await;
    assert_eq!((kind.as_str(), &allowed["principalId"]), ("response", &json!(record.id)));
    let context = json!({
        "caller": "acme", "scopes": "generate stats", "requests_per_minute": "7", "budget": "25000000000000",
    });
    assert_eq!(allowed["context"], context);

    let mut other = key.expose();
    let last = if other.ends_with('0') { "1" } else { "0" };
    other.replace_range(other.len() - 1.., last);
    for headers in [json!({}), json!(null), json!({ "x-api-key": "local" }), json!({ "x-api-key": other })] {
        let (kind, error) = ask(headers).await;
        assert_eq!((kind.as_str(), &error["errorMessage"]), ("error", &json!("Unauthorized")));
    }
    keys.revoke(&record.id, SystemTime::now()).await.expect("revoked");
    assert_eq!(ask(json!({ "x-api-key": key.expose(), "cookie": "canary" })).await.1["errorMessage"], "Unauthorized");

    // The key's public part is in the log, its secret and other headers are nowhere.
    let mut sinks = Sinks::default();
    let (stdout, stderr) = sandbox.stop_apart().await;
    sinks.add_log(&stdout, &stderr);
    sinks.add(Sink::Ledger, &format!("{:?}", stack.items(&stack.ledger_table).await));
    let whole = key.expose();
    let secret = whole.rsplit('_').next().expect("a secret");
    let (wrong, table) = inspect(&[Canary::new("secret", secret, &[]), Canary::new("header", "canary", &[])], &sinks);
    assert!(wrong.is_empty() && stdout.contains(record.id.as_str()), "{table}\n{stdout}");
}
