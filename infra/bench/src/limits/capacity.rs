//! What a request costs in capacity units, and in dollars per million requests.

use std::time::{Duration, SystemTime};

use shared::budget::Caps;
use shared::ledger::{Status, UsageRecord};
use shared::limits::{Buckets, LimitsConfig, Permit, Quota};
use shared::prices::{Picodollars, PriceSheet};
use shared::request::Task;

use super::bed::{Bed, caller, ceiling, model, request_id, unlimited, usage, wanted};
use super::counting::counting;
use super::{Checks, say};

/// On-demand writes and reads in dollars per million units in us-east-1, from memory of the price list: not verified.
const WRITE_USD: f64 = 0.625;
const READ_USD: f64 = 0.125;

/// Three limits and a budget in each item.
fn everything() -> LimitsConfig {
    let quota = Quota::per_minute(100_000_000);
    let all = Buckets { requests: quota, input_tokens: quota, output_tokens: quota };
    let cap = Some(Picodollars(1_000_000_000_000_000));
    LimitsConfig { caller: all, provider: all, caps: Caps { caller: cap, total: cap }, ..unlimited() }
}

pub(crate) async fn run(endpoint: &str, checks: &mut Checks) {
    in_flight(endpoint, checks).await;
    by_kind(endpoint, checks).await;
}

/// Units of one take by the reservations that are open already.
#[expect(clippy::cast_precision_loss, reason = "averages")]
async fn in_flight(endpoint: &str, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    let (client, counts) = counting(&bed.client);
    let limits = bed.limits(&client, everything());
    let caller = caller("busy");
    let (mut permits, mut units): (Vec<Permit>, Vec<(f64, f64)>) = (Vec::new(), Vec::new());
    for _ in 0..64 {
        let now = SystemTime::now();
        let id = request_id(now);
        permits.push(limits.acquire(&wanted(&caller, &id), now).await.expect("admitted"));
        let taken: Vec<f64> = counts.take_units().into_iter().map(|(_, units)| units).collect();
        // The last two: a wrong guess before them is another matter.
        if let [.., of_caller, of_provider] = taken[..] {
            units.push((of_caller, of_provider));
        }
    }
    say("\ncapacity of one take (three limits, budget, reservation) by open reservations of the item");
    say("  in flight   caller's item   provider's item");
    for count in [1, 10, 20, 40, 64] {
        let (caller, provider) = units[count - 1];
        say(&format!("  {count:>9} {caller:>15.1} {provider:>17.1}"));
    }
    let average = units.iter().map(|(caller, _)| caller).sum::<f64>() / units.len() as f64;
    checks.that(units[..40].iter().all(|(caller, _)| *caller <= 1.0), "one unit up to 40 in flight");
    say(&format!("  average up to 64 in flight, caller's item: {average:.3}"));
    checks.that(average <= 1.1, "at most 1.1 units on average up to 64 in flight");
}

/// Units of each kind of request.
async fn by_kind(endpoint: &str, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    let (client, counts) = counting(&bed.client);
    let limits = bed.limits(&client, everything());
    let ledger = shared::ledger::Ledger::new(client.clone(), bed.tables.ledger.clone());
    let caller = caller("one");
    // The first request of all writes new items.
    for round in 0..3 {
        let now = SystemTime::now();
        let id = request_id(now);
        counts.take_units();
        let permit = limits.acquire(&wanted(&caller, &id), now).await.expect("admitted");
        let acquired = counts.take_units();
        let usage = usage(round);
        let cost = model().cost(&usage);
        limits.settle(&permit, &usage, cost, now).await.expect("settled");
        let settled = counts.take_units();
        ledger.record(&record(&caller, &id, usage, cost)).await.expect("recorded");
        let recorded = counts.take_units();
        if round < 2 {
            continue;
        }
        let sum = |units: &[(&str, f64)]| units.iter().map(|(_, units)| units).sum::<f64>();
        say("\ncapacity of a request, warm, one in flight");
        say("  step                         calls  write units  $ per million requests");
        let rows =
            [("acquire (caller, provider)", &acquired), ("settle (caller, provider)", &settled), ("record", &recorded)];
        for (name, units) in rows {
            say(&format!("  {name:<28} {:>5} {:>12.1} {:>23.3}", units.len(), sum(units), sum(units) * WRITE_USD));
        }
        let all = sum(&acquired) + sum(&settled) + sum(&recorded);
        let calls = acquired.len() + settled.len() + recorded.len();
        say(&format!("  {:<28} {calls:>5} {all:>12.1} {:>23.3}", "all of it", all * WRITE_USD));
        say(&format!("  {:<28} {:>5} {:>12} {:>23.3}", "refused by the database", 1, "1.0", WRITE_USD));
        say(&format!("  {:<28} {:>5} {:>12} {:>23.3}", "refused from memory", 0, "0.0", 0.0));
        say("  an Idempotency-Key adds a claim (1 unit) and the stored answer (1 unit a KB)");
        say(&format!("  {:<28} {:>5} {:>12.1} {READ_USD:>23.3}", "statistics of a month (reads)", 2, 1.0));
        checks.that(all <= 8.0, "an admitted request takes at most 8 write units");
    }
}

pub(crate) fn record(
    caller: &shared::caller::Caller,
    id: &shared::request_id::RequestId,
    usage: shared::prices::Usage,
    cost: Picodollars,
) -> UsageRecord {
    debug_assert!(cost <= ceiling());
    UsageRecord {
        request_id: id.clone(),
        attempt: 1,
        caller: caller.clone(),
        period: shared::budget::month(SystemTime::now()),
        task: Task::ResumeOptimization,
        prompt_version: "v1".to_owned(),
        model: super::bed::MODEL.to_owned(),
        status: Status::Completed,
        usage,
        cost,
        price_version: PriceSheet::embedded().version().to_owned(),
        estimated: false,
        simulated: true,
        duration: Duration::from_millis(1),
    }
}
