//! The pure steps of a rewrite, each timed alone on the example texts, in one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use shared::analysis::analyze;
use shared::llm::Call;
use shared::prompts::{Output, Prompts};
use shared::redaction::redact;
use shared::request::{self, Input, Task};
use shared::verify::{Mode, verify_output};
use tests::fixtures::{JOB, RESUME, example_body};

pub(crate) const ROUNDS: usize = 300;

/// The median time of a step.
pub(crate) fn median(mut step: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            step();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]
pub(crate) fn run() {
    let body = example_body("generate").to_string();
    let input = Input::ResumeOptimization { resume: RESUME.to_owned(), job: JOB.to_owned() };
    let (redacted, vault) = redact(&input);
    let (resume, job) = redacted.resume().zip(redacted.job()).expect("the task has both");
    let analysis = analyze(resume, job);
    let prompts = Prompts::embedded();
    let render = || prompts.render(&redacted, Some(&analysis), "v1", true, "0123456789abcdef").expect("v1 exists");
    let prompt = render();
    let answer = serde_json::json!({
        "optimized_resume": resume.as_str(), "changes_made": ["a change"], "expected_improvement": "better",
    });
    let answer = answer.to_string();
    let output = Output::parse(Task::ResumeOptimization, true, &answer).expect("a valid answer");

    let steps = [
        ("validate", median(|| drop(black_box(request::parse(Task::ResumeOptimization, body.as_bytes()))))),
        ("redact", median(|| drop(black_box(redact(&input))))),
        ("analyze", median(|| drop(black_box(analyze(resume, job))))),
        ("render prompt", median(|| drop(black_box(render())))),
        ("serialize call", median(|| drop(black_box(Call::new(&prompt, "claude-sonnet-5-5", 8192, None, true))))),
        ("parse answer", median(|| drop(black_box(Output::parse(Task::ResumeOptimization, true, &answer))))),
        ("verify", median(|| drop(black_box(verify_output(&mut output.clone(), &redacted, Mode::Revert, &vault))))),
        ("rehydrate", median(|| black_box(output.clone()).rehydrate(&vault))),
    ];
    let total: Duration = steps.iter().map(|(_, time)| *time).sum();
    println!("{} bytes of résumé, {} of job; median of {ROUNDS} runs each", RESUME.len(), JOB.len());
    println!("{:<16} {:>8} {:>6}", "step", "µs", "share");
    for (name, time) in steps {
        let share = 100.0 * time.as_secs_f64() / total.as_secs_f64();
        println!("{name:<16} {:>8.1} {share:>5.1}%", time.as_nanos() as f64 / 1000.0);
    }
    println!("{:<16} {:>8.1}", "all", total.as_nanos() as f64 / 1000.0);
}
