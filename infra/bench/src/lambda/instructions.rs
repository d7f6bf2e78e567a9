//! Instructions of a start and of a warm invocation, by callgrind: the same from run to run within a few in a thousand.

use tests::runtime_api::Sandbox;
use tests::stack::Stack;
use tokio::process::Command;

use super::{Function, answer};
use crate::limits::{Checks, say};

/// Invocations whose difference is counted, after the first.
const FEW: u64 = 20;

/// Instructions of a start and of a warm invocation that fail the run when they are exceeded: one in twenty above what was
/// counted on 2026-11-26 (x86-64, rustc 1.95, glibc 2.36, fat LTO). Another architecture has other counts.
const MOST: [(&str, u64, u64); 3] =
    [("generate", 2_020_000, 14_400_000), ("stats", 1_910_000, 1_400_000), ("authorizer", 1_720_000, 119_000)];

pub(super) async fn run(functions: &[Function<'_>], stack: &Stack, checks: &mut Checks) {
    let present = std::process::Command::new("valgrind").arg("--version").output();
    if !present.is_ok_and(|output| output.status.success()) {
        checks.fail("instructions are counted: there is no valgrind (`--no-instructions` leaves them out)");
        return;
    }
    say("\ninstructions (callgrind)");
    say("  function        start and end   a warm invocation");
    for function in functions {
        let none = counted(function, stack, 0).await;
        let (one, more) = (counted(function, stack, 1).await, counted(function, stack, 1 + FEW).await);
        let warm = more.saturating_sub(one) / FEW;
        say(&format!("  {:<12} {none:>16} {warm:>19}", function.name));
        let most = MOST.iter().find(|(name, ..)| *name == function.name && cfg!(target_arch = "x86_64"));
        if let Some((name, most_at_start, most_warm)) = most {
            checks.that(
                none > 0 && none <= *most_at_start,
                &format!("{name} starts with at most {most_at_start} instructions"),
            );
            checks.that(
                warm > 0 && warm <= *most_warm,
                &format!("{name} takes at most {most_warm} instructions when warm"),
            );
        }
    }
}

/// Instructions of a process that is started, answers so many events, and ends.
async fn counted(function: &Function<'_>, stack: &Stack, invocations: u64) -> u64 {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&function.binary);
    let mut sandbox = Sandbox::start_command(command, &function.variables).await;
    sandbox.ready().await;
    for _ in 0..invocations {
        if function.name == "generate" {
            stack.model.play(answer());
        }
        sandbox.invoke(&function.event).await;
    }
    let said = sandbox.end().await;
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1));
    collected.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}
