//! The usual ways, as controls in the same harness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use shared::prices::Picodollars;

use super::bed::{Bed, model, usage};
use super::books::WRITERS;

/// Counts requests with a plain `ADD`, repeated by the SDK and the application. Returns how many were counted twice.
pub(crate) async fn doubled_adds(behind: &Bed, requests: u64, seed: u64) -> u64 {
    let key = format!("naive-{seed}");
    let next = Arc::new(AtomicU64::new(0));
    let writers = (0..WRITERS).map(|_| {
        let (bed, next, key) = (behind.clone(), Arc::clone(&next), key.clone());
        tokio::spawn(async move {
            while next.fetch_add(1, Ordering::Relaxed) < requests {
                while add(&bed, &key, 1).await.is_none() {}
            }
        })
    });
    futures_util::future::join_all(writers).await.into_iter().for_each(|writer| writer.expect("a writer"));
    let counted = loop {
        if let Some(counted) = value(behind, &key).await {
            break counted;
        }
    };
    counted.saturating_sub(requests)
}

async fn add(bed: &Bed, key: &str, amount: u64) -> Option<()> {
    let update = bed.client.update_item().table_name(&bed.tables.state).key("PK", S(key.to_owned()));
    let update = update.key("SK", S("n".to_owned())).update_expression("ADD c :c");
    update.expression_attribute_values(":c", N(amount.to_string())).send().await.ok().map(|_| ())
}

async fn value(bed: &Bed, key: &str) -> Option<u64> {
    let got = bed.client.get_item().table_name(&bed.tables.state).consistent_read(true);
    let got = got.key("PK", S(key.to_owned())).key("SK", S("n".to_owned())).send().await.ok()?;
    Some(got.item.and_then(|item| item.get("c")?.as_n().ok()?.parse().ok()).unwrap_or(0))
}

/// Looks whether there is room, asks, then adds what it cost. Returns what was spent.
pub(crate) async fn check_then_add(bed: &Bed, cap: Picodollars, ceiling: Picodollars) -> Picodollars {
    let callers = (0..WRITERS).map(|writer| {
        let bed = bed.clone();
        tokio::spawn(async move {
            let mut number = writer as u64;
            while value(&bed, "check").await.is_some_and(|spent| spent + ceiling.0 <= cap.0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
                number += 1;
                while add(&bed, "check", model().cost(&usage(number * 31)).0).await.is_none() {}
            }
        })
    });
    futures_util::future::join_all(callers).await.into_iter().for_each(|caller| caller.expect("a caller"));
    Picodollars(value(bed, "check").await.unwrap_or(0))
}

/// A fixed window: one plain write.
pub(crate) async fn fixed_window(bed: &Bed, key: &str) {
    while add(bed, key, 1).await.is_none() {}
}

/// Read, then write if nobody did meanwhile. Returns whether it got through within ten tries.
pub(crate) async fn read_modify_write(bed: &Bed, key: &str) -> bool {
    for _ in 0..10 {
        let Some(before) = value(bed, key).await else { continue };
        let put = bed.client.put_item().table_name(&bed.tables.state).item("PK", S(key.to_owned()));
        let put = put.item("SK", S("n".to_owned())).item("c", N((before + 1).to_string()));
        let put = put.condition_expression("attribute_not_exists(PK) OR c = :c");
        if put.expression_attribute_values(":c", N(before.to_string())).send().await.is_ok() {
            return true;
        }
    }
    false
}
