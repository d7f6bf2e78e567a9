//! `keys`: who may call.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use clap::{Args, Subcommand};
use shared::caller::{Allowance, Caller, Scope};
use shared::keys::{KeyId, KeyRecord, Keys, NewKey};
use shared::ledger::rfc3339;
use shared::prices::Picodollars;
use shared::settings::{Reader, Tables};

use super::{Outcome, print, say};
use crate::environment::Environment;
use crate::{Error, backends};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    place: Place,
}

/// Where the keys are.
#[derive(Debug, Args)]
struct Place {
    /// The tables that `local --data-dir DIR` keeps there. Stop it first, or name its database with AWS_ENDPOINT_URL_DYNAMODB.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// The deployment in the AWS account that the environment's credentials and region name.
    #[arg(long, global = true, conflicts_with = "data_dir")]
    aws: bool,
    /// The ledger table, an output of the stack; else LEDGER_TABLE.
    #[arg(long, value_name = "NAME", global = true)]
    table: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it: it is shown this once.
    Create(Create),
    /// List all keys: id, caller, scopes, state. Secrets are not kept.
    List,
    /// Refuse a key from now on. The gateway may let it pass for another minute.
    Revoke {
        /// The key's id, the 16 digits behind `tlr_`.
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Whom the key identifies: letters, digits, `_` and `-`, at most 64.
    #[arg(long)]
    caller: String,
    /// What it may do: generate, stats, admin.
    #[arg(long, value_delimiter = ',', default_values = ["generate", "stats"], value_parser = scope)]
    scopes: Vec<Scope>,
    /// Requests per minute, in the place of CALLER_RPM.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rpm: Option<u64>,
    /// Requests that may run at once, in the place of CALLER_MAX_IN_FLIGHT.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    max_in_flight: Option<u64>,
    /// Dollars per calendar month, in the place of CALLER_BUDGET_USD.
    #[arg(long, value_parser = dollars)]
    budget_usd: Option<Picodollars>,
    /// Days until the key expires; without, it does not.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    expires_days: Option<u64>,
}

fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|()| "a scope is generate, stats or admin".to_owned())
}

fn dollars(text: &str) -> Result<Picodollars, String> {
    let amount = Picodollars::parse_dollars(text).filter(|amount| *amount > Picodollars::ZERO);
    amount.ok_or_else(|| "an amount in dollars such as 25 or 0.50".to_owned())
}

pub(super) async fn run(options: Options) -> Result<Outcome, Error> {
    let keys = options.place.open().await?;
    let now = SystemTime::now();
    match options.action {
        Action::Create(create) => {
            let caller = Caller::exact(&create.caller)
                .ok_or("--caller takes 1 to 64 letters, digits, underscores and hyphens")?;
            let allowance = Allowance {
                requests_per_minute: create.rpm,
                max_in_flight: create.max_in_flight,
                budget: create.budget_usd.map(|budget| budget.0),
            };
            let lifetime = create.expires_days.map(|days| Duration::from_secs(days * 86_400));
            let (key, record) = keys.create(NewKey { caller, scopes: create.scopes, allowance, lifetime }, now).await?;
            say(&format!("{}\nThe key, shown this once:", line(&record, now)));
            print(&format!("{}\n", key.expose()))?;
        }
        Action::List => {
            for record in keys.list().await? {
                print(&format!("{}\n", line(&record, now)))?;
            }
        }
        Action::Revoke { id } => {
            // Whoever pastes the whole key means its id.
            let id = id.strip_prefix("tlr_").unwrap_or(&id);
            let id = id.split('_').next().and_then(KeyId::parse).ok_or("an id has 16 hexadecimal digits")?;
            if !keys.revoke(&id, now).await? {
                say("there is no key of this id");
                return Ok(Outcome::Failed);
            }
            say("revoked; the gateway may let it pass for another minute");
        }
    }
    Ok(Outcome::Done)
}

impl Place {
    async fn open(&self) -> Result<Keys, Error> {
        let environment = Environment::of_process();
        let lookup = |name: &str| environment.get(name);
        let mut tables = Tables::read(&Reader::new(&lookup));
        if let Some(table) = &self.table {
            tables.ledger.clone_from(table);
        }
        let client: Client = if self.aws {
            Client::new(&shared::dynamodb::account().await)
        } else {
            let endpoint = match (&self.data_dir, environment.get("AWS_ENDPOINT_URL_DYNAMODB")) {
                (Some(directory), _) => backends::serve_dynamodb(0, Some(directory)).await?,
                (None, Some(endpoint)) => endpoint,
                (None, None) => {
                    return Err("name the place: --data-dir DIR, --aws, or AWS_ENDPOINT_URL_DYNAMODB".into());
                }
            };
            backends::connect(&environment, &endpoint, &tables).await?
        };
        Ok(Keys::new(client, tables.ledger))
    }
}

/// A key for a person: no secret.
fn line(record: &KeyRecord, now: SystemTime) -> String {
    let scopes: Vec<&str> = record.scopes.iter().map(|scope| scope.name()).collect();
    let state = match (record.revoked_ms, record.expires_ms) {
        (Some(at), _) => format!("revoked {}", rfc3339(at)),
        (None, Some(at)) if !record.is_valid(now) => format!("expired {}", rfc3339(at)),
        (None, Some(at)) => format!("until {}", rfc3339(at)),
        (None, None) => "valid".to_owned(),
    };
    let allowance = &record.allowance;
    let limits = [
        allowance.requests_per_minute.map(|limit| format!("{limit} a minute")),
        allowance.max_in_flight.map(|limit| format!("{limit} at once")),
        allowance.budget().map(|budget| format!("${budget} a month")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let limits = if limits.is_empty() { "default limits".to_owned() } else { limits.join(", ") };
    format!("{}  {}  {}  {limits}  {state}", record.id, record.caller.as_str(), scopes.join(","))
}
