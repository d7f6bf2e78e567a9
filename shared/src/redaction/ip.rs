//! IP addresses (v4 dotted quads that are no versions, v6 in its usual forms).

use super::label::Before;
use super::layout::Layout;
use super::number::Cluster;
use super::{Kind, Span};

const LABELS: &[&str] =
    &["address", "host", "ip", "ip address", "ip-adresse", "ipv4", "server", "dns", "gateway", "from"];
const VERSIONS: &[&str] =
    &["v", "ver", "version", "build", "release", "firmware", "driver", "rev", "oid", "section", "chapter", "kapitel"];

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    let text = layout.text;
    for cluster in clusters.iter().filter(|cluster| cluster.groups.len() >= 4 && !cluster.plus) {
        let mut start = cluster.range.start;
        for part in text[cluster.range.clone()].split(|c: char| !(c.is_ascii_digit() || c == '.')) {
            let value = part.trim_matches('.');
            let from = start + (part.len() - part.trim_start_matches('.').len());
            let end = from + value.len();
            let free = !text[..from].ends_with(|c: char| c.is_alphanumeric() || "._§".contains(c))
                && !text[end..].starts_with(|c: char| c.is_alphanumeric());
            if free && is_address(value, &Before::of(layout.before(from))) {
                found.push(Span { range: from..end, kind: Kind::Ip });
            }
            // One byte of a separator, which is ASCII but for the dash.
            start += part.len() + text[start + part.len()..].chars().next().map_or(0, char::len_utf8);
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
        if content.bytes().filter(|byte| *byte == b':').count() >= 7 {
            for (colon, _) in content.match_indices(':') {
                v6(text, line.range.start + colon, found);
            }
        }
    }
}

/// Four octets that are more than a version: one of them above 31, a private network, or a word that says so.
fn is_address(value: &str, before: &Before) -> bool {
    let octets: Vec<u8> = value.split('.').filter_map(|part| part.parse().ok()).collect();
    let plain = value.split('.').all(|part| part.len() == 1 || !part.starts_with('0'));
    if octets.len() != 4 || value.split('.').count() != 4 || !plain || before.ends_with(VERSIONS) {
        return false;
    }
    // This machine, no machine, masks and broadcasts.
    if matches!(octets[0], 0 | 127 | 255) {
        return false;
    }
    let private = octets[0] == 10 || octets[..2] == [192, 168];
    private || octets.iter().any(|octet| *octet > 31) || before.ends_with(LABELS)
}

/// The address around a colon, if it parses as one.
fn v6(text: &str, colon: usize, found: &mut Vec<Span>) {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    // 45 bytes at most, with an embedded IPv4 address.
    let bytes = text.as_bytes();
    let start = colon - bytes[..colon].iter().rev().take(48).take_while(|byte| is_part(char::from(**byte))).count();
    let length = bytes[colon..].iter().take(48).take_while(|byte| is_part(char::from(**byte))).count();
    let whole = &text[start..colon + length];
    let values = [whole, whole.trim_end_matches(['.', ':']), whole.trim_start_matches(':')];
    let free = !text[..start].ends_with(char::is_alphanumeric)
        && !text[start + whole.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let digits = whole.bytes().any(|byte| byte.is_ascii_digit());
    for value in values {
        let long = value.len() >= 6 && value.bytes().filter(|byte| *byte == b':').count() >= 2;
        if free && digits && long && value.parse::<std::net::Ipv6Addr>().is_ok() {
            let from =
                start + (whole.len() - whole.trim_start_matches(':').len()) * usize::from(!whole.starts_with(value));
            found.push(Span { range: from..from + value.len(), kind: Kind::Ip });
            return;
        }
    }
}
