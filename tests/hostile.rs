//! Hostile input: bodies, headers, parameters and connections that are meant to break something. Disguises of personal data and
//! hidden instructions are in `disguises.rs`.

use std::time::{Duration, Instant};

use http::Method;
use local::front;
use serde_json::{Value, json};
use tests::fixtures::{SHORT_RESUME, short_answer, short_body};
use tests::model_server::Reply;
use tests::stack::{EventVersion, Stack, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const PATH: &str = "/api/v1/generate";
pub(crate) const UNLIMITED: [(&str, &str); 3] =
    [("ANTHROPIC_API_KEY", "k"), ("CALLER_RPM", "0"), ("PROVIDER_RPM", "0")];
/// Stands in every bad value and must not come back in any answer.
const MARK: &str = "quote-me-not-7731";

fn with(field: &str, value: &str) -> Vec<u8> {
    let mut body = short_body();
    body[field] = json!("%");
    body.to_string().replace("\"%\"", value).into_bytes()
}

/// Route, name, body and the answer's status.
fn hostile_bodies() -> Vec<(&'static str, &'static str, Vec<u8>, u16)> {
    const BATCH: &str = "/api/v1/generate/batch";
    let nested = |open: &str| format!("{{\"{MARK}\": {}", open.repeat(1_000_000 / open.len()));
    let field = |name: &str, open: &str| format!("{{\"{name}\": {}", open.repeat(1_000_000 / open.len()));
    let quoted = |text: &str| json!(text).to_string();
    let marks = format!("{MARK} Zoe{}", "\u{301}".repeat(10_000));
    let twice = format!("{{\"resume_raw_text\": \"{MARK} long\", \"resume_raw_text\": \"{MARK} long\"}}");
    let mut surrogate = with("resume_raw_text", "\"0123456789???\"");
    let at = surrogate.windows(3).position(|three| three == b"???").unwrap_or(0);
    surrogate[at..at + 3].copy_from_slice(&[0xed, 0xa0, 0x80]);
    let mut overlong = surrogate.clone();
    overlong[at..at + 3].copy_from_slice(&[0xe0, 0x80, 0xaf]);
    let size = |bytes: usize| {
        let body = short_body().to_string();
        format!("{body}{}", " ".repeat(bytes - body.len())).into_bytes()
    };
    let items = |bytes: usize| {
        let body = json!({ "items": [short_body()] }).to_string();
        format!("{body}{}", " ".repeat(bytes - body.len())).into_bytes()
    };
    vec![
        (PATH, "a million arrays", "[".repeat(1_000_000).into_bytes(), 422),
        (PATH, "a million arrays in an unknown field", nested("[").into_bytes(), 422),
        (PATH, "a million objects", "{\"a\":".repeat(200_000).into_bytes(), 422),
        (PATH, "a million arrays for a text", field("resume_raw_text", "[").into_bytes(), 422),
        (PATH, "a million arrays for a number", field("max_tokens", "[").into_bytes(), 422),
        (
            "/api/v1/generate/bullet-points",
            "a million bullets deep",
            field("experience_bullets", "[").into_bytes(),
            422,
        ),
        (BATCH, "a million items deep", field("items", "[").into_bytes(), 422),
        (BATCH, "a million objects deep", field("items", "[{\"items\":").into_bytes(), 422),
        (PATH, "a field twice", twice.into_bytes(), 422),
        (PATH, "a number of a thousand digits", with("max_tokens", &"7".repeat(1_000)), 422),
        (PATH, "a number without end", with("max_tokens", "1e999"), 422),
        (PATH, "a temperature without end", with("temperature", "-1e999"), 422),
        (PATH, "no number", with("temperature", "NaN"), 422),
        (PATH, "half a surrogate pair", with("resume_raw_text", "\"0123456789 \\ud800\""), 422),
        (PATH, "a pair the wrong way round", with("resume_raw_text", "\"0123456789 \\udc00\\ud800\""), 422),
        (PATH, "a surrogate in UTF-8", surrogate, 422),
        (PATH, "an overlong form", overlong, 422),
        (PATH, "a raw NUL", with("resume_raw_text", "\"0123456789 \0\""), 422),
        (PATH, "NUL behind the object", [short_body().to_string().as_bytes(), b"\0"].concat(), 422),
        (PATH, "a byte order mark", [b"\xef\xbb\xbf", short_body().to_string().as_bytes()].concat(), 422),
        (PATH, "a flood of marks", with("resume_raw_text", &quoted(&marks)), 422),
        (PATH, "a job of 300,000 characters", with("job_description_text", &quoted(&"x".repeat(300_000))), 422),
        (PATH, "1.5 MiB and a byte", size(3 * 512 * 1024 + 1), 413),
        (BATCH, "4 MiB and a byte", items(4 * 1024 * 1024 + 1), 413),
    ]
}

#[tokio::test]
async fn hostile_bodies_are_refused_at_once_unquoted_and_free() {
    let stack = Stack::with(&UNLIMITED).await;
    for version in [EventVersion::V1, EventVersion::V2] {
        for (path, name, body, status) in hostile_bodies() {
            let begun = Instant::now();
            let reply = stack.send(version, &request(Method::POST, path, &[], &body)).await;
            let took = begun.elapsed();
            assert_eq!(reply.status, status, "{name}: {}", reply.text);
            assert_eq!(reply.header("content-type"), "application/problem+json", "{name}");
            assert!(!reply.text.contains(MARK) && !reply.text.contains("77777") && reply.text.len() < 2_000, "{name}");
            assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        }
    }
    assert!(stack.model.received().is_empty() && stack.records().await.is_empty());
    assert_eq!(stack.committed().await, (0, 0, 0));
    // The largest that is allowed is not refused for its size, and an escaped NUL is a character like others.
    stack.model.otherwise(|_| Reply::answer(&short_answer()));
    let mut largest = short_body().to_string().into_bytes();
    largest.resize(3 * 512 * 1024, b' ');
    let reply = stack.send(EventVersion::V1, &request(Method::POST, PATH, &[], &largest)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut body = short_body();
    body["resume_raw_text"] = json!(format!("{SHORT_RESUME}\0"));
    let reply = stack.post(PATH, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(stack.model.received().last().is_some_and(|received| !received.body.contains("\\u0000")));
}

/// The service on a port, as `cargo run -p local` serves it.
#[tokio::test]
async fn text_shown_backwards_again_and_again_is_read_in_one_go() {
    let stack = Stack::with(&UNLIMITED).await;
    let person = "jane.doe@example.com 4111 1111 1111 1111\nJane Doe";
    for resume in [
        format!("{person}\n{}", "\u{202e}".repeat(49_000)),
        format!("{}{person}{}", "\u{202e}".repeat(25_000), "\u{202e}".repeat(24_000)),
        format!("{}{person}", "\u{202e}x\u{202c}".repeat(16_000)),
        format!("{}<PII_REDACTED_NAME_1>{person}", "\u{202e}".repeat(49_000)),
    ] {
        let body = json!({ "resume_raw_text": resume, "job_description_text": resume });
        let begun = Instant::now();
        let reply = stack.post("/api/v1/redact", &body).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.text.contains("example.com") && !reply.text.contains("1111 1111"), "it is redacted");
        // Minutes where each of them looks at all that follows it, in a debug build.
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

async fn served(stack: &Stack, body_time: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    tokio::spawn(front::run(listener, stack.service.clone(), body_time, std::future::pending()));
    address
}

/// Sends these bytes and reads until the other side closes, at most ten seconds.
async fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The other side may have refused, and closed, before it has read everything.
    let _ = stream.write_all(bytes).await;
    answer(&mut stream).await
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count) = stream.read(&mut buffer).await {
            if count == 0 {
                break;
            }
            answer.extend_from_slice(&buffer[..count]);
        }
    });
    read.await.expect("the connection is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(headers: &[u8], length: usize) -> Vec<u8> {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    [head.as_bytes(), headers, b"\r\n"].concat()
}

/// Names of headers that the service writes.
const OURS: [&str; 18] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "idempotent-replayed",
    "link",
    "ratelimit",
    "ratelimit-policy",
    "referrer-policy",
    "retry-after",
    "strict-transport-security",
    "vary",
    "x-content-type-options",
];

