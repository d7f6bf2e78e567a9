//! What analysis and verification cost, beside a plain pass over the same bytes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use shared::analysis::analyze;
use shared::redaction::{Redacted, Vault, redact};
use shared::request::Input;
use shared::verify::{Mode, verify_document};
use tests::fixtures::{JOB, RESUME};

use super::Checks;

const ROUNDS: usize = 200;
/// The body of the reference measurements: a résumé of 2.6 KB, a job of 1.8 KB.
const RESUME_BYTES: usize = 2_600;
const JOB_BYTES: usize = 1_800;

const HOSTILE: [(&str, &str); 7] = [
    ("ones", "1 "),
    ("positions", "Engineer at Acme, 2019 - 2020\n"),
    ("dates", "2019 - 2020\n"),
    ("prose", "Led a team of 5 at Acme Corp with Go. "),
    ("acronyms", "QXZ WVU "),
    ("certified", "certified "),
    ("degrees", "BSc Physics "),
];

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) fn run(checks: &mut Checks) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    // Nothing is built before table and lexicon can be used, but their pages are read. Nothing before this in this process
    // may have touched them. Code and heap are warmed by the same texts with their letters rotated, which no lexicon has.
    let (resume, job) = (lines(RESUME, RESUME_BYTES), lines(JOB, JOB_BYTES));
    let (redacted, vault) = texts(&resume, &job);
    let (strange, _) = texts(&rotated(&resume), &rotated(&job));
    let cold = time(&mut || drop(black_box(analyze(&strange[0], &strange[1]))));
    let warm = median(|| drop(black_box(analyze(&strange[0], &strange[1]))));
    let first = time(&mut || drop(black_box(analyze(&redacted[0], &redacted[1]))));
    let analysis = median(|| drop(black_box(analyze(&redacted[0], &redacted[1]))));
    let first_verified = time(&mut || _ = black_box(verified(&redacted, &vault)));
    let verification = median(|| _ = black_box(verified(&redacted, &vault)));
    let bytes = resume.len() + job.len();
    let pass = median(|| _ = black_box(resume.chars().chain(job.chars()).filter(|c| c.is_alphabetic()).count()));
    let init = first.saturating_sub(analysis);
    let verifier = first_verified.saturating_sub(verification);
    println!("speed: {bytes} bytes of résumé and job, median of {ROUNDS} runs, one thread");
    println!("  counting the letters  {:>8.1} µs", micros(pass));
    println!("  analysis              {:>8.1} µs  x {:.0}", micros(analysis), micros(analysis) / micros(pass));
    println!("  verification          {:>8.1} µs  x {:.0}", micros(verification), micros(verification) / micros(pass));
    println!(
        "  first use, less the median: table and lexicon {:.1} µs, verification {:.1} µs; code and heap of the analysis {:.1} µs",
        micros(init),
        micros(verifier),
        micros(cold.saturating_sub(warm))
    );
    println!("  nanoseconds per byte by size of the résumé:");
    for (name, step) in [("analysis", true), ("verification", false)] {
        let per_byte: Vec<f64> = [1usize, 4, 16]
            .into_iter()
            .map(|times| {
                let resume = RESUME.repeat(times);
                let (redacted, vault) = texts(&resume, &job);
                let time = best(|| {
                    if step {
                        drop(black_box(analyze(&redacted[0], &redacted[1])))
                    } else {
                        _ = black_box(verified(&redacted, &vault))
                    }
                });
                micros(time) * 1e3 / length(resume.len() + job.len())
            })
            .collect();
        println!(
            "    {name:<14}{:>8.1}{:>8.1}{:>8.1}   x {:.2}",
            per_byte[0],
            per_byte[1],
            per_byte[2],
            per_byte[2] / per_byte[0]
        );
        checks.check(&format!("{name} is linear"), per_byte[2] < per_byte[0] * 2.5);
    }
    println!("  verification of hostile texts, ns a byte at 4 and 48 KB:");
    for (name, unit) in HOSTILE {
        let per_byte = [4usize, 48].map(|kilobytes| {
            let text: String = unit.chars().cycle().take(kilobytes * 1024).collect();
            let (redacted, vault) = texts(&text, &job);
            micros((0..3).map(|_| time(&mut || _ = black_box(verified(&redacted, &vault)))).min().unwrap_or_default())
                * 1e3
                / length(text.len())
        });
        println!("    {name:<14}{:>9.1}{:>9.1}   x {:.2}", per_byte[0], per_byte[1], per_byte[1] / per_byte[0]);
    }
    checks.check("analysis takes at most 0.5 ms", micros(analysis) <= 500.0);
    checks.check("verification takes at most 0.5 ms", micros(verification) <= 500.0);
    checks.check("table and lexicon take at most 0.3 ms", micros(init) <= 300.0);
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred kilobytes")]
fn length(bytes: usize) -> f64 {
    bytes as f64
}

/// Whole lines of a text up to `bytes`.
fn lines(text: &str, bytes: usize) -> String {
    let mut kept = String::new();
    for line in text.split_inclusive('\n').take_while(|line| line.len() <= bytes) {
        if kept.len() + line.len() > bytes {
            break;
        }
        kept.push_str(line);
    }
    kept
}

/// Letters turned by thirteen places.
fn rotated(text: &str) -> String {
    let turn = |c: char, first: u8| char::from((u8::try_from(c).unwrap_or(first) - first + 13) % 26 + first);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turn(c, b'a'),
            'A'..='Z' => turn(c, b'A'),
            other => other,
        })
        .collect()
}

fn texts(resume: &str, job: &str) -> (Vec<Redacted>, Vault) {
    let input = Input::ResumeOptimization { resume: resume.to_owned(), job: job.to_owned() };
    let (redacted, vault) = redact(&input);
    (redacted.texts().cloned().collect(), vault)
}

fn verified(redacted: &[Redacted], vault: &Vault) -> usize {
    verify_document(&redacted[0], &redacted[1], redacted[0].as_str(), Mode::Revert, vault).1.checked
}

fn median(mut step: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time(&mut step)).collect();
    times.sort();
    times[ROUNDS / 2]
}

fn best(mut step: impl FnMut()) -> Duration {
    (0..10).map(|_| time(&mut step)).min().unwrap_or_default()
}

fn time(step: &mut impl FnMut()) -> Duration {
    let begun = Instant::now();
    step();
    begun.elapsed()
}
