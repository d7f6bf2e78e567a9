//! E-mail addresses: also with letters beyond ASCII, spelled out (`jane (at) example (dot) com`) and broken over a line.

use std::ops::Range;

use super::layout::{floor, fold};
use super::url::TLDS;
use super::{Kind, Span};

/// Endings of files that are named with a sign, such as `icon@2x.png` or `getty@tty1.service`.
const FILES: &[&str] = &[
    "css", "gif", "html", "jpeg", "jpg", "js", "json", "md", "pdf", "png", "py", "rs", "service", "svg", "timer", "ts",
    "webp", "xml", "yaml", "yml",
];

/// How far before its first `dot` the `at` of a spelled-out address may stand, in bytes.
const MAX_SPELLED: usize = 96;

/// Labels that a domain has at most here; more are the input's way to be slow.
const MAX_LABELS: usize = 16;

pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        if let Some(range) = around(text, at..at + 1) {
            found.push(Span { range, kind: Kind::Email });
        }
    }
    for open in memchr::memchr3_iter(b'(', b'[', b'{', bytes) {
        if let Some(sign) = word_in_brackets(text, open, &["at", "a", "arroba", "chiocciola", "ät", "æt", "@"])
            && let Some(range) = around(text, sign)
        {
            found.push(Span { range, kind: Kind::Email });
        }
    }
    // `jane at example dot com`: the rarer word leads.
    for word in [" dot ", " DOT "] {
        let mut taken = 0;
        for dot in memchr::memmem::find_iter(bytes, word) {
            let from = floor(text, dot.saturating_sub(MAX_SPELLED)).max(taken);
            let head = text[from..dot.max(from)].rsplit('\n').next().unwrap_or_default();
            let at = [" at ", " AT ", " At "].iter().filter_map(|word| head.rfind(word)).max();
            let sign = at.map(|at| dot - head.len() + at);
            if let Some(range) = sign.and_then(|sign| around(text, sign..sign + 4)) {
                taken = range.end;
                found.push(Span { range, kind: Kind::Email });
            }
        }
    }
}

/// The range of `(at)` with the spaces around it, if one of the words stands in brackets at `open`.
fn word_in_brackets(text: &str, open: usize, words: &[&str]) -> Option<Range<usize>> {
    let close = match text.as_bytes()[open] {
        b'(' => ')',
        b'[' => ']',
        _ => '}',
    };
    let inside = &text[open + 1..];
    let length = inside.char_indices().take(14).find(|(_, c)| *c == close).map(|(at, _)| at)?;
    let word = fold(inside[..length].trim());
    if !words.contains(&word.as_str()) {
        return None;
    }
    let start = text[..open].trim_end_matches(' ').len();
    let after = open + 1 + length + 1;
    let end = after + (text[after..].len() - text[after..].trim_start_matches(' ').len());
    Some(start..end)
}

/// The address around a sign for `@`.
fn around(text: &str, sign: Range<usize>) -> Option<Range<usize>> {
    let plain = sign.len() == 1;
    // `jane @ example.com` has its spaces on both sides; `use @pytest.fixture` has not.
    let spaced = text[..sign.start].ends_with(' ');
    if plain && spaced != text[sign.end..].starts_with(' ') {
        return None;
    }
    let start = local_start(text, sign.start, plain)?;
    let end = domain_end(text, sign.end, plain)?;
    let last = text[sign.end..end].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // A repository's address (`git@host:owner/name`) is nobody's.
    let is_file = FILES.contains(&last) || &text[start..sign.start] == "git";
    // Spelled out, the last label must be one that exists: `at noon dot com`, but not `at the dot product`.
    let exists =
        text[start..end].contains('.') || text[start..end].contains("dot)") || TLDS.contains(&fold(last).as_str());
    (!is_file && exists).then_some(start..end)
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "._%+'-#!&*/=?^`~".contains(c)
}

