//! A résumé judged by what can be counted.

use serde_json::{Value, json};

use crate::stand_in::relevance::bullet;

const SECTIONS: [&str; 3] = ["experience", "education", "skills"];
const LONG_LINE: usize = 220;

pub(super) fn review(resume: &str) -> Value {
    let lines: Vec<&str> = resume.lines().filter(|line| !line.trim().is_empty()).collect();
    let bullets: Vec<&str> = lines.iter().filter_map(|line| bullet(line)).collect();
    let with_figures = bullets.iter().filter(|text| text.chars().any(|c| c.is_ascii_digit())).count();
    let lower = resume.to_lowercase();
    let missing: Vec<&str> = SECTIONS.into_iter().filter(|section| !lower.contains(section)).collect();
    let long = lines.iter().filter(|line| line.chars().count() > LONG_LINE).count();

    let share = |part: usize, whole: usize| (part * 10).checked_div(whole).unwrap_or(0);
    let structure = 10 - 3 * missing.len().min(3);
    let content = if bullets.is_empty() { 3 } else { share(with_figures, bullets.len()).max(3) };
    let writing = 10 - share(long, lines.len()).min(10);
    let ats = if lower.contains('\t') { 7 } else { structure };
    let overall = (structure + content + writing + ats) / 4;

    let mut strengths = vec![format!("{with_figures} of {} bullets state a figure.", bullets.len())];
    let mut issues = Vec::new();
    let mut recommendations = Vec::new();
    if missing.is_empty() {
        strengths.push("Experience, education and skills have a section each.".to_owned());
    }
    for section in missing {
        issues.push(json!({ "severity": "high", "text": format!("No section named {section}.") }));
        recommendations.push(format!("Give {section} a heading of its own, if there is something to put under it."));
    }
    if long > 0 {
        issues.push(
            json!({ "severity": "low", "text": format!("{long} lines are longer than {LONG_LINE} characters.") }),
        );
        recommendations.push("Shorten the longest lines without losing a fact.".to_owned());
    }
    json!({
        "scores": {
            "ats_compatibility": ats, "content": content, "writing": writing, "structure": structure, "overall": overall,
        },
        "strengths": strengths,
        "issues": issues,
        "recommendations": recommendations,
    })
}