fn assert_unsplit(answer: &str, what: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    for line in head.split(['\r', '\n']).skip(1).filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default();
        let known = OURS.contains(&name) || matches!(name, "x-request-id" | "traceparent" | "transfer-encoding");
        assert!(known && !line.contains("evil"), "{what}: {answer}");
    }
    assert!(!body.contains("HTTP/1.1") && !answer.contains("evil"), "{what}: {answer}");
}

#[tokio::test]
async fn no_header_or_parameter_splits_an_answer() {
    let stack =
        Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("CALLER_RPM", "0"), ("CORS_ORIGINS", "https://a.example")]).await;
    stack.model.otherwise(|_| Reply::answer(&short_answer()));
    let address = served(&stack, front::BODY_TIME).await;
    let body = short_body().to_string();
    let trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let values: [&[u8]; 9] = [
        b"a%0d%0ax-evil: 1", b"a\\r\\nx-evil: 1", b"a\rx-evil: 1", b"a\0x-evil: 1", b"a\x01evil", b"a\x7fevil",
        b"a\xc4\x8d\xc4\x8aevil", b"a\xff\xfeevil", b"a\r\n x-evil: 1",
    ];
    for header in [
        "idempotency-key",
        "traceparent",
        "accept",
        "origin",
        "x-api-key",
        "x-request-id",
        "access-control-request-method",
    ] {
        for value in values {
            let value = if header == "traceparent" { [trace.as_slice(), value].concat() } else { value.to_vec() };
            let line = [header.as_bytes(), b": ", &value, b"\r\n"].concat();
            let answer = exchange(&address, &[&post(&line, body.len()), body.as_bytes()].concat()).await;
            let what = format!("{header} {}", value.escape_ascii());
            assert!(answer.starts_with("HTTP/1.1 "), "{what}: {answer}");
            assert_unsplit(&answer, &what);
        }
    }
    let value = "x%0d%0ax-evil:%201%0d%0a%0d%0a%3cevil%3e%00%e2%80%ae";
    for name in ["cursor", "caller", "detail", "period", "limit", "from", "to", "stream", value] {
        for path in ["/api/v1/stats", "/api/v1/stats/requests", "/api/v1/data", &format!("/api/v1/generate/{value}")] {
            for method in ["GET", "POST", "DELETE", "OPTIONS", "HEAD"] {
                let head = format!("{method} {path}?{name}={value} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
                let answer = exchange(&address, head.as_bytes()).await;
                let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
                let fine = if method == "OPTIONS" {
                    status == 204 || status == 404
                } else {
                    matches!(status, 404 | 405 | 415 | 422)
                };
                assert!(fine, "{head}: {answer}");
                assert_unsplit(&answer, &head);
            }
        }
    }
}

