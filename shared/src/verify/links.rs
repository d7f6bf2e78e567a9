//! Links.

const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "io", "dev", "co", "de", "fr", "es", "uk", "eu", "ai", "app", "me", "info", "biz", "xyz",
    "ru", "cn", "ly", "link", "click", "site", "online", "example", "test", "us", "ch", "at", "it", "nl", "be", "pl",
    "in", "gov", "edu", "to", "gg", "invalid", "top", "page", "evil",
];

/// Whether a text has a sign that all links have.
pub(super) fn may_link(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'.' | b':' | b'<' | b'(' | b'['))
}

/// Whether a token is an address, a markdown link, or markup that could load or run something.
pub(super) fn is_link(token: &str) -> bool {
    // A full stop behind a word makes no link of it.
    let inner = token.strip_suffix('.').filter(|inner| !inner.eq_ignore_ascii_case("www")).unwrap_or(token);
    if !may_link(inner) {
        return false;
    }
    let lower = token.to_ascii_lowercase();
    // "evil[.]com", "hxxps://": written so that it is no link yet.
    if ["[.]", "(.)", "[dot]", "(dot)", "{.}"].iter().any(|dot| lower.contains(dot)) {
        return true;
    }
    let markup = lower
        .find('<')
        .is_some_and(|at| lower[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'));
    if lower.contains("://")
        || lower.starts_with("www.")
        || lower.contains("mailto:")
        || lower.contains("javascript:")
        || lower.find("data:").is_some_and(|at| lower[at + 5..].contains('/'))
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
