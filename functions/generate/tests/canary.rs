//! Some seventy kinds of personal data and secrets, planted wherever a request, a provider or a defect can carry text, and
//! every place where the real binary could let it fall. The table is printed by the test.
//!
//! With the feature `leak` the program lets a résumé fall on purpose, one place at a time, and each is noticed.

#[path = "canary/planted.rs"]
mod planted;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tests::canary::{Canary, Sink, Sinks, inspect};
use tests::model_server::{Meta, Reply, Step, message};
use tests::panics;
use tests::runtime_api::Sandbox;
use tests::stack::{Stack, request, string};

use planted::{JOB, PROVIDER_KEY, RESUME, SECRET_ACCESS_KEY, carriers, content, people};

const GENERATE: &str = "/api/v1/generate";

/// One instance of the real binary, what it answered, and the far ends.
struct Bed {
    stack: Stack,
    sandbox: Sandbox,
    sinks: Sinks,
    ids: Vec<String>,
}

impl Bed {
    async fn start() -> Bed {
        let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("AUTH_MODE", "authorizer")]).await;
        let own = [
            ("ANTHROPIC_API_KEY", PROVIDER_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ("LLM_MAX_RETRIES", "0"),
            ("LLM_IDLE_TIMEOUT_MS", "500"),
            ("CALLER_RPM", "0"),
            ("PROVIDER_RPM", "0"),
        ];
        let variables = [&stack.variables()[..], &own].concat();
        let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_generate")), &variables).await;
        Bed { stack, sandbox, sinks: Sinks::default(), ids: Vec::new() }
    }

    /// Asks, sorts the answer into its places, and returns its status.
    async fn ask(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> u64 {
        let mut event = request(Method::POST, path, &[], body.as_bytes()).v1_event();
        for (name, value) in headers {
            event["headers"][*name] = json!(value);
            event["multiValueHeaders"][*name] = json!([value]);
        }
        event["requestContext"]["authorizer"] = json!({ "caller": "acme", "scopes": "generate" });
        event["requestContext"]["identity"]["sourceIp"] = json!("198.51.100.77");
        let answered = self.sandbox.invoke(&event).await;
        let (prelude, body) = answered.streamed().expect("a prelude and eight NUL bytes");
        let status = prelude["statusCode"].as_u64().unwrap_or(0);
        let text = String::from_utf8_lossy(body).into_owned();
        self.sinks.add(Sink::Problems, &prelude.to_string());
        if let Some(id) = prelude["headers"]["x-request-id"].as_str() {
            self.ids.push(id.to_owned());
        }
        // The error event of a stream, and the refused items of a batch, are problems.
        let (answers, problems): (Vec<&str>, Vec<&str>) =
            text.split("\n\n").partition(|part| status < 400 && !part.contains("event: error"));
        self.sinks.add(Sink::Answers, &answers.join("\n\n"));
        self.sinks.add(Sink::Problems, &problems.join("\n\n"));
        status
    }

    async fn generate(&mut self, headers: &[(&str, &str)], reply: Reply) -> u64 {
        self.stack.model.play(reply);
        self.ask(GENERATE, headers, &body().to_string()).await
    }

    /// Reads every other place.
    async fn finish(mut self) -> Sinks {
        let (stdout, stderr) = self.sandbox.stop_apart().await;
        self.sinks.add_log(&stdout, &stderr);
        for item in self.stack.items(&self.stack.state_table).await {
            let is_stored = string(&item, "PK").starts_with("I#");
            self.sinks.add_item(if is_stored { Sink::Idempotency } else { Sink::State }, &item);
        }
        for item in self.stack.items(&self.stack.ledger_table).await {
            self.sinks.add_item(Sink::Ledger, &item);
        }
        for received in self.stack.model.received() {
            let head = received.head.lines().filter(|line| !line.starts_with("x-api-key:"));
            self.sinks.add(Sink::Model, &(head.collect::<Vec<_>>().join("\n") + "\n" + &received.body));
        }
        let mut paths: Vec<String> = self.ids.iter().map(|id| format!("/api/v1/requests/{id}")).collect();
        paths.extend(["/api/v1/stats?detail=day,task,model,class", "/api/v1/stats/requests"].map(str::to_owned));
        for path in paths {
            let mut event = request(Method::GET, &path, &[], b"").v1_event();
            event["requestContext"]["authorizer"] = json!({ "caller": "acme", "scopes": "stats" });
            let response =
                self.stack.service.invoke(path.split('?').next().unwrap_or_default(), &event, Duration::from_secs(9));
            let body = http_body_util::BodyExt::collect(response.await.expect("an answer").into_body()).await;
            self.sinks.add(Sink::Traces, &String::from_utf8_lossy(&body.expect("a body").to_bytes()));
        }
        self.sinks
    }
}

