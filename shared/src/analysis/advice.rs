//! Advice: what evidence would help, and what stands in a résumé's way. Never asks to invent anything.

use super::resume::{Judged, Resume};
use super::{Finding, Verdict};

const MAX_UNMET: usize = 6;
/// A résumé of more words than this has more than two pages.
const LONG: usize = 1_100;
const SHORT: usize = 60;
/// A tool that is named more often is not read as one that is used more.
const STUFFED: usize = 12;

/// One sentence for each requirement that is not met, most wanted first, then for what a reader or a parser stumbles over.
pub(super) fn advice(judged: &[Judged], resume: &Resume<'_>, text: &str) -> Vec<String> {
    let mut unmet: Vec<&Judged> =
        judged.iter().filter(|one| one.finding.verdict != Verdict::Met || one.only_listed).collect();
    // Stable: equal weights keep the job's order.
    unmet.sort_by(|a, b| b.finding.weight.total_cmp(&a.finding.weight));
    let mut advice: Vec<String> = unmet.into_iter().take(MAX_UNMET).map(sentence).collect();
    advice.extend(lint(resume, text));
    if !resume.is_english {
        advice.push(
            "The comparison of meanings knows English words only; in this language, words are compared as they are written."
                .to_owned(),
        );
    }
    advice
}

fn sentence(judged: &Judged) -> String {
    let Finding { text, importance, .. } = &judged.finding;
    let wanted = importance.name();
    if let Some((years, have)) = judged.short_of {
        return format!(
            "\"{text}\" ({wanted}): the dated positions under Experience add up to {have} of {years} years. If there were more, add them with their dates."
        );
    }
    if let Some(related) = judged.related {
        return format!(
            "\"{text}\" ({wanted}): the résumé shows {related}, which is close. If you have used what is asked for, add a bullet under Experience with place, purpose and result; if not, leave it out."
        );
    }
    if judged.only_listed {
        return format!(
            "\"{text}\" ({wanted}): listed, but not shown in use. Name the position under Experience in which you used it, and for what."
        );
    }
    match judged.finding.verdict {
        Verdict::Near => {
            let missing: Vec<&str> = judged.missing.iter().take(3).map(|(word, _)| word.as_str()).collect();
            let what = if missing.is_empty() { "part of it".to_owned() } else { missing.join(", ") };
            format!(
                "\"{text}\" ({wanted}): partly shown; not found: {what}. If you have done it, say where and with what result under Experience."
            )
        }
        _ => format!(
            "\"{text}\" ({wanted}): not shown. If you have done it, add a bullet under Experience with place, purpose and result; if not, leave it out."
        ),
    }
}

fn lint(resume: &Resume<'_>, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let missing = |section: &str| !resume.sections.contains(section);
    if missing("experience") {
        found.push("No heading such as Experience was found: parsers look for one.".to_owned());
    }
    if missing("education") {
        found.push("No heading such as Education was found: parsers look for one.".to_owned());
    }
    if !resume.is_dated() {
        found.push("No position has a period such as 2019 - 2023: add month or year of its start and end.".to_owned());
    }
    if resume.word_count > LONG {
        found.push(format!(
            "{} words are more than two pages: shorten what does not speak for this job.",
            resume.word_count
        ));
    }
    if resume.word_count < SHORT {
        found.push("The text is very short: bullets with figures under each position would help.".to_owned());
    }
    if let Some((name, count)) = resume.most_repeated.as_ref().filter(|(_, count)| *count > STUFFED) {
        found.push(format!("{name} is named {count} times: repetition counts for nothing here and reads as stuffing."));
    }
    if resume.copied > 0 {
        let copied = resume.copied;
        found.push(format!(
            "{copied} words stand in the job description just so: they are no evidence and count for nothing."
        ));
    }
    let hidden = if text.is_ascii() { 0 } else { text.chars().filter(|&c| is_hidden(c)).count() };
    if hidden > 0 {
        found.push(format!(
            "{hidden} characters are invisible: parsers and readers take them for hidden text. Remove them."
        ));
    }
    if resume.hidden_lines > 0 {
        found.push(format!(
            "{} lines have markup that hides their text: they count for nothing here, and readers take them for a trick. Remove them.",
            resume.hidden_lines
        ));
    }
    if text.lines().any(|line| line.matches('|').count() > 3 || line.contains('\t')) {
        found.push("Tables and tabs lose their order in many parsers: use one column of plain lines.".to_owned());
    }
    found
}

/// Zero-width, directional and tag characters.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
