//! Every figure that the documents or an issue quote: `cargo run --release -p bench -- <what>`.

mod redaction;
mod stages;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How well and how fast personal data is found.
    Redaction(redaction::Options),
    /// The pure steps of a request on the example texts: microseconds and shares in one run.
    Stages,
}

fn main() {
    match Cli::parse().what {
        What::Redaction(options) => redaction::run(&options),
        What::Stages => stages::run(),
    }
}
