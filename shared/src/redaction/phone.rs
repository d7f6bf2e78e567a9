//! Phone numbers: international forms, North American forms, and anything phone-like behind a label.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Span};

/// A number with `+` or `00`, one in brackets, one in groups 3-3-4.
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:\+|\b00)[1-9](?:[ \t./()\-\u{2010}-\u{2013}\u{a0}]{0,3}\d){6,14}\b",
        r"|\(\d{2,5}\)[ \t./\-\u{a0}]{0,3}\d(?:[ \t./\-\u{a0}]?\d){5,9}\b",
        r"|\b\d{3}[ .\-]\d{3}[ .\-]\d{4}\b",
    ))
    .expect("a constant pattern")
});
static LABELED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:phone|telephone|tel|mobile|mob|cell|fax|whatsapp|telefon|handy|tlf|t[ée]l[ée]phone|portable|",
        r"tel[ée]fono|m[óo]vil|telefono|cellulare|telefoon|telefone|telem[óo]vel)\b[^\d+(\n]{0,12}",
        r"([+(]?\d(?:[ \t./()\-\u{2010}-\u{2013}\u{a0}]{0,3}\d){5,14})",
    ))
    .expect("a constant pattern")
});

pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    for at in PHONE.find_iter(text) {
        found.push(Span { range: at.range(), kind: Kind::Phone });
    }
    for value in LABELED.captures_iter(text).filter_map(|captures| captures.get(1)) {
        found.push(Span { range: value.range(), kind: Kind::Phone });
    }
}
