//! Warm invocations: processor time of each, by step, memory after many, and round trips to the database.

use serde_json::Value;
use tests::recorder::Recorder;
use tests::runtime_api::Sandbox;
use tests::stack::Stack;

use super::process::{cpu_ms, median, memory_mb};
use super::{Function, answer};
use crate::limits::{Checks, say};

/// The steps that a request cannot be without, whatever carries it.
const OWN: [&str; 3] = ["RedactLatency", "AnalyzeLatency", "VerifyLatency"];

pub(super) async fn run(
    functions: &[Function<'_>],
    stack: &Stack,
    invocations: usize,
    checks: &mut Checks,
) -> (f64, f64) {
    let mut ours = (0.0, 0.0);
    say(&format!(
        "\nwarm: {invocations} invocations after ten; milliseconds of processor time each, megabytes after them"
    ));
    say("  function     median cpu   (least)   all cpu / n   memory   at most");
    let mut steps = Vec::new();
    for function in functions {
        let mut sandbox = Sandbox::start(&function.binary, &function.variables).await;
        let pid = sandbox.pid().expect("it runs");
        let mut times = Vec::new();
        let mut begun = 0.0;
        for index in 0..invocations + 10 {
            if function.name == "generate" {
                stack.model.play(answer());
            }
            let before = cpu_ms(pid);
            if index == 10 {
                begun = before;
            }
            sandbox.invoke(&function.event).await;
            if index >= 10 {
                times.push(cpu_ms(pid) - before);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "hundreds")]
        let mean = (cpu_ms(pid) - begun) / invocations as f64;
        let (memory, most) = memory_mb(pid);
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let cpu = median(&mut times);
        say(&format!("  {:<12} {cpu:>10.3} {least:>9.3} {mean:>13.3} {memory:>8.1} {most:>9.1}", function.name));
        checks.that(memory < 40.0, &format!("{} holds less than 40 MB after {invocations} requests", function.name));
        if function.name == "generate" {
            ours = (cpu, most);
            steps = by_step(&sandbox.stop().await);
            let own: f64 = steps.iter().filter(|(name, _)| OWN.contains(&name.as_str())).map(|(_, time)| time).sum();
            say(&format!("    of it redaction, analysis and verification {own:.3}, all else {:.3}", cpu - own));
            checks.goal(cpu <= 2.0, "a warm rewrite takes at most 2 ms of processor time");
            checks.goal(cpu - own <= 1.0, "of which at most 1 ms is not redaction, analysis and verification");
        }
    }
    say("\nsteps of a warm rewrite, as the metrics say it: medians, milliseconds of wall time");
    for (name, time) in steps {
        say(&format!("  {name:<18} {time:>8.3}"));
    }
    round_trips(functions, stack, checks).await;
    ours
}

/// Medians of the latencies in the lines of metrics, the first ten left out.
fn by_step(log: &str) -> Vec<(String, f64)> {
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.starts_with("{\"_aws\""))
        .skip(10)
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let names = lines.first().and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone());
    let names = names.filter(|name| name.ends_with("Latency"));
    names
        .map(|name| {
            let mut times: Vec<f64> = lines.iter().filter_map(|line| line[&name].as_f64()).collect();
            let time = median(&mut times);
            (name, time)
        })
        .collect()
}

async fn round_trips(functions: &[Function<'_>], stack: &Stack, checks: &mut Checks) {
    let recorder = Recorder::before(&stack.dynamodb).await;
    say("\ncalls to the database of a warm invocation, in the order they began");
    for function in functions.iter().filter(|function| !function.name.starts_with("hello")) {
        let endpoint = [("AWS_ENDPOINT_URL_DYNAMODB", recorder.url.as_str())];
        let variables: Vec<(&str, &str)> = function.variables.iter().copied().chain(endpoint).collect();
        let mut sandbox = Sandbox::start(&function.binary, &variables).await;
        let mut calls = Vec::new();
        for _ in 0..2 {
            if function.name == "generate" {
                stack.model.play(answer());
            }
            let _ = recorder.take();
            sandbox.invoke(&function.event).await;
            calls = recorder.take();
        }
        say(&format!("  {:<12} {} {}", function.name, calls.len(), calls.join(" ")));
        if function.name == "generate" {
            checks.that(calls.len() == 6, "a warm rewrite makes six calls: two before the model, four after it");
        }
    }
}
