//! What a deployment costs beside the model's tokens: dollars a month at 1,000, 100,000 and 10 million requests, with all
//! metrics and with those that alarms watch.
//!
//! Database calls are counted in this run, on a warm request; the capacity units of each are those that
//! `bench -- limits --only capacity` measures. Prices are list prices as remembered in November 2026, not looked up: put your
//! region's in their place.

use shared::metrics::Metric;
use shared::problem::Code;
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::recorder::Recorder;
use tests::stack::Stack;

const PATH: &str = "/api/v1/generate";

/// Milliseconds of processor time of a warm rewrite of one page, as `bench -- lambda` measured it on 2026-11-26.
const CPU_MS: f64 = 2.8;
/// Where a function has a whole processor.
const FULL_PROCESSOR_MIB: f64 = 1_769.0;
/// Tokens of a rewrite, and `claude-sonnet-5-5`'s dollars for one.
const INPUT_TOKENS: f64 = 4_500.0;
const OUTPUT_TOKENS: f64 = 1_500.0;
const INPUT_PRICE: f64 = 2.0e-6;
const OUTPUT_PRICE: f64 = 10.0e-6;

/// Seconds that a request waits for the model, and the memory it does so in (MiB).
const MODEL_SECONDS: f64 = 20.0;
const MEMORY: f64 = 256.0;
/// Bytes of a request's log lines, of its line of metrics and of the access log.
const LOG_BYTES: f64 = 4_300.0;
/// Bytes of a record and of its share of the day's sums.
const RECORD_BYTES: f64 = 600.0;
/// Bytes of a trace.
const TRACE_BYTES: f64 = 1_000.0;

/// Dollars, each with its unit.
const GB_SECOND: f64 = 0.000_013_333_4;
const INVOCATION: f64 = 0.20e-6;
const API_REQUEST: f64 = 3.50e-6;
const WRITE_UNIT: f64 = 0.625e-6;
const READ_UNIT: f64 = 0.125e-6;
const LOG_GB: f64 = 0.50;
const TABLE_GB_MONTH: f64 = 0.25;
const BACKUP_GB_MONTH: f64 = 0.20;
const ALARM_MONTH: f64 = 0.10;
const DASHBOARD_MONTH: f64 = 3.00;
/// Of a metric, in proportion to the hours in which it is heard of.
const METRIC_MONTH: f64 = 0.30;
const HOURS: f64 = 730.0;

const TEMPLATE: &str = include_str!("../../../template.yaml");

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) async fn run() {
    let (updates, puts, transactions) = counted().await;
    let write_units = updates + puts + 4.0 * transactions;
    let gb_seconds = MODEL_SECONDS * MEMORY / 1_024.0;
    println!(
        "a warm request: {updates} updates and {puts} put of one write unit, {transactions} transaction of four; {write_units} write units"
    );
    println!(
        "assumed: {MODEL_SECONDS} s of the model, {MEMORY} MiB, one read of a key, {LOG_BYTES} bytes of log; list prices not looked up"
    );
    let alarms = TEMPLATE.matches("Type: AWS::CloudWatch::Alarm").count();
    #[expect(clippy::cast_precision_loss, reason = "some dozens")]
    let idle = alarms as f64 * ALARM_MONTH;
    #[expect(clippy::cast_precision_loss, reason = "some dozens")]
    let all_metrics = Metric::ALL.iter().map(|metric| combinations(*metric)).sum::<usize>() as f64;
    println!("idle: {alarms} alarms ${idle:.2} a month; a dashboard ${DASHBOARD_MONTH:.2} more if it is on");
    println!(
        "| requests a month | Lambda | API | database | logs | storage after a year | alarms | all | metrics, at most |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for requests in [1e3, 1e5, 1e7] {
        // The authorizer runs for a few milliseconds; its invocation counts.
        let lambda = requests * (gb_seconds * GB_SECOND + 2.0 * INVOCATION);
        let api = requests * API_REQUEST;
        let database = requests * (write_units * WRITE_UNIT + 0.5 * READ_UNIT);
        let logs = requests * LOG_BYTES / 1e9 * LOG_GB;
        let kept = requests * 12.0 * RECORD_BYTES / 1e9 * (TABLE_GB_MONTH + BACKUP_GB_MONTH);
        // Traces are kept for a month.
        let storage = kept + requests * TRACE_BYTES / 1e9 * TABLE_GB_MONTH;
        // As if every hour heard of every one of them.
        let metrics = requests.min(HOURS) / HOURS * all_metrics * METRIC_MONTH;
        let all = lambda + api + database + logs + storage + idle;
        println!(
            "| {requests:.0} | ${lambda:.2} | ${api:.2} | ${database:.2} | ${logs:.2} | ${storage:.2} | ${idle:.2} | ${all:.2} | ${metrics:.2} |"
        );
    }
    by_memory(write_units);
}

/// Values that a metric's dimensions can take together: each combination is charged for as a metric of its own.
fn combinations(metric: Metric) -> usize {
    match metric {
        Metric::Rejections => 1 + Code::ALL.len(),
        // Two scopes, three shares.
        Metric::BudgetAlert => 6,
        _ => 1,
    }
}

/// What a million requests cost by the function's memory: its share of a processor grows with it, the wait for the model does not
/// shrink.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn by_memory(write_units: f64) {
    let tokens = INPUT_TOKENS * INPUT_PRICE + OUTPUT_TOKENS * OUTPUT_PRICE;
    println!(
        "\na million requests by memory; {CPU_MS} ms of processor time each (`bench -- lambda`), {MODEL_SECONDS} s of the model"
    );
    println!("| MiB | own time, ms | waiting | own work | database, API, invocations | tokens |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for memory in [128.0, 256.0, 512.0, 1_024.0, 1_769.0] {
        let own_ms = CPU_MS * FULL_PROCESSOR_MIB / memory;
        let second = memory / 1_024.0 * GB_SECOND;
        let (waiting, own) = (1e6 * MODEL_SECONDS * second, 1e6 * own_ms / 1_000.0 * second);
        let rest = 1e6 * (write_units * WRITE_UNIT + 0.5 * READ_UNIT + API_REQUEST + 2.0 * INVOCATION);
        println!("| {memory:.0} | {own_ms:.0} | ${waiting:.2} | ${own:.2} | ${rest:.2} | ${:.0} |", 1e6 * tokens);
    }
}

/// Updates, puts and transactions of a warm request.
async fn counted() -> (f64, f64, f64) {
    let key = ("ANTHROPIC_API_KEY", "k");
    let stack = Stack::with(&[key]).await;
    let recorder = Recorder::before(&stack.dynamodb).await;
    let stack = stack.another(&[key, ("AWS_ENDPOINT_URL_DYNAMODB", &recorder.url)]).await;
    for _ in 0..2 {
        stack.model.play(Reply::answer(&short_answer()));
        let _ = recorder.take();
        let answer = stack.post(PATH, &short_body()).await;
        assert_eq!(answer.status, 200, "the request is answered");
    }
    let operations = recorder.take();
    #[expect(clippy::cast_precision_loss, reason = "a few calls")]
    let count = |name: &str| operations.iter().filter(|operation| *operation == name).count() as f64;
    (count("UpdateItem"), count("PutItem"), count("TransactWriteItems"))
}
