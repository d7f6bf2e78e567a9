//! Dates of a line: years, months, periods.

use std::ops::Range;

use crate::redaction::Words;
use crate::words::Word;

/// A year, or a month of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: u16,
    pub(super) month: Option<u8>,
}

/// From a date to another, or to the present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) range: Range<usize>,
    pub(super) from: Date,
    pub(super) to: Option<Date>,
}

const MONTHS: &[(&str, u8)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("mär", 3),
    ("apr", 4),
    ("may", 5),
    ("mai", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("fév", 2),
    ("fev", 2),
    ("avr", 4),
    ("juin", 6),
    ("juil", 7),
    ("aoû", 8),
    ("déc", 12),
    ("ene", 1),
    ("abr", 4),
    ("ago", 8),
    ("dic", 12),
    ("mrz", 3),
];

static OPEN: Words<64> = Words::of(&[
    "present", "today", "now", "current", "currently", "ongoing", "date", "heute", "dato", "jetzt", "présent",
    "aujourd'hui", "actuel", "actualidad", "presente", "actual", "hoy", "laufend",
]);

pub(super) const BETWEEN_DATES: &[&str] =
    &["to", "until", "till", "through", "thru", "bis", "à", "au", "a", "hasta", "al"];

impl Date {
    /// Whether a source that says `other` supports this.
    pub(super) fn is_in(self, other: Date) -> bool {
        self.year == other.year && (self.month.is_none() || self.month == other.month)
    }

    /// Months since the year 0, at the start of what it names.
    pub(super) fn months(self) -> u32 {
        u32::from(self.year) * 12 + self.month.map_or(0, |month| u32::from(month) - 1)
    }
}

impl Period {
    pub(super) fn is_in(&self, other: &Period) -> bool {
        let end = match (self.to, other.to) {
            (None, None) => true,
            (Some(own), Some(other)) => own.is_in(other),
            _ => false,
        };
        self.from.is_in(other.from) && end
    }
}

/// A date, or a word for the present: its bytes, the index of its last word, the date.
pub(super) type Dated = (Range<usize>, usize, Option<Date>);

/// Dates and words for the present.
pub(super) fn dates(line: &str, words: &[Word<'_>]) -> Vec<Dated> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if OPEN.has(&word.lower) {
            found.push((word.range.clone(), index, None));
            continue;
        }
        let Some((year, month)) = year_of(line, word) else { continue };
        let before = index.checked_sub(1).map(|before| &words[before]);
        let named =
            before.filter(|before| line[before.range.end..word.range.start].trim_matches(['.', ',', ' ']).is_empty());
        let named = named.and_then(|before| Some((before.range.start, month_name(&before.lower)?)));
        // 03/2019, 03.2019
        let counted = before.filter(|before| matches!(&line[before.range.end..word.range.start], "/" | "-" | "–"));
        let counted = counted.and_then(|before| Some((before.range.start, month_number(before.text)?)));
        // 2019-03
        let after = words.get(index + 1).filter(|after| &line[word.range.end..after.range.start] == "-");
        let after = after
            .and_then(|after| Some((after.range.end, month_number(after.text).filter(|_| after.text.len() == 2)?)));
        let (start, last, end, month) = match (month, named.or(counted), after) {
            (Some(month), _, _) => (word.range.start, index, word.range.end, Some(month)),
            (None, Some((start, month)), _) => (start, index, word.range.end, Some(month)),
            (None, None, Some((end, month))) => (word.range.start, index + 1, end, Some(month)),
            _ => (word.range.start, index, word.range.end, None),
        };
        // `2019-10-2020`: a month belongs to one of the two.
        let taken = found.last().map_or(0, |(range, _, _): &Dated| range.end);
        let (start, month) = if start < taken { (word.range.start, None) } else { (start, month) };
        if start >= taken {
            found.push((start..end, last, Some(Date { year, month })));
        }
    }
    // "2023 –" with nothing behind the dash.
    let mut open = Vec::new();
    for (range, last, date) in &found {
        let rest = line[range.end..].trim_start_matches(' ');
        let dash = rest.strip_prefix(['-', '–', '—']);
        let ends = dash.is_some_and(|rest| {
            rest.trim().is_empty()
                || rest.starts_with("  ")
                || rest.trim_start().starts_with(['|', ',', ')', ':', ';', '*', '_'])
        });
        if date.is_some() && ends {
            let end = line.len() - dash.map_or(0, str::len);
            open.push((range.end..end, *last, None));
        }
    }
    for date in open {
        let at = found.iter().position(|(range, _, _)| range.start >= date.0.start).unwrap_or(found.len());
        found.insert(at, date);
    }
    // "to date", "now" and the like mean something only behind a date.
    let mut kept: Vec<(Range<usize>, usize, Option<Date>)> = Vec::new();
    for date in found {
        if date.2.is_some() || kept.last().is_some_and(|last| last.2.is_some()) {
            kept.push(date);
        }
    }
    kept
}

/// A year, or `03.2019` with its month.
fn year_of(line: &str, word: &Word<'_>) -> Option<(u16, Option<u8>)> {
    if !word.text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (month, year) = match word.text.rsplit_once('.') {
        Some((month, year)) => (Some(month_number(month)?), year),
        None => (None, word.text),
    };
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: u16 = year.parse().ok()?;
    let grouped = |text: &str, digit_at: Option<char>| text.is_empty() || !digit_at.is_some_and(|c| c.is_ascii_digit());
    let (head, tail) = (&line[..word.range.start], &line[word.range.end..]);
    let before = head.strip_suffix([',', '.']).map_or(Some(' '), |head| head.chars().next_back());
    let after = tail.strip_prefix([',', '.']).map_or(Some(' '), |tail| tail.chars().next());
    let money = head.ends_with(['$', '€', '£']) || tail.starts_with('%');
    ((1950..=2049).contains(&year) && grouped(head, before) && grouped(tail, after) && !money).then_some((year, month))
}

fn month_name(lower: &str) -> Option<u8> {
    let known = lower.len() >= 3 && lower.chars().all(char::is_alphabetic);
    let names = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "sept", "october",
        "november", "december", "januar", "februar", "märz", "mai", "juni", "juli", "oktober", "dezember", "janvier",
        "février", "mars", "avril", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre", "enero",
        "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ];
    let whole = names.contains(&lower);
    MONTHS
        .iter()
        .filter(|_| known)
        .find(|(name, _)| lower == *name || (whole && lower.starts_with(name)))
        .map(|(_, month)| *month)
}

fn month_number(text: &str) -> Option<u8> {
    text.parse().ok().filter(|month| text.len() <= 2 && (1..=12).contains(month))
}
