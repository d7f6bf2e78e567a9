//! How a line reads: bullets, heads, sentences, what alignment compares.

use foldhash::HashSet;

use super::lists;
use super::source::LONG_LINE;
use crate::redaction::without_placeholders;
use crate::words::{Word, root, words};

/// A sentence without an end in parts of some [`LONG_LINE`] bytes, cut at blanks.
pub(super) fn pieces(sentence: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), sentence);
    while rest.len() > LONG_LINE {
        let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= LONG_LINE).unwrap_or(rest.len());
        let end = rest[end..].find(char::is_whitespace).map_or(rest.len(), |blank| end + blank);
        let (piece, behind) = rest.split_at(end);
        found.push(piece);
        rest = behind;
    }
    found.push(rest);
    found
}

/// Whether two words side by side are capitalized both.
pub(super) fn is_name_pair(line: &str, pair: &[Word<'_>]) -> bool {
    pair[0].is_capitalized() && pair[1].is_capitalized() && &line[pair[0].range.end..pair[1].range.start] == " "
}

/// Words of a line that are compared with one another faster than sorted.
const FEW: usize = 32;

/// What alignment compares: content words without endings, no digits.
pub(super) fn roots<'a>(words: &'a [Word<'_>]) -> Vec<&'a str> {
    let all = words.iter().filter(|word| word.has_letter() && !lists::is_function_word(&word.lower));
    let all = all.map(|word| root(&word.lower));
    if words.len() <= FEW {
        let mut roots: Vec<&str> = Vec::with_capacity(words.len());
        for root in all {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        return roots;
    }
    let mut roots: Vec<&str> = all.collect();
    roots.sort_unstable();
    roots.dedup();
    roots
}

/// Whether a line reads like one that heads a position: short, no bullet, no sentence.
pub(super) fn is_head(line: &str) -> bool {
    line.split_whitespace().count() <= 16 && !ends_sentence(line)
}

/// Whether a line ends like a sentence; "Oak Ltd." and "S.L." do not.
pub(super) fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end();
    let last = line.trim_end_matches('.').rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    let abbreviated = last.contains('.') || last.chars().count() <= 3 || last.eq_ignore_ascii_case("corp");
    line.ends_with(['!', '?']) || (line.ends_with('.') && !abbreviated)
}

/// A line without its bullet sign and outer blanks.
pub(super) fn bare(line: &str) -> &str {
    line.trim().trim_start_matches(BULLETS).trim_start()
}

const BULLETS: [char; 14] = ['-', '*', '•', '–', '·', '‣', '▪', '◦', '●', '○', '■', '►', '✓', '+'];

/// Whether a line begins like an item of a list.
pub(super) fn is_bullet(line: &str) -> bool {
    let line = line.trim_start();
    // `*Mar 2019*` and `-5 %` are none.
    line.strip_prefix(BULLETS).is_some_and(|rest| rest.starts_with(char::is_whitespace))
        || line.starts_with(['•', '·', '‣', '▪', '◦', '●', '○', '■', '►', '✓'])
}

/// Zero-width, directional and tag characters (Unicode 16, general category Cf, without the soft hyphen's visible uses).
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The sentence of a source line that shares most with `wanted`.
pub(super) fn closest_sentence<'a>(line: &'a str, wanted: &str) -> &'a str {
    let wanted = without_placeholders(wanted);
    let wanted = words(&wanted);
    let wanted: HashSet<&str> = roots(&wanted).into_iter().collect();
    let shared = |sentence: &&str| {
        let plain = without_placeholders(sentence);
        roots(&words(&plain)).iter().filter(|root| wanted.contains(*root)).count()
    };
    let sentences = super::sentences(line);
    sentences.into_iter().rev().max_by_key(shared).unwrap_or(line)
}
