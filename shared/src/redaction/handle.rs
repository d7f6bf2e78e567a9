//! User names on platforms: behind a label (`Twitter: @jane`), alone in a contact line, or made of the owner's name.
//!
//! Annotations and packages (`@Transactional`, `@angular/core`) stay.

use super::label::Before;
use super::layout::{Layout, fold};
use super::{Kind, Span};

const LABELS: &[&str] = &[
    "bluesky", "bsky", "discord", "facebook", "fb", "github", "gitlab", "handle", "ig", "insta", "instagram",
    "kakaotalk", "line", "linkedin", "mastodon", "matrix", "medium", "nickname", "qq", "reddit", "signal", "skype",
    "slack", "snapchat", "stack overflow", "stackoverflow", "steam", "telegram", "tg", "threads", "tiktok", "tumblr",
    "twitch", "twitter", "twitter/x", "user name", "username", "viber", "vk", "wechat", "weixin", "weibo", "whatsapp",
    "x", "x (twitter)", "xing", "x.com", "youtube", "kaggle", "keybase", "behance", "dribbble", "codepen", "dev.to",
    "hackerrank", "leetcode", "npm", "icq", "social",
];

pub(super) fn find(layout: &Layout<'_>, names: &dyn Fn(&str) -> bool, found: &mut Vec<Span>) {
    let text = layout.text;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        let free = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "(:|•·,/[".contains(c));
        let length = handle_length(&text[at + 1..]);
        if !free || length < 2 || text[at + 1 + length..].starts_with(['/', '(']) {
            continue;
        }
        let handle = &text[at + 1..at + 1 + length];
        let server = text[at + 1 + length..].strip_prefix('@').map_or(0, |rest| 1 + handle_length(rest));
        let end = at + 1 + length + server;
        let labeled = Before::of(layout.before(at)).ends_with(LABELS);
        if labeled || fills_contact_field(layout, at, end) || names(&fold(handle)) {
            found.push(Span { range: at..end, kind: Kind::Handle });
        }
    }
    // A label with a bare user name: only where it fills its field.
    for colon in memchr::memchr_iter(b':', text.as_bytes()) {
        let rest = &text[colon + 1..];
        let bare = rest.trim_start_matches(' ');
        let start = colon + 1 + (rest.len() - bare.len());
        if rest.len() - bare.len() > 2 || bare.starts_with('@') {
            continue;
        }
        let length = bare.find(|c: char| !(c.is_ascii_alphanumeric() || "._-#:".contains(c))).unwrap_or(bare.len());
        let value = bare[..length].trim_end_matches(['.', ':', '-']);
        let after = bare[value.len()..].trim_start_matches(' ');
        let fills = after.is_empty() || after.starts_with(['\n', '|', '•', '·', ',', ';', '\t', '/']);
        let telling = value.len() >= 3 && value.chars().any(char::is_alphabetic) && !value.contains("://");
        if fills && telling && Before::of(layout.before(colon)).ends_with(LABELS) && !is_plain_word(value) {
            found.push(Span { range: start..start + value.len(), kind: Kind::Handle });
        }
    }
}

fn handle_length(text: &str) -> usize {
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.' || c == '-')).unwrap_or(text.len());
    text[..length].trim_end_matches(['.', '-']).len()
}

/// A capitalized dictionary-like word behind a label is prose (`GitHub: Actions`), not an account.
fn is_plain_word(value: &str) -> bool {
    let mut chars = value.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.all(char::is_lowercase)
}

fn fills_contact_field(layout: &Layout<'_>, start: usize, end: usize) -> bool {
    let Some(line) = layout.line_of(start).map(|index| &layout.lines[index]) else { return false };
    line.is_header
        && layout.fields(line).iter().any(|field| field.start <= start && field.end == end && start - field.start <= 2)
}
