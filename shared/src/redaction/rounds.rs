//! Rounds: what a redaction leaves is looked at again. Taking a value out can uncover its neighbor
//! (`4111111111111111https://...`).

use std::ops::Range;

use super::layout::HEADER_LINES;
use super::{Kind, Span, detect_once, joined, lexicon, placeholder, unswapped};
use crate::request::Role;

/// Looks again at what a redaction left, at most this often. Each round can only add spans.
const MAX_ROUNDS: usize = 4;

/// All spans of each text in order, without overlaps, in bytes of the text: the redacted text is looked at again until nothing
/// but placeholders is found.
pub(super) fn detect(texts: &[(Role, &str)]) -> Vec<Vec<Span>> {
    let mut spans = detect_once(texts, false);
    for round in 0..MAX_ROUNDS {
        let drafts: Vec<Draft> = texts.iter().zip(&spans).map(|((_, text), spans)| Draft::of(text, spans)).collect();
        if round == 0 && !is_uncovered(texts, &drafts) {
            break;
        }
        let again: Vec<(Role, &str)> =
            texts.iter().zip(&drafts).map(|((role, _), draft)| (*role, draft.text.as_str())).collect();
        let mut settled = true;
        for ((found, draft), spans) in detect_once(&again, true).into_iter().zip(&drafts).zip(&mut spans) {
            let uncovered: Vec<Span> = found
                .into_iter()
                .filter(|span| span.kind != Kind::Literal)
                .map(|span| Span { range: draft.original(&span.range), kind: span.kind })
                .collect();
            if !uncovered.is_empty() {
                settled = false;
                spans.extend(uncovered);
                *spans = joined(std::mem::take(spans));
            }
        }
        if settled {
            break;
        }
    }
    spans
}

/// Whether something is found around what was taken out: mostly there is nothing, and the rest of the texts need not be read a
/// second time.
fn is_uncovered(texts: &[(Role, &str)], drafts: &[Draft]) -> bool {
    let excerpts: Vec<String> = drafts.iter().map(Draft::excerpt).collect();
    // Of most of a text an excerpt saves nothing.
    let all: usize = drafts.iter().map(|draft| draft.text.len()).sum();
    if excerpts.iter().map(String::len).sum::<usize>() * 4 >= all * 3 {
        return all > 0;
    }
    let again: Vec<(Role, &str)> =
        texts.iter().zip(&excerpts).map(|((role, _), excerpt)| (*role, excerpt.as_str())).collect();
    detect_once(&again, true).iter().flatten().any(|span| span.kind != Kind::Literal)
}

/// A redacted text on trial: kinds without numbers, and the way back.
struct Draft {
    text: String,
    /// Byte ranges here and in the original.
    swaps: Vec<(Range<usize>, Range<usize>)>,
}

/// Lines on either side of a placeholder that are read with it: labels, the lines of an address, a name above its contacts.
const NEAR: usize = 3;

impl Draft {
    fn of(text: &str, spans: &[Span]) -> Draft {
        let mut draft = Draft { text: String::with_capacity(text.len()), swaps: Vec::with_capacity(spans.len()) };
        let mut copied = 0;
        for span in spans {
            draft.text.push_str(&text[copied..span.range.start]);
            let start = draft.text.len();
            draft.text.push_str(&placeholder::write(span.kind, 1));
            draft.swaps.push((start..draft.text.len(), span.range.clone()));
            copied = span.range.end;
        }
        draft.text.push_str(&text[copied..]);
        draft
    }

    fn original(&self, range: &Range<usize>) -> Range<usize> {
        unswapped(&self.swaps, range.start, false)..unswapped(&self.swaps, range.end, true)
    }

    /// The lines where taking something out can uncover more: its own, those around it, the header, and the headings that say
    /// what a section is about. Empty where nothing was taken out.
    fn excerpt(&self) -> String {
        let mut excerpt = String::new();
        if self.swaps.is_empty() {
            return excerpt;
        }
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let mut swaps = self.swaps.iter().map(|(here, _)| here).peekable();
        let mut is_near = vec![false; lines.len()];
        let mut end = 0;
        for (at, line) in lines.iter().enumerate() {
            end += line.len();
            let from_before = swaps.peek().is_some_and(|here| here.start < end);
            while swaps.next_if(|here| here.end <= end).is_some() {}
            if from_before {
                is_near[at.saturating_sub(NEAR)..(at + NEAR + 1).min(lines.len())].fill(true);
            }
        }
        let mut header = HEADER_LINES;
        for (line, is_near) in lines.iter().zip(is_near) {
            if header > 0 || is_near || lexicon::section(line.trim()).is_some() {
                excerpt.push_str(line);
            }
            // What looks empty may not count as a line of the header: better one too many.
            header = header.saturating_sub(usize::from(line.bytes().any(|byte| byte.is_ascii_graphic())));
        }
        excerpt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_what_was_taken_out_with_its_surroundings_and_the_headings() {
        let body: Vec<String> = (0..40).map(|line| format!("- Line {line} of work")).collect();
        let text = format!("Jane Doe\n{}\nReferences\n{}\nTel.\n+1 202-555-0147\n", body.join("\n"), body.join("\n"));
        let at = text.find("+1").expect("it is there");
        let spans = [Span { range: at..at + "+1 202-555-0147".len(), kind: Kind::Phone }];
        let excerpt = Draft::of(&text, &spans).excerpt();
        assert!(excerpt.starts_with("Jane Doe\n- Line 0 of work"), "{excerpt}");
        assert!(excerpt.ends_with("Line 38 of work\n- Line 39 of work\nTel.\n<PII_REDACTED_PHONE_1>\n"), "{excerpt}");
        assert!(excerpt.contains("References\n") && !excerpt.contains("Line 20"), "{excerpt}");
        assert_eq!(Draft::of(&text, &[]).excerpt(), "");
    }

    #[test]
    fn what_spans_lines_counts_for_all_of_them() {
        let text = "x\n".repeat(60);
        let excerpt = Draft::of(&text, &[Span { range: 80..90, kind: Kind::Address }]).excerpt();
        assert!(excerpt.contains("<PII_REDACTED_ADDRESS_1>"), "{excerpt}");
    }
}
