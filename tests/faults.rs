//! The fault matrix: what the far ends do, what the caller is told, what the books say. The table is printed by the test.

use std::io::Write;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::LocalBoxFuture;
use http_body_util::BodyExt;
use local::event::FUNCTION_TIMEOUT;
use serde_json::{Value, json};
use tests::fault_proxy::{FaultProxy, Faults};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::{Meta, ModelServer, Reply, Step, message};
use tests::panics;
use tests::stack::{Reply as Answer, Stack, request, string};

const PATH: &str = "/api/v1/generate";
const STREAM: (&str, &str) = ("accept", "text/event-stream");
const KEY: (&str, &str) = ("ANTHROPIC_API_KEY", "k");
const ONCE: (&str, &str) = ("LLM_MAX_RETRIES", "0");

type Row = (&'static str, &'static str, &'static str, LocalBoxFuture<'static, String>);

fn row(
    number: &'static str,
    fault: &'static str,
    expected: &'static str,
    got: impl Future<Output = String> + 'static,
) -> Row {
    (number, fault, expected, Box::pin(got))
}

async fn asked(stack: &Stack, headers: &[(&str, &str)]) -> Answer {
    stack.post_with(PATH, headers, &short_body()).await
}

fn good() -> Reply {
    Reply::answer(&short_answer())
}

/// Status and code of a plain answer, how the stream ended, the model's calls, the records and what is still open.
async fn told(stack: &Stack, reply: &Answer) -> String {
    let end = match reply.text.rsplit_once("event: ") {
        Some((_, last)) if reply.header("content-type") == "text/event-stream" => {
            let (name, data) = last.split_once("\ndata: ").unwrap_or_default();
            let data: Value = serde_json::from_str(data.trim()).unwrap_or_default();
            format!("{name} {}", data["code"].as_str().unwrap_or_default()).trim().to_owned()
        }
        _ => reply.code(),
    };
    let records: Vec<String> = stack.records().await.iter().map(|record| string(record, "status")).collect();
    let (callers, total, open) = stack.committed().await;
    let books = if callers == total { "" } else { " BOOKS DIFFER" };
    let calls = stack.model.received().len();
    format!("{} {end}; calls {calls}; records [{}]; open {open}{books}", reply.status, records.join(" "))
}

/// One reply of the model, asked once or as a stream.
async fn one(
    reply: Reply,
    variables: Vec<(&'static str, &'static str)>,
    headers: Vec<(&'static str, &'static str)>,
) -> String {
    let variables: Vec<(&str, &str)> = [KEY, ONCE].into_iter().chain(variables).collect();
    let stack = Stack::with(&variables).await;
    stack.model.play(reply);
    let begun = Instant::now();
    let reply = asked(&stack, &headers).await;
    let told = told(&stack, &reply).await;
    assert!(begun.elapsed() < Duration::from_secs(5) && !reply.text.contains("Lambda-Runtime-Function-Error"));
    told
}

/// The first events of a good answer, after a first delta.
fn begun() -> Vec<Value> {
    let mut events = message(&short_answer().to_string(), &Meta::default());
    events.truncate(8);
    events
}

