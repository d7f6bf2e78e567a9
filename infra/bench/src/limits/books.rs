//! Exactness: records, day aggregates and both committed budgets under lost replies, throttling, conflicts and stale reads;
//! and the cap, which is never passed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::budget::{self, Caps};
use shared::limits::{Denied, LimitsConfig};
use shared::prices::Picodollars;
use tests::fault_proxy::{FaultProxy, Faults};

use super::bed::{Bed, caller, ceiling, model, request_id, unlimited, usage, wanted};
use super::capacity::record;
use super::{Checks, naive, say};

const REQUESTS: u64 = 2_000;
pub(crate) const WRITERS: usize = 64;
/// Tries of the application, each with the SDK's own below it.
const TRIES: usize = 60;

/// What the books say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) records: u64,
    pub(crate) record_sum: u64,
    pub(crate) aggregate_sum: u64,
    pub(crate) aggregate_requests: u64,
    pub(crate) callers_committed: i128,
    pub(crate) total_committed: i128,
    pub(crate) open: usize,
    pub(crate) negative: usize,
    pub(crate) lost: u64,
}

impl Books {
    pub(crate) async fn read(bed: &Bed) -> Books {
        let mut books = Books::default();
        let month = format!("b{}", budget::month(SystemTime::now()).replace('-', ""));
        for item in scan(bed, &bed.tables.ledger).await {
            let pk = text(&item, "PK");
            if pk.starts_with("U#") {
                books.records += 1;
                books.record_sum += u64::try_from(whole(&item, "cost_pico")).unwrap_or(0);
                books.lost += u64::from(text(&item, "status") == "lost");
            } else if pk.starts_with("A#") {
                let sum = |letter: &str| -> u64 {
                    let is_model = |name: &str| name.starts_with("m:") && name.ends_with(letter);
                    item.keys()
                        .filter(|name| is_model(name))
                        .map(|name| u64::try_from(whole(&item, name)).unwrap_or(0))
                        .sum()
                };
                books.aggregate_sum += sum(":c");
                books.aggregate_requests += sum(":n");
            }
        }
        for item in scan(bed, &bed.tables.state).await {
            let committed = whole(&item, &month);
            let of_all = text(&item, "PK").starts_with("L#g#");
            *(if of_all { &mut books.total_committed } else { &mut books.callers_committed }) += committed;
            books.open += item.keys().filter(|name| name.starts_with('r')).count();
            books.negative += usize::from(committed < 0 || whole(&item, "n") < 0);
        }
        books
    }

    /// Whether all of them say the same, to the last picodollar.
    pub(crate) fn agree(&self) -> bool {
        let sum = i128::from(self.record_sum);
        self.aggregate_sum == self.record_sum && self.callers_committed == sum && self.total_committed == sum
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "records {} ({} lost) sum {} | aggregates {} | committed {} and {} | open {} | negative {}",
            self.records,
            self.lost,
            self.record_sum,
            self.aggregate_sum,
            self.callers_committed,
            self.total_committed,
            self.open,
            self.negative
        )
    }
}

/// All items of a table.
pub(crate) async fn scan(bed: &Bed, table: &str) -> Vec<HashMap<String, AttributeValue>> {
    let mut pages = bed.client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(item.expect("a scan"));
    }
    items
}

/// A string attribute, empty where absent.
pub(crate) fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// A number attribute, 0 where absent.
pub(crate) fn whole(item: &HashMap<String, AttributeValue>, name: &str) -> i128 {
    item.get(name).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0)
}

/// Repeats a call as an application would.
macro_rules! until_done {
    ($call:expr) => {{
        let mut tries = 0;
        loop {
            match $call.await {
                Ok(value) => break value,
                Err(error) if tries >= TRIES => panic!("gave up: {error}"),
                Err(_) => tries += 1,
            }
        }
    }};
}

