//! `redaction`: how well and how fast personal data is found.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use shared::redaction::redact_document;
use tests::score::{Document, Score, corpus, fixtures};

use crate::quality::wilson;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Gold documents, JSON lines in the dev corpus' format, instead of the dev corpus and the fixtures.
    gold: Option<PathBuf>,
    /// Print what leaked and what was lost.
    #[arg(long)]
    examples: bool,
    /// Leave the timings out.
    #[arg(long)]
    no_speed: bool,
}

const DEV: &str = include_str!("../../../tests/fixtures/pii-dev/dev.jsonl");
const KINDS: [&str; 13] = [
    "name", "email", "phone", "address", "url", "ssn", "national_id", "iban", "passport", "credit_card", "dob", "ip",
    "handle",
];

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
pub(crate) fn run(options: &Options) {
    match &options.gold {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => print(&path.display().to_string(), &corpus(&text), options),
            Err(error) => eprintln!("{}: {error}", path.display()),
        },
        None => {
            print("dev corpus", &corpus(DEV), options);
            let mut all = Vec::new();
            for kind in KINDS {
                let path = format!("{}/../../tests/fixtures/redaction/{kind}.txt", env!("CARGO_MANIFEST_DIR"));
                if let Ok(rows) = std::fs::read_to_string(path) {
                    all.extend(fixtures(kind, &rows));
                }
            }
            println!();
            print("own fixtures", &all, options);
        }
    }
    if !options.no_speed {
        println!();
        speed();
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn print(name: &str, documents: &[Document], options: &Options) {
    let score = Score::of(documents, |text| redact_document(text).0.as_str().to_owned());
    let (spans, kept) = (score.spans(), score.hard_negatives());
    let macro_recall = mean(score.kinds.values().map(|count| count.good()));
    println!(
        "{name}: docs {}  spans {}  recall {:.4} (macro {macro_recall:.4})",
        score.documents,
        spans.all,
        spans.good()
    );
    println!(
        "leak-free docs {:.4}  over-redaction {:.4} of {} tokens  hard-negative loss {:.4} of {}",
        score.leak_free_share(),
        1.0 - score.tokens.good(),
        score.tokens.all,
        1.0 - kept.good(),
        kept.all
    );
    for (kind, count) in &score.kinds {
        let (low, high) = wilson(count.all - count.bad, count.all);
        println!(
            "  {kind:<12} {:>5}  leaked {:>4}  recall {:.4}  [{low:.3}, {high:.3}]",
            count.all,
            count.bad,
            count.good()
        );
    }
    for (kind, count) in &score.keeps {
        println!("  keep:{kind:<8} {:>4}  lost {:>4}  loss {:.4}", count.all, count.bad, 1.0 - count.good());
    }
    if options.examples {
        for (what, list) in [("leaked", &score.leaked), ("lost", &score.lost)] {
            for (kind, id, value) in list {
                println!("    {what} {kind} {id} {value:?}");
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a dozen kinds")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// Megabytes of the dev corpus in a second, the best of five passes.
#[expect(clippy::cast_precision_loss, reason = "half a million bytes")]
pub(crate) fn dev_speed() -> f64 {
    let documents = corpus(DEV);
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    let time =
        best(5, || documents.iter().for_each(|document| drop(std::hint::black_box(redact_document(&document.text)))));
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// Throughput on the dev corpus beside a plain pass over its characters, and time per byte as hostile texts grow.
#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]
fn speed() {
    let documents = corpus(DEV);
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    let megabytes = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    let begun = Instant::now();
    let _ = redact_document(&documents[0].text);
    println!("first document, tables included: {:.3} ms", begun.elapsed().as_secs_f64() * 1e3);
    let pass = best(5, || {
        let letters = documents.iter().map(|document| document.text.chars().filter(|c| c.is_alphabetic()).count());
        std::hint::black_box(letters.sum::<usize>());
    });
    let ascii = |pattern: &&str| regex::bytes::RegexBuilder::new(pattern).unicode(false).build().ok();
    let patterns: Vec<regex::bytes::Regex> = PATTERNS.iter().filter_map(ascii).collect();
    let plain = best(5, || {
        let matches =
            documents.iter().map(|d| patterns.iter().map(|p| p.find_iter(d.text.as_bytes()).count()).sum::<usize>());
        std::hint::black_box(matches.sum::<usize>());
    });
    println!(
        "dev corpus, one thread: {:.1} MB/s; {} ASCII patterns: {:.0} MB/s; counting its letters: {:.0} MB/s",
        dev_speed(),
        patterns.len(),
        megabytes(plain),
        megabytes(pass)
    );

    println!("nanoseconds per byte by size, and 256 KB beside 4 KB:");
    for (name, unit) in HOSTILE {
        let per_byte: Vec<f64> = [4, 8, 16, 64, 256]
            .into_iter()
            .map(|kilobytes| {
                let text: String = unit.chars().cycle().take(kilobytes * 1024).collect();
                best(3, || drop(std::hint::black_box(redact_document(&text)))).as_nanos() as f64 / text.len() as f64
            })
            .collect();
        let columns: Vec<String> = per_byte.iter().map(|ns| format!("{ns:>8.1}")).collect();
        println!("  {name:<12}{}   x {:.2}", columns.concat(), per_byte[4] / per_byte[0]);
    }
}

/// What a redaction by patterns alone looks for, one for each of eight kinds.
const PATTERNS: [&str; 8] = [
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}",
    r"\b\d{3}-\d{2}-\d{4}\b",
    r"https?://\S+",
    r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
    r"\b[A-Z]\d{8}\b",
    r"\b(?:\d{4}[ -]?){3}\d{4}\b",
    r"\b\d+ [A-Z]\w+ (?:Street|Road|Avenue|Lane|Drive)\b",
];

const HOSTILE: [(&str, &str); 17] = [
    ("spaces", " "),
    ("dots", "."),
    ("digits", "7"),
    ("at signs", "@"),
    ("brackets", "([{<"),
    ("closing", "(a))"),
    ("capitals", "Aa "),
    ("initials", "A. "),
    ("plus", "+1 "),
    ("slashes", "a.co/"),
    ("stems", "PII_REDACTED_"),
    ("colons", "a::"),
    ("lines", "a\n"),
    ("marks", "e\u{301}"),
    ("camel", "Ab;"),
    ("code", "Name.Call(Foo.Bar,Baz);"),
    ("hyphens", "Ab-"),
];

fn best(rounds: usize, mut work: impl FnMut()) -> Duration {
    let times = (0..rounds).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}
