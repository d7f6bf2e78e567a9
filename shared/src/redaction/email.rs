//! E-mail addresses, also with letters beyond ASCII.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Span};

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}._%+'\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+").expect("a constant pattern")
});

pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    for at in EMAIL.find_iter(text) {
        // A quotation mark before an address is not part of it.
        let start = at.start() + at.as_str().len() - at.as_str().trim_start_matches(['\'', '.']).len();
        found.push(Span { range: start..at.end(), kind: Kind::Email });
    }
}
