//! Entry point of the `local` command.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use local::commands::Cli;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = std::env::var("RUST_LOG").ok().filter(|level| !level.is_empty());
    let filter = EnvFilter::new(cli.log_filter(level.as_deref()));
    let colored = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colored).with_writer(std::io::stderr).init();
    shared::logs::hide_panic_messages();
    cli.run().await
}
