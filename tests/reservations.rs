//! The life of reservations in any order: start, crash, settle, retry, sweep, reset and the turn of the month, over a real
//! database, with a clock that is a number.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use local::backends;
use proptest::prelude::*;
use shared::budget::Caps;
use shared::caller::Caller;
use shared::dynamodb::{connect_to, create_missing_tables};
use shared::ledger::{Ledger, Status, UsageRecord};
use shared::limits::{Buckets, Denied, Limits, LimitsConfig, Permit, Wanted};
use shared::llm::Provider;
use shared::prices::{Picodollars, PriceSheet, Usage};
use shared::reconcile::sweep;
use shared::request::Task;
use shared::request_id::RequestId;
use shared::settings::Tables;
use tests::stack::{Item, number, string};

const CALLERS: [&str; 2] = ["a", "b"];
const MODEL: &str = "claude-sonnet-5-5";
const BYTES: u64 = 4_000;
const OUTPUT: u64 = 2_000;
const ORPHAN_AFTER: Duration = Duration::from_secs(210);
/// Room for three ceilings of a caller at once, and for five of all.
const CALLER_CAP: Picodollars = Picodollars(120_000_000_000);
const TOTAL_CAP: Picodollars = Picodollars(200_000_000_000);

/// What happens next. Indices choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    /// The same admission again, as after a lost reply.
    StartAgain(usize),
    /// Settle and record, maybe in the other order, maybe twice.
    Finish(usize, bool, bool),
    /// The record is written, then the instance dies.
    RecordAndCrash(usize),
    Crash(usize),
    Sweep(usize),
    Reset(usize),
    Wait(u64),
    NextMonth,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0usize..2).prop_map(Step::Start),
        2 => (0usize..8).prop_map(Step::StartAgain),
        5 => (0usize..8, any::<bool>(), any::<bool>()).prop_map(|(which, first, twice)| Step::Finish(which, first, twice)),
        2 => (0usize..8).prop_map(Step::RecordAndCrash),
        3 => (0usize..8).prop_map(Step::Crash),
        2 => (0usize..2).prop_map(Step::Sweep),
        1 => (0usize..2).prop_map(Step::Reset),
        3 => (1u64..400).prop_map(Step::Wait),
        1 => Just(Step::NextMonth),
    ]
}

struct World {
    client: Client,
    tables: Tables,
    limits: Limits,
    ledger: Ledger,
    now: SystemTime,
    ids: u32,
    live: Vec<Request>,
}

struct Request {
    caller: Caller,
    id: RequestId,
    permit: Permit,
    arrived: SystemTime,
    period: String,
}

fn wanted<'a>(caller: &'a Caller, request_id: &'a RequestId) -> Wanted<'a> {
    Wanted {
        caller,
        allowance: Default::default(),
        request_id,
        attempt: 1,
        provider: Provider::Anthropic,
        model: MODEL,
        task: Task::ResumeOptimization,
        request_bytes: BYTES,
        input_tokens: 1,
        output_tokens: OUTPUT,
        ceiling: PriceSheet::embedded().row(MODEL).expect("in the sheet").ceiling(BYTES, OUTPUT),
    }
}

fn caller(index: usize) -> Caller {
    Caller::exact(CALLERS[index]).expect("a caller")
}

impl World {
    async fn new(endpoint: &str) -> World {
        let suffix = format!("{:016x}", fastrand::u64(..));
        let tables = Tables { state: format!("state-{suffix}"), ledger: format!("ledger-{suffix}") };
        let client = connect_to(endpoint, "local".to_owned(), "local", "local");
        create_missing_tables(&client, &tables).await.expect("tables");
        let config = LimitsConfig {
            caller: Buckets::default(),
            provider: Buckets::default(),
            caller_max_in_flight: Some(4),
            wait: Duration::ZERO,
            caps: Caps { caller: Some(CALLER_CAP), total: Some(TOTAL_CAP) },
            orphan_after: ORPHAN_AFTER,
        };
        World {
            limits: Limits::new(client.clone(), tables.state.clone(), config),
            ledger: Ledger::new(client.clone(), tables.ledger.clone()),
            client,
            tables,
            // 2026-11-25T12:00:00Z.
            now: UNIX_EPOCH + Duration::from_secs(1_795_608_000),
            ids: 0,
            live: Vec::new(),
        }
    }

    async fn step(&mut self, step: &Step) {
        // Requests of one moment have one millisecond each.
        self.now += Duration::from_millis(1);
        let pick = |which: usize, live: &[Request]| (!live.is_empty()).then(|| which % live.len());
        match *step {
            Step::Start(who) => self.start(caller(who)).await,
            Step::StartAgain(which) => {
                let Some(request) = pick(which, &self.live).map(|index| &self.live[index]) else { return };
                // Whether it is still open or swept meanwhile: it is never reserved twice.
                if request.arrived + ORPHAN_AFTER > self.now {
                    let again = self.limits.acquire(&wanted(&request.caller, &request.id), request.arrived).await;
                    assert!(again.is_ok(), "admitted already");
                }
            }
            Step::Finish(which, record_first, twice) => {
                let Some(index) = pick(which, &self.live) else { return };
                let request = self.live.swap_remove(index);
                for _ in 0..=usize::from(twice) {
                    if record_first {
                        self.record(&request).await;
                        self.settle(&request).await;
                    } else {
                        self.settle(&request).await;
                        self.record(&request).await;
                    }
                }
            }
            Step::RecordAndCrash(which) => {
                let Some(index) = pick(which, &self.live) else { return };
                let request = self.live.swap_remove(index);
                self.record(&request).await;
            }
            Step::Crash(which) => {
                if let Some(index) = pick(which, &self.live) {
                    self.live.swap_remove(index);
                }
            }
            Step::Sweep(who) => self.sweep(caller(who)).await,
            Step::Reset(who) => {
                self.ledger.reset(&caller(who), None, self.now).await.expect("reset");
                self.now += Duration::from_millis(1);
            }
            Step::Wait(seconds) => self.now += Duration::from_secs(seconds),
            Step::NextMonth => self.now += shared::budget::until_next_month(self.now),
        }
    }

