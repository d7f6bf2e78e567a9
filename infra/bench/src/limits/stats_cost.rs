//! What `GET /api/v1/stats` costs by the number of recorded requests.

use std::time::SystemTime;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use shared::ledger::{Ledger, Span};

use super::bed::{Bed, caller, model, request_id, usage};
use super::capacity::record;
use super::counting::counting;
use super::{Checks, say};

pub(crate) async fn run(endpoint: &str, most: u64, checks: &mut Checks) {
    let bed = Bed::fresh(endpoint).await;
    let ledger = bed.ledger();
    let (client, counts) = counting(&bed.client);
    let counted = Ledger::new(client, bed.tables.ledger.clone());
    let caller = caller("reader");
    say("\nstatistics of a month by the number of recorded requests (one day, four shards)");
    say("  requests  calls  read units");
    let mut written = 0;
    let mut seen: Vec<(u64, usize, f64)> = Vec::new();
    for size in [10, 1_000, most] {
        if size <= 1_000 {
            while written < size {
                let used = usage(written);
                let id = request_id(SystemTime::now());
                ledger.record(&record(&caller, &id, used, model().cost(&used))).await.expect("recorded");
                written += 1;
            }
        } else {
            copies(&bed, size - written).await;
        }
        let now = SystemTime::now();
        let start = counted.period(&caller, now).await.expect("a period");
        let sums = counted.statistics(&caller, &Span::Period(start.period)).await.expect("sums");
        let units = counts.take_units();
        let total: f64 = units.iter().map(|(_, units)| units).sum();
        say(&format!("  {size:>8} {:>6} {total:>11.1}", units.len()));
        if size <= 1_000 {
            checks.that(sums.total.requests == size, "every request counted");
        }
        seen.push((size, units.len(), total));
    }
    let same = |(_, calls, units): &(u64, usize, f64)| *calls == seen[1].1 && (units - seen[1].2).abs() <= 0.5;
    checks.that(seen.iter().skip(1).all(same), "calls and units do not grow with the requests");
}

/// More records of the same caller. Their sums are not: a sum's size does not depend on what is summed.
async fn copies(bed: &Bed, count: u64) {
    let scanned = bed.client.scan().table_name(&bed.tables.ledger).limit(50).send().await.expect("a scan");
    let items = scanned.items.unwrap_or_default();
    let is_record = |item: &&std::collections::HashMap<String, AttributeValue>| item.contains_key("cost_pico");
    let model = items.iter().find(is_record).expect("a record").clone();
    let mut made = 0;
    while made < count {
        let batch = (made..(made + 25).min(count)).map(|number| {
            let mut item = model.clone();
            item.insert("SK".to_owned(), AttributeValue::S(format!("R#{number:013}#copy{number:08}#1")));
            let put = PutRequest::builder().set_item(Some(item)).build().expect("complete");
            WriteRequest::builder().put_request(put).build()
        });
        let batch: Vec<WriteRequest> = batch.collect();
        made += batch.len() as u64;
        let sent = bed.client.batch_write_item().request_items(&bed.tables.ledger, batch).send().await;
        sent.expect("written");
    }
}
