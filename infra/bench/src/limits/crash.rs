//! Instances that are killed between reserving and settling, and whether every book agrees after the sweep.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde::{Deserialize, Serialize};
use shared::prices::{Picodollars, Usage};
use shared::reconcile::sweep;
use shared::settings::Tables;

use super::bed::{Bed, answer, caller, model, process, request_id, unlimited, usage, wanted};
use super::books::Books;
use super::capacity::record;
use super::{Checks, say};

const INSTANCES: usize = 60;
const REQUESTS_EACH: u64 = 20;
const CALLERS: usize = 4;

/// What an instance is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Worker {
    #[arg(long)]
    endpoint: String,
    #[arg(long)]
    state: String,
    #[arg(long)]
    ledger: String,
    #[arg(long)]
    caller: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    requests: u64,
}

/// One instance: a request at a time, as Lambda has it. One in twenty is its last.
pub(crate) async fn work(worker: Worker) {
    let bed = Bed::over(&worker.endpoint, Tables { state: worker.state, ledger: worker.ledger });
    let (limits, ledger) = (bed.limits(&bed.client, unlimited()), bed.ledger());
    let caller = caller(&worker.caller);
    for number in 0..REQUESTS_EACH {
        let now = SystemTime::now();
        let id = request_id(now);
        let permit = limits.acquire(&wanted(&caller, &id), now).await.expect("admitted");
        if fastrand::f64() < 0.05 {
            let myself = std::process::id().to_string();
            let _ = std::process::Command::new("kill").args(["-9", &myself]).status();
        }
        let used = usage(number * 17);
        let record = record(&caller, &id, used, model().cost(&used));
        let (settled, recorded) =
            futures_util::future::join(limits.settle(&permit, &used, record.cost, now), ledger.record(&record)).await;
        settled.expect("settled");
        recorded.expect("recorded");
    }
    answer(&Ended { requests: REQUESTS_EACH });
}

pub(crate) async fn run(endpoint: &str, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    let mut killed = 0;
    for instance in (0..INSTANCES).step_by(CALLERS) {
        let some = (instance..instance + CALLERS).map(|instance| {
            let mut arguments = vec!["limits-crash-worker".to_owned()];
            arguments.extend(bed.table_arguments());
            arguments.extend(["--caller".to_owned(), format!("c{}", instance % CALLERS)]);
            process::<Ended>(arguments)
        });
        killed += futures_util::future::join_all(some).await.iter().filter(|ended| ended.is_none()).count();
    }
    let before = Books::read(&bed).await;
    let callers: Vec<String> = (0..CALLERS).map(|name| format!("c{name}")).collect();
    let swept = sweep_all(&bed, &callers).await;
    let after = Books::read(&bed).await;
    say(&format!("\ncrashes: {INSTANCES} instances, {killed} killed between reserving and settling"));
    say(&format!("  before the sweep: {}", before.line()));
    say(&format!("  after it ({swept} leftovers closed): {}", after.line()));
    checks.that(killed > 0 && before.open == 2 * killed, "each killed instance leaves its reservation in both items");
    checks.that(after.lost == killed as u64, "each lost attempt has a record");
    checks.that(after.agree() && after.open == 0 && after.negative == 0, "every book agrees after the sweep");
}

/// Closes everything that is open or kept in the items of these callers, as requests do that come long afterwards.
pub(crate) async fn sweep_all(bed: &Bed, callers: &[String]) -> usize {
    // Everything is old enough: nobody of them is alive.
    let later = SystemTime::now() + Duration::from_secs(1_000);
    let (limits, ledger) = (bed.limits(&bed.client, unlimited()), bed.ledger());
    let mut swept = 0;
    for name in callers {
        let caller = caller(name);
        let id = request_id(later);
        let permit = limits.acquire(&wanted(&caller, &id), later).await.expect("admitted");
        // A request closes a few; this one plays many.
        loop {
            let closed = sweep(&limits, &ledger, later).await;
            swept += closed;
            if closed == 0 {
                break;
            }
        }
        limits.settle(&permit, &Usage::default(), Picodollars::ZERO, later).await.expect("settled");
    }
    swept
}
