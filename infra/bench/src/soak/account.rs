//! The ledger held against the model server's bills, record by record, and every answer against its fault.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use shared::prices::Picodollars;

use super::faults::Fault;
use super::load::Outcome;
use super::model::Bill;
use crate::limits::bed::Bed;
use crate::limits::books::{Books, scan, text, whole};
use crate::limits::{Checks, say};

/// What a request without its limiter or claim is told.
const STORE_FAILED: &str = "503 store-unavailable";
/// What a request is told that would have to wait too long for the end of a pause the provider asked for.
const HELD_BACK: &str = "503 provider-throttled";
/// How long the service waits for one reply of the database.
const ONE_REPLY: Duration = Duration::from_secs(1);
/// Most differences that are printed.
const SHOWN: usize = 10;

/// One record, as far as it is checked.
#[derive(Debug)]
struct Record {
    attempt: i128,
    cost: u64,
    is_estimated: bool,
    is_lost: bool,
}

/// All requests with one fault.
#[derive(Default)]
struct Row {
    told: BTreeMap<String, u64>,
    calls: usize,
    records: usize,
    estimated: usize,
}

/// What a phase came to.
#[derive(Default)]
pub(super) struct Account {
    rows: BTreeMap<Fault, Row>,
    sent: usize,
    records: usize,
    /// Number and sum of what was reported exactly, as recorded and as billed.
    exact: (u64, u64, u64),
    /// Number and sum of the estimates, and the least that was billed.
    estimated: (u64, u64, u64),
    unexpected: Vec<String>,
    differences: Vec<String>,
}

impl Account {
    /// `database_fails`: whether faults of the database were injected as well.
    pub(super) async fn of(
        bed: &Bed,
        outcomes: &[Outcome],
        bills: &HashMap<u64, Vec<Bill>>,
        database_fails: bool,
    ) -> Account {
        let (mut records, mut account) = (records(bed).await, Account::default());
        for outcome in outcomes {
            let ask = &outcome.ask;
            let expected = ask.fault.expected(ask.is_streamed).to_owned();
            let expected = if outcome.is_repeat { format!("{expected} replayed") } else { expected };
            let calls = bills.get(&ask.number).map(Vec::as_slice).unwrap_or_default();
            if outcome.told != expected && !(database_fails && calls.is_empty() && is_of_database(outcome)) {
                let (fault, told, took) = (ask.fault.name(), &outcome.told, outcome.took);
                account.unexpected.push(format!("{fault}: {told} instead of {expected} after {took:?}"));
            }
            account.sent += 1;
            let row = account.rows.entry(ask.fault).or_default();
            *row.told.entry(outcome.told.clone()).or_default() += 1;
            if outcome.is_repeat {
                continue;
            }
            let recorded = records.remove(&outcome.request_id).unwrap_or_default();
            row.calls += calls.len();
            row.records += recorded.len();
            row.estimated += recorded.iter().filter(|record| record.is_estimated).count();
            account.records += recorded.len();
            account.compare(outcome, calls, &recorded);
        }
        let unknown = records.keys().map(|id| format!("{id}: a record of no request"));
        account.differences.extend(unknown);
        account
    }

    fn compare(&mut self, outcome: &Outcome, calls: &[Bill], recorded: &[Record]) {
        let billed: Vec<Bill> = calls.iter().copied().filter(|bill| *bill != Bill::Nothing).collect();
        // A reservation that stands in both items counts as a call that was sent.
        let is_swept =
            billed.is_empty() && outcome.told == STORE_FAILED && recorded.iter().all(|record| record.is_lost);
        let once_each = recorded.iter().zip(1..).all(|(record, attempt)| record.attempt == attempt);
        let fits = recorded.len() == billed.len()
            && recorded.iter().zip(&billed).all(|(record, bill)| self.fits(record, *bill));
        let agrees = is_swept || (once_each && fits);
        if !agrees {
            let id = &outcome.request_id;
            self.differences.push(format!("{id}, {}: billed {billed:?}, recorded {recorded:?}", outcome.told));
        }
    }

    fn fits(&mut self, record: &Record, bill: Bill) -> bool {
        let (least, most) = match bill {
            Bill::Nothing => (0, 0),
            Bill::Exactly(Picodollars(cost)) => (cost, if record.is_lost { u64::MAX } else { cost }),
            Bill::Between(least, most) => (least.0, most.0),
        };
        let sums = if record.is_estimated { &mut self.estimated } else { &mut self.exact };
        *sums = (sums.0 + 1, sums.1 + record.cost, sums.2 + least);
        (least..=most).contains(&record.cost)
    }