fn of_provider() -> Vec<Row> {
    let quick = [("LLM_IDLE_TIMEOUT_MS", "200"), ("LLM_TIMEOUT_MS", "700")];
    vec![
        row("1", "connect refused", "503 llm-unavailable; calls 0; records []; open 0", async {
            let gone = ModelServer::start().await.url.replace("127.0.0.1", "127.0.0.2");
            let stack = Stack::with(&[KEY, ONCE, ("ANTHROPIC_BASE_URL", &gone)]).await;
            let reply = asked(&stack, &[]).await;
            told(&stack, &reply).await
        }),
        row(
            "2",
            "429 with a short wait, then well",
            "200 ; calls 2; records [completed]; open 0; waited true",
            async {
                let stack = Stack::with(&[KEY]).await;
                stack.model.play(Reply::error(429, "rate_limit_error", &[("retry-after-ms", "300")]));
                stack.model.play(good());
                let begun = Instant::now();
                let reply = asked(&stack, &[]).await;
                let waited = begun.elapsed() >= Duration::from_millis(300);
                format!("{}; waited {waited}", told(&stack, &reply).await)
            },
        ),
        row(
            "3",
            "429 for an hour",
            "503 provider-throttled; calls 1; records []; open 0",
            one(
                Reply::error(429, "rate_limit_error", &[("retry-after", "3600")]),
                vec![("LLM_MAX_RETRIES", "2")],
                vec![],
            ),
        ),
        row("4", "529 twice, then well", "200 ; calls 3; records [completed]; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            (0..2).for_each(|_| stack.model.play(Reply::error(529, "overloaded_error", &[("retry-after-ms", "1")])));
            stack.model.play(good());
            let reply = asked(&stack, &[]).await;
            told(&stack, &reply).await
        }),
        row(
            "5",
            "413, too long for the model",
            "422 context-too-long; calls 1; records []; open 0",
            one(Reply::error(413, "request_too_large", &[]), vec![], vec![]),
        ),
        row(
            "6",
            "401",
            "502 provider-auth; calls 1; records []; open 0",
            one(Reply::error(401, "authentication_error", &[]), vec![], vec![]),
        ),
        row(
            "7",
            "headers, then silence",
            "504 provider-timeout; calls 1; records [failed]; open 0",
            one(Reply::unfinished(&[]).then(Step::Hang), quick.to_vec(), vec![STREAM]),
        ),
        row("8", "a drip past the deadline", "200 error provider-timeout; calls 1; records [failed]; open 0", async {
            let mut drip = Reply::unfinished(&begun());
            let ping = Reply::unfinished(&[json!({ "type": "ping" })]).0.remove(1);
            (0..40).for_each(|_| drip.0.extend([Step::Pause(Duration::from_millis(50)), ping.clone()]));
            one(drip, vec![("LLM_IDLE_TIMEOUT_MS", "400"), ("LLM_TIMEOUT_MS", "600")], vec![STREAM]).await
        }),
        row(
            "9",
            "reset after the first deltas",
            "200 error provider-stream-ended; calls 1; records [failed]; open 0",
            {
                let cut = Reply::unfinished(&begun()).then(Step::Pause(Duration::from_millis(80))).then(Step::Reset);
                one(cut, vec![], vec![STREAM])
            },
        ),
        row(
            "10",
            "the stream just ends",
            "200 error provider-stream-ended; calls 1; records [failed]; open 0",
            one(Reply::events(&begun()), vec![], vec![STREAM]),
        ),
        row(
            "11",
            "not JSON, twice",
            "502 invalid-model-output; calls 2; records [completed completed]; open 0",
            async {
                let stack = Stack::with(&[KEY]).await;
                (0..2).for_each(|_| stack.model.play(Reply::text("Sure, here you are", &Meta::default())));
                let reply = asked(&stack, &[]).await;
                assert!(!reply.text.contains("Sure"));
                told(&stack, &reply).await
            },
        ),
        row(
            "12",
            "refusal",
            "422 model-refused; calls 1; records [refused]; open 0",
            one(Reply::text("", &Meta { stop_reason: "refusal", ..Meta::default() }), vec![], vec![]),
        ),
        row("16", "a deadline in 1970", "200 ; calls 1; records [completed]; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            stack.model.play(good());
            let mut event = request(http::Method::POST, PATH, &[], short_body().to_string().as_bytes()).v1_event();
            event["isBase64Encoded"] = json!(false);
            let mut past = lambda_http::Context::default();
            past.deadline = 1_000;
            let invoked = lambda_http::request::from_str(&event.to_string()).expect("an event");
            let response = stack
                .service
                .generate(lambda_http::RequestExt::with_lambda_context(invoked, past))
                .await
                .expect("an answer");
            let (parts, body) = response.into_parts();
            let text = String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("text");
            told(&stack, &Answer { status: parts.status.as_u16(), headers: parts.headers, text }).await
        }),
    ]
}

