//! Digit clusters: what can be a number of any kind, found once for all detectors of numbers.

use std::cell::OnceCell;
use std::ops::Range;

use super::label::Before;
use super::layout::Layout;

/// Digits with the separators between them, on one line.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) range: Range<usize>,
    /// Digits only.
    pub(super) digits: String,
    /// Lengths of the digit groups.
    pub(super) groups: Vec<usize>,
    /// Starts with `+`.
    pub(super) plus: bool,
    /// Holds a bracketed group.
    pub(super) bracket: bool,
    /// What stands before it, once one detector has asked.
    before: OnceCell<Before>,
}

/// All clusters of a text in order.
pub(super) fn clusters(layout: &Layout<'_>) -> Vec<Cluster> {
    let mut found = Vec::new();
    for line in layout.lines.iter().filter(|line| line.has_digit && !line.is_settled) {
        let bytes = layout.text.as_bytes();
        let mut at = line.range.start;
        while let Some(offset) = bytes[at..line.range.end].iter().position(u8::is_ascii_digit) {
            let first = at + offset;
            let cluster = cluster(layout.text, line.range.start, first, line.range.end);
            at = cluster.range.end.max(first + 1);
            found.push(cluster);
        }
    }
    found
}

fn cluster(text: &str, line_start: usize, first: usize, line_end: usize) -> Cluster {
    let bytes = text.as_bytes();
    let mut start = first;
    let head = &bytes[line_start..first];
    if head.ends_with(b"+") && !head.ends_with(b"(+") {
        start -= 1;
    } else if head.ends_with(b"(+") || head.ends_with(b"+(") || head.ends_with(b"+ ") {
        start -= 2;
    } else if head.ends_with(b"(") {
        start -= 1;
    }
    let mut digits = String::new();
    let mut groups = vec![0];
    let mut end = first;
    let mut at = first;
    let mut open = text[start..first].contains('(');
    while at < line_end {
        let byte = bytes[at];
        if byte.is_ascii_digit() {
            digits.push(char::from(byte));
            if let Some(last) = groups.last_mut() {
                *last += 1;
            }
            at += 1;
            end = at;
            continue;
        }
        // A separator of up to three characters, without two spaces in a row, before the next digit.
        // `0251 / 55 01 47` is one number, `030 1234 / 0170 1234` are two.
        let area = groups.len() == 1 && (3..=5).contains(&digits.len()) && digits.starts_with('0');
        let Some(gap) = gap(&text[at..line_end], &mut open, area) else { break };
        groups.push(0);
        at += gap;
    }
    groups.retain(|length| *length > 0);
    let closing = &bytes[end..line_end];
    if open && closing.starts_with(b")") {
        end += 1;
    }
    let prefix = &text[start..first];
    Cluster {
        range: start..end,
        digits,
        groups,
        plus: prefix.contains('+'),
        bracket: text[start..end].contains('('),
        before: OnceCell::new(),
    }
}

/// The length of the separator that `rest` starts with, if a digit follows it. A slash between spaces is one behind an area
/// code only.
fn gap(rest: &str, open: &mut bool, area: bool) -> Option<usize> {
    let mut length = 0;
    let mut last = ' ';
    let mut brackets = *open;
    for (count, c) in rest.chars().enumerate() {
        match c {
            c if c.is_ascii_digit() => {
                *open = brackets;
                return (count > 0).then_some(length);
            }
            '(' if !brackets => brackets = true,
            ')' if brackets => brackets = false,
            ' ' if last == ' ' && count > 0 => return None,
            '/' if last == ' ' && count > 0 && !area => return None,
            ' ' | '-' | '.' | '/' | '–' | '\'' => {}
            _ => return None,
        }
        if count >= 3 {
            return None;
        }
        last = c;
        length += c.len_utf8();
    }
    None
}

impl Cluster {
    /// The label before it.
    pub(super) fn before(&self, layout: &Layout<'_>) -> &Before {
        self.before.get_or_init(|| Before::of(layout.before(self.range.start)))
    }

    /// Whether it reads as dates, years or ranges of them: every group a year, a month or a day, at least one year.
    pub(super) fn is_dates(&self) -> bool {
        let mut at = 0;
        let mut years = 0;
        for length in &self.groups {
            let value: u32 = self.digits[at..at + length].parse().unwrap_or(u32::MAX);
            at += length;
            match length {
                4 if (1900..=2100).contains(&value) => years += 1,
                1 | 2 if (1..=31).contains(&value) => {}
                _ => return false,
            }
        }
        years > 0 && !self.plus
    }
}
