//! Later mentions of known names, word by word, but not inside the name of something else.

use std::ops::Range;

use super::{Known, is_opening, next_capital};
use crate::redaction::layout::{Layout, floor, fold};
use crate::redaction::lexicon;
use crate::redaction::{Kind, Span};

pub(super) fn find(layout: &Layout<'_>, known: &Known, found: &mut Vec<Span>) {
    if known.words.is_empty() {
        return;
    }
    let text = layout.text;
    let mut from = 0;
    while let Some(start) = next_capital(text, from) {
        let word = word_at(text, start);
        from = word.end.max(start + 1);
        if !is_known(text, &word, known) {
            continue;
        }
        let run = grow(text, word, known);
        from = run.end;
        if !is_part_of_something_else(text, &run, known) {
            found.push(Span { range: run, kind: Kind::Name });
        }
    }
}

fn word_at(text: &str, start: usize) -> Range<usize> {
    start..text[start..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| start + length)
}

fn is_known(text: &str, word: &Range<usize>, known: &Known) -> bool {
    let value = &text[word.clone()];
    known.has_folded(value)
}

/// The run of known words, initials and particles around a known word.
fn grow(text: &str, word: Range<usize>, known: &Known) -> Range<usize> {
    let mut run = word;
    // Initials before it: `J. Doe`.
    loop {
        let head = &text[..run.start];
        let Some(gap) = [". ", ".", " "].into_iter().find(|gap| head.ends_with(*gap)) else { break };
        let before = &head[..head.len() - gap.len()];
        let letter = before.chars().next_back().filter(|c| is_opening(*c));
        let alone = letter.is_some_and(|c| {
            !before[..before.len() - c.len_utf8()].ends_with(|c: char| c.is_alphanumeric() || "&/-'’".contains(c))
        });
        let Some(letter) = letter.filter(|_| alone && gap.starts_with('.')) else { break };
        run.start -= gap.len() + letter.len_utf8();
    }
    loop {
        let rest = &text[run.end..];
        let Some(gap) = [". ", " ", "-", "'", "’", "."].into_iter().find(|gap| rest.starts_with(*gap)) else { break };
        let mut next = word_at(text, run.end + gap.len());
        // Particles and initials belong to the name if a known word follows them.
        let mut steps = 0;
        while steps < 4 && !next.is_empty() && !is_known(text, &next, known) {
            let value = &text[next.clone()];
            let initial = value.chars().count() == 1 && value.starts_with(is_opening);
            if !(initial || lexicon::PARTICLES.has_folded(value)) {
                break;
            }
            let after = &text[next.end..];
            let Some(gap) = [". ", " ", "-", "'", "’", "."].into_iter().find(|gap| after.starts_with(*gap)) else {
                break;
            };
            next = word_at(text, next.end + gap.len());
            steps += 1;
        }
        let opens = text[next.clone()].starts_with(is_opening) || gap == "-";
        if next.is_empty() || !opens || !is_known(text, &next, known) {
            break;
        }
        run.end = next.end;
    }
    run
}

/// Whether the run belongs to an organization, a product or a technology that shares the word.
fn is_part_of_something_else(text: &str, run: &Range<usize>, known: &Known) -> bool {
    let value = &text[run.clone()];
    let single = !value.contains(' ');
    // A word's neighbors decide, so a window is enough.
    let window = floor(text, run.start.saturating_sub(200))..floor(text, run.end + 200).max(run.end);
    let before = text[window.start..run.start].rsplit('\n').next().unwrap_or_default();
    let after = text[run.end..window.end].split('\n').next().unwrap_or_default();
    let next = after
        .strip_prefix(' ')
        .map(|rest| &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())])
        .unwrap_or_default();
    let next_folded = fold(next);
    if lexicon::ORGANIZATIONS.has(&next_folded)
        || after.starts_with(", Inc")
        || after.starts_with(", Ltd")
        || after.starts_with(", LLC")
    {
        return true;
    }
    let ampersand =
        after.strip_prefix(" & ").is_some_and(|rest| rest.starts_with(is_opening)) || before.ends_with("& ");
    let other_partner =
        after.strip_prefix(" & ").map(|rest| &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())]);
    let relative = other_partner.is_some_and(|word| known.has_folded(word) && !value.eq_ignore_ascii_case(word));
    if (ampersand && !relative) || before.ends_with("& ") {
        return true;
    }
    if !single {
        return false;
    }
    let last = before.trim_end_matches(' ').rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let adjacent = before.ends_with(' ') && before.trim_end_matches(' ').ends_with(char::is_alphabetic);
    let last_folded = fold(last);
    let joined_before = adjacent
        && last.starts_with(is_opening)
        && last.chars().count() > 1
        && !lexicon::HONORIFICS.has(&last_folded)
        && !lexicon::NOT_NAMES.has(&last_folded)
        && !["dear", "thanks", "hello", "hi", "and", "by", "from", "to"].contains(&last_folded.as_str());
    let joined_after =
        next.starts_with(is_opening) && next.chars().count() > 1 && !lexicon::NOT_NAMES.has(&next_folded);
    let dotted = after.starts_with('.') && after[1..].starts_with(char::is_alphanumeric);
    let place = adjacent
        && [
            "san", "santa", "santo", "st", "saint", "new", "los", "las", "port", "fort", "mount", "mt", "lake",
            "north", "south", "east", "west", "el", "la", "le",
        ]
        .contains(&last_folded.as_str())
        && last.starts_with(is_opening);
    if joined_before || joined_after || dotted || place {
        return true;
    }
    // A technology of the same name: only where somebody does something.
    let folded = fold(value);
    if lexicon::HOMONYMS.has(&folded) {
        let acts = next.starts_with(char::is_lowercase)
            && ![
                "and", "or", "in", "on", "for", "with", "to", "at", "code", "programs", "scripts", "packages", "jobs",
                "pipelines",
            ]
            .contains(&next);
        let opens = before.trim().is_empty() || before.trim_start_matches(|c: char| "•*-–·▪ ".contains(c)).is_empty();
        return !(acts && opens || after.starts_with("'s ") || after.starts_with("’s "));
    }
    false
}
