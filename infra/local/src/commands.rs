//! The command line: one file per command.

mod analyze;
mod backends;
mod generate;
mod jsonl;
mod keys;
mod openapi;
mod redact;
mod serve;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use shared::logs;

use crate::Error;
use crate::stand_in::RequestLog;

/// The whole service on one machine. Without a command it serves the API.
#[derive(Debug, Parser)]
#[command(name = "local", args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded DynamoDB and the stand-in model for `cargo lambda watch`.
    Backends(backends::Options),
    /// Rewrite a résumé for a job, or do another task with them.
    Generate(generate::Options),
    /// Show what the model would see.
    Redact(redact::Options),
    /// Compare résumés with jobs, one JSON object a line.
    Analyze(jsonl::Options),
    /// Make, list and revoke the keys that callers identify themselves with.
    Keys(keys::Options),
    /// Print the contract as OpenAPI 3.1.
    Openapi,
    /// Hold rewritten résumés against their sources, one JSON object a line.
    Verify(jsonl::Options),
}

/// Options of every command that starts backends.
#[derive(Debug, Args)]
struct BackendOptions {
    /// Keep the tables in this directory instead of in memory.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Append what the stand-in model receives to this file.
    #[arg(long, value_name = "FILE")]
    model_log: Option<PathBuf>,
}

impl BackendOptions {
    fn request_log(&self) -> Result<RequestLog, Error> {
        match &self.model_log {
            Some(path) => RequestLog::to_file(path).map_err(|error| format!("{}: {error}", path.display()).into()),
            None => Ok(RequestLog::default()),
        }
    }
}

/// A command that ran and says how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Failed,
    /// By a rate limit or a budget.
    Refused,
}

impl Cli {
    /// What is logged: with a level (`RUST_LOG`) as much of our own crates, and of others what cannot hold a body; without one a
    /// line a request for the server, and only trouble for the commands.
    #[must_use]
    pub fn log_filter(&self, level: Option<&str>) -> String {
        match level {
            Some(level) => format!("{},dynoxide=error", logs::directives(Some(level), &["local"])),
            None if self.command.is_none() => {
                "warn,dynoxide=error,shared::trace=info,stats=info,local::front=info".to_owned()
            }
            None => "warn,dynoxide=error".to_owned(),
        }
    }

    /// Runs the command. 0 is success, 1 failure, 3 refused by limit or budget; clap answers wrong usage with 2.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            None => serve::run(self.serve).await,
            Some(Command::Backends(options)) => backends::run(options).await,
            Some(Command::Generate(options)) => generate::run(options).await,
            Some(Command::Keys(options)) => keys::run(options).await,
            Some(Command::Openapi) => openapi::run(),
            Some(Command::Redact(options)) => redact::run(&options),
            Some(Command::Verify(options)) => verify::run(&options),
            Some(Command::Analyze(options)) => analyze::run(&options),
        };
        match outcome {
            Ok(Outcome::Done) => ExitCode::SUCCESS,
            Ok(Outcome::Failed) => ExitCode::from(1),
            Ok(Outcome::Refused) => ExitCode::from(3),
            Err(error) => {
                say(&format!("error: {error}"));
                ExitCode::from(1)
            }
        }
    }
}

/// A line for a person, on stderr.
#[expect(clippy::print_stderr, reason = "a command line tool talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// Writes to stdout at once; a closed pipe is the reader's choice, not an error.
fn print(text: &str) -> Result<(), Error> {
    use std::io::{ErrorKind, Write};
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Waits for SIGINT or SIGTERM.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn read_text(path: &std::path::Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