fn body() -> Value {
    json!({ "resume_raw_text": RESUME, "job_description_text": JOB })
}

/// An answer that says something of its own and gives the person back.
fn answer() -> Value {
    let people: String = (1..=3).map(|number| format!("<PII_REDACTED_NAME_{number}> ")).collect();
    let emails: String = (1..=6).map(|number| format!("<PII_REDACTED_EMAIL_{number}>\n")).collect();
    let others: String =
        ["ADDRESS", "PHONE", "URL", "SSN", "PASSPORT", "NATIONAL_ID", "IBAN", "CREDIT_CARD", "DOB", "IP", "HANDLE"]
            .iter()
            .flat_map(|kind| (1..=3).map(move |number| format!("<PII_REDACTED_{kind}_{number}>\n")))
            .collect();
    json!({
        "optimized_resume": format!("{people}\n{emails}\n{others}\nEXPERIENCE\nEngineer, Northwind Freight Inc, 2016-2019\n- Built the zorblattium pipeline in Rust"),
        "changes_made": ["Quillfeather first"],
        "expected_improvement": "Better.",
    })
}

/// Everything that can happen to a request, with something planted in it.
async fn scenario(bed: &mut Bed) {
    let headers = carriers::HEADERS;
    assert_eq!(bed.generate(&headers, Reply::answer(&answer())).await, 200);
    let key = [("idempotency-key", carriers::IDEMPOTENCY_KEY)];
    assert_eq!(bed.generate(&key, Reply::answer(&answer())).await, 200);
    assert_eq!(bed.ask(GENERATE, &key, &body().to_string()).await, 200);
    assert_eq!(bed.generate(&[("accept", "text/event-stream")], Reply::answer(&answer())).await, 200);

    // What a provider can say.
    let error =
        json!({ "type": "error", "error": { "type": "invalid_request_error", "message": carriers::PROVIDER_BODY } });
    let refused = Reply::status(400, &[("x-note", carriers::PROVIDER_HEADER)], &error.to_string());
    assert_eq!(bed.generate(&[], refused).await, 502);
    assert_eq!(bed.generate(&[], Reply::text(carriers::PROVIDER_TEXT, &Meta::default())).await, 502);
    let mut events = message(&answer().to_string(), &Meta::default());
    events.truncate(8);
    events.push(json!({ "type": "error", "error": { "type": "api_error", "message": carriers::PROVIDER_EVENT } }));
    for headers in [&[][..], &[("accept", "text/event-stream")]] {
        let status = bed.generate(headers, Reply::events(&events)).await;
        assert_eq!(status, if headers.is_empty() { 502 } else { 200 });
    }
    let nonsense = format!("event: x\ndata: {{\"{}\n\n", carriers::PROVIDER_NONSENSE);
    let garbled =
        Reply::unfinished(&events[..1]).then(Step::Bytes(format!("{:x}\r\n{nonsense}\r\n", nonsense.len()).into()));
    assert_eq!(bed.generate(&[], garbled.then(Step::Close)).await, 502);

    // What a request can be.
    for (path, headers, body, status) in carriers::requests() {
        assert_eq!(bed.ask(&path, &headers, &body).await, status, "{path}");
    }
    let mut letter = body();
    letter["company_name"] = json!(content::COMPANY);
    letter["position_title"] = json!(content::POSITION);
    bed.stack.model.play(Reply::answer(&json!({ "cover_letter": "Dear team,\nI build pipelines in Rust." })));
    assert_eq!(bed.ask("/api/v1/generate/cover-letter", &[], &letter.to_string()).await, 200);
}

