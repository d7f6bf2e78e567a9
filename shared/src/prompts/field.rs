//! The text field of an answer while it is being written: a string property of a JSON object that is cut anywhere.

/// Decodes the growing value of one string property of an object, wherever it stands among the others. What it has given
/// out, joined, is the beginning of what a JSON parser makes of the whole.
///
/// ```
/// # use shared::prompts::FieldDecoder;
/// let mut decoder = FieldDecoder::of("resume");
/// let text: String = ["{\"n\": [1], \"resu", "me\": \"caf\\u00e", "9 \\ud83d", "\\ude00\"", ", \"more\": 1}"].map(|part| decoder.push(part)).concat();
/// assert_eq!(text, "café 😀");
/// ```
#[derive(Debug)]
pub struct FieldDecoder {
    field: &'static str,
    state: State,
    /// The key being read.
    key: String,
    /// An escape that is not complete yet.
    escape: String,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the object or between its properties.
    Outside,
    /// Inside a key; behind a backslash there.
    Key { escaped: bool },
    /// Between a key and its value.
    Gap,
    /// Inside the wanted value.
    Value,
    /// Inside another value: how deep, whether in a string of it, whether behind a backslash there.
    Other { depth: usize, in_string: bool, escaped: bool },
    /// Behind the wanted value, or where it is no string.
    Done,
}

impl FieldDecoder {
    /// A decoder of this property.
    #[must_use]
    pub fn of(field: &'static str) -> FieldDecoder {
        FieldDecoder { field, state: State::Outside, key: String::new(), escape: String::new(), high: None }
    }

    /// Takes a piece of the object and returns what it adds to the value.
    pub fn push(&mut self, piece: &str) -> String {
        let mut text = String::new();
        for c in piece.chars() {
            match self.state {
                State::Value => self.value(c, &mut text),
                State::Done => break,
                state => self.state = self.step(state, c),
            }
        }
        text
    }

    /// Where a character outside the wanted value leads.
    fn step(&mut self, state: State, c: char) -> State {
        match state {
            State::Outside if c == '"' => {
                self.key.clear();
                State::Key { escaped: false }
            }
            State::Key { escaped: false } if c == '"' => State::Gap,
            State::Key { escaped } => {
                // A key with an escape, or a long one, is none of ours and need not be kept whole.
                if self.key.len() < 64 {
                    self.key.push(c);
                }
                State::Key { escaped: !escaped && c == '\\' }
            }
            State::Gap if c == ':' || c.is_whitespace() => State::Gap,
            State::Gap if self.key == self.field => {
                if c == '"' {
                    State::Value
                } else {
                    State::Done
                }
            }
            State::Gap => {
                State::Other { depth: usize::from(matches!(c, '{' | '[')), in_string: c == '"', escaped: false }
            }
            State::Other { depth, in_string: true, escaped } => {
                State::Other { depth, in_string: escaped || c != '"', escaped: !escaped && c == '\\' }
            }
            State::Other { depth: 0, .. } if matches!(c, ',' | '}') => State::Outside,
            State::Other { depth, .. } => State::Other {
                depth: match c {
                    '{' | '[' => depth + 1,
                    '}' | ']' => depth.saturating_sub(1),
                    _ => depth,
                },
                in_string: c == '"',
                escaped: false,
            },
            other => other,
        }
    }

    fn value(&mut self, c: char, text: &mut String) {
        if self.escape.is_empty() {
            match c {
                '"' => self.state = State::Done,
                '\\' => self.escape.push(c),
                _ => text.push(c),
            }
            return;
        }
        self.escape.push(c);
        let unit = match self.escape.as_bytes() {
            [b'\\', b'u'] => return,
            [b'\\', b'u', digits @ ..] if digits.len() < 4 => return,
            [b'\\', b'u', ..] => u32::from_str_radix(&self.escape[2..], 16).ok(),
            [b'\\', b'n', ..] => Some(0x0a),
            [b'\\', b't', ..] => Some(0x09),
            [b'\\', b'r', ..] => Some(0x0d),
            [b'\\', b'b', ..] => Some(0x08),
            [b'\\', b'f', ..] => Some(0x0c),
            _ => Some(u32::from(c)),
        };
        self.escape.clear();
        match (self.high.take(), unit) {
            (None, Some(high @ 0xd800..=0xdbff)) => self.high = Some(high),
            (Some(high), Some(low @ 0xdc00..=0xdfff)) => {
                text.extend(char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
            }
            // A half by itself is no text; the whole answer will not parse either.
            (_, unit) => text.extend(unit.and_then(char::from_u32)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_string_is_nothing() {
        for json in ["", "{", "{\"a\"", "{\"a\": 1, \"b\": \"x\"}", "{\"a\": [\"x\"]}", "{\"b\": {\"a\": \"x\"}}"] {
            assert_eq!(FieldDecoder::of("a").push(json), "", "{json}");
        }
    }

    #[test]
    fn the_field_is_found_among_others_whatever_they_are() {
        let others = ["1", "\"a\\\"b, \\\\\"", "[\"a\", {\"a\": \"no\"}]", "{\"a\": [\"]}\"]}", "null", "\"\""];
        for other in others {
            let json = format!("{{\"x\" : {other} , \"a\":\"yes\", \"y\": {other}}}");
            assert_eq!(FieldDecoder::of("a").push(&json), "yes", "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn every_split_gives_the_value(text in "\\PC{0,40}|[\"\\\\\n\t😀é]{0,20}", ascii in any::<bool>(), cuts in proptest::collection::vec(0usize..400, 0..6)) {
            let mut json = serde_json::json!({ "another": ["\"text\": \"no\""], "text": text, "x": "x" }).to_string();
            if ascii {
                let escaped: String = json.encode_utf16().map(|unit| match u8::try_from(unit) {
                    Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                    _ => format!("\\u{unit:04x}"),
                }).collect();
                json = escaped;
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (json.len() + 1)).filter(|cut| json.is_char_boundary(*cut)).collect();
            cuts.extend([0, json.len()]);
            cuts.sort_unstable();
            let mut decoder = FieldDecoder::of("text");
            let decoded: String = cuts.windows(2).map(|pair| decoder.push(&json[pair[0]..pair[1]])).collect();
            prop_assert_eq!(decoded, text);
        }
    }
}