    pub(super) fn report(&self, books: &Books, checks: &mut Checks) {
        say("  fault                     calls  records  estimated  answered");
        for (fault, row) in &self.rows {
            let told: Vec<String> = row.told.iter().map(|(told, count)| format!("{count} x {told}")).collect();
            let (name, told) = (fault.name(), told.join(", "));
            say(&format!("  {name:<24} {:>6} {:>8} {:>10}  {told}", row.calls, row.records, row.estimated));
        }
        let (exact, estimated) = (self.exact, self.estimated);
        say(&format!(
            "  {} requests, {} records; {} exact: recorded {} = billed {}; {} estimated: recorded {}, billed at least {}",
            self.sent, self.records, exact.0, exact.1, exact.2, estimated.0, estimated.1, estimated.2
        ));
        say(&format!("  {}", books.line()));
        for difference in self.unexpected.iter().chain(&self.differences).take(SHOWN) {
            say(&format!("    {difference}"));
        }
        checks.that(self.sent > 0, "something was sent");
        let unexpected = self.unexpected.len();
        checks.that(unexpected == 0, &format!("{unexpected} answers are not what was injected"));
        let differences = self.differences.len();
        checks.that(
            differences == 0,
            &format!("{differences} requests lack a record, or have one too many or a wrong one"),
        );
        checks.that(exact.1 == exact.2, "the exact records cost what was billed");
        checks.that(books.records == self.records as u64, "every record in the ledger belongs to a request");
        checks.that(books.agree() && books.negative == 0, "records, sums and both budgets are equal to the last unit");
        checks.that(books.open == 0, &format!("{} reservations are left", books.open));
    }
}

/// Whether an answer can be owed to the database's faults. The wait for the end of a pause counts from a request's arrival, so
/// one whose limiter was silent for a while may be refused for a pause that another's 429 has begun meanwhile.
fn is_of_database(outcome: &Outcome) -> bool {
    outcome.told == STORE_FAILED || (outcome.told == HELD_BACK && outcome.took >= ONE_REPLY)
}

/// The ledger's records by request, each in the order of the attempts.
async fn records(bed: &Bed) -> HashMap<String, Vec<Record>> {
    let mut records: HashMap<String, Vec<Record>> = HashMap::new();
    for item in scan(bed, &bed.tables.ledger).await.iter().filter(|item| text(item, "PK").starts_with("U#")) {
        let is_estimated = item.get("estimated").and_then(|value| value.as_bool().ok()).copied().unwrap_or(false);
        records.entry(text(item, "request_id")).or_default().push(Record {
            attempt: whole(item, "attempt"),
            cost: u64::try_from(whole(item, "cost_pico")).unwrap_or(0),
            is_estimated,
            is_lost: text(item, "status") == "lost",
        });
    }
    records.values_mut().for_each(|records| records.sort_by_key(|record| record.attempt));
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soak::load::Ask;

    /// How many differences records with these attempts and costs make, where the model refused a call and billed the next with 5.
    fn differences(recorded: &[(i128, u64)], told: &str) -> usize {
        let record = |(attempt, cost): &(i128, u64)| Record {
            attempt: *attempt,
            cost: *cost,
            is_estimated: false,
            is_lost: false,
        };
        let recorded: Vec<Record> = recorded.iter().map(record).collect();
        let outcome = Outcome {
            ask: Ask::new(1, false),
            told: told.to_owned(),
            request_id: "id".to_owned(),
            is_repeat: false,
            took: Duration::ZERO,
        };
        let mut account = Account::default();
        account.compare(&outcome, &[Bill::Nothing, Bill::Exactly(Picodollars(5))], &recorded);
        account.differences.len()
    }

    #[test]
    fn a_record_that_is_missing_doubled_or_wrong_is_a_difference() {
        assert_eq!(differences(&[(1, 5)], "200"), 0);
        for recorded in [&[][..], &[(1, 5), (1, 5)], &[(1, 5), (2, 5)], &[(2, 5)], &[(1, 6)]] {
            assert_eq!(differences(recorded, "200"), 1, "{recorded:?}");
            assert_eq!(differences(recorded, STORE_FAILED), 1, "{recorded:?}");
        }
    }
}
