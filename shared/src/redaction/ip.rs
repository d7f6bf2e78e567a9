//! IP addresses (v4 dotted quads that are no versions, v6 in its usual forms).

use super::label::Before;
use super::layout::Layout;
use super::number::Cluster;
use super::{Kind, Span};

const VERSIONS: &[&str] =
    &["v", "ver", "version", "build", "release", "firmware", "driver", "rev", "oid", "section", "chapter", "kapitel"];

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    let text = layout.text;
    for cluster in clusters {
        let value = &text[cluster.range.clone()];
        let value = value.strip_suffix('.').unwrap_or(value);
        let end = cluster.range.start + value.len();
        let quad: Vec<&str> = value.split('.').collect();
        let octets = quad.len() == 4
            && quad.iter().all(|part| part.parse::<u8>().is_ok() && (part.len() == 1 || !part.starts_with('0')));
        let free = !text[..cluster.range.start].ends_with(|c: char| c.is_alphanumeric() || "-._".contains(c))
            && !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '-');
        if octets && free && !Before::of(layout.before(cluster.range.start)).ends_with(VERSIONS) {
            let range = cluster.range.start..end;
            found.push(Span { range, kind: Kind::Ip });
        }
    }
    let mut at = 0;
    while let Some(colons) = memchr::memmem::find(&text.as_bytes()[at..], b"::").map(|found| at + found) {
        at = colons + 2;
        v6(text, colons, found);
    }
    // Without an abbreviation there are eight groups, so seven colons close together.
    for line in layout.lines.iter().filter(|line| line.has_digit) {
        let content = &text[line.range.clone()];
        if content.bytes().filter(|byte| *byte == b':').count() >= 7
            && let Some(first) = content.find(':')
        {
            v6(text, line.range.start + first, found);
        }
    }
}

/// The address around a colon, if it parses as one.
fn v6(text: &str, colon: usize, found: &mut Vec<Span>) {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    let start = text[..colon].trim_end_matches(is_part).len();
    let length = text[colon..].find(|c: char| !is_part(c)).unwrap_or(text.len() - colon);
    let value = text[start..colon + length].trim_end_matches(['.', ':']);
    let long = value.len() >= 6 && value.bytes().filter(|byte| *byte == b':').count() >= 2;
    if long && value.parse::<std::net::Ipv6Addr>().is_ok() {
        found.push(Span { range: start..start + value.len(), kind: Kind::Ip });
    }
}
