//! When a limit binds: how much is admitted, with how many calls, by how many processes, with clocks that differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::{Deserialize, Serialize};
use shared::limits::{Denied, Limits};
use shared::prices::Picodollars;
use shared::settings::Tables;

use super::bed::{Bed, answer, caller, process, request_id, requests_per_minute, usage, wanted};
use super::counting::counting;
use super::{Checks, say};

/// Callers in each of the two processes.
const CALLERS: usize = 32;

/// What a process is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Worker {
    #[arg(long)]
    endpoint: String,
    #[arg(long)]
    state: String,
    #[arg(long)]
    ledger: String,
    #[arg(long)]
    rpm: u64,
    #[arg(long)]
    start_ms: u64,
    #[arg(long)]
    seconds: u64,
    #[arg(long)]
    skew_ms: u64,
    #[arg(long)]
    reject_cache: bool,
}

/// What it saw.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    admitted: u64,
    decisions: u64,
    takes: u64,
    gave_up: u64,
    /// After the start, by its clock without skew.
    last_ms: u64,
}

#[derive(Default)]
struct Tally {
    admitted: AtomicU64,
    decisions: AtomicU64,
    gave_up: AtomicU64,
}

pub(crate) async fn work(worker: Worker) {
    let bed = Bed::over(&worker.endpoint, Tables { state: worker.state.clone(), ledger: worker.ledger.clone() });
    let (client, counts) = counting(&bed.client);
    let limits = Arc::new(bed.limits(&client, requests_per_minute(worker.rpm)));
    let tally: Arc<Tally> = Arc::default();
    let start = UNIX_EPOCH + Duration::from_millis(worker.start_ms);
    tokio::time::sleep(start.duration_since(SystemTime::now()).unwrap_or_default()).await;
    let tasks = (0..CALLERS).map(|_| {
        let (limits, tally, worker) = (Arc::clone(&limits), Arc::clone(&tally), worker.clone());
        tokio::spawn(async move { hammer(&limits, &tally, &worker, start).await })
    });
    futures_util::future::join_all(tasks).await;
    let sum = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let last = SystemTime::now().duration_since(start).unwrap_or_default();
    answer(&Seen {
        admitted: sum(&tally.admitted),
        decisions: sum(&tally.decisions),
        takes: sum(&counts.takes),
        gave_up: sum(&tally.gave_up),
        last_ms: last.as_millis().try_into().unwrap_or(u64::MAX),
    });
}

