//! The text field of an answer while it is being written: the first string property of a JSON object that is cut anywhere.

/// Decodes the growing value of an object's first string property. What it has given out, joined, is the beginning of what
/// a JSON parser makes of the whole.
///
/// ```
/// # use shared::prompts::FieldDecoder;
/// let mut decoder = FieldDecoder::default();
/// let text: String = ["{\"resu", "me\": \"caf\\u00e", "9 \\ud83d", "\\ude00\"", ", \"more\": 1}"].map(|part| decoder.push(part)).concat();
/// assert_eq!(text, "café 😀");
/// ```
#[derive(Debug, Default)]
pub struct FieldDecoder {
    state: State,
    /// An escape that is not complete yet.
    escape: String,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the colon behind the first key.
    #[default]
    Key,
    /// Between the colon and the value.
    Gap,
    /// Inside the value.
    Value,
    /// Behind it, or where the value is no string.
    Done,
}

impl FieldDecoder {
    /// Takes a piece of the object and returns what it adds to the value.
    pub fn push(&mut self, piece: &str) -> String {
        let mut text = String::new();
        for c in piece.chars() {
            match self.state {
                State::Key if c == ':' => self.state = State::Gap,
                State::Gap if c == '"' => self.state = State::Value,
                State::Gap if !c.is_whitespace() => self.state = State::Done,
                State::Value => self.value(c, &mut text),
                _ => {}
            }
        }
        text
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
        for json in ["", "{", "{\"a\"", "{\"a\": 1, \"b\": \"x\"}", "{\"a\": [\"x\"]}"] {
            assert_eq!(FieldDecoder::default().push(json), "", "{json}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn every_split_gives_the_value(text in "\\PC{0,40}|[\"\\\\\n\t😀é]{0,20}", ascii in any::<bool>(), cuts in proptest::collection::vec(0usize..400, 0..6)) {
            let mut json = serde_json::json!({ "text": text, "other": "x" }).to_string();
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
            let mut decoder = FieldDecoder::default();
            let decoded: String = cuts.windows(2).map(|pair| decoder.push(&json[pair[0]..pair[1]])).collect();
            prop_assert_eq!(decoded, text);
        }
    }
}
