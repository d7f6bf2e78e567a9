//! User names on platforms: behind a label (`Twitter: @jane`), alone in a contact line, or made of the owner's name.
//!
//! Annotations and packages (`@Transactional`, `@angular/core`) stay.

use super::label::Before;
use super::layout::{Layout, MAX_CONTACT_LINE, floor, fold};
use super::{Kind, Span};

const LABELS: &[&str] = &[
    "bitbucket", "codeforces", "irc", "xbox live", "xbox", "psn", "gamertag", "twitch.tv", "微信", "телеграм",
    "вконтакте", "bluesky", "bsky", "discord", "facebook", "fb", "github", "gitlab", "handle", "ig", "insta",
    "instagram", "kakaotalk", "line", "linkedin", "mastodon", "matrix", "medium", "nickname", "qq", "reddit", "signal",
    "skype", "slack", "snapchat", "stack overflow", "stackoverflow", "steam", "telegram", "tg", "threads", "tiktok",
    "tumblr", "twitch", "twitter", "twitter/x", "user name", "username", "viber", "vk", "wechat", "weixin", "weibo",
    "whatsapp", "x", "x (twitter)", "xing", "x.com", "youtube", "kaggle", "keybase", "behance", "dribbble", "codepen",
    "dev.to", "hackerrank", "leetcode", "npm", "icq", "social",
];

/// Characters of a user name at most.
const MAX_LENGTH: usize = 64;

pub(super) fn find(layout: &Layout<'_>, names: &dyn Fn(&str) -> bool, found: &mut Vec<Span>) {
    let text = layout.text;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        let free = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "(:|•·,/[–".contains(c));
        let length = handle_length(&text[at + 1..]);
        if !free || length < 2 || text[at + 1 + length..].starts_with(['/', '(']) {
            continue;
        }
        let handle = &text[at + 1..at + 1 + length];
        let server = text[at + 1 + length..].strip_prefix('@').map_or(0, |rest| 1 + handle_length(rest));
        let end = at + 1 + length + server;
        if labeled(tail(layout.before(at)))
            || fills_contact_field(layout, at, end)
            || names(&fold(handle))
            || on_platform(layout, at)
        {
            found.push(Span { range: at..end, kind: Kind::Handle });
        }
    }
    // A label with a bare user name: only where it fills its field.
    for sign in memchr::memchr2_iter(b':', 0xe2, text.as_bytes()) {
        let width = if text.as_bytes()[sign] == b':' { 1 } else { '–'.len_utf8() };
        if !(text[sign..].starts_with([':', '–', '—'])) {
            continue;
        }
        let rest = &text[sign + width..];
        let bare = rest.trim_start_matches(' ');
        let start = sign + width + (rest.len() - bare.len());
        if rest.len() - bare.len() > 2 || bare.starts_with('@') {
            continue;
        }
        let is_part = |c: char| c.is_alphanumeric() || "._-#:~/".contains(c);
        let length = bare.chars().take(MAX_LENGTH).take_while(|c| is_part(*c)).map(char::len_utf8).sum();
        let value = bare[..length].trim_end_matches(['.', ':', '-', '/']);
        let after = bare[value.len()..].trim_start_matches(' ');
        let telling = value.chars().any(|c| c.is_ascii_digit() || "._-#~/".contains(c));
        let fills = after.is_empty()
            || after.starts_with(['\n', '|', '•', '·', ';', '\t'])
            || (telling && after.starts_with([',', '/', '(', 'o']));
        let word = value.len() >= 3 && value.chars().any(char::is_alphabetic) && !value.contains("://");
        if fills && word && labeled(before(text, sign)) && !is_plain_word(value) {
            found.push(Span { range: start..start + value.len(), kind: Kind::Handle });
        }
    }
}

/// What stands before a byte on its line, as far as a label reaches.
fn before(text: &str, at: usize) -> &str {
    tail(&text[..at]).rsplit('\n').next().unwrap_or_default()
}

fn tail(text: &str) -> &str {
    &text[floor(text, text.len().saturating_sub(80))..]
}

/// Whether a platform's name stands before, with `ID`, `name` or `as` behind it or not.
fn labeled(before: &str) -> bool {
    let mut rest = before.trim_end_matches(|c: char| c.is_whitespace() || ":-–—(".contains(c));
    loop {
        if Before::of(rest).ends_with(LABELS) {
            return true;
        }
        let folded = fold(rest);
        let filler = ["id", "name", "as", "user", "username", "handle", "account", "profile", "tag", "gamertag"];
        let Some(word) = filler.iter().find(|word| folded.ends_with(&format!(" {word}"))) else { return false };
        if folded.len() != rest.len() {
            return false;
        }
        rest = rest[..rest.len() - word.len()].trim_end();
    }
}

/// Whether the line speaks of a social platform around the handle.
fn on_platform(layout: &Layout<'_>, at: usize) -> bool {
    const PLATFORMS: &[&str] = &[
        "twitter", "instagram", "telegram", "mastodon", "tiktok", "bluesky", "threads", "tweet", "toot", "social",
        "follow", "dm me", "find me",
    ];
    let Some(line) = layout.line_of(at).map(|index| &layout.lines[index]) else { return false };
    let content = &layout.text[line.range.clone()];
    content.len() < 200 && {
        let folded = fold(content);
        PLATFORMS.iter().any(|platform| folded.contains(platform))
    }
}

fn handle_length(text: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '-';
    let length = text.chars().take(MAX_LENGTH).take_while(|c| is_part(*c)).map(char::len_utf8).sum();
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
        && line.range.len() <= MAX_CONTACT_LINE
        && layout.fields(line).iter().any(|field| field.start <= start && field.end == end && start - field.start <= 2)
}