#[tokio::test]
async fn no_cell_of_a_table_is_a_formula() {
    let stack = Stack::with(&UNLIMITED).await;
    stack.model.otherwise(|_| Reply::answer(&short_answer()));
    let mut body = short_body();
    for caller in ["=cmd|' /C calc'!A0", "+1", "-team", "@sum(1)", "\t=1", "--", "-2-3"] {
        let headers = [("x-api-key", caller), ("idempotency-key", "=1+1"), ("traceparent", "=1+1")];
        assert_eq!(stack.post_with(PATH, &headers, &body).await.status, 200, "{caller}");
        let history = stack.get_with("/api/v1/stats/requests", &[("x-api-key", caller), ("accept", "text/csv")]).await;
        assert_eq!(history.text.lines().count(), 2, "{caller}: {}", history.text);
        for cell in history.text.lines().flat_map(|line| line.split(',')) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '"']), "{caller}: {}", history.text);
        }
    }
    // What a caller chooses of the other columns is one of ours, or nothing.
    for field in ["model", "prompt_version"] {
        body[field] = json!("=cmd|' /C calc'!A0");
        assert_eq!(stack.post(PATH, &body).await.status, 422);
        body[field] = Value::Null;
    }
    assert!(stack.records().await.iter().all(|record| !format!("{record:?}").contains("cmd")));
}

#[tokio::test]
async fn slow_and_broken_bodies_hold_nobody_up_and_cost_nothing() {
    let stack = Stack::with(&UNLIMITED).await;
    let address = served(&stack, Duration::from_millis(400)).await;
    let body = short_body().to_string();
    let half = &body.as_bytes()[..body.len() / 2];

    // Headers that never end, and a body of which a byte comes now and then.
    let mut endless = TcpStream::connect(&address).await.expect("a connection");
    endless.write_all(b"POST /api/v1/generate HTTP/1.1\r\nhost: x\r\nx-slow: ").await.expect("sent");
    let mut drip = TcpStream::connect(&address).await.expect("a connection");
    drip.write_all(&post(b"", body.len())).await.expect("sent");
    let begun = Instant::now();
    let (mut reader, mut writer) = drip.into_split();
    let dripping = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            if writer.write_all(b" ").await.is_err() {
                break;
            }
        }
    });

    // Meanwhile others are served, and what breaks off is forgotten.
    let health = exchange(&address, b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let mut finished = TcpStream::connect(&address).await.expect("a connection");
    finished.write_all(&[&post(b"", body.len()), half].concat()).await.expect("sent");
    finished.shutdown().await.expect("a FIN");
    let told = answer(&mut finished).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 4"), "{told}");
    let mut reset = TcpStream::connect(&address).await.expect("a connection");
    reset.write_all(&[&post(b"", body.len()), half].concat()).await.expect("sent");
    reset.set_zero_linger().expect("a RST");
    drop(reset);
    let chunked = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{body}"
    );
    let told = exchange(&address, chunked.as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 4"), "{told}");
    // More than the gateway takes: refused by the length that is declared, and by what arrives.
    let told = exchange(&address, &post(b"", 11 * 1024 * 1024)).await;
    assert!(told.starts_with("HTTP/1.1 4"), "{told}");
    let large = [
        format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", 11 << 20).into_bytes(),
        vec![b' '; 11 << 20],
    ]
    .concat();
    let told = exchange(&address, &large).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 413"), "{told}");

    // The slow one is told when its time is over, not when it has finished.
    let mut told = String::new();
    let read = tokio::time::timeout(Duration::from_secs(10), reader.read_to_string(&mut told)).await;
    assert!(read.is_ok(), "no end after {:?}", begun.elapsed());
    assert!(told.starts_with("HTTP/1.1 422") && told.contains("\"code\":\"invalid-request\""), "{told}");
    dripping.abort();

    // Nobody else has noticed anything, and nothing was spent.
    assert!(stack.model.received().is_empty() && stack.records().await.is_empty());
    assert_eq!(stack.committed().await, (0, 0, 0));
    stack.model.play(Reply::answer(&short_answer()));
    let served = exchange(&address, &[&post(b"", body.len()), body.as_bytes()].concat()).await;
    assert!(served.starts_with("HTTP/1.1 200"), "{served}");
    drop(endless);
}
