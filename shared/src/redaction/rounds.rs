//! Rounds: what a redaction leaves is looked at again. Taking a value out can uncover its neighbor
//! (`4111111111111111https://...`).

use std::ops::Range;

use super::layout::{HEADER_LINES, Layout};
use super::normal::{BACKWARDS, Normal, Reading};
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
    // What is shown backwards is read both ways, and an excerpt only as it is stored.
    if drafts.iter().any(|draft| draft.text.contains(BACKWARDS)) {
        return true;
    }
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

    /// The lines where taking something out can uncover more, as detectors read them: its own, those around it, the header, and
    /// the headings that say what a section is about. Empty where nothing was taken out.
    fn excerpt(&self) -> String {
        let mut excerpt = String::new();
        if self.swaps.is_empty() {
            return excerpt;
        }
        let normal = Normal::read(&self.text, Reading::AsStored);
        let layout = Layout::of(normal.as_str());
        let mut is_near = vec![false; layout.lines.len()];
        for at in memchr::memmem::find_iter(layout.text.as_bytes(), placeholder::OPENING) {
            if let Some(line) = layout.line_of(at) {
                let end = (line + NEAR + 1).min(is_near.len());
                is_near[line.saturating_sub(NEAR)..end].fill(true);
            }
        }
        let mut before = None;
        for (index, line) in layout.lines.iter().enumerate() {
            let is_kept = index < HEADER_LINES
                || line.is_header
                || is_near[index]
                || lexicon::section(&layout.text[line.range.clone()]).is_some();
            if is_kept {
                // Empty lines between two stay what they are.
                let start = before.filter(|(last, _)| *last + 1 == index).map_or(line.range.start, |(_, end)| end);
                if start == line.range.start && !excerpt.is_empty() {
                    excerpt.push('\n');
                }
                excerpt.push_str(&layout.text[start..line.range.end]);
                before = Some((index, line.range.end));
            }
        }
        excerpt
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::redact_document;

    /// A page of work, whose lines hold nothing personal.
    fn filler(lines: usize) -> String {
        (0..lines).map(|line| format!("- Kept line {line} of the works going\n")).collect()
    }

    #[test]
    fn an_excerpt_has_what_was_taken_out_with_its_surroundings_and_the_headings() {
        let page = filler(40);
        let text = format!("Jane Doe\n{page}R E F E R E N C E S\n{page}Tel.\n\n\n\n\n+1 202-555-0147\n");
        let at = text.find("+1").expect("it is there");
        let spans = [Span { range: at..at + "+1 202-555-0147".len(), kind: Kind::Phone }];
        let excerpt = Draft::of(&text, &spans).excerpt();
        assert!(excerpt.starts_with("Jane Doe\n- Kept line 0 of"), "{excerpt}");
        assert!(excerpt.ends_with("line 39 of the works going\nTel.\n\n\n\n\n<PII_REDACTED_PHONE_1>"), "{excerpt}");
        assert!(excerpt.contains("\nREFERENCES\n") && !excerpt.contains("line 20 of"), "{excerpt}");
        assert_eq!(Draft::of(&text, &[]).excerpt(), "");
    }

    #[test]
    fn what_only_a_second_round_sees_far_down_is_seen() {
        let page = filler(60);
        for heading in
            ["References", "R E F E R E N C E S", "Re\u{301}fe\u{301}rences", "Refer\u{ad}ences", "\u{c}References"]
        {
            let text = format!("Jane Doe\n{page}{heading}\n\nAll on request.\n\nIvo Dragomirov 202-555-0147\n");
            let redacted = redact_document(&text).0;
            assert!(!redacted.as_str().contains("Dragomirov"), "{heading:?}: {}", redacted.as_str());
        }
        for blanks in 0..8 {
            let text = format!("Jane Doe\n{page}Passport No.\n{}K12345678https://a.io/x\n", "\n".repeat(blanks));
            let redacted = redact_document(&text).0;
            assert!(!redacted.as_str().contains("K12345678"), "{blanks} empty lines: {}", redacted.as_str());
        }
    }

    const PIECES: [&str; 34] = [
        "\n",
        "\n\n\n\n",
        "\r\n",
        "\u{2028}",
        "\u{c}",
        " ",
        "  ",
        "\t",
        ": ",
        "\u{200b}",
        "\u{ad}",
        "e\u{301}",
        "R E F E R E N C E S\n",
        "References\n",
        "Publications\n",
        "E X P E R I E N C E\n",
        "Personal details\n",
        "Passport No.\n",
        "K12345678https://a.io/x",
        "4111111111111111https://x.dev",
        "Ivo Dragomirov 202-555-0147",
        "Tel.\n",
        "+1 202-555-0147",
        "jane@example.com",
        "Kind regards,\n",
        "Ana Petrova\n",
        "Born\n",
        "2 March 1984x@y.dev",
        "12 Elm Street\n",
        "Springfield\n",
        "10115 Berlin",
        "github.com/janedoe",
        "Address:\n",
        "\u{202e}",
    ];

    proptest! {
        #[test]
        fn an_excerpt_hides_nothing_that_the_whole_would_show(
            parts in prop::collection::vec((0..PIECES.len(), prop::bool::weighted(0.3)), 4..24),
            page in 20..60usize,
        ) {
            let page = filler(page);
            let mut text = "Jane Doe\n".to_owned();
            for (piece, breaks) in parts {
                text.push_str(PIECES[piece]);
                if breaks {
                    text.push('\n');
                    text.push_str(&page);
                }
            }
            let texts = [(Role::Resume, text.as_str())];
            let found = detect(&texts);
            let again = Draft::of(&text, &found[0]);
            let left = detect_once(&[(Role::Resume, again.text.as_str())], true);
            prop_assert!(left[0].iter().all(|span| span.kind == Kind::Literal), "{:?} left of {:?}", left, again.text);
        }
    }
}
