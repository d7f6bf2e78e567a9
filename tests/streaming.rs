//! An answer while it is being written: events, their order, and what a stream may not say.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use local::event::FUNCTION_TIMEOUT;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::model_server::{Meta, Reply, Step, message};
use tests::stack::{Reply as Answer, Stack, number, request, string};

const PATH: &str = "/api/v1/generate";
const ACCEPT: (&str, &str) = ("accept", "text/event-stream");

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    name: String,
    data: Value,
}

/// The events of a body; its frames are checked on the way.
fn events(reply: &Answer) -> Vec<Event> {
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/event-stream"), "{}", reply.text);
    let mut events = Vec::new();
    for (seq, frame) in reply.text.split_terminator("\n\n").enumerate() {
        let lines: Vec<&str> = frame.lines().collect();
        let [id, name, data] = lines[..] else { panic!("a frame of three lines: {frame}") };
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!((id, &data["seq"]), (format!("id: {seq}").as_str(), &json!(seq)));
        events.push(Event { name: name.strip_prefix("event: ").expect("a name").to_owned(), data });
    }
    let terminal = |event: &Event| event.name == "done" || event.name == "error";
    assert_eq!(events.iter().filter(|event| terminal(event)).count(), 1);
    assert!(events.last().is_some_and(terminal));
    events
}

fn text_of(events: &[Event]) -> String {
    events.iter().filter(|event| event.name == "delta").filter_map(|event| event.data["text"].as_str()).collect()
}

fn body() -> Value {
    json!({
        "resume_raw_text": "Jane Doe\njane.doe@example.com\n\nEXPERIENCE\nAcme GmbH\n- Built 3 services in Rust\n- Led \"café\" 😀 migration",
        "job_description_text": "Requirements:\n- Rust\n- Kafka",
    })
}

/// What the model writes: placeholders, escapes, blank lines, a claim that nothing supports, no line end at the end.
fn written() -> Value {
    json!({
        "optimized_resume": "<PII_REDACTED_NAME_1>\n<PII_REDACTED_EMAIL_1>\n\nEXPERIENCE\nAcme GmbH\n- Built 45 services in Rust\n\n- Led \"café\" 😀 migration",
        "changes_made": ["Put Rust first"],
        "expected_improvement": "A clearer match.",
    })
}

/// The message in pieces.
fn in_pieces(text: &str, cuts: &[usize], ascii: bool) -> Reply {
    let text: String = if ascii {
        text.encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect()
    } else {
        text.to_owned()
    };
    let mut cuts: Vec<usize> =
        cuts.iter().map(|cut| cut % text.len()).filter(|cut| text.is_char_boundary(*cut)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let mut events = message("", &Meta::default());
    let delta = |part: &str| {
        let delta = json!({ "type": "text_delta", "text": part });
        json!({ "type": "content_block_delta", "index": 1, "delta": delta })
    };
    let place = events
        .iter()
        .position(|event| event["type"] == "content_block_start" && event["content_block"]["type"] == "text")
        .expect("a text block");
    for (index, pair) in cuts.windows(2).enumerate() {
        events.insert(place + 1 + index, delta(&text[pair[0]..pair[1]]));
    }
    Reply::events(&events)
}

#[tokio::test]
async fn deltas_are_verified_restored_lines_and_make_the_answers_text() {
    let stack = Stack::start().await;
    (0..2).for_each(|_| stack.model.play(Reply::answer(&written())));
    let plain = stack.post(PATH, &body()).await.json();
    let streamed = events(&stack.post_with(PATH, &[ACCEPT], &body()).await);
    let names: Vec<&str> = streamed.iter().map(|event| event.name.as_str()).collect();
    assert_eq!((names[0], &names[names.len() - 2..]), ("meta", &["usage", "done"][..]));
    assert_eq!(text_of(&streamed), plain["optimized_resume"]);
    assert!(text_of(&streamed).starts_with("Jane Doe\njane.doe@example.com\n\nEXPERIENCE"));
    assert!(!text_of(&streamed).contains("45") && !text_of(&streamed).contains("PII_REDACTED"));
    let (meta, usage, done) = (&streamed[0].data, &streamed[names.len() - 2].data, &streamed[names.len() - 1].data);
    assert_eq!((&meta["task"], &meta["redaction"]["EMAIL"]), (&json!("resume-optimization"), &json!(1)));
    assert_eq!((&meta["model"], &usage["cost_usd"]), (&done["usage_stats"]["model"], &json!(0.017)));
    assert_eq!(meta["analysis"]["requirements"], done["analysis"]["requirements"]);
    for field in ["optimized_resume", "changes_made", "verification", "analysis", "redaction", "truncated"] {
        assert_eq!(done[field], plain[field], "{field}");
    }
    let records = stack.records().await;
    assert_eq!((records.len(), string(&records[1], "status").as_str()), (2, "completed"));
    assert_eq!(stack.committed().await.2, 0);
}

#[tokio::test]
async fn every_task_streams_and_one_path_does_so_by_itself() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(
        &json!({ "scores": { "ats_compatibility": 7, "content": 7, "writing": 7, "structure": 7, "overall": 7 },
        "strengths": [], "issues": [], "recommendations": [] }),
    ));
    let review = stack
        .post_with("/api/v1/generate/quality-review", &[ACCEPT], &json!({ "resume_raw_text": "Wrote Rust for years" }))
        .await;
    let names: Vec<String> = events(&review).into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["meta", "usage", "done"]);
    stack.model.play(Reply::answer(&written()));
    let streamed = stack.post("/api/v1/generate/stream", &body()).await;
    assert_eq!(events(&streamed).last().map(|event| event.name.as_str()), Some("done"));
    let refused = stack.post_with("/api/v1/generate/stream", &[("accept", "application/json")], &body()).await;
    assert_eq!((refused.status, refused.code().as_str()), (406, "not-acceptable"));
}

