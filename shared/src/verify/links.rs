//! Links, and what no remark of an answer needs.

use std::collections::HashSet;

use crate::redaction::without_placeholders;
use crate::words::words;

const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "io", "dev", "co", "de", "fr", "es", "uk", "eu", "ai", "app", "me", "info", "biz", "xyz",
    "ru", "cn", "ly", "link", "click", "site", "online", "example", "test", "us", "ch", "at", "it", "nl", "be", "pl",
    "in", "gov", "edu", "to", "gg", "invalid", "top", "page", "evil",
];

/// Whether a token is an address, a markdown link, or markup that could load or run something.
pub(super) fn is_link(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let markup = lower
        .find('<')
        .is_some_and(|at| lower[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'));
    if lower.contains("://")
        || lower.starts_with("www.")
        || lower.contains("mailto:")
        || lower.contains("javascript:")
        || lower.contains("data:")
        || lower.contains("](")
        || markup
    {
        return true;
    }
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let host = bare.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host.contains('@') && host.contains('.') {
        return true;
    }
    let Some((name, top)) = host.rsplit_once('.') else { return false };
    let is_name =
        name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.')) && name.chars().any(char::is_alphabetic);
    let has_path = bare.len() > host.len();
    is_name
        && name.len() > 1
        && TOP_LEVEL.contains(&top)
        && (has_path || !token.contains(char::is_uppercase) || top == "com")
}

/// Empties a remark that links to what `known` (lower case) does not, or says what a hidden instruction wants said. Such a
/// sentence goes alone where others are left.
pub(super) fn screen(remark: &mut String, known: &str, bait: &HashSet<String>) {
    let is_foul = |sentence: &str| {
        let plain = without_placeholders(sentence);
        let trim = |token: &str| {
            token.trim_matches(['(', ')', '[', ']', '<', '>', ',', ';', '.', '!', '"', '\'', '|']).to_lowercase()
        };
        plain.split_whitespace().any(|token| is_link(token) && !known.contains(&trim(token)))
            || words(&plain).iter().any(|word| bait.contains(word.lower.as_ref()))
    };
    if is_foul(remark) {
        let kept: Vec<String> = remark
            .split_inclusive('\n')
            .map(|line| super::sentences(line).into_iter().filter(|sentence| !is_foul(sentence)).collect())
            .collect();
        *remark = kept.concat().trim().to_owned();
    }
}
