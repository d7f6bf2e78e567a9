//! Normalization and tokens, as the Python scorer does them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// A token with its code point range in the source.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

fn is_dropped(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// NFKC and case folded, with the source index of each character.
fn normalized(text: &str) -> Vec<(char, usize)> {
    let mut out: Vec<(char, usize)> = Vec::new();
    for (index, c) in text.chars().enumerate().filter(|(_, c)| !is_dropped(*c)) {
        for folded in c.nfkc().flat_map(char::to_lowercase) {
            match folded {
                'ß' => out.extend([('s', index), ('s', index)]),
                'ς' => out.push(('σ', index)),
                _ => {
                    let composed =
                        out.last().filter(|_| canonical_combining_class(folded) != 0).and_then(|(last, _)| {
                            let mut pair = [*last, folded].into_iter().nfc();
                            pair.next().filter(|_| pair.next().is_none())
                        });
                    match (composed, out.last_mut()) {
                        (Some(composed), Some(last)) => last.0 = composed,
                        _ => out.push((folded, index)),
                    }
                }
            }
        }
    }
    out
}

/// Runs of letters, single digits, and single signs.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let normal = normalized(text);
    let mut tokens: Vec<Token> = Vec::new();
    let mut in_letters = false;
    for (c, index) in normal {
        if c.is_whitespace() {
            in_letters = false;
            continue;
        }
        let letter = c.is_alphanumeric() && !c.is_ascii_digit();
        match tokens.last_mut().filter(|_| letter && in_letters) {
            Some(last) => {
                last.text.push(c);
                last.end = index + 1;
            }
            None => tokens.push(Token { text: c.to_string(), start: index, end: index + 1 }),
        }
        in_letters = letter;
    }
    tokens
}

/// Letters and digits only, normalized.
pub(super) fn compact(text: &str) -> String {
    normalized(text).into_iter().map(|(c, _)| c).filter(|c| c.is_alphanumeric()).collect()
}

/// Normalized text.
pub(super) fn norm(text: &str) -> String {
    normalized(text).into_iter().map(|(c, _)| c).collect()
}

pub(super) fn is_wordy(token: &str) -> bool {
    token.chars().next().is_some_and(char::is_alphanumeric)
}
