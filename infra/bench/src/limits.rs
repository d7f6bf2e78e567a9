//! Limits, budgets and the ledger under fire: every figure of `docs/benchmarks.md`, against any DynamoDB endpoint.

pub(crate) mod bed;
pub(crate) mod books;
mod capacity;
pub(crate) mod counting;
pub(crate) mod crash;
mod naive;
pub(crate) mod rate;
mod speed;
mod stats_cost;

use std::process::ExitCode;

use clap::Args;
use local::backends::serve_dynamodb;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A DynamoDB; without it an embedded one is served to all processes.
    #[arg(long)]
    endpoint: Option<String>,
    /// Seconds of each run at a binding limit.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only this part: rate, retry, capacity, books, cap, crash, stats, speed.
    #[arg(long)]
    only: Option<String>,
    /// Records of the largest statistics run.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
}

/// What must hold, and what did not.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    held: usize,
    broken: Vec<String>,
}

impl Checks {
    pub(crate) fn that(&mut self, holds: bool, what: &str) {
        if holds {
            self.held += 1;
        } else {
            self.fail(what);
        }
    }

    /// A goal that depends on the machine: told, and no failure.
    pub(crate) fn goal(&self, is_met: bool, what: &str) {
        say(&format!("  {}: {what}", if is_met { "met" } else { "NOT MET" }));
    }

    pub(crate) fn fail(&mut self, what: &str) {
        say(&format!("  FAILED: {what}"));
        self.broken.push(what.to_owned());
    }

    /// The last lines of the report, and how the command ends.
    pub(crate) fn end(&self) -> ExitCode {
        say(&format!("\n{} checks held, {} did not", self.held, self.broken.len()));
        self.broken.iter().for_each(|what| say(&format!("  FAILED: {what}")));
        if self.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A line of the report.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

pub(crate) async fn run(options: Options) -> ExitCode {
    let endpoint = match options.endpoint {
        Some(endpoint) => endpoint,
        None => serve_dynamodb(0, None).await.expect("an embedded database"),
    };
    let mut checks = Checks::default();
    let wants = |part: &str| options.only.as_deref().is_none_or(|only| only == part);
    if wants("rate") {
        rate::run(&endpoint, options.seconds, &mut checks).await;
    }
    if wants("retry") {
        rate::retry_after(&endpoint, &mut checks).await;
    }
    if wants("capacity") {
        capacity::run(&endpoint, &mut checks).await;
    }
    if wants("books") {
        books::run(&endpoint, &mut checks).await;
    }
    if wants("cap") {
        books::cap(&endpoint, &mut checks).await;
    }
    if wants("crash") {
        crash::run(&endpoint, &mut checks).await;
    }
    if wants("stats") {
        stats_cost::run(&endpoint, options.records, &mut checks).await;
    }
    if wants("speed") {
        speed::run(&endpoint, &mut checks).await;
    }
    checks.end()
}
