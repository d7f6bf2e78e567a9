//! Cold starts: from the start of the process to the first question for an event, and the first event's answer.

use tests::runtime_api::Sandbox;
use tests::stack::Stack;

use super::process::{cpu_ms, median, memory_mb};
use super::{Function, answer};
use crate::limits::{Checks, say};

/// Sizes that fail the run when they are exceeded: one in twenty above those of 2026-11-26 (x86-64, rustc 1.95, stripped).
const MOST_BYTES: [(&str, u64); 3] = [("generate", 17_410_000), ("stats", 11_950_000), ("authorizer", 10_330_000)];

#[derive(Default)]
struct Starts {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    memory: Vec<f64>,
    first_wall: Vec<f64>,
    first_cpu: Vec<f64>,
}

pub(super) async fn run(functions: &[Function<'_>], stack: &Stack, starts: usize, checks: &mut Checks) -> f64 {
    say(&format!("cold starts: medians of {starts}, in turn; milliseconds, megabytes"));
    say("  function     bytes        spawn to next   (least)   init cpu   of hello   memory   first event   its cpu");
    let mut all: Vec<Starts> = functions.iter().map(|_| Starts::default()).collect();
    for _ in 0..starts {
        // In turn, so that a slow moment of the machine falls on all of them.
        for (function, starts) in functions.iter().zip(&mut all) {
            let mut sandbox = Sandbox::start(&function.binary, &function.variables).await;
            let pid = sandbox.pid().expect("it runs");
            starts.wall.push(sandbox.ready().await.as_secs_f64() * 1000.0);
            let cpu = cpu_ms(pid);
            starts.cpu.push(cpu);
            starts.memory.push(memory_mb(pid).0);
            if function.name == "generate" {
                stack.model.play(answer());
            }
            let asked = std::time::Instant::now();
            sandbox.invoke(&function.event).await;
            starts.first_wall.push(asked.elapsed().as_secs_f64() * 1000.0);
            starts.first_cpu.push(cpu_ms(pid) - cpu);
        }
    }
    let hello = median(&mut all[0].cpu);
    let mut ready = 0.0;
    for (function, starts) in functions.iter().zip(&mut all) {
        let least = starts.wall.iter().copied().fold(f64::INFINITY, f64::min);
        let (cpu, memory) = (median(&mut starts.cpu), median(&mut starts.memory));
        let bytes = std::fs::metadata(&function.binary).map_or(0, |file| file.len());
        say(&format!(
            "  {:<12} {bytes:>10} {:>15.2} {least:>9.2} {cpu:>10.2} {:>9.1}x {memory:>8.1} {:>13.2} {:>9.2}",
            function.name,
            median(&mut starts.wall),
            cpu / hello,
            median(&mut starts.first_wall),
            median(&mut starts.first_cpu),
        ));
        let most = MOST_BYTES.iter().find(|(name, _)| *name == function.name && cfg!(target_arch = "x86_64"));
        if let Some((name, most)) = most {
            checks.that(bytes > 0 && bytes <= *most, &format!("{name} has at most {most} bytes"));
        }
        match function.name {
            "generate" => {
                ready = median(&mut starts.wall);
                checks.goal(cpu <= 3.0, "generate starts with at most 3 ms of processor time");
                checks.goal(cpu <= 3.0 * hello, "generate starts with at most three times hello's");
            }
            "hello" | "hello_stream" => {}
            name => checks.goal(cpu <= 2.0 * hello, &format!("{name} starts with at most twice hello's")),
        }
    }
    ready
}
