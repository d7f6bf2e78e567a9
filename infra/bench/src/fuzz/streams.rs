//! Random streams: partial JSON in random pieces against a parser, and event streams cut anywhere against the same stream
//! whole.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use futures_util::{FutureExt, StreamExt, stream};
use shared::prompts::FieldDecoder;
use sse_stream::SseByteStream;
use tests::hostile::glued;

use super::Options;
use crate::limits::say;

/// An object with the text first, with its escapes as it comes or everywhere.
fn json(rng: &mut Rng, text: &str) -> String {
    let whole =
        serde_json::json!({ "a": [{ "text": "no" }, "\"text\":"], "more": 1.5, "text": text, "z": "x" }).to_string();
    if rng.bool() {
        return whole;
    }
    let escaped = whole.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04X}"),
    });
    escaped.collect()
}

fn pieces<'a>(rng: &mut Rng, text: &'a str) -> Vec<&'a str> {
    let mut cuts: Vec<usize> = (0..rng.usize(..6)).map(|_| rng.usize(..=text.len())).collect();
    cuts.retain(|cut| text.is_char_boundary(*cut));
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

fn decoded(pieces: &[&str]) -> String {
    let mut decoder = FieldDecoder::of("text");
    pieces.iter().map(|piece| decoder.push(piece)).collect()
}

/// The data of every event, as far as the reader gets.
fn events(parts: Vec<Bytes>) -> Vec<Option<String>> {
    let parts = stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
    let read = SseByteStream::new(parts).map(|event| event.ok().and_then(|event| event.data)).collect::<Vec<_>>();
    read.now_or_never().unwrap_or_default()
}

pub(super) fn run(options: &Options) -> ExitCode {
    let mut rng = Rng::with_seed(options.seed);
    let begun = Instant::now();
    let limit = Duration::from_secs(options.seconds);
    let mut inputs = 0u64;
    let failed = |what: &str, inputs: u64, input: &str| {
        say(&format!("fuzz: {what} after {inputs} inputs, seed {}: {input:?}", options.seed));
        ExitCode::FAILURE
    };
    while inputs < options.inputs && begun.elapsed() < limit {
        inputs += 1;
        let text = glued(&mut rng, 8);
        let json = json(&mut rng, &text);
        // Whole, the value; cut anywhere, a beginning of it; of garbage, anything but a panic.
        if decoded(&pieces(&mut rng, &json)) != text {
            return failed("the decoder differs", inputs, &json);
        }
        let most = rng.usize(..=json.len());
        let cut = (0..=most).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0);
        if !text.starts_with(&decoded(&pieces(&mut rng, &json[..cut]))) {
            return failed("the decoder runs ahead", inputs, &json);
        }
        std::hint::black_box(decoded(&pieces(&mut rng, &text)));

        let garbage = text.replace('\n', " ");
        let sse = format!("event: a\ndata: {json}\n\n: ping\n\ndata: {{}}\r\n\r\n{garbage}\n\n");
        let mut parts = Vec::new();
        let mut rest = sse.as_bytes();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rng.usize(1..=rest.len().min(64)));
            parts.push(Bytes::copy_from_slice(part));
            rest = after;
        }
        if events(parts) != events(vec![Bytes::from(sse.clone())]) {
            return failed("the event reader differs", inputs, &sse);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    say(&format!(
        "fuzz: {inputs} streams, {seconds:.0} s: decoder and event reader agree with the whole however it is cut"
    ));
    ExitCode::SUCCESS
}