/// One request on an instance where this step of its path panics, then a good one on the same instance.
async fn broken_at(stage: &'static str, headers: Vec<(&'static str, &'static str)>) -> String {
    let stack = Stack::with(&[KEY, ONCE]).await;
    (0..2).for_each(|_| stack.model.play(good()));
    let broken = {
        let _armed = panics::at(stage);
        asked(&stack, &headers).await
    };
    assert!(!broken.text.contains("Lambda-Runtime-Function-Error") && !broken.text.contains(panics::MESSAGE));
    let told = told(&stack, &broken).await;
    let next = asked(&stack, &headers).await;
    format!("{told}; then {}", next.status)
}

fn of_ours() -> Vec<Row> {
    const KEYED: (&str, &str) = ("idempotency-key", "order-1");
    let nothing = "500 internal; calls 0; records []; open 0; then 200";
    let unread = "500 internal; calls 1; records [completed]; open 0; then 200";
    let streamed = "200 error internal; calls 1; records [failed]; open 0; then 200";
    let verified = "200 error internal; calls 1; records [completed]; open 0; then 200";
    vec![
        row("14", "panic in redaction", nothing, broken_at("redact", vec![KEYED])),
        row("14", "panic in analysis, of a stream", nothing, broken_at("analyze", vec![STREAM, KEYED])),
        row("14", "panic before the reservation", nothing, broken_at("acquire", vec![])),
        row("14", "panic before the model is asked", nothing, broken_at("model", vec![KEYED])),
        row("14", "panic in verification", unread, broken_at("verify", vec![])),
        row("15", "panic in the stream's task", streamed, broken_at("stream", vec![STREAM, KEYED])),
        row("15", "panic after the stream's text", verified, broken_at("verify", vec![STREAM, KEYED])),
    ]
}

/// Sets when the only idempotency claim ends.
async fn claim_until(stack: &Stack, millis: &str) {
    let items = stack.items(&stack.state_table).await;
    let claim = items.iter().find(|item| string(item, "PK").starts_with("I#")).expect("a claim");
    let update = stack.client.update_item().table_name(&stack.state_table);
    let update = update.key("PK", claim["PK"].clone()).key("SK", claim["SK"].clone());
    let update = update.update_expression("SET #u = :u").expression_attribute_names("#u", "until");
    update.expression_attribute_values(":u", AttributeValue::N(millis.to_owned())).send().await.expect("written");
}

