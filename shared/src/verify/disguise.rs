//! Words that are written so that a reader sees them and a check does not.

use std::ops::Range;

/// Single letters in a row that read as a word: `K a f k a`.
const SPACED: usize = 4;

/// Parts of a line that disguise what they say, by bytes: marks inside a word (`K**af**ka`), spaced letters, letters of a script
/// that the source does not use (`scripts`). `source` is all of the source in lower case.
pub(super) fn disguised(line: &str, source: &str, scripts: Scripts) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let marked = bytes.iter().any(|byte| matches!(byte, b'*' | b'`' | b'~' | b'|' | b'\\'));
    let spaced = bytes.windows(4).any(|run| run[1] == b' ' && run[3] == b' ' && run[0] != b' ' && run[2] != b' ');
    let mut found = Vec::new();
    // Most lines have nothing of the kind.
    if !marked && !spaced && line.is_ascii() {
        return found;
    }
    let mut next = 0;
    let mut single: Option<Range<usize>> = None;
    let mut letters = 0;
    for token in line.split_inclusive(char::is_whitespace) {
        let start = next;
        next += token.len();
        let token = token.trim_end();
        let range = start..start + token.len();
        if marked && is_marked(token) && !source.contains(&token.to_lowercase()) {
            found.push(range.clone());
        }
        let mut chars = token.chars();
        if chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none() {
            let from = single.map_or(range.start, |single| single.start);
            single = Some(from..range.end);
            letters += 1;
            continue;
        }
        found.extend(single.take().filter(|_| letters >= SPACED));
        letters = 0;
    }
    found.extend(single.filter(|_| letters >= SPACED));
    found.retain(|range| !source.contains(&line[range.clone()].to_lowercase()));
    if !line.is_ascii() {
        let foreign = |c: char| script(c).is_some_and(|own| scripts.0 >> own & 1 == 0);
        let mut places = line.char_indices().filter(|(_, c)| foreign(*c));
        if let Some((first, c)) = places.next() {
            let (last, end) = places.next_back().unwrap_or((first, c));
            found.push(first..last + end.len_utf8());
        }
    }
    found
}

/// The scripts of a text, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scripts(u16);

impl Scripts {
    /// Adds those of a text.
    pub(super) fn add(&mut self, text: &str) {
        if !text.is_ascii() {
            self.0 = text.chars().filter_map(script).fold(self.0, |set, own| set | 1 << own);
        }
    }
}

/// Emphasis or code marks between two letters. `_` and `-` join words.
fn is_marked(token: &str) -> bool {
    let mut before = ' ';
    let mut chars = token.chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(c, '*' | '`' | '~' | '|' | '\\') && before.is_alphanumeric() {
            while chars.peek().is_some_and(|next| matches!(next, '*' | '`' | '~' | '|' | '\\')) {
                chars.next();
            }
            if chars.peek().is_some_and(|next| next.is_alphanumeric()) {
                return true;
            }
        }
        before = c;
    }
    false
}

/// Which script a letter belongs to, by its block (Unicode 16), Latin left out.
fn script(c: char) -> Option<u8> {
    match c {
        '\u{370}'..='\u{3ff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        '\u{530}'..='\u{58f}' => Some(3),
        '\u{590}'..='\u{5ff}' => Some(4),
        '\u{600}'..='\u{77f}' => Some(5),
        '\u{900}'..='\u{dff}' => Some(6),
        '\u{e00}'..='\u{eff}' => Some(7),
        '\u{10a0}'..='\u{10ff}' => Some(8),
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => Some(9),
        '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Some(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(line: &'a str, source: &str) -> Vec<&'a str> {
        let mut scripts = Scripts::default();
        scripts.add(source);
        disguised(line, source, scripts).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn disguises_are_seen_and_plain_writing_is_not() {
        assert_eq!(of("- Used K**af**ka and `Go`", "go"), ["K**af**ka"]);
        assert_eq!(of("Skills: K a f k a", "rust"), ["K a f k a"]);
        assert_eq!(of("Er kann 卡夫卡 gut", "rust"), ["卡夫卡"]);
        assert_eq!(of("Знает Kafka", "rust"), ["Знает"]);
        for line in ["**Rust**, C and C++ | R", "snake_case and well-known", "Plan A or B", "Zoë, naïve", "a|b"] {
            assert!(of(line, "a|b").is_empty(), "{line}");
        }
        assert!(of("日本語 (native)", "日本語").is_empty());
    }
}
