//! Canaries: texts that must not turn up where they have no business, and every place where they could.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use unicode_normalization::UnicodeNormalization;

use crate::stack::Item;

/// Where something could turn up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// Log lines on stdout.
    Stdout,
    /// Everything on stderr.
    Stderr,
    /// Lines of metrics.
    Metrics,
    /// Items of the state table but for those of idempotent requests.
    State,
    /// Items of idempotent requests.
    Idempotency,
    /// Items of the ledger.
    Ledger,
    /// Problems and the headers of every answer.
    Problems,
    /// Traces as the API shows them, records and statistics.
    Traces,
    /// What the model's server received, but for the header that carries its key.
    Model,
    /// Answers.
    Answers,
}

impl Sink {
    /// Every place.
    pub const ALL: [Sink; 10] = [
        Sink::Stdout,
        Sink::Stderr,
        Sink::Metrics,
        Sink::State,
        Sink::Idempotency,
        Sink::Ledger,
        Sink::Problems,
        Sink::Traces,
        Sink::Model,
        Sink::Answers,
    ];
}

/// A planted text.
#[derive(Clone, Debug)]
pub struct Canary {
    /// What it is an example of.
    pub kind: &'static str,
    /// Where it may be, and has to be: else it was not planted.
    pub belongs: &'static [Sink],
    /// Where it may be as well.
    pub may: &'static [Sink],
    forms: Vec<String>,
}

impl Canary {
    /// A text that must not be anywhere but in `belongs`.
    #[must_use]
    pub fn new(kind: &'static str, text: &str, belongs: &'static [Sink]) -> Canary {
        let mut forms = vec![fold(text), STANDARD.encode(text).to_lowercase()];
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        forms.push(encoded.to_lowercase());
        forms.push(serde_json::Value::from(text).to_string().trim_matches('"').to_lowercase());
        Canary { kind, belongs, may: &[], forms }
    }

    /// The same, also allowed there.
    #[must_use]
    pub fn or(self, may: &'static [Sink]) -> Canary {
        Canary { may, ..self }
    }

    fn is_in(&self, folded: &str, lower: &str, digits: &str) -> bool {
        // A number is the same number however it is grouped.
        let own: String = self.forms[0].chars().filter(char::is_ascii_digit).collect();
        let is_number = own.len() >= 9 && self.forms[0].chars().all(|char| !char.is_alphabetic());
        self.forms.iter().any(|form| folded.contains(form.as_str()) || lower.contains(form.as_str()))
            || (is_number && digits.contains(&own))
    }
}

/// Compatibility forms, in lower case, without what cannot be seen.
fn fold(text: &str) -> String {
    let seen = text.nfkc().filter(|char| !matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'));
    seen.collect::<String>().to_lowercase()
}

/// All that was written anywhere.
#[derive(Clone, Debug, Default)]
pub struct Sinks(BTreeMap<Sink, String>);

impl Sinks {
    /// More of a place's text.
    pub fn add(&mut self, sink: Sink, text: &str) {
        let all = self.0.entry(sink).or_default();
        all.push_str(text);
        all.push('\n');
    }

    /// An item's attributes: names and values, as they are.
    pub fn add_item(&mut self, sink: Sink, item: &Item) {
        for (name, value) in item {
            self.add(sink, name);
            match value.as_s() {
                Ok(text) => self.add(sink, text),
                Err(other) => self.add(sink, &format!("{other:?}")),
            }
        }
    }

    /// Places that nothing was written to, which would be clean whatever the program does.
    #[must_use]
    pub fn empty(&self) -> Vec<Sink> {
        Sink::ALL.into_iter().filter(|sink| self.0.get(sink).is_none_or(|text| text.trim().is_empty())).collect()
    }

    /// Log lines, metrics apart.
    pub fn add_log(&mut self, stdout: &str, stderr: &str) {
        for line in stdout.lines() {
            self.add(if line.starts_with("{\"_aws\"") { Sink::Metrics } else { Sink::Stdout }, line);
        }
        self.add(Sink::Stderr, stderr);
    }
}

/// What is where it should not be, or not where it should, by kind and place; and the table of all of them.
#[must_use]
pub fn inspect(canaries: &[Canary], sinks: &Sinks) -> (Vec<(&'static str, Sink)>, String) {
    let texts: Vec<(Sink, [String; 3])> = Sink::ALL
        .into_iter()
        .map(|sink| {
            let text = sinks.0.get(&sink).map(String::as_str).unwrap_or_default();
            let digits = text.chars().filter(char::is_ascii_digit).collect();
            (sink, [fold(text), text.to_lowercase(), digits])
        })
        .collect();
    let mut wrong = Vec::new();
    let mut table = format!("{:36}", "canary");
    for sink in Sink::ALL {
        let _ = write!(table, " {:>11}", format!("{sink:?}").to_lowercase());
    }
    for canary in canaries {
        let _ = write!(table, "\n{:36}", canary.kind);
        for (sink, [folded, lower, digits]) in &texts {
            let found = canary.is_in(folded, lower, digits);
            let belongs = canary.belongs.contains(sink);
            let word = match (found, belongs, canary.may.contains(sink)) {
                (true, true, _) => "own",
                (false, false, _) => "clean",
                (true, false, true) => "allowed",
                (true, false, false) => "LEAK",
                (false, true, _) => "NOT PLANTED",
            };
            if matches!(word, "LEAK" | "NOT PLANTED") {
                wrong.push((canary.kind, *sink));
            }
            let _ = write!(table, " {word:>11}");
        }
    }
    (wrong, table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_seen_in_every_form() {
        let email = Canary::new("email", "Jane@example.com", &[]);
        let card = Canary::new("card", "5500 0055 5555 5559", &[]);
        for (canary, text) in [
            (&email, "{\"to\":\"jane@EXAMPLE.com\"}"),
            (&email, "jane%40example.com"),
            (&email, "ｊane＠example\u{200b}.com"),
            (&email, "SmFuZUBleGFtcGxlLmNvbQ=="),
            (&card, "5500-0055-5555-5559"),
        ] {
            let mut sinks = Sinks::default();
            sinks.add(Sink::Stderr, text);
            assert_eq!(inspect(std::slice::from_ref(canary), &sinks).0, [(canary.kind, Sink::Stderr)], "{text}");
        }
        let mut sinks = Sinks::default();
        sinks.add_log("{\"level\":\"INFO\"}\n{\"_aws\":{}, \"x\":\"jane@example.com\"}", "");
        assert_eq!(inspect(&[email], &sinks).0, [("email", Sink::Metrics)]);
    }
}