#[tokio::test]
async fn raw_text_is_provisional_and_done_is_not() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&written()));
    let streamed = events(&stack.post_with(&format!("{PATH}?stream=raw"), &[ACCEPT], &body()).await);
    let text = text_of(&streamed);
    assert!(text.starts_with("Jane Doe\n") && text.contains("45") && !text.contains("PII_REDACTED"), "{text}");
    assert!(streamed.iter().filter(|event| event.name == "delta").all(|event| event.data["provisional"] == true));
    let done = &streamed.last().expect("an end").data;
    assert!(!done["optimized_resume"].as_str().expect("text").contains("45"));
    let wrong = stack.post_with(&format!("{PATH}?stream=fast"), &[ACCEPT], &body()).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid-request"));
}

#[tokio::test]
async fn what_fails_before_the_first_event_is_a_plain_problem() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_MAX_RETRIES", "0")]).await;
    stack.model.play(Reply::error(529, "overloaded_error", &[]));
    let failed = stack.post_with(PATH, &[ACCEPT], &body()).await;
    assert_eq!((failed.status, failed.header("content-type")), (503, "application/problem+json"));
    assert_eq!((failed.code().as_str(), stack.committed().await.2), ("provider-overloaded", 0));
    let invalid = stack.post_with(PATH, &[ACCEPT], &json!({})).await;
    assert_eq!(invalid.status, 422);
}

#[tokio::test]
async fn what_fails_later_ends_in_one_error_event_with_everything_settled() {
    let stack = Stack::start().await;
    let mut cut = message(&written().to_string(), &Meta::default());
    cut.truncate(cut.len() - 2);
    // A reset discards what has not been read.
    stack.model.play(Reply::unfinished(&cut).then(Step::Pause(Duration::from_millis(100))).then(Step::Reset));
    let streamed = events(&stack.post_with(PATH, &[ACCEPT], &body()).await);
    let end = streamed.last().expect("an end");
    assert_eq!((end.name.as_str(), &end.data["code"]), ("error", &json!("provider-stream-ended")));
    assert_eq!((&end.data["status"], &end.data["retryable"]), (&json!(502), &json!(true)));
    let records = stack.records().await;
    assert_eq!(string(&records[0], "status"), "failed");
    let cost = number(&records[0], "cost_pico");
    assert_eq!(stack.committed().await, (cost, cost, 0));
}

#[tokio::test]
async fn a_client_that_leaves_at_any_event_ends_the_call_and_leaves_a_record() {
    let events = message(&written().to_string(), &Meta::default());
    // From the first event on, up to the one that says why the model stopped.
    for end in 1..events.len() {
        let stack = Stack::start().await;
        stack.model.play(Reply::unfinished(&events[..end]).then(Step::Hang));
        let event = request(http::Method::POST, PATH, &[ACCEPT], body().to_string().as_bytes()).v1_event();
        let response = stack.service.invoke(PATH, &event, FUNCTION_TIMEOUT).await.expect("an answer");
        let mut leaving = response.into_body();
        let first = leaving.frame().await.expect("a frame").expect("no error").into_data().expect("data");
        assert!(first.starts_with(b"id: 0\nevent: meta\n"));
        drop(leaving);
        let begun = Instant::now();
        let record = loop {
            if let Some(record) = stack.records().await.into_iter().next() {
                break record;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "no record");
        };
        assert_eq!(string(&record, "status"), "disconnected", "{end}");
        // The provider's count of the prompt; what it wrote is counted at its most, unless it has said.
        assert_eq!(number(&record, "input_tokens"), 2_500, "{end}");
        assert!([1_200, 8_192].contains(&number(&record, "output_tokens")), "{end}");
        let cost = number(&record, "cost_pico");
        let begun = Instant::now();
        while stack.committed().await != (cost, cost, 0) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{end}: {:?}", stack.committed().await);
        }
    }
}

