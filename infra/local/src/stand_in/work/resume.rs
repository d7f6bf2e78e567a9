//! The rewritten résumé: the same lines, with those that fit the job first in their list.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stand_in::documents::Documents;
use crate::stand_in::relevance::{bullet, shared, words};

const MAX_CHANGES: usize = 8;
const MAX_GAPS: usize = 5;

pub(super) fn optimize(documents: &Documents) -> Value {
    let wanted = words(documents.text("JOB_DESCRIPTION"));
    let mut changes = Vec::new();
    let resume = reorder(documents.text("RESUME"), &wanted, &mut changes);
    let moved = changes.len();
    changes.truncate(MAX_CHANGES);
    let gaps = documents.items("MISSING_KEYWORDS");
    changes.extend(
        gaps.iter().take(MAX_GAPS).map(|gap| format!("Gap: {gap} does not occur in the résumé and was not added.")),
    );
    let improvement = match moved {
        0 => "The résumé already has its closest evidence first; nothing was reordered.".to_owned(),
        _ => format!("What fits the job now comes first in {moved} lists, so a reader meets it earlier."),
    };
    let open = if gaps.is_empty() { String::new() } else { format!(" {} of the job's terms remain open.", gaps.len()) };
    json!({ "optimized_resume": resume, "changes_made": changes, "expected_improvement": improvement + &open })
}

/// Sorts each run of bullets, and each list of skills behind a label, by what it shares with the job.
fn reorder(resume: &str, wanted: &BTreeSet<String>, changes: &mut Vec<String>) -> String {
    let mut lines: Vec<String> = resume.lines().map(str::to_owned).collect();
    let mut start = 0;
    let mut place = "the list".to_owned();
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| bullet(line).is_some()).count();
        if run > 1 {
            sort_run(&mut lines[start..start + run], wanted, &place, changes);
        } else if let Some(sorted) = sort_skills(&lines[start], wanted) {
            changes.push(format!("Put the skills that the job names first in: {}", label(&sorted)));
            lines[start] = sorted;
        } else if !lines[start].trim().is_empty() {
            lines[start].trim().clone_into(&mut place);
        }
        start += run.max(1);
    }
    lines.join("\n")
}

fn sort_run(run: &mut [String], wanted: &BTreeSet<String>, place: &str, changes: &mut Vec<String>) {
    let before = run.first().cloned();
    // Stable: lines that fit equally well keep the candidate's order.
    run.sort_by_key(|line| std::cmp::Reverse(shared(line, wanted).len()));
    if let Some(first) = run.first().filter(|first| Some(*first) != before.as_ref()) {
        let common = shared(first, wanted).join(", ");
        changes.push(format!("Moved the bullet that fits best to the top of \"{place}\": it mentions {common}."));
    }
}

/// `Label: a, b, c` with its items reordered, if that changes anything.
fn sort_skills(line: &str, wanted: &BTreeSet<String>) -> Option<String> {
    let (label, list) = line.split_once(": ")?;
    let mut items: Vec<&str> = list.split(", ").collect();
    let is_list = items.len() > 2 && label.len() < 40 && items.iter().all(|item| item.len() < 40 && balanced(item));
    if !is_list {
        return None;
    }
    items.sort_by_key(|item| shared(item, wanted).is_empty());
    let sorted = format!("{label}: {}", items.join(", "));
    (sorted != line).then_some(sorted)
}

fn balanced(item: &str) -> bool {
    item.matches('(').count() == item.matches(')').count() && !item.contains("PII_REDACTED")
}

fn label(line: &str) -> &str {
    line.split_once(':').map_or(line, |(label, _)| label)
}