pub(crate) async fn run(endpoint: &str, checks: &mut Checks) {
    let faults = Faults { lost_replies: 0.05, throttled: 0.05, conflicts: 0.05, stale_reads: 0.05 };
    say(&format!(
        "\nbooks: {REQUESTS} requests, {WRITERS} writers, 5 % each of lost replies (reset or silence), throttling, conflicts, stale reads"
    ));
    for seed in [1, 2, 3] {
        let bed = Bed::fresh(endpoint).await;
        let proxy = FaultProxy::before(endpoint, faults, seed).await;
        let behind = bed.behind(&proxy.url);
        let limits = Arc::new(behind.limits(&behind.client, unlimited()));
        let ledger = Arc::new(behind.ledger());
        let next = Arc::new(AtomicU64::new(0));
        let writers = (0..WRITERS).map(|_| {
            let (limits, ledger, next) = (Arc::clone(&limits), Arc::clone(&ledger), Arc::clone(&next));
            tokio::spawn(async move {
                let caller = caller("hot");
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= REQUESTS {
                        break;
                    }
                    let now = SystemTime::now();
                    let id = request_id(now);
                    let wanted = wanted(&caller, &id);
                    let permit = until_done!(limits.acquire(&wanted, now));
                    let used = usage(number);
                    let record = record(&caller, &id, used, model().cost(&used));
                    let settled = async { until_done!(limits.settle(&permit, &record.usage, record.cost, now)) };
                    let recorded = async { until_done!(ledger.record(&record)) };
                    futures_util::future::join(settled, recorded).await;
                }
            })
        });
        futures_util::future::join_all(writers).await.into_iter().for_each(|writer| writer.expect("a writer"));
        let expected: u64 = (0..REQUESTS).map(|number| model().cost(&usage(number)).0).sum();
        let books = Books::read(&bed).await;
        let done = &proxy.done;
        say(&format!(
            "  seed {seed}: {} replies lost, {} throttled, {} conflicts, {} stale of {} calls",
            done.lost.load(Ordering::Relaxed),
            done.throttled.load(Ordering::Relaxed),
            done.conflicts.load(Ordering::Relaxed),
            done.stale.load(Ordering::Relaxed),
            done.calls.load(Ordering::Relaxed)
        ));
        say(&format!("    {}", books.line()));
        checks.that(books.records == REQUESTS && books.record_sum == expected, "no record lost, none doubled");
        checks.that(books.aggregate_requests == REQUESTS, "every request counted once");
        checks.that(books.agree(), "records, aggregates and both budgets are equal to the last unit");
        checks.that(books.open == 0 && books.negative == 0, "nothing is open, nothing negative");
        let doubled = naive::doubled_adds(&behind, REQUESTS, seed).await;
        say(&format!("    control, plain ADD behind the same proxy: {doubled} of {REQUESTS} counted twice"));
        checks.that(doubled > 0, "the control doubles, so the proxy loses replies");
    }
}

/// A cap of two dollars against 64 callers at once, and the usual way beside it.
pub(crate) async fn cap(endpoint: &str, checks: &mut Checks) {
    let cap = Picodollars(2_000_000_000_000);
    let bed = Bed::fresh(endpoint).await;
    let proxy = FaultProxy::before(endpoint, Faults { lost_replies: 0.05, ..Faults::default() }, 7).await;
    let behind = bed.behind(&proxy.url);
    let caps = Caps { caller: Some(cap), total: None };
    let limits = Arc::new(behind.limits(&behind.client, LimitsConfig { caps, ..unlimited() }));
    let over = Arc::new(AtomicBool::new(false));
    let samples = Arc::new(AtomicU64::new(0));
    let finished = Arc::new(AtomicBool::new(false));
    let sampler = {
        let (bed, over, samples, finished) =
            (bed.clone(), Arc::clone(&over), Arc::clone(&samples), Arc::clone(&finished));
        tokio::spawn(async move {
            while !finished.load(Ordering::Relaxed) {
                let committed = Books::read(&bed).await.callers_committed;
                samples.fetch_add(1, Ordering::Relaxed);
                if committed > i128::from(cap.0) {
                    over.store(true, Ordering::Relaxed);
                }
            }
        })
    };
    let callers = (0..WRITERS).map(|writer| {
        let limits = Arc::clone(&limits);
        tokio::spawn(async move {
            let caller = caller("hot");
            let mut number = writer as u64;
            loop {
                let now = SystemTime::now();
                let id = request_id(now);
                match limits.acquire(&wanted(&caller, &id), now).await {
                    Ok(permit) => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        number += 1;
                        let used = usage(number * 31);
                        until_done!(limits.settle(&permit, &used, model().cost(&used), now));
                    }
                    Err(Denied::Budget { spent: Some(_), .. }) => break,
                    // Reserved by others, or a reply that was lost.
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        })
    });
    futures_util::future::join_all(callers).await.into_iter().for_each(|caller| caller.expect("a caller"));
    finished.store(true, Ordering::Relaxed);
    sampler.await.expect("samples");
    let books = Books::read(&bed).await;
    let dollars = |pico: i128| Picodollars(u64::try_from(pico).unwrap_or(0));
    let naive = naive::check_then_add(&bed, cap, ceiling()).await;
    say(&format!(
        "\ncap of ${cap}, {WRITERS} callers, 5 % of replies lost: ${} spent, {} open; {} samples, over the cap in {}",
        dollars(books.callers_committed),
        books.open,
        samples.load(Ordering::Relaxed),
        if over.load(Ordering::Relaxed) { "some" } else { "none" }
    ));
    say(&format!("  control, check then add: ${naive} spent"));
    checks.that(!over.load(Ordering::Relaxed), "the cap is not passed at any sampled instant");
    let reached = i128::from(cap.0) - i128::from(ceiling().0);
    // What was reserved by calls whose reply was lost for good counts as committed until it is swept.
    checks.that((reached..=i128::from(cap.0)).contains(&books.callers_committed), "spent within a ceiling of the cap");
    checks.that(naive > cap, "the control passes its cap");
}
