//! What the real binaries cost under Lambda's Runtime API, beside a hello function built in the same run: start, first and
//! warm invocations, processor time, instructions, memory, size and round trips.
//!
//! Processor time is the scheduler's own count in nanoseconds (`/proc/<pid>/task/*/schedstat`), instructions are callgrind's,
//! round trips those that a forwarder before the database saw. Wall times on a shared machine are for orientation only.

mod acks;
mod cold;
mod instructions;
mod process;
mod warm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tests::fixtures::example_body;
use tests::model_server::{Meta, Reply};
use tests::stack::{Stack, request};

use crate::limits::Checks;
use crate::peers;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Cold starts of each binary.
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// Warm invocations.
    #[arg(long, default_value_t = 100)]
    invocations: usize,
    /// Measures the binaries in this folder, as a release build leaves them, instead of building them.
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// Leaves instructions uncounted; they take a minute, and callgrind.
    #[arg(long)]
    no_instructions: bool,
}

/// A binary, what it is asked, and what its environment is.
pub(crate) struct Function<'a> {
    pub(crate) name: &'static str,
    pub(crate) binary: PathBuf,
    pub(crate) variables: Vec<(&'a str, &'a str)>,
    pub(crate) event: Value,
}

/// Builds what is measured, with the profile that is deployed.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // As `cargo lambda build` does: the functions by themselves, so that no other crate's features are in them.
    for arguments in [&["-p", "generate", "-p", "stats", "-p", "authorizer"][..], &["-p", "bench", "--examples"]] {
        let built = std::process::Command::new(&cargo).args(["build", "--release", "--quiet"]).args(arguments).status();
        assert!(built.is_ok_and(|status| status.success()), "the functions are built");
    }
    let this = std::env::current_exe().expect("this program");
    this.parent().expect("a folder").to_owned()
}

/// The body that peers were measured with: one page of a résumé and a job description. Ours are the example's first lines.
pub(crate) fn reference_body() -> Value {
    let body = example_body("generate");
    let first_lines = |field: &str, bytes: usize| {
        let text = body[field].as_str().unwrap_or_default();
        let end = text.char_indices().take_while(|(at, _)| *at <= bytes).filter(|(_, c)| *c == '\n').last();
        text[..end.map_or(text.len(), |(at, _)| at)].to_owned()
    };
    json!({
        "resume_raw_text": first_lines("resume_raw_text", 2_600),
        "job_description_text": first_lines("job_description_text", 1_800),
    })
}

/// A rewrite of the reference body; its caller comes from the gateway's context.
pub(crate) fn rewrite() -> Value {
    let body = reference_body().to_string();
    let mut event = request(http::Method::POST, "/api/v1/generate", &[], body.as_bytes()).v1_event();
    event["requestContext"]["authorizer"] = json!({ "caller": "bench", "scopes": "generate stats" });
    event
}

/// The model's answer: the résumé as it was, with its placeholders.
pub(crate) fn answer() -> Reply {
    let body = reference_body();
    let text = body["resume_raw_text"].as_str().unwrap_or_default();
    let redacted = shared::redaction::redact_document(text).0;
    let answer = json!({
        "optimized_resume": redacted.as_str(), "changes_made": ["a change"], "expected_improvement": "better",
    });
    Reply::text(&answer.to_string(), &Meta::default())
}

pub(crate) async fn run(options: Options) -> ExitCode {
    let folder = options.binaries.unwrap_or_else(build);
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("AUTH_MODE", "authorizer")]).await;
    let of_tables = [
        ("STATE_TABLE", stack.state_table.as_str()),
        ("LEDGER_TABLE", stack.ledger_table.as_str()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.as_str()),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let of_model = [
        ("ANTHROPIC_BASE_URL", stack.model.url.as_str()),
        ("ANTHROPIC_API_KEY", "k"),
        ("CALLER_RPM", "0"),
        ("PROVIDER_RPM", "0"),
    ];
    let mut statistics = request(http::Method::GET, "/api/v1/stats", &[], b"").v1_event();
    statistics["requestContext"]["authorizer"] = json!({ "caller": "bench", "scopes": "stats" });
    let asked = json!({ "type": "REQUEST", "methodArn": "arn:aws:execute-api:local:0:a/prod/GET/x", "headers": {} });
    let function = |name: &'static str, path: &Path, variables: Vec<(&'static str, &str)>, event: Value| {
        let variables = variables.into_iter().map(|(name, value)| (name, value.to_owned().leak() as &str)).collect();
        Function { name, binary: path.to_owned(), variables, event }
    };
    let functions = [
        function("hello", &folder.join("examples/hello"), Vec::new(), statistics.clone()),
        function("hello_stream", &folder.join("examples/hello_stream"), Vec::new(), statistics.clone()),
        function("generate", &folder.join("generate"), [&of_tables[..], &of_model].concat(), rewrite()),
        function("stats", &folder.join("stats"), of_tables.to_vec(), statistics),
        function("authorizer", &folder.join("authorizer"), of_tables.to_vec(), asked),
    ];
    let mut checks = Checks::default();
    let ready_ms = cold::run(&functions, &stack, options.starts, &mut checks).await;
    let (cpu_ms, memory_mb) = warm::run(&functions, &stack, options.invocations, &mut checks).await;
    acks::run(&functions, &stack).await;
    if !options.no_instructions {
        instructions::run(&functions, &stack, &mut checks).await;
    }
    // On a thread of its own: it counts that thread's processor time.
    let binary = peers::Binary { ready_ms, cpu_ms, memory_mb };
    let table = std::thread::spawn(move || crate::on_one_thread(peers::run(Some(binary))));
    table.join().expect("the table is printed");
    checks.end()
}