#[tokio::test]
async fn a_replay_streams_too() {
    let stack = Stack::start().await;
    stack.model.play(Reply::answer(&written()));
    let headers = [ACCEPT, ("idempotency-key", "k")];
    let first = events(&stack.post_with(PATH, &headers, &body()).await);
    let again = stack.post_with(PATH, &headers, &body()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let again = events(&again);
    assert_eq!(text_of(&first), text_of(&again));
    assert_eq!(
        first.last().map(|end| &end.data["optimized_resume"]),
        again.last().map(|end| &end.data["optimized_resume"])
    );
    assert_eq!(stack.model.received().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn however_the_provider_cuts_its_stream_the_text_is_the_same(
        cuts in proptest::collection::vec(0usize..2_000, 0..60), ascii in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let stack = Stack::start().await;
            let text = written().to_string();
            stack.model.play(in_pieces(&text, &[], false));
            stack.model.play(in_pieces(&text, &cuts, ascii));
            let plain = stack.post(PATH, &body()).await.json();
            let streamed = events(&stack.post_with(PATH, &[ACCEPT], &body()).await);
            assert_eq!(text_of(&streamed), plain["optimized_resume"]);
        });
    }
}

#[tokio::test]
async fn every_single_split_gives_the_same_text() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("CALLER_RPM", "0"), ("PROVIDER_RPM", "0")]).await;
    let text = written().to_string();
    stack.model.play(in_pieces(&text, &[], false));
    let plain = stack.post(PATH, &body()).await.json();
    for cut in (1..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        stack.model.play(in_pieces(&text, &[cut], cut % 2 == 0));
        let streamed = events(&stack.post_with(PATH, &[ACCEPT], &body()).await);
        assert_eq!(text_of(&streamed), plain["optimized_resume"], "{cut}");
    }
}

#[tokio::test]
async fn the_text_streams_wherever_its_field_stands() {
    let stack = Stack::start().await;
    let written = written();
    let turned = format!(
        r#"{{"expected_improvement":"A clearer\nmatch.","changes_made":["\"optimized_resume\": 1"],"optimized_resume":{}}}"#,
        written["optimized_resume"]
    );
    stack.model.play(Reply::text(&turned, &Meta::default()));
    let streamed = events(&stack.post_with(PATH, &[ACCEPT], &body()).await);
    let done = &streamed.last().expect("an end").data;
    assert_eq!(text_of(&streamed), done["optimized_resume"].as_str().expect("text"));
    assert!(text_of(&streamed).starts_with("Jane Doe"), "{}", text_of(&streamed));
}

#[tokio::test]
async fn raw_text_is_said_to_its_last_character() {
    let stack = Stack::start().await;
    for (end, restored) in [("PHP", "PHP"), ("by PII_REDACTED_NAME_1", "by Jane Doe"), ("a <", "a <")] {
        let mut answer = written();
        answer["optimized_resume"] = json!(format!("Acme GmbH\n{end}"));
        stack.model.play(Reply::answer(&answer));
        let path = format!("{PATH}/stream?stream=raw");
        let streamed = events(&stack.post(&path, &body()).await);
        assert_eq!(text_of(&streamed), format!("Acme GmbH\n{restored}"), "{end}");
    }
}

#[tokio::test]
async fn a_reader_that_stops_reading_holds_up_neither_settlement_nor_record() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("LLM_TIMEOUT_MS", "700")]).await;
    let mut answer = written();
    answer["optimized_resume"] = json!("- Built 3 services in Rust\n".repeat(400));
    let text = answer.to_string();
    let cuts: Vec<usize> = (0..text.len()).step_by(20).collect();
    stack.model.play(in_pieces(&text, &cuts, false));
    let event = request(http::Method::POST, PATH, &[ACCEPT], body().to_string().as_bytes()).v1_event();
    let response = stack.service.invoke(PATH, &event, FUNCTION_TIMEOUT).await.expect("an answer");
    let begun = Instant::now();
    while stack.records().await.is_empty() || stack.committed().await.2 > 0 {
        assert!(begun.elapsed() < Duration::from_secs(8), "still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(string(&stack.records().await[0], "status"), "disconnected");
    drop(response);
}

#[tokio::test]
async fn foreign_marks_in_the_stream_lose_no_answer() {
    let stack = Stack::start().await;
    let mut events_of = message(&written().to_string(), &Meta::default());
    events_of.insert(2, json!({ "foo": 1 }));
    stack.model.play(Reply::events(&events_of));
    assert_eq!(stack.post(PATH, &body()).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_event_ends_the_call_too() {
    let stack = Stack::start().await;
    stack.model.play(Reply::nothing().then(Step::Hang));
    let event = request(http::Method::POST, PATH, &[ACCEPT], body().to_string().as_bytes()).v1_event();
    let waited = Duration::from_millis(400);
    assert!(tokio::time::timeout(waited, stack.service.invoke(PATH, &event, FUNCTION_TIMEOUT)).await.is_err());
    let begun = Instant::now();
    while stack.records().await.is_empty() || stack.committed().await.2 > 0 {
        assert!(begun.elapsed() < Duration::from_secs(8), "still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(string(&stack.records().await[0], "status"), "disconnected");
}
