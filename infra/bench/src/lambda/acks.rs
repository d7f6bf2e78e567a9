//! How long a streamed answer takes to arrive, by when the Runtime API acknowledges what it reads.

use tests::acks::Acks;
use tests::runtime_api::Sandbox;
use tests::stack::Stack;

use super::process::median;
use super::{Function, answer};
use crate::limits::say;

const TIMES: usize = 30;

pub(super) async fn run(functions: &[Function<'_>], stack: &Stack) {
    say(
        "\nwarm, from the event to the whole answer, by when the other end acknowledges; milliseconds of wall time, medians of 30",
    );
    say("  function       at once   delayed");
    for function in functions {
        let mut row = Vec::new();
        for acks in [Acks::AtOnce, Acks::Delayed] {
            let command = tokio::process::Command::new(&function.binary);
            let mut sandbox = Sandbox::start_with(command, &function.variables, acks).await;
            let mut times = Vec::new();
            for _ in 0..TIMES {
                if function.name == "generate" {
                    stack.model.play(answer());
                }
                let begun = std::time::Instant::now();
                sandbox.invoke(&function.event).await;
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            row.push(median(&mut times));
        }
        say(&format!("  {:<12} {:>9.2} {:>9.2}", function.name, row[0], row[1]));
    }
}
