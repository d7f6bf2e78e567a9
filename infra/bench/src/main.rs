//! Every figure that the documents or an issue quote: `cargo run --release -p bench -- <what>`.

mod fuzz;
mod redaction;
mod stages;

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
    /// Random inputs against what redaction promises.
    Fuzz(fuzz::Options),
    /// How well and how fast personal data is found.
    Redaction(redaction::Options),
    /// The pure steps of a request on the example texts: microseconds and shares in one run.
    Stages,
}

fn main() -> ExitCode {
    match Cli::parse().what {
        What::Fuzz(options) => return fuzz::run(&options),
        What::Redaction(options) => redaction::run(&options),
        What::Stages => stages::run(),
    }
    ExitCode::SUCCESS
}
