//! `peers`: redaction, analysis, verification and streams on the body that other systems were measured with, beside them. Behind
//! `lambda` the table begins with what the binary takes.

use std::hint::black_box;
use std::time::Duration;

use shared::analysis::Posting;
use shared::prompts::Output;
use shared::redaction::redact;
use shared::request::{Input, Task};
use shared::verify::{Mode, verify_output};

use crate::limits::say;
use crate::stages::{ROUNDS, median};
use crate::{lambda, redaction, streaming};

/// Of other systems, on a machine like this one, 2026-11-22: the original Python project with expressions only and with
/// spaCy and MiniLM, eight expressions by the `regex` crate, the LiteLLM proxy, a one-thread proxy in Rust.
const PEERS: [(&str, &str); 9] = [
    ("request", "Python 9.2, with spaCy and MiniLM 680; LiteLLM 9.8 to 14.0; a proxy in Rust 0.087"),
    ("ready", "Python 2,200 (12,000 to 16,000), LiteLLM 7,100, a proxy in Rust 10"),
    ("memory", "Python 281 (1,200), LiteLLM 419, a proxy in Rust 5"),
    ("redaction", "Python, expressions 6.3 (0.81 at 999 KB); spaCy 0.023; eight expressions in Rust 197"),
    ("dense", "not measured"),
    ("analysis", "Python, TF-IDF 4.0; with MiniLM 562"),
    ("verification", "none has one"),
    ("event", "Python 176, LiteLLM 153 to 640, a proxy in Rust 4.1, each the whole request"),
    ("line", "first byte: proxy 0.14, Python 6.5 (before the model is asked), LiteLLM 13 to 24"),
];

/// What `lambda` measured of the real binary.
pub(crate) struct Binary {
    pub(crate) ready_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) memory_mb: f64,
}

pub(crate) async fn run(binary: Option<Binary>) {
    let streams = streaming::run().await;
    let body = lambda::reference_body();
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let input = Input::ResumeOptimization { resume: text("resume_raw_text"), job: text("job_description_text") };
    let bytes = text("resume_raw_text").len() + text("job_description_text").len();
    let (redacted, vault) = redact(&input);
    let (resume, job) = redacted.resume().zip(redacted.job()).expect("the task has both");
    let answer = serde_json::json!({
        "optimized_resume": resume.as_str(), "changes_made": ["a change"], "expected_improvement": "better",
    });
    let output = Output::parse(Task::ResumeOptimization, true, &answer.to_string()).expect("a valid answer");
    let redaction = median(|| drop(black_box(redact(&input))));
    let analysis = median(|| drop(black_box(Posting::of(job).analyze(resume))));
    let verification = median(|| drop(black_box(verify_output(&mut output.clone(), &redacted, Mode::Revert, &vault))));
    let posting = Posting::of(job);
    let score = median(|| _ = black_box(posting.score(resume.as_str())));
    #[expect(clippy::cast_precision_loss, reason = "four thousand")]
    let speed = bytes as f64 / 1e6 / redaction.as_secs_f64();

    say(&format!("\n{bytes} bytes of résumé and job, medians of {ROUNDS}; one thread\n"));
    if let Some(Binary { ready_ms, cpu_ms, memory_mb }) = binary {
        row("a request, ms of CPU", &format!("{cpu_ms:.2}"), "at most 2", cpu_ms <= 2.0, "request");
        row("spawn to ready, ms", &format!("{ready_ms:.1}"), "3 of CPU", ready_ms <= 3.0, "ready");
        row("memory, MB", &format!("{memory_mb:.1}"), "below 40", memory_mb < 40.0, "memory");
    }
    row("redaction, MB/s", &format!("{speed:.1}"), "at least 20", speed >= 20.0, "redaction");
    let dense = redaction::dev_speed();
    row("the same of short texts full of personal data", &format!("{dense:.1}"), "at least 20", dense >= 20.0, "dense");
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    row("analysis, ms", &format!("{:.2}", millis(analysis)), "at most 0.5", millis(analysis) <= 0.5, "analysis");
    let verified = millis(verification);
    row("verification, ms", &format!("{verified:.2}"), "at most 0.5", verified <= 0.5, "verification");
    say(&format!("  the score of what was rewritten, ms: {:.2}", millis(score)));
    let more = streams.more_us;
    row("an event beyond passing it on, µs of CPU", &format!("{more:.1}"), "at most 20", more <= 20.0, "event");
    let (passed, line) = streams.late_ms;
    let late = format!("{line:.3} ({passed:.3} passed on)");
    row("a verified line behind the model, ms", &late, "at most 1", line <= 1.0, "line");
}

fn row(what: &str, ours: &str, wanted: &str, is_met: bool, peer: &str) {
    let peer = PEERS.iter().find(|(name, _)| *name == peer).map_or("", |(_, figures)| figures);
    let met = if is_met { "met" } else { "NOT MET" };
    say(&format!("  {what}: {ours} ({wanted}: {met}); {peer}"));
}
