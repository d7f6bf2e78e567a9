//! What every run stands on: fresh tables on one endpoint, and requests to admit.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::budget::Caps;
use shared::caller::Caller;
use shared::dynamodb::{connect_to, create_missing_tables};
use shared::ledger::Ledger;
use shared::limits::{Buckets, Limits, LimitsConfig, Quota, Wanted};
use shared::llm::Provider;
use shared::prices::{Model, Picodollars, PriceSheet, Usage};
use shared::request::Task;
use shared::request_id::RequestId;
use shared::settings::Tables;

pub(crate) const MODEL: &str = "claude-sonnet-5-5";
/// Bytes of the requests, and their output tokens at most.
pub(crate) const BYTES: u64 = 4_000;
pub(crate) const OUTPUT: u64 = 2_000;

pub(crate) fn model() -> &'static Model {
    PriceSheet::embedded().row(MODEL).expect("in the sheet")
}

pub(crate) fn ceiling() -> Picodollars {
    model().ceiling(BYTES, OUTPUT)
}

/// Usage that differs from request to request, as real ones do.
pub(crate) fn usage(seed: u64) -> Usage {
    Usage { input_tokens: 700 + seed % 301, output_tokens: 400 + seed % 997, ..Usage::default() }
}

/// Tables on an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Bed {
    pub(crate) endpoint: String,
    pub(crate) tables: Tables,
    pub(crate) client: Client,
}

impl Bed {
    pub(crate) async fn fresh(endpoint: &str) -> Bed {
        let suffix = format!("{:016x}", fastrand::u64(..));
        let tables = Tables { state: format!("bench-state-{suffix}"), ledger: format!("bench-ledger-{suffix}") };
        let bed = Bed::over(endpoint, tables);
        create_missing_tables(&bed.client, &bed.tables).await.expect("tables");
        bed
    }

    /// The tables of another process.
    pub(crate) fn over(endpoint: &str, tables: Tables) -> Bed {
        Bed { endpoint: endpoint.to_owned(), tables, client: client(endpoint) }
    }

    /// The same tables by way of another address.
    pub(crate) fn behind(&self, endpoint: &str) -> Bed {
        Bed::over(endpoint, self.tables.clone())
    }

    pub(crate) fn limits(&self, client: &Client, config: LimitsConfig) -> Limits {
        Limits::new(client.clone(), self.tables.state.clone(), config)
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::new(self.client.clone(), self.tables.ledger.clone())
    }

    pub(crate) fn table_arguments(&self) -> [String; 6] {
        let pairs =
            [("--endpoint", &self.endpoint), ("--state", &self.tables.state), ("--ledger", &self.tables.ledger)];
        let [one, two, three] = pairs.map(|(name, value)| [name.to_owned(), value.clone()]);
        let ([a, b], [c, d], [e, f]) = (one, two, three);
        [a, b, c, d, e, f]
    }
}

/// A client with the environment's credentials where it has some, else with those of a laptop's database.
pub(crate) fn client(endpoint: &str) -> Client {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let or_local = |name: &str| variable(name).unwrap_or_else(|| "local".to_owned());
    connect_to(endpoint, or_local("AWS_REGION"), &or_local("AWS_ACCESS_KEY_ID"), &or_local("AWS_SECRET_ACCESS_KEY"))
}

/// No limits and no caps.
pub(crate) fn unlimited() -> LimitsConfig {
    LimitsConfig {
        caller: Buckets::default(),
        provider: Buckets::default(),
        caller_max_in_flight: None,
        wait: Duration::ZERO,
        caps: Caps::default(),
        orphan_after: Duration::from_secs(210),
    }
}

pub(crate) fn requests_per_minute(rpm: u64) -> LimitsConfig {
    let requests = Quota::per_minute(rpm);
    LimitsConfig { caller: Buckets { requests, ..Buckets::default() }, ..unlimited() }
}

pub(crate) fn wanted<'a>(caller: &'a Caller, request_id: &'a RequestId) -> Wanted<'a> {
    Wanted {
        caller,
        allowance: Default::default(),
        request_id,
        attempt: 1,
        provider: Provider::Anthropic,
        model: MODEL,
        task: Task::ResumeOptimization,
        request_bytes: BYTES,
        input_tokens: BYTES / 3,
        output_tokens: OUTPUT,
        ceiling: ceiling(),
    }
}

pub(crate) fn caller(name: &str) -> Caller {
    Caller::exact(name).expect("a caller's name")
}

pub(crate) fn request_id(now: SystemTime) -> RequestId {
    RequestId::new(now, fastrand::u32(..))
}

/// Runs this program as another process with a hidden command; its answer is one line of JSON.
pub(crate) async fn process<T: DeserializeOwned>(arguments: Vec<String>) -> Option<T> {
    let this = std::env::current_exe().expect("this program");
    let child = tokio::process::Command::new(this).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let output = child.expect("another process").wait_with_output().await.expect("its end");
    serde_json::from_slice(&output.stdout).ok()
}

/// A process's answer.
#[expect(clippy::print_stdout, reason = "the answer to the process that started this one")]
pub(crate) fn answer(value: &impl Serialize) {
    println!("{}", serde_json::to_string(value).expect("serializable"));
}
