//! Postcodes by their shape.

use std::ops::Range;

use super::street::{Token, gap, tokens};

/// A postcode in the forms of many countries, with a capitalized word beside it.
pub(super) fn postcode(text: &str) -> Option<Range<usize>> {
    let tokens = tokens(text);
    let shape = |token: &Token<'_>| -> String {
        token
            .text
            .chars()
            .map(|c| {
                if c.is_ascii_digit() {
                    '9'
                } else if c.is_ascii_uppercase() {
                    'A'
                } else {
                    'x'
                }
            })
            .collect()
    };
    let shapes: Vec<String> = tokens.iter().map(shape).collect();
    let named = |index: usize| tokens.get(index).is_some_and(|token| token.is_capital() && token.text.len() > 2);
    for index in 0..tokens.len() {
        let pair = shapes.get(index + 1).map_or("", String::as_str);
        let between = gap(text, &tokens, index);
        let length = match (shapes[index].as_str(), between, pair) {
            // Britain, Canada, Ireland, the Netherlands.
            ("A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A", " ", "9AA")
            | ("A9A", " ", "9A9")
            | (
                "A99" | "A9A",
                " ",
                "AA99" | "A9A9" | "AAAA" | "AA9A" | "A99A" | "9AAA" | "9999" | "99A9" | "9A99" | "AAA9" | "9AA9"
                | "A9AA" | "A999" | "99AA" | "999A",
            )
            | ("9999", " ", "AA") => 2,
            // Poland, Brazil, Portugal, the United States with four more.
            ("99", "-", "999") | ("99999", "-", "999" | "9999") | ("9999", "-", "999") => 2,
            // Sweden, Czechia, Greece.
            ("999", " ", "99") if named(index + 2) => 2,
            // India, behind its city.
            ("999", " ", "999") if index > 0 && named(index - 1) && gap(text, &tokens, index - 1).contains('-') => 2,
            ("99999" | "999999", ..) => 1,
            ("A99AA99" | "A99A999" | "A99AAAA" | "A999999" | "A9AAA99" | "9999AA", ..) => 1,
            // Four digits with the city behind: Austria, Switzerland, Denmark, Norway, Belgium.
            ("9999", " ", _)
                if named(index + 1)
                    && !tokens[index].text.starts_with("19")
                    && !tokens[index].text.starts_with("20") =>
            {
                1
            }
            // `A99AAAA` of Ireland written together in any mixture.
            (other, ..) if other.len() == 7 && other.starts_with("A99") => 1,
            _ => continue,
        };
        let last = index + length - 1;
        // Two groups of letters and digits are nothing else.
        let distinct = length == 2 && shapes[index].contains('A') && shapes[last].contains('A');
        if distinct || named(last + 1) || (index > 0 && (named(index - 1) || shapes[index - 1] == "AA")) {
            return Some(tokens[index].range.start..tokens[last].range.end);
        }
    }
    None
}

/// Whether a line of a contact block is a postcode: British, Canadian, Irish or Dutch by itself, Australian behind its state.
pub(super) fn is_postcode_line(content: &str) -> bool {
    let tokens = tokens(content);
    let states = ["ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"];
    let australian = match tokens[..] {
        [.., ref state, ref code] => {
            states.contains(&state.text) && code.text.len() == 4 && code.text.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    let whole = || postcode(content).is_some_and(|found| found == (0..content.len()));
    (australian && tokens.len() <= 5)
        || (tokens.len() == 2 && content.bytes().any(|b| b.is_ascii_uppercase()) && whole())
}
