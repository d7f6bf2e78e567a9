//! Every figure that the documents or an issue quote: `cargo run --release -p bench -- <what>`.

mod cost;
mod fuzz;
mod lambda;
mod limits;
mod peers;
mod quality;
mod redaction;
mod soak;
mod stages;
mod streaming;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What a deployment costs a month beside the model's tokens.
    Cost,
    /// Random inputs against what redaction promises.
    Fuzz(fuzz::Options),
    /// The real binaries under Lambda's Runtime API beside a hello function: starts, processor time, instructions, memory.
    Lambda(lambda::Options),
    /// Limits, budgets and the ledger under fire, against any DynamoDB endpoint.
    Limits(limits::Options),
    #[command(hide = true)]
    LimitsRateWorker(limits::rate::Worker),
    #[command(hide = true)]
    LimitsCrashWorker(limits::crash::Worker),
    /// Lies caught, honest edits kept, scores that rank, injections without effect.
    Quality(quality::Options),
    /// Redaction, analysis, verification and streams in one table, beside the figures of other systems.
    Peers,
    /// How well and how fast personal data is found.
    Redaction(redaction::Options),
    /// A minute of many requests at once and ten of mixed faults: errors, records and memory, beside a proxy.
    Soak(soak::Options),
    #[command(hide = true)]
    SoakService,
    #[command(hide = true)]
    SoakProxy(soak::Proxy),
    /// Streams beside passing bytes on: how late a line is, and how much CPU an event takes.
    Streaming,
    /// The pure steps of a request on the example texts: microseconds and shares in one run.
    Stages,
}

fn main() -> ExitCode {
    match Cli::parse().what {
        What::Cost => on_runtime(cost::run()),
        What::Fuzz(options) => return fuzz::run(&options),
        What::Lambda(options) => return on_runtime(lambda::run(options)),
        What::Limits(options) => return on_runtime(limits::run(options)),
        What::LimitsRateWorker(worker) => on_runtime(limits::rate::work(worker)),
        What::LimitsCrashWorker(worker) => on_runtime(limits::crash::work(worker)),
        What::Quality(options) => return quality::run(&options),
        What::Redaction(options) => redaction::run(&options),
        What::Soak(options) => return on_runtime(soak::run(options)),
        What::SoakService => on_runtime(soak::serve()),
        What::SoakProxy(proxy) => on_runtime(soak::pass_on(proxy)),
        What::Peers => on_one_thread(peers::run(None)),
        What::Streaming => drop(on_one_thread(streaming::run())),
        What::Stages => stages::run(),
    }
    ExitCode::SUCCESS
}

pub(crate) fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work)
}
