//! The service for longer: many requests at once without limits, then mixed faults at a low rate. Every answer is held against
//! what was injected, every record against what the model billed; memory has to stay where it was.

mod account;
mod children;
mod faults;
mod load;
mod model;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use local::backends::serve_dynamodb;
use tests::fault_proxy::{FaultProxy, Faults};

use crate::limits::bed::Bed;
use crate::limits::books::Books;
use crate::limits::crash::sweep_all;
use crate::limits::{Checks, say};
use account::Account;
use children::Child;
pub(crate) use children::{Proxy, pass_on, serve};
use load::{CALLERS, Load, Outcome, caller_name};
use model::{IDLE_TIMEOUT_MS, Model};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds of many requests at once; 0 leaves it out.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Minutes of mixed faults; 0 leaves them out.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Requests at once.
    #[arg(long, default_value_t = 200)]
    requests: usize,
}

/// How long a new process may fill its pools and caches.
const WARM_UP: Duration = Duration::from_secs(10);
/// What memory may grow or shrink by.
const FLAT: f64 = 0.05;
/// How long the proxy gets the same load at most.
const PROXY_TIME: Duration = Duration::from_secs(20);
/// What may be on its way when the last answer is there: silence of model or database, and retries.
const REST: Duration = Duration::from_secs(15);
/// Of the database's calls in the second phase.
const DATABASE: Faults = Faults { lost_replies: 0.02, throttled: 0.02, conflicts: 0.02, stale_reads: 0.0 };

pub(crate) async fn run(options: Options) -> ExitCode {
    let mut checks = Checks::default();
    let dynamodb = serve_dynamodb(0, None).await.expect("an embedded database");
    let model = Model::start().await;
    if options.seconds > 0 {
        at_once(&dynamodb, &model, options.requests, Duration::from_secs(options.seconds), &mut checks).await;
    }
    if options.minutes > 0 {
        mixed(&dynamodb, &model, Duration::from_secs(60 * options.minutes), &mut checks).await;
    }
    checks.end()
}

/// The service without limits, with budgets that nothing reaches.
async fn service(bed: &Bed, model: &Model) -> Child {
    let idle_timeout = IDLE_TIMEOUT_MS.to_string();
    let variables = [
        ("AUTH_MODE", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", bed.endpoint.as_str()),
        ("STATE_TABLE", &bed.tables.state),
        ("LEDGER_TABLE", &bed.tables.ledger),
        ("ANTHROPIC_BASE_URL", &model.url),
        ("ANTHROPIC_API_KEY", "soak"),
        ("LLM_IDLE_TIMEOUT_MS", &idle_timeout),
        ("CALLER_RPM", "0"),
        ("PROVIDER_RPM", "0"),
        ("CALLER_MAX_IN_FLIGHT", "0"),
        ("CALLER_BUDGET_USD", "1000000"),
        ("TOTAL_BUDGET_USD", "1000000"),
    ];
    Child::start(&["soak-service"], &variables).await
}

/// What one process did with the load.
struct Figures {
    outcomes: Vec<Outcome>,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
    memory_mb: f64,
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "rates")]
    async fn measure(name: &str, child: &Child, requests: usize, time: Duration) -> Figures {
        let load = Load::on(&child.address);
        let (memory, begun, cpu) = (child.watch(), Instant::now(), child.cpu());
        let outcomes = load.at_once(requests, time).await;
        let (took, cpu) = (begun.elapsed(), child.cpu() - cpu);
        let mut times: Vec<f64> = outcomes.iter().map(|outcome| outcome.took.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        let at = |hundredths: usize| times.get(times.len() * hundredths / 100).copied().unwrap_or(0.0);
        say(&format!("  {name}: memory over time in MB: {}", memory.line(took, 6)));
        let count = outcomes.len() as f64;
        Figures {
            per_second: count / took.as_secs_f64(),
            p50_ms: at(50),
            p99_ms: at(99),
            cpu_ms: cpu.as_secs_f64() * 1000.0 / count,
            memory_mb: memory.mean(took * 5 / 6, took),
            outcomes,
        }
    }

    fn columns(&self) -> [f64; 5] {
        [self.per_second, self.p50_ms, self.p99_ms, self.cpu_ms, self.memory_mb]
    }
}

