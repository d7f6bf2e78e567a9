//! The real binary under Lambda's Runtime API: a REST event in, a streamed HTTP answer out.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::fixtures::{SECRETS, example_body, short_answer, short_body};
use tests::model_server::{Reply, Step};
use tests::runtime_api::{Answered, Sandbox};
use tests::stack::{EventVersion, Stack, request};

async fn sandbox(stack: &Stack, variables: &[(&str, &str)]) -> Sandbox {
    let variables = [&stack.variables()[..], &[("AUTH_MODE", "iam")], variables].concat();
    Sandbox::start(Path::new(env!("CARGO_BIN_EXE_generate")), &variables).await
}

fn event(version: EventVersion, path: &str, body: &Value) -> Value {
    let sent = request(http::Method::POST, path, &[], body.to_string().as_bytes());
    let mut event = if version == EventVersion::V1 { sent.v1_event() } else { sent.v2_event() };
    let arn = "arn:aws:iam::000000000000:user/tester";
    match version {
        EventVersion::V1 => event["requestContext"]["identity"]["userArn"] = json!(arn),
        EventVersion::V2 => {
            let iam = json!({ "accessKey": "a", "accountId": "0", "callerId": "c", "userArn": arn, "userId": "u" });
            event["requestContext"]["authorizer"] = json!({ "iam": iam });
        }
    }
    event
}

fn read(answered: &Answered) -> (u16, Value, Value) {
    assert_eq!(answered.kind, "response");
    assert_eq!(answered.headers["lambda-runtime-function-response-mode"], "streaming");
    assert_eq!(answered.headers["content-type"], "application/vnd.awslambda.http-integration-response");
    assert!(!String::from_utf8_lossy(&answered.body).contains("Lambda-Runtime-Function-Error"));
    let (prelude, body) = answered.streamed().expect("a prelude and eight NUL bytes");
    let status = prelude["statusCode"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or(0);
    let body = serde_json::from_slice(body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(body)));
    (status, prelude["headers"].clone(), body)
}

#[tokio::test]
async fn the_binary_answers_both_events_and_logs_no_content() {
    let stack = Stack::start().await;
    let variables =
        [("ANTHROPIC_API_KEY", "test-key"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let mut sandbox = sandbox(&stack, &variables).await;
    for version in [EventVersion::V1, EventVersion::V2] {
        stack.model.play(Reply::answer(&short_answer()));
        let (status, headers, body) = read(&sandbox.invoke(&event(version, "/api/v1/generate", &short_body())).await);
        assert_eq!(status, 200, "{body}");
        assert_eq!(headers["content-type"], "application/json");
        assert!(body["optimized_resume"].as_str().is_some_and(|text| text.starts_with("Jane Doe\n")));

        // Echoes the whole résumé into an answer of the wrong form, and into a provider's error.
        stack.model.play(Reply::answer(&example_body("generate")));
        let (status, _, body) =
            read(&sandbox.invoke(&event(version, "/api/v1/generate", &example_body("generate"))).await);
        assert_eq!((status, &body["code"]), (502, &json!("invalid-model-output")));
        stack.model.play(Reply::status(400, &[], &example_body("generate").to_string()));
        let (status, headers, _) =
            read(&sandbox.invoke(&event(version, "/api/v1/generate", &example_body("generate"))).await);
        assert_eq!((status, &headers["content-type"]), (502, &json!("application/problem+json")));
    }
    let log = sandbox.stop().await;
    assert!(log.contains("\"status\":200"), "{log}");
    for secret in SECRETS.into_iter().chain(["Jane", "jane@example.com", "test-key", "PII_REDACTED", "Northwind"]) {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_stream_leaves_the_binary_as_it_is_written() {
    let stack = Stack::start().await;
    let mut sandbox = sandbox(&stack, &[("ANTHROPIC_API_KEY", "test-key")]).await;
    let pause = Duration::from_millis(300);
    // Half of the answer, silence, the other half.
    let answer = Reply::answer(&short_answer());
    let (first, second) = answer.0.split_at(answer.0.len() / 2 + 1);
    stack.model.play(Reply(first.iter().cloned().chain([Step::Pause(pause)]).chain(second.iter().cloned()).collect()));
    let mut event = event(EventVersion::V1, "/api/v1/generate", &short_body());
    event["headers"]["accept"] = json!("text/event-stream");
    event["multiValueHeaders"]["accept"] = json!(["text/event-stream"]);
    let answered = sandbox.invoke(&event).await;
    let (prelude, body) = answered.streamed().expect("a prelude and eight NUL bytes");
    assert_eq!(
        (&prelude["statusCode"], &prelude["headers"]["content-type"]),
        (&json!(200), &json!("text/event-stream"))
    );
    let body = String::from_utf8_lossy(body);
    assert!(body.starts_with("id: 0\nevent: meta\n") && body.contains("\nevent: done\n"), "{body}");
    assert!(!body.contains("Lambda-Runtime-Function-Error"));
    // The first event was out long before the last.
    let times: Vec<Instant> = answered.arrivals.iter().map(|(at, _)| *at).collect();
    let apart = times.last().zip(times.first()).map(|(last, first)| last.duration_since(*first)).unwrap_or_default();
    assert!(apart >= pause / 2 && answered.arrivals.len() >= 3, "{apart:?} {:?}", answered.arrivals);

    // A failure after the first event is an event, and the next request works.
    // A reset discards what has not been read, hence the pause before it.
    let end = [Step::Pause(pause / 2), Step::Reset];
    let broken = Reply(answer.0[..answer.0.len() / 2].iter().cloned().chain(end).collect());
    stack.model.play(broken);
    let answered = sandbox.invoke(&event).await;
    let body = String::from_utf8_lossy(&answered.body).into_owned();
    assert!(body.contains("event: error") && body.contains("provider-stream-ended"), "{body}");
    assert!(!body.contains("Lambda-Runtime-Function-Error"));
    stack.model.play(Reply::answer(&short_answer()));
    assert!(String::from_utf8_lossy(&sandbox.invoke(&event).await.body).contains("event: done"));
}

#[tokio::test]
async fn a_missing_key_is_one_warning_and_a_broken_configuration_ends_it() {
    let stack = Stack::start().await;
    let mut keyless = sandbox(&stack, &[]).await;
    for _ in 0..2 {
        let (status, headers, body) =
            read(&keyless.invoke(&event(EventVersion::V1, "/api/v1/generate", &short_body())).await);
        assert_eq!((status, &body["code"]), (503, &json!("llm-unavailable")));
        assert!(headers["retry-after"].is_string());
    }
    let (status, ..) = read(&keyless.invoke(&event(EventVersion::V1, "/api/v1/analyze", &short_body())).await);
    assert_eq!(status, 200);
    let log = keyless.stop().await;
    assert_eq!(log.matches("no model key is set").count(), 1, "{log}");

    let broken = std::process::Command::new(env!("CARGO_BIN_EXE_generate"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        .env("CALLER_RPM", "hunter2")
        .env("AUTH_MODE", "nobody")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(
        !broken.status.success() && said.contains("CALLER_RPM must be") && said.contains("AUTH_MODE must be"),
        "{said}"
    );
    assert!(!said.contains("hunter2"));
}
