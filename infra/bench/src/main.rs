//! Every figure that the documents or an issue quote: `cargo run --release -p bench -- <what>`.

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
    /// The pure steps of a request on the example texts: microseconds and shares in one run.
    Stages,
}

fn main() {
    match Cli::parse().what {
        What::Stages => stages::run(),
    }
}
