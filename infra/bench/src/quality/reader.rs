//! The sets of two readers who did not write the verification: honest edits and lies in invented documents.
//!
//! It was mended with these sets, so what is printed is no estimate for others; no check rests on it. What each set found
//! before it was mended with it stands in `docs/benchmarks.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::verification::verified;

#[derive(Deserialize)]
struct Case {
    id: String,
    source: String,
    job: String,
    honest: Vec<Honest>,
    lies: Vec<Lie>,
}

/// A place of the source and what stands there instead; without a place, behind the second line.
#[derive(Deserialize)]
struct Honest {
    old: Option<String>,
    new: String,
}

#[derive(Deserialize)]
struct Lie {
    label: String,
    old: Option<String>,
    new: String,
    /// Text that must not stand more often than in the source: `new` itself, where nothing else is said; `FLAG` where a flag is
    /// enough, `FULL:` before a whole line.
    must_not_stand: Option<String>,
}

const SETS: [(&str, &str); 2] = [
    ("first", include_str!("../../../../tests/fixtures/quality/reader.jsonl")),
    ("second", include_str!("../../../../tests/fixtures/quality/reader2.jsonl")),
];

pub(super) fn run(examples: bool) {
    SETS.iter().for_each(|(name, cases)| set(name, cases, examples));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn set(name: &str, cases: &str, examples: bool) {
    let cases: Vec<Case> = super::read(cases);
    let (mut honest, mut rejected) = (0, 0);
    let mut lies: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &cases {
        let whole = Honest { old: Some(case.source.clone()), new: case.source.clone() };
        for edit in case.honest.iter().chain([&whole]) {
            let (_, found) = verified(&case.source, &case.job, &edited(&case.source, edit.old.as_deref(), &edit.new));
            honest += 1;
            rejected += usize::from(!found.reverted.is_empty());
            if examples && !found.reverted.is_empty() {
                println!("    honest {}: {:?}", case.id, edit.new);
            }
        }
        for lie in &case.lies {
            let (text, found) = verified(&case.source, &case.job, &edited(&case.source, lie.old.as_deref(), &lie.new));
            let must_not = match (&lie.must_not_stand, lie.label.as_str()) {
                (Some(words), _) => words.as_str(),
                (None, "soft") => "FLAG",
                (None, _) => lie.new.as_str(),
            };
            let stands = match (must_not, must_not.strip_prefix("FULL:")) {
                ("FLAG", _) => found.flagged.is_empty() && found.reverted.is_empty(),
                (_, Some(line)) => text.lines().any(|own| own == line),
                (words, None) => text.matches(words).count() > case.source.matches(words).count(),
            };
            let count = lies.entry(&lie.label).or_default();
            count.0 += 1;
            count.1 += usize::from(!stands);
            if examples && stands {
                println!("    {} {}: {:?}", lie.label, case.id, lie.new);
            }
        }
    }
    let (all, caught) = lies.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("a reader's {name} set: {caught} of {all} lies caught, {rejected} of {honest} honest edits rejected");
    let missed: Vec<String> = lies
        .iter()
        .filter(|(_, (all, caught))| caught < all)
        .map(|(label, (all, caught))| format!("{label} {} of {all}", all - caught))
        .collect();
    println!("  missed: {}", missed.join(", "));
}

fn edited(source: &str, old: Option<&str>, new: &str) -> String {
    match old {
        Some(old) => source.replacen(old, new, 1),
        None => {
            let mut lines: Vec<&str> = source.lines().collect();
            lines.insert(2.min(lines.len()), new);
            lines.join("\n")
        }
    }
}
