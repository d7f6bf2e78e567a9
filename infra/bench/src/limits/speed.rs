//! Writes a second beside a bare write and beside reading first, interleaved on one server. Ratios only: the machine is shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use shared::prices::Picodollars;

use super::bed::{Bed, caller, request_id, requests_per_minute, usage, wanted};
use super::{Checks, naive, say};

const RUN: Duration = Duration::from_millis(1_500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Admission and settlement of both items: four conditional writes a request.
    Ours,
    FixedWindow,
    ReadFirst,
}

#[expect(clippy::cast_precision_loss, reason = "rates")]
pub(crate) async fn run(endpoint: &str, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    say(
        "\nsuccessful writes a second on one server, one hot key and 1000 keys (ours: four conditional writes a request)",
    );
    say("  callers  keys      ours  fixed window  read first   ours/fixed  ours/read first");
    for (callers, keys) in [(1, 1), (8, 1), (32, 1), (64, 1), (64, 1_000)] {
        let mut rates = Vec::new();
        for way in [Way::Ours, Way::FixedWindow, Way::ReadFirst] {
            let done = rate(&bed, way, callers, keys).await;
            rates.push(done as f64 / RUN.as_secs_f64());
        }
        let [ours, fixed, read] = rates[..] else { return };
        say(&format!(
            "  {callers:>7} {keys:>5} {ours:>9.0} {fixed:>13.0} {read:>11.0} {:>12.2} {:>16.2}",
            ours / fixed,
            ours / read.max(0.1)
        ));
        if keys == 1 {
            checks.that(ours >= 0.5 * fixed, &format!("{callers} callers: half a bare write's rate"));
        }
        if (callers, keys) == (64, 1) {
            checks.that(ours >= 10.0 * read, "ten times reading first at 64 callers");
        }
    }
}

async fn rate(bed: &Bed, way: Way, callers: usize, keys: usize) -> u64 {
    let limits = Arc::new(bed.limits(&bed.client, requests_per_minute(1_000_000_000)));
    let done: Arc<AtomicU64> = Arc::default();
    let end = Instant::now() + RUN;
    let tasks = (0..callers).map(|_| {
        let (bed, limits, done) = (bed.clone(), Arc::clone(&limits), Arc::clone(&done));
        tokio::spawn(async move {
            while Instant::now() < end {
                let key = format!("k{}", fastrand::usize(..keys));
                let writes = match way {
                    Way::Ours => {
                        let (now, caller) = (SystemTime::now(), caller(&key));
                        let id = request_id(now);
                        let Ok(permit) = limits.acquire(&wanted(&caller, &id), now).await else { continue };
                        let settled = limits.settle(&permit, &usage(1), Picodollars(1), now).await;
                        if settled.is_ok() { 4 } else { 2 }
                    }
                    Way::FixedWindow => {
                        naive::fixed_window(&bed, &key).await;
                        1
                    }
                    Way::ReadFirst => u64::from(naive::read_modify_write(&bed, &key).await),
                };
                done.fetch_add(writes, Ordering::Relaxed);
            }
        })
    });
    futures_util::future::join_all(tasks).await.into_iter().for_each(|task| task.expect("a caller"));
    done.load(Ordering::Relaxed)
}