/// One caller that never rests.
async fn hammer(limits: &Limits, tally: &Tally, worker: &Worker, start: SystemTime) {
    let caller = caller("hot");
    let end = start + Duration::from_secs(worker.seconds);
    while SystemTime::now() < end {
        let now = SystemTime::now() + Duration::from_millis(worker.skew_ms);
        tally.decisions.fetch_add(1, Ordering::Relaxed);
        if worker.reject_cache && limits.check_blocked(&caller, &Default::default(), now).is_err() {
            // So cheap that the others must get their turn.
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        let id = request_id(now);
        match limits.acquire(&wanted(&caller, &id), now).await {
            Ok(permit) => {
                tally.admitted.fetch_add(1, Ordering::Relaxed);
                limits.settle(&permit, &usage(1), Picodollars(1), now).await.expect("settled");
            }
            Err(Denied::Rate { .. }) => {}
            Err(_) => {
                tally.gave_up.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Admitted against the bound, calls per decision: each rate, with equal clocks and one process two seconds ahead.
pub(crate) async fn run(endpoint: &str, seconds: u64, checks: &mut Checks) {
    say(&format!("\nlimits that bind: 2 processes x {CALLERS} callers, {seconds} s each, nobody rests"));
    say("   rpm  skew  cache  admitted  burst + refill   share     most  decisions  calls/decision  gave up");
    for rpm in [50, 600, 6000] {
        for (skew_ms, reject_cache) in [(0, false), (2_000, false), (0, true)] {
            let cached_makes_no_sense = reject_cache && rpm > 600;
            if !cached_makes_no_sense {
                binding(endpoint, seconds, rpm, skew_ms, reject_cache, checks).await;
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares")]
async fn binding(endpoint: &str, seconds: u64, rpm: u64, skew_ms: u64, reject_cache: bool, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    let start = SystemTime::now() + Duration::from_millis(700);
    let start_ms = start.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let start_ms = u64::try_from(start_ms).unwrap_or(u64::MAX);
    let arguments = |skew: u64| {
        let mut arguments = vec!["limits-rate-worker".to_owned()];
        arguments.extend(bed.table_arguments());
        let numbers = [("--rpm", rpm), ("--seconds", seconds), ("--skew-ms", skew), ("--start-ms", start_ms)];
        arguments.extend(numbers.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]));
        arguments.extend(reject_cache.then(|| "--reject-cache".to_owned()));
        arguments
    };
    let both = futures_util::future::join(process::<Seen>(arguments(0)), process::<Seen>(arguments(skew_ms))).await;
    let (Some(one), Some(two)) = both else { return checks.fail("a process did not answer") };
    let admitted = one.admitted + two.admitted;
    let (decisions, takes) = (one.decisions + two.decisions, one.takes + two.takes);
    let per_second = rpm as f64 / 60.0;
    // Slack lets a take begin up to one permit, at most 2 % of the period, before now.
    let slack = (60.0 / rpm as f64).min(1.2);
    let elapsed = one.last_ms.max(two.last_ms) as f64 / 1000.0;
    let bound = rpm as f64 + per_second * (elapsed + skew_ms as f64 / 1000.0 + slack);
    // What is owed: without what clocks that differ can add once, and without the slack's permit.
    let owed = rpm as f64 + per_second * seconds as f64;
    let share = admitted as f64 / owed;
    let calls = takes as f64 / decisions as f64;
    let cache = if reject_cache { "on" } else { "off" };
    let gave_up = one.gave_up + two.gave_up;
    say(&format!(
        "{rpm:>6} {:>4}s {cache:>6} {admitted:>9} {owed:>15.1} {share:>7.3} {bound:>8.1} {decisions:>10} {calls:>15.3} {gave_up:>8}",
        skew_ms / 1000
    ));
    let name = format!("{rpm}/min, skew {skew_ms} ms, cache {cache}");
    checks.that(admitted as f64 <= bound, &format!("{name}: at most what clocks and slack allow"));
    checks.that(share >= 0.97, &format!("{name}: at least 0.97 of burst and refill"));
    let most = if reject_cache { 0.2 } else { 1.05 };
    checks.that(calls <= most, &format!("{name}: at most {most} calls a decision"));
    checks.that(gave_up == 0, &format!("{name}: nobody gave up"));
}

/// Whether whoever comes back when it was told to is admitted then, alone on its bucket. Time is a number here, nobody
/// sleeps.
pub(crate) async fn retry_after(endpoint: &str, checks: &mut Checks) {
    const ROUNDS: usize = 500;
    let bed = Bed::fresh(endpoint).await;
    let (mut right, mut zero) = (0, 0);
    for round in 0..ROUNDS {
        let rpm = [1, 7, 50, 600, 6000][round % 5];
        let limits = bed.limits(&bed.client, requests_per_minute(rpm));
        let caller = caller(&format!("alone-{round}"));
        let mut now = SystemTime::now();
        // Use up the bucket but for a part, at a random moment.
        let wait = loop {
            let id = request_id(now);
            match limits.acquire(&wanted(&caller, &id), now).await {
                Ok(permit) => {
                    limits.settle(&permit, &usage(1), Picodollars(1), now).await.expect("settled");
                    // A fast bucket would take thousands of calls to empty: let only few permits be left of it.
                    now += Duration::from_micros(fastrand::u64(..1_000));
                    if rpm > 50 {
                        empty(&bed, &caller, now).await;
                    }
                }
                Err(Denied::Rate { retry_after, .. }) => break retry_after,
                Err(error) => return checks.fail(&format!("retry-after: {error}")),
            }
        };
        zero += usize::from(wait.is_zero());
        now += wait;
        let id = request_id(now);
        right += usize::from(limits.acquire(&wanted(&caller, &id), now).await.is_ok());
    }
    say(&format!("\nretry-after: {right} of {ROUNDS} admitted when they came back then; {zero} were told 0"));
    checks.that(right * 100 >= ROUNDS * 99, "retry-after is right in 99 %");
    checks.that(zero == 0, "retry-after is never 0");
}

/// Moves a bucket's arrival time to where nothing is left.
async fn empty(bed: &Bed, caller: &shared::caller::Caller, now: SystemTime) {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    let full = now.duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(60);
    let update = bed.client.update_item().table_name(&bed.tables.state);
    let update = update.key("PK", S(format!("L#k#{}", caller.as_str()))).key("SK", S("L".to_owned()));
    let update =
        update.update_expression("SET tr = :t").expression_attribute_values(":t", N(full.as_micros().to_string()));
    update.send().await.expect("written");
}
