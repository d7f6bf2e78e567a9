//! `fuzz`: random inputs against what redaction promises.
//!
//! Mostly short texts of fragments that detectors react to; now and then a mutated document of the dev corpus, a long one
//! with what only a second look finds, or a few fragments repeated to see whether the time per byte grows. The seed decides
//! everything.

mod streams;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use fastrand::Rng;
use shared::redaction::redact_document;
use tests::hostile::{check, glued, long, mutated};
use tests::score::corpus;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Stop after this many inputs.
    #[arg(long, default_value_t = 10_000_000)]
    inputs: u64,
    /// Or after this many seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Streams instead of redaction: the decoder of partial JSON and the event reader.
    #[arg(long)]
    streams: bool,
}

const DEV: &str = include_str!("../../../tests/fixtures/pii-dev/dev.jsonl");

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) fn run(options: &Options) -> ExitCode {
    if options.streams {
        return streams::run(options);
    }
    let documents: Vec<String> = corpus(DEV).into_iter().map(|document| document.text).collect();
    let mut rng = Rng::with_seed(options.seed);
    let begun = Instant::now();
    let limit = Duration::from_secs(options.seconds);
    let (mut inputs, mut bytes, mut steepest) = (0, 0, (0.0, String::new()));
    while inputs < options.inputs && begun.elapsed() < limit {
        let text = match inputs % 5_000 {
            0 => {
                let unit = glued(&mut rng, 3);
                let growth = growth(&unit);
                if growth > steepest.0 {
                    steepest = (growth, unit.clone());
                }
                unit
            }
            at if at % 500 == 1 => mutated(&mut rng, &documents),
            at if at % 500 == 2 => long(&mut rng, &documents),
            _ => glued(&mut rng, 10),
        };
        inputs += 1;
        bytes += text.len();
        if let Err(what) = check(&text, &mut rng) {
            println!("fuzz: {what} after {inputs} inputs, seed {}: {text:?}", options.seed);
            return ExitCode::FAILURE;
        }
    }
    println!(
        "fuzz: {inputs} inputs, {:.1} MB, {:.0} s, no panic, every promise held; time per byte at 64 KB beside 4 KB at \
         most x {:.2} (for {:?} repeated)",
        bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64(),
        steepest.0,
        steepest.1
    );
    if steepest.0 > 3.0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Time per byte at 64 KB beside 4 KB of a repeated text, the best of a few.
#[expect(clippy::cast_precision_loss, reason = "sizes of kilobytes")]
fn growth(unit: &str) -> f64 {
    let per_byte = |size: usize| {
        // Whole units: a text that is cut off elsewhere may be one where something else is found, and takes other rounds.
        let text = unit.repeat(size.div_ceil(unit.len().max(1)));
        let best = (0..3).map(|_| {
            let begun = Instant::now();
            drop(std::hint::black_box(redact_document(&text)));
            begun.elapsed()
        });
        best.min().unwrap_or_default().as_secs_f64() / text.len() as f64
    };
    let first = per_byte(64 * 1024) / per_byte(4 * 1024);
    // A neighbor on the machine, or a real one: it shows again.
    if first > 2.0 { (per_byte(64 * 1024) / per_byte(4 * 1024)).min(first) } else { first }
}
