//! Web addresses: everything with a scheme or `www.`, profile addresses without either, and a person's own domain.

use super::layout::{Layout, fold};
use super::{Kind, Span};

/// Hosts whose paths are people (or at least their accounts).
const PROFILE_HOSTS: &[&str] = &[
    "about.me", "angel.co", "artstation.com", "behance.net", "bitbucket.org", "bsky.app", "calendly.com",
    "codeberg.org", "codepen.io", "dev.to", "dribbble.com", "facebook.com", "fb.com", "figma.com", "flickr.com",
    "github.com", "github.io", "gitlab.com", "hackerrank.com", "huggingface.co", "imdb.com", "instagram.com",
    "kaggle.com", "keybase.io", "leetcode.com", "linkedin.com", "linktr.ee", "m.me", "mastodon.social", "medium.com",
    "meetup.com", "npmjs.com", "orcid.org", "pinterest.com", "polywork.com", "producthunt.com", "quora.com",
    "reddit.com", "researchgate.net", "scholar.google.com", "slideshare.net", "soundcloud.com", "speakerdeck.com",
    "stackoverflow.com", "substack.com", "t.me", "threads.net", "tiktok.com", "toptal.com", "tumblr.com", "twitch.tv",
    "twitter.com", "upwork.com", "viadeo.com", "vimeo.com", "wa.me", "wellfound.com", "x.com", "xing.com",
    "youtube.com",
];

/// Last labels that make a word with a path an address.
pub(super) const TLDS: &[&str] = &[
    "ai", "app", "at", "au", "be", "biz", "blog", "br", "ca", "cc", "ch", "cl", "cloud", "cn", "co", "com", "cz", "de",
    "design", "dev", "dk", "edu", "es", "eu", "example", "fi", "fr", "gov", "gr", "hr", "hu", "id", "ie", "in", "info",
    "io", "it", "jp", "kr", "me", "mx", "my", "name", "net", "ng", "nl", "no", "nz", "online", "org", "page", "ph",
    "pl", "pro", "pt", "ro", "rs", "ru", "se", "sg", "site", "sk", "social", "space", "studio", "tech", "tel", "to",
    "tr", "tv", "tw", "ua", "uk", "us", "vn", "website", "work", "works", "world", "xyz", "za",
];

pub(super) fn find(layout: &Layout<'_>, found: &mut Vec<Span>) {
    let text = layout.text;
    let bytes = text.as_bytes();
    let mut taken = 0;
    for at in memchr::memmem::find_iter(bytes, "://") {
        if at < taken {
            continue;
        }
        let scheme = at - text[..at].bytes().rev().take(8).take_while(u8::is_ascii_alphabetic).count();
        if at - scheme >= 3
            && ["http", "https", "ftp", "hxxp", "hxxps"].contains(&text[scheme..at].to_ascii_lowercase().as_str())
        {
            taken = push(text, scheme, at + 3, found);
        }
    }
    for at in memchr::memmem::find_iter(bytes, "ww.").chain(memchr::memmem::find_iter(bytes, "WW.")) {
        let Some(start) = at.checked_sub(1) else { continue };
        if found.last().is_some_and(|span| span.range.contains(&at)) {
            continue;
        }
        if !bytes[start].eq_ignore_ascii_case(&b'w') {
            continue;
        }
        let free = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '/' || c == '.');
        if free {
            push(text, start, at + 3, found);
        }
    }
    let mut taken = 0;
    for at in memchr::memchr_iter(b'/', bytes) {
        if at < taken {
            continue;
        }
        let start = host_start(bytes, at);
        // Exports glue labels to values: `GitHub:github.com/x`.
        if at - start < 4 || !is_host(&text[start..at]) || text[..start].ends_with(['/', '@']) {
            continue;
        }
        if text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || "@_~-".contains(c)) {
            taken = push(text, start, at + 1, found);
        }
    }
}

/// A person's own domain: a bare host that holds one of the names, such as `janedoe.dev`.
pub(super) fn find_own_domains(layout: &Layout<'_>, names: &dyn Fn(&str) -> bool, found: &mut Vec<Span>) {
    let text = layout.text;
    let mut taken = 0;
    for at in memchr::memchr_iter(b'.', text.as_bytes()) {
        if at < taken {
            continue;
        }
        let start = host_start(text.as_bytes(), at);
        let length = text.as_bytes()[at..].iter().take_while(|byte| is_host_byte(**byte)).count();
        taken = at + length;
        let host = text[start..at + length].trim_end_matches(['.', '-']);
        let free = !text[..start].ends_with(['@', '/']) && !text[start + host.len()..].starts_with(['@', '/']);
        let tld = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if free && host.contains('.') && TLDS.binary_search(&tld.as_str()).is_ok_and(|_| names(&fold(host))) {
            found.push(Span { range: start..start + host.len(), kind: Kind::Url });
        }
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'
}

/// Where the host that ends at `end` begins; it has at most 253 bytes (RFC 1035, section 2.3.4, as text).
fn host_start(bytes: &[u8], end: usize) -> usize {
    end - bytes[..end].iter().rev().take(253).take_while(|byte| is_host_byte(**byte)).count()
}

/// Whether a word before a slash is a host: a profile host, or one with a usual last label that is no product's name.
fn is_host(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let profile = |host: &&str| lower == **host || lower.strip_suffix(*host).is_some_and(|rest| rest.ends_with('.'));
    if PROFILE_HOSTS.iter().any(profile) {
        return true;
    }
    let Some((name, tld)) = lower.rsplit_once('.') else { return false };
    name.len() > 1 && lower != "asp.net" && TLDS.contains(&tld)
}

/// Adds the address that begins at `start` and has its first certain character at `from`. Returns where it ends.
fn push(text: &str, start: usize, from: usize, found: &mut Vec<Span>) -> usize {
    let stops = |c: char| c.is_whitespace() || "<>\"|•·“”«»".contains(c);
    let mut end = from + text[from..].find(stops).unwrap_or(text.len() - from);
    // Broken after a slash or a hyphen: the next line goes on, if it is one word by itself.
    if text[..end].ends_with(['/', '-', '_', '=']) && text[end..].starts_with('\n') {
        let next = &text[end + 1..];
        let word = next.find(stops).unwrap_or(next.len());
        let alone = next[word..].is_empty()
            || next[word..].starts_with('\n')
            || next[word..].starts_with(" |")
            || next[word..].starts_with(" •");
        let slug = next[..word].chars().all(|c| c.is_ascii_alphanumeric() || "-_/.?=&%".contains(c));
        if word > 1 && alone && slug {
            end += 1 + word;
        }
    }
    let trimmed = text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '…', '’']);
    end = start + trimmed.len();
    // A closing bracket belongs to the sentence unless the address opened it.
    let count = |signs: [char; 3]| text[start..end].matches(signs).count();
    let mut surplus = count([')', ']', '}']).saturating_sub(count(['(', '[', '{']));
    while surplus > 0 && text[start..end].ends_with([')', ']', '}']) {
        end -= 1;
        surplus -= 1;
    }
    let end = start + text[start..end].trim_end_matches(['.', ',', ';', ':']).len();
    if end > from {
        found.push(Span { range: start..end, kind: Kind::Url });
    }
    end.max(from)
}