async fn at_once(dynamodb: &str, model: &Model, requests: usize, time: Duration, checks: &mut Checks) {
    say(&format!("{requests} requests at once from {CALLERS} callers for {} s, limits off", time.as_secs()));
    let bed = Bed::fresh(dynamodb).await;
    let child = service(&bed, model).await;
    let ours = Figures::measure("service", &child, requests, time).await;
    let warnings = child.stop().await;
    let account = Account::of(&bed, &ours.outcomes, &model.take_bills(), false).await;
    account.report(&settled(&bed).await, checks);
    warnings.iter().for_each(|(warning, count)| say(&format!("    logged {count} x {warning}")));
    checks.that(warnings.is_empty(), "nothing above information is logged");

    let child = Child::start(&["soak-proxy", "--target", &model.url], &[]).await;
    let passed = Figures::measure("proxy", &child, requests, time.min(PROXY_TIME)).await;
    child.stop().await;
    model.take_bills();
    let all = passed.outcomes.iter().all(|outcome| outcome.told == "200 message_stop");
    checks.that(all, "the proxy passes every answer on");
    say("             requests/s    p50 ms    p99 ms  CPU ms a request  memory MB");
    let line = |name: &str, [rate, p50, p99, cpu, memory]: [f64; 5]| {
        say(&format!("  {name:<9} {rate:>11.2} {p50:>9.2} {p99:>9.2} {cpu:>17.2} {memory:>10.2}"));
    };
    let (ours, passed) = (ours.columns(), passed.columns());
    line("service", ours);
    line("proxy", passed);
    line("ratio", std::array::from_fn(|index| ours[index] / passed[index]));
}

async fn mixed(dynamodb: &str, model: &Model, time: Duration, checks: &mut Checks) {
    say(&format!(
        "\nmixed faults for {} s; of the database's calls 2 % each lost, throttled, in conflict",
        time.as_secs()
    ));
    let bed = Bed::fresh(dynamodb).await;
    let proxy = FaultProxy::before(dynamodb, DATABASE, 1).await;
    let child = service(&bed.behind(&proxy.url), model).await;
    let (memory, cpu) = (child.watch(), child.cpu());
    let outcomes = Load::on(&child.address).paced(time).await;
    let cpu = child.cpu() - cpu;
    let open = settled(&bed).await.open;
    let warnings = child.stop().await;
    let callers: Vec<String> = (0..CALLERS).map(caller_name).collect();
    let swept = sweep_all(&bed, &callers).await;
    let account = Account::of(&bed, &outcomes, &model.take_bills(), true).await;
    account.report(&Books::read(&bed).await, checks);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let done = &proxy.done;
    let [calls, lost] = [&done.calls, &done.lost].map(count);
    let [throttled, conflicts] = [&done.throttled, &done.conflicts].map(count);
    say(&format!("  database: {calls} calls, {lost} replies lost, {throttled} throttled, {conflicts} conflicts"));
    say(&format!("  {open} reservations were open at the end, {swept} leftovers swept"));
    warnings.iter().for_each(|(warning, count)| say(&format!("    logged {count} x {warning}")));
    checks.that(lost > 0 && throttled > 0 && conflicts > 0, "the database failed");

    let minute = Duration::from_secs(60).min(time / 3);
    let (first, last) = (memory.mean(WARM_UP, WARM_UP + minute), memory.mean(time - minute, time));
    let change = last / first - 1.0;
    say(&format!("  memory over time in MB: {}", memory.line(time, 10)));
    say(&format!(
        "  memory: first minute {first:.2} MB, last {last:.2} MB, {:+.1} %; CPU {:.1} s",
        change * 100.0,
        cpu.as_secs_f64()
    ));
    checks.that(change.abs() <= FLAT, "memory is flat: first and last minute within 5 %");
}

/// The books once nothing is on its way any more: what is still open then stays open.
async fn settled(bed: &Bed) -> Books {
    let end = Instant::now() + REST;
    loop {
        let books = Books::read(bed).await;
        if books.open == 0 || Instant::now() > end {
            return books;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