    fn next_id(&mut self) -> RequestId {
        self.ids += 1;
        RequestId::new(self.now, self.ids)
    }

    async fn start(&mut self, caller: Caller) {
        let id = self.next_id();
        let period = self.ledger.period_at(&caller, self.now).await.expect("a period");
        match self.limits.acquire(&wanted(&caller, &id), self.now).await {
            Ok(permit) => self.live.push(Request { caller, id, permit, arrived: self.now, period }),
            Err(Denied::Budget { .. } | Denied::Concurrency) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn usage(&self, request: &Request) -> Usage {
        let seed = request.id.millis() % 1_000;
        Usage { input_tokens: 500 + seed, output_tokens: 900 + seed, ..Usage::default() }
    }

    fn cost(&self, request: &Request) -> Picodollars {
        PriceSheet::embedded().row(MODEL).expect("in the sheet").cost(&self.usage(request))
    }

    async fn settle(&self, request: &Request) {
        let settled = self.limits.settle(&request.permit, &self.usage(request), self.cost(request), self.now).await;
        settled.expect("settled");
    }

    async fn record(&self, request: &Request) {
        let record = UsageRecord {
            request_id: request.id.clone(),
            attempt: 1,
            caller: request.caller.clone(),
            period: request.period.clone(),
            task: Task::ResumeOptimization,
            prompt_version: "v1".to_owned(),
            model: MODEL.to_owned(),
            status: Status::Completed,
            usage: self.usage(request),
            cost: self.cost(request),
            price_version: "test".to_owned(),
            estimated: false,
            simulated: true,
            duration: Duration::ZERO,
        };
        self.ledger.record(&record).await.expect("recorded");
    }

    /// Another request sees what is left and closes it; it costs nothing itself.
    async fn sweep(&mut self, caller: Caller) {
        for _ in 0..2 {
            let id = self.next_id();
            let permit = self.limits.acquire(&wanted(&caller, &id), self.now).await;
            while sweep(&self.limits, &self.ledger, self.now).await > 0 {}
            if let Ok(permit) = permit {
                let nothing = self.limits.settle(&permit, &Usage::default(), Picodollars::ZERO, self.now).await;
                nothing.expect("settled");
            }
        }
    }

    async fn items(&self, table: &str) -> Vec<Item> {
        self.client.scan().table_name(table).send().await.expect("a scan").items.unwrap_or_default()
    }

    async fn no_cap_is_passed(&self) {
        for item in self.items(&self.tables.state).await {
            let cap = if string(&item, "PK").starts_with("L#g#") { TOTAL_CAP } else { CALLER_CAP };
            for name in item.keys().filter(|name| name.starts_with('b')) {
                assert!(number(&item, name) <= cap.0, "{name} of {}", string(&item, "PK"));
            }
        }
    }

    /// When all instances are gone and everything is swept.
    async fn every_book_agrees(&mut self) {
        self.live.clear();
        self.now += ORPHAN_AFTER + Duration::from_secs(1);
        for who in 0..CALLERS.len() {
            self.sweep(caller(who)).await;
        }
        let (mut callers, mut total) = (0, 0);
        for item in self.items(&self.tables.state).await {
            let committed: u64 = item.keys().filter(|name| name.starts_with('b')).map(|name| number(&item, name)).sum();
            *(if string(&item, "PK").starts_with("L#g#") { &mut total } else { &mut callers }) += committed;
            assert!(!item.keys().any(|name| name.starts_with('r')), "nothing is open");
            assert_eq!(number(&item, "n"), 0);
        }
        let (mut records, mut aggregates, mut seen) = (0, 0, Vec::new());
        for item in self.items(&self.tables.ledger).await {
            if string(&item, "PK").starts_with("U#") {
                records += number(&item, "cost_pico");
                seen.push(string(&item, "request_id"));
            } else if string(&item, "PK").starts_with("A#") {
                let is_cost = |name: &&String| name.starts_with("m:") && name.ends_with(":c");
                aggregates += item.keys().filter(is_cost).map(|name| number(&item, name)).sum::<u64>();
            }
        }
        let distinct: std::collections::HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "one record an attempt");
        assert_eq!((records, aggregates, callers, total), (records, records, records, records));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_no_cap_is_passed_and_every_book_agrees(steps in proptest::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let endpoint = match std::env::var("TEST_DYNAMODB_ENDPOINT") {
                Ok(endpoint) if !endpoint.is_empty() => endpoint,
                _ => backends::serve_dynamodb(0, None).await.expect("an embedded database"),
            };
            let mut world = World::new(&endpoint).await;
            for step in &steps {
                world.step(step).await;
                world.no_cap_is_passed().await;
            }
            world.every_book_agrees().await;
        });
    }
}
