//! `quality`: does the verification catch lies and let honest edits pass, do the scores rank, does injection stay without
//! effect. All on committed, generated data sets.

mod corpus;
mod edits;
mod injection;
mod random;
mod ranking;
mod reader;
mod speed;
mod verification;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write the data sets anew instead of judging with them.
    #[arg(long)]
    write: bool,
    /// One part only.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Print what went wrong.
    #[arg(long)]
    examples: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Verification,
    Ranking,
    Injection,
    Speed,
}

const RESUMES: &str = include_str!("../../../tests/fixtures/quality/resumes.jsonl");
const JOBS: &str = include_str!("../../../tests/fixtures/quality/jobs.jsonl");
const EDITS: &str = include_str!("../../../tests/fixtures/quality/edits.jsonl");

/// A résumé as it is committed.
#[derive(Clone, Serialize, serde::Deserialize, PartialEq)]
struct Document {
    id: String,
    field: String,
    years: usize,
    /// Tools that it shows, by their first names.
    tools: Vec<String>,
    text: String,
}

/// What went wrong, counted.
#[derive(Default)]
pub(crate) struct Checks {
    failed: usize,
    held: usize,
}

impl Checks {
    #[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
    fn check(&mut self, what: &str, holds: bool) {
        if holds {
            self.held += 1;
        } else {
            self.failed += 1;
            println!("  FAILED: {what}");
        }
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
pub(crate) fn run(options: &Options) -> ExitCode {
    let fields = corpus::fields();
    let made = corpus::resumes(&fields);
    let documents: Vec<Document> = made
        .iter()
        .map(|resume| Document {
            id: resume.id.clone(),
            field: fields[resume.field].name.to_owned(),
            years: resume.years,
            tools: resume.tools.iter().map(|tool| (*tool).to_owned()).collect(),
            text: resume.text(),
        })
        .collect();
    let (jobs, edits) = (corpus::jobs(&fields), edits::edits(&made, &fields));
    if options.write {
        for (name, text) in [("resumes", lines(&documents)), ("jobs", lines(&jobs)), ("edits", lines(&edits))] {
            let path =
                PathBuf::from(format!("{}/../../tests/fixtures/quality/{name}.jsonl", env!("CARGO_MANIFEST_DIR")));
            if let Err(error) = std::fs::write(&path, text) {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
        return ExitCode::SUCCESS;
    }
    let mut checks = Checks::default();
    checks.check(
        "the committed data sets are what the generator makes",
        read::<Document>(RESUMES) == documents
            && read::<corpus::Job>(JOBS) == jobs
            && read::<edits::Edit>(EDITS) == edits,
    );
    let wanted = |part: Part| options.only.is_none_or(|only| only == part);
    // First: what is set up once must not have been.
    if wanted(Part::Speed) {
        speed::run(&mut checks);
    }
    println!("{} résumés, {} jobs, {} edits", documents.len(), jobs.len(), edits.len());
    if wanted(Part::Verification) {
        verification::run(&documents, &edits, options.examples, &mut checks);
    }
    if wanted(Part::Verification) {
        reader::run(options.examples);
    }
    if wanted(Part::Ranking) {
        ranking::run(&documents, &jobs, &fields, &mut checks);
    }
    if wanted(Part::Injection) {
        injection::run(&documents, options.examples, &mut checks);
    }
    println!("{} checks held, {} failed", checks.held, checks.failed);
    if checks.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn lines<T: Serialize>(items: &[T]) -> String {
    items.iter().map(|item| serde_json::to_string(item).expect("plain data") + "\n").collect()
}

fn read<T: DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The 95 % interval of a share (E. B. Wilson, 1927).
#[expect(clippy::cast_precision_loss, reason = "counts of a corpus")]
pub(crate) fn wilson(good: usize, all: usize) -> (f64, f64) {
    let (n, z) = (all.max(1) as f64, 1.96_f64);
    let p = good as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - spread) / (1.0 + z * z / n), ((middle + spread) / (1.0 + z * z / n)).min(1.0))
}