/// Where the local part before `end` begins.
fn local_start(text: &str, end: usize, plain: bool) -> Option<usize> {
    let mut from = end;
    // `jane @ example.com`, and a sign that begins a line whose address began on the line before.
    let head = text[..end].trim_end_matches(' ');
    if head.len() < end && plain && end - head.len() <= 1 {
        from = head.len();
    } else if plain && text[..end].ends_with('\n') {
        from = text[..end].trim_end().len();
    }
    let mut start = from;
    loop {
        let run = text[..start].len() - text[..start].trim_end_matches(is_local).len();
        start -= run;
        // `jane (dot) doe`
        let dotted = ["(dot)", "[dot]", "{dot}", "(DOT)", "[DOT]"].iter().find_map(|dot| {
            let rest = text[..start].trim_end_matches(' ').strip_suffix(dot)?;
            Some(rest.trim_end_matches(' ').len())
        });
        match dotted {
            Some(before) if run > 0 => start = before,
            _ => break,
        }
    }
    let local =
        text[start..from].trim_start_matches(['.', '\'', '/', '*', '=', '`', '~', '#', '&', '!', '?', '^', '-', '_']);
    if !local.starts_with(char::is_alphanumeric) {
        return None;
    }
    start = from - local.len();
    // A local part that was broken after a point or a hyphen: `jane.` at the end of the line before.
    let broken = text[..start].trim_end_matches(' ').strip_suffix('\n').map(|head| head.trim_end_matches(' '));
    if let Some(head) = broken.filter(|head| head.ends_with(['.', '_', '+']) || head.ends_with('-')) {
        let more = head.len() - head.trim_end_matches(is_local).len();
        if more > 1 && !head[..head.len() - more].ends_with(' ')
            || more > 1 && more < 30 && head.ends_with(['.', '_']) && is_alone(head, more)
        {
            start = head.len() - more;
        }
    }
    Some(start)
}

/// Whether the last `length` bytes of `head` begin their line or follow a separator or a label.
fn is_alone(head: &str, length: usize) -> bool {
    let before = head[..head.len() - length].trim_end_matches(' ');
    before.is_empty() || before.ends_with(['\n', '|', '•', '·', ':', '<', '('])
}

/// Where the domain after `start` ends: labels with points (or their words) between them, the last of two letters or more.
fn domain_end(text: &str, start: usize, plain: bool) -> Option<usize> {
    let mut at = start;
    if plain {
        let rest = &text[at..];
        at += if rest.starts_with(' ') && !rest.starts_with("  ") { 1 } else { 0 };
        at += if text[at..].starts_with('\n') { 1 } else { 0 };
    }
    let mut labels = 0;
    let mut end = None;
    loop {
        let rest = &text[at..];
        let mut length = rest.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(rest.len());
        // `exam-` at the end of a line goes on with `ple.com`.
        if rest[..length].ends_with('-') && rest[length..].starts_with('\n') {
            let more = &rest[length + 1..];
            length += 1 + more.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(more.len());
        }
        let label = rest[..length].trim_end_matches('-');
        if label.is_empty() {
            break;
        }
        labels += 1;
        at += label.len();
        let letters = label.chars().filter(|c| c.is_alphabetic()).count();
        if labels > 1 && letters >= 2 {
            end = Some(at);
        }
        match dot(&text[at..], labels) {
            Some(length) if labels < MAX_LABELS => at += length,
            _ => break,
        }
    }
    end
}

/// The length of a point, or of what stands for one, between two labels.
fn dot(rest: &str, labels: usize) -> Option<usize> {
    let after = |length: usize| rest[length..].starts_with(char::is_alphanumeric).then_some(length);
    if rest.starts_with('.') {
        // The point may end a line in the middle of a domain, which then goes on in lower case.
        let broken = rest.strip_prefix(".\n").is_some_and(|next| {
            let word = next.len() - next.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '.').len();
            labels == 1 && (2..=20).contains(&word)
        });
        return if broken { Some(2) } else { after(1) };
    }
    if rest.starts_with('\n') && labels == 1 && rest[1..].starts_with('.') {
        return after(2);
    }
    let bare = rest.trim_start_matches(' ');
    let spaces = rest.len() - bare.len();
    for word in [
        "(dot)", "[dot]", "{dot}", "(DOT)", "[DOT]", "{DOT}", "(punkt)", "(point)", "(punto)", "(ponto)", "dot ",
        "DOT ",
    ] {
        if let Some(next) = bare.strip_prefix(word)
            && spaces <= 2
            && (spaces > 0 || word.ends_with(')') || word.ends_with(']') || word.ends_with('}'))
        {
            let more = next.len() - next.trim_start_matches(' ').len();
            return after(spaces + word.len() + more);
        }
    }
    None
}