fn of_store() -> Vec<Row> {
    const ORDER: (&str, &str) = ("idempotency-key", "order-1");
    vec![
        row("17", "the same key and body again", "200 ; calls 1; records [completed]; open 0; replayed true", async {
            let stack = Stack::with(&[KEY]).await;
            stack.model.play(good());
            let first = asked(&stack, &[ORDER]).await;
            let again = asked(&stack, &[ORDER]).await;
            let replayed = again.header("idempotent-replayed") == "true" && again.text == first.text;
            format!("{}; replayed {replayed}", told(&stack, &again).await)
        }),
        row("18", "50 at once", "1 x 200, 49 x 409; calls 1", async {
            let stack = Stack::with(&[KEY]).await;
            let slow = [Step::Pause(Duration::from_millis(300))];
            stack.model.play(Reply(slow.into_iter().chain(good().0).collect()));
            let all = futures_util::future::join_all((0..50).map(|_| asked(&stack, &[ORDER]))).await;
            let count = |status: u16| all.iter().filter(|reply| reply.status == status).count();
            format!("{} x 200, {} x 409; calls {}", count(200), count(409), stack.model.received().len())
        }),
        row(
            "19",
            "the same key, another body",
            "422 idempotency-mismatch; calls 1; records [completed]; open 0",
            async {
                let stack = Stack::with(&[KEY]).await;
                stack.model.play(good());
                asked(&stack, &[ORDER]).await;
                let mut other = short_body();
                other["max_tokens"] = json!(4_000);
                let reply = stack.post_with(PATH, &[ORDER], &other).await;
                told(&stack, &reply).await
            },
        ),
        row("20", "the same key of another caller", "200 ; calls 2; records [completed completed]; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            (0..2).for_each(|_| stack.model.play(good()));
            asked(&stack, &[ORDER, ("x-api-key", "a")]).await;
            let reply = asked(&stack, &[ORDER, ("x-api-key", "b")]).await;
            told(&stack, &reply).await
        }),
        row(
            "21, 26",
            "a claim that has expired is still there",
            "200 ; calls 2; records [completed completed]; open 0",
            async {
                let stack = Stack::with(&[KEY]).await;
                (0..2).for_each(|_| stack.model.play(good()));
                asked(&stack, &[ORDER]).await;
                claim_until(&stack, "1000").await;
                let reply = asked(&stack, &[ORDER]).await;
                told(&stack, &reply).await
            },
        ),
        row("36", "a claim by a clock ten minutes ahead", "200 ; calls 1; records [completed]; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            stack.model.play(good());
            asked(&stack, &[ORDER]).await;
            let ahead = std::time::SystemTime::now() + Duration::from_secs(86_400 + 600);
            let ahead = ahead.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
            claim_until(&stack, &ahead.to_string()).await;
            let reply = asked(&stack, &[ORDER]).await;
            told(&stack, &reply).await
        }),
        row("22", "the database throttles everything", "503 store-unavailable; calls 0; records []; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            let faults = Faults { throttled: 1.0, ..Faults::default() };
            let proxy = FaultProxy::before(&stack.dynamodb, faults, 1).await;
            let throttled = stack.another(&[KEY, ("AWS_ENDPOINT_URL_DYNAMODB", &proxy.url)]).await;
            let reply = asked(&throttled, &[]).await;
            assert!(!reply.header("retry-after").is_empty());
            told(&stack, &reply).await
        }),
        row("25", "replies of applied writes are lost", "10 x 200; requests 10; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            let faults = Faults { lost_replies: 0.1, ..Faults::default() };
            let proxy = FaultProxy::before(&stack.dynamodb, faults, 3).await;
            let lossy = stack.another(&[KEY, ("AWS_ENDPOINT_URL_DYNAMODB", &proxy.url)]).await;
            (0..10).for_each(|_| stack.model.play(good()));
            let mut good = 0;
            for _ in 0..10 {
                good += usize::from(asked(&lossy, &[]).await.status == 200);
            }
            let requests = stack.get("/api/v1/stats").await.json()["total_requests"].clone();
            format!("{good} x 200; requests {requests}; open {}", stack.committed().await.2)
        }),
        row("27", "the client goes away", "disconnected within a second; open 0", async {
            let stack = Stack::with(&[KEY]).await;
            stack.model.play(Reply::unfinished(&begun()).then(Step::Hang));
            let event = request(http::Method::POST, PATH, &[STREAM], short_body().to_string().as_bytes()).v1_event();
            let response = stack.service.invoke(PATH, &event, FUNCTION_TIMEOUT).await.expect("an answer");
            drop(response);
            let left = Instant::now();
            while stack.committed().await.2 > 0 || stack.records().await.is_empty() {
                if left.elapsed() > Duration::from_secs(8) {
                    break;
                }
            }
            let status = stack.records().await.first().map(|record| string(record, "status")).unwrap_or_default();
            let quick = if left.elapsed() < Duration::from_secs(1) { "within a second" } else { "late" };
            format!("{status} {quick}; open {}", stack.committed().await.2)
        }),
    ]
}

#[tokio::test]
async fn every_fault_ends_as_the_matrix_says() {
    let mut table = String::from("\nfault matrix\n");
    let mut wrong = Vec::new();
    for (number, fault, expected, got) in of_provider().into_iter().chain(of_ours()).chain(of_store()) {
        let got = got.await;
        let verdict = if got == expected { "ok " } else { "NOT" };
        table += &format!("{verdict} {number:<7} {fault:<40} {got}\n");
        if got != expected {
            wrong.push(format!("{number} {fault}: expected {expected}, got {got}"));
        }
    }
    // Past the test runner's capture: the table is to be seen.
    let _ = std::io::stderr().write_all(table.as_bytes());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
