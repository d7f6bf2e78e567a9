//! The mutation bench: labelled edits of résumés against the verification.

use std::collections::{BTreeMap, HashMap};

use shared::redaction::redact_texts;
use shared::request::Role;
use shared::verify::{Class, Mode, Verification, verify_document};

use super::edits::Edit;
use super::{Checks, Document, wilson};

/// Lies that were met on the way to an acceptance.
const PROBES: [(&str, &str, &str); 8] = [
    ("Intern to CTO", "Acme Corp\nIntern, 2020 - 2021\n- Wrote tests", "Acme Corp\nCTO, 2020 - 2021\n- Wrote tests"),
    (
        "2023 to 2010-2024",
        "Engineer, Acme Corp, 2023\n- Wrote tests",
        "Engineer, Acme Corp, 2010 - 2024\n- Wrote tests",
    ),
    (
        "Managed 800 people",
        "Engineer, Acme Corp, 2020 - 2021\n- Managed people",
        "Engineer, Acme Corp, 2020 - 2021\n- Managed 800 people",
    ),
    (
        "Java from JavaScript",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: JavaScript, HTML",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: Java, HTML",
    ),
    (
        "R from nothing",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: Ruby, R&D",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: Ruby, R",
    ),
    (
        "a skill of the job only",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: Docker",
        "Engineer, Acme Corp, 2020 - 2021\nSkills: Docker, Kubernetes",
    ),
    (
        "active users",
        "Engineer, Acme Corp, 2020 - 2021\n- Grew the user base",
        "Engineer, Acme Corp, 2020 - 2021\n- Grew the user base to 94,772 active users",
    ),
    (
        "$550K",
        "Engineer, Acme Corp, 2020 - 2021\n- Saved money on hosting",
        "Engineer, Acme Corp, 2020 - 2021\n- Saved $550K on hosting",
    ),
];

#[derive(Default)]
struct Count {
    all: usize,
    good: usize,
    same_class: usize,
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]
pub(super) fn run(documents: &[Document], edits: &[Edit], examples: bool, checks: &mut Checks) {
    let texts: HashMap<&str, &str> =
        documents.iter().map(|document| (document.id.as_str(), document.text.as_str())).collect();
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for edit in edits {
        let Some(source) = texts.get(edit.resume.as_str()) else { continue };
        let rewritten: Vec<&str> = source
            .lines()
            .enumerate()
            .map(|(at, line)| if at == edit.line { edit.text.as_str() } else { line })
            .collect();
        let (text, found) = verified(source, "", &rewritten.join("\n"));
        let good = match edit.label.as_str() {
            "honest" => found.reverted.is_empty(),
            "scope" => found.flagged.iter().any(|flagged| flagged.class == Class::Scope),
            _ => !found.reverted.is_empty() && !says(&text, source, &edit.text),
        };
        let count = counts.entry(&edit.label).or_default();
        count.all += 1;
        count.good += usize::from(good);
        let class = |class: Class| serde_json::to_value(class).is_ok_and(|class| class == edit.label.as_str());
        count.same_class += usize::from(found.reverted.iter().any(|reverted| class(reverted.class)));
        if examples && !good {
            let claims: Vec<&str> = found.reverted.iter().map(|reverted| reverted.claim.as_str()).collect();
            let before = source.lines().nth(edit.line).unwrap_or_default();
            println!("    {} {}: {before:?} -> {:?} reverted {claims:?}", edit.label, edit.resume, edit.text);
        }
    }
    println!("mutation bench: class, edits, caught (of the same class), share, 95 % interval");
    for (label, count) in &counts {
        let (low, high) = wilson(count.good, count.all);
        let share = count.good as f64 / count.all.max(1) as f64;
        if *label == "honest" {
            println!(
                "  {label:<14} {:>5}  kept {:>5}  false rejects {:.4}  [{:.4}, {:.4}]",
                count.all,
                count.good,
                1.0 - share,
                1.0 - high,
                1.0 - low
            );
            checks.check("false rejects of honest edits at most 2 %", share >= 0.98);
        } else {
            println!(
                "  {label:<14} {:>5}  {:>5} ({:>5})  {share:.4}  [{low:.4}, {high:.4}]",
                count.all, count.good, count.same_class
            );
            checks.check(&format!("recall of {label} at least 99 %"), share >= 0.99);
        }
    }
    for (name, source, rewritten) in PROBES {
        let (_, found) = verified(source, "Kubernetes, Java and R wanted", rewritten);
        checks.check(&format!("probe: {name}"), !found.reverted.is_empty());
    }
    let unchanged =
        documents.iter().filter(|document| verified(&document.text, "", &document.text).0 == document.text).count();
    println!("  résumés that pass unchanged as their own rewriting: {unchanged} of {}", documents.len());
    checks.check("a copy passes byte for byte", unchanged == documents.len());
}

/// Whether the lie is still there: a line of it that is none of the source's.
fn says(text: &str, source: &str, edit: &str) -> bool {
    edit.lines().any(|line| !source.lines().any(|own| own == line) && text.lines().any(|own| own == line))
}

pub(super) fn verified(source: &str, job: &str, rewritten: &str) -> (String, Verification) {
    let (redacted, vault) = redact_texts(&[(Role::Resume, source), (Role::Job, job), (Role::Resume, rewritten)]);
    let (text, found) = verify_document(&redacted[0], &redacted[1], redacted[2].as_str(), Mode::Revert, &vault);
    (vault.rehydrate(&text), found)
}