fn canaries() -> Vec<Canary> {
    people::canaries().into_iter().chain(content::canaries()).chain(carriers::canaries()).collect()
}

fn print(what: &str, table: &str) {
    // Not captured by the test runner.
    let _ = writeln!(std::io::stderr(), "\n{what}\n{table}\n");
}

#[tokio::test]
async fn nothing_planted_turns_up_where_it_should_not() {
    let mut bed = Bed::start().await;
    scenario(&mut bed).await;
    let canaries = canaries();
    let sinks = bed.finish().await;
    assert_eq!(sinks.empty(), [Sink::Stderr], "nothing is said on stderr, and something in every other place");
    let (wrong, table) = inspect(&canaries, &sinks);
    print(&format!("{} canaries, the real binary at TRACE", canaries.len()), &table);
    assert!(canaries.len() >= 30 && wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn a_panic_that_quotes_a_resume_leaves_it_nowhere() {
    let quoted = Canary::new("panic message", carriers::PANIC, &[]);
    let (mut sinks, mut wrong) = (Sinks::default(), Vec::new());
    shared::logs::hide_panic_messages();
    for stage in ["redact", "analyze", "render", "acquire", "model", "stream", "verify"] {
        let stack = Stack::start().await;
        let media = if stage == "stream" { "text/event-stream" } else { "application/json" };
        let headers = [("idempotency-key", "k-1"), ("accept", media)];
        for is_broken in [true, false] {
            stack.model.play(Reply::answer(&answer()));
            let broken = is_broken.then(|| panics::saying(stage, carriers::PANIC));
            let reply = stack.post_with(GENERATE, &headers, &body()).await;
            if let Some((_, heard)) = &broken {
                sinks.add(Sink::Stdout, &heard.lock().map(|heard| heard.clone()).unwrap_or_default());
            }
            sinks.add(Sink::Problems, &format!("{:?}{}", reply.headers, reply.text));
            // The next request on the instance works.
            if (reply.code() == "internal" || reply.text.contains("\"code\":\"internal\"")) != is_broken {
                wrong.push(format!("{stage}, broken {is_broken}: {} {}", reply.status, reply.text));
            }
        }
        if stack.committed().await.2 > 0 {
            wrong.push(format!("{stage}: a reservation is open"));
        }
        for table in [&stack.state_table, &stack.ledger_table] {
            sinks.add(Sink::State, &format!("{:?}", stack.items(table).await));
        }
    }
    // Those panics came out of a listener to the log, which hears nothing then. What is logged of one from elsewhere:
    let (_guard, heard) = panics::saying("nowhere", "");
    let elsewhere = std::panic::catch_unwind(|| panic!("{}", carriers::PANIC));
    let log = heard.lock().map(|heard| heard.clone()).unwrap_or_default();
    if elsewhere.is_ok() || !log.contains("place=functions/generate/tests/canary.rs:") {
        wrong.push(format!("a panic is not logged by its place: {log}"));
    }
    sinks.add(Sink::Stdout, &log);
    // The default hook again, so that a failure of this test says what it is.
    drop(std::panic::take_hook());
    let (leaks, table) = inspect(&[quoted], &sinks);
    print("panics at seven steps", &table);
    assert!(leaks.is_empty() && wrong.is_empty(), "{leaks:?} {wrong:#?}");
}

#[cfg(feature = "leak")]
#[tokio::test]
async fn each_leak_is_noticed_in_its_place() {
    let name = people::canaries().into_iter().find(|canary| canary.kind == "name").expect("a name");
    for sink in Sink::ALL.into_iter().filter(|sink| *sink != Sink::Answers) {
        let mut bed = Bed::start().await;
        bed.stack.model.play(Reply::answer(&answer()));
        let job = format!("{JOB}\nleak into {sink:?}");
        let leaking = json!({ "resume_raw_text": RESUME, "job_description_text": job });
        bed.ask(GENERATE, &[("idempotency-key", "k")], &leaking.to_string()).await;
        let (wrong, table) = inspect(std::slice::from_ref(&name), &bed.finish().await);
        print(&format!("leak into {sink:?}"), &table);
        assert!(wrong.contains(&("name", sink)), "{sink:?}: {wrong:?}");
    }
}
