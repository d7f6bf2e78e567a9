//! Figures and dates of a line.

use std::ops::Range;

use super::dates::{BETWEEN_DATES, Dated, dates};
pub(super) use super::dates::{Date, Period};
use super::numerals::{MULTIPLE_NAMES, MULTIPLES, NUMBER_NAMES, NUMBER_WORDS, SCALES, unit};
use crate::words::{Word, singular};

/// What kind of quantity a figure is. Equal digits of different signs are different facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plain,
    Percent,
    /// `3x`, "tripled", "threefold".
    Times,
    /// In a currency, by its sign; `¤` where it is not said which.
    Money(char),
    /// A length of time, in the unit that it is given in.
    Time(Unit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A figure: digits or a number word.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) range: Range<usize>,
    /// In millionths, so that equal figures are equal however they are written: `1,200`, `1.2k`.
    pub(super) value: i128,
    pub(super) sign: Sign,
    /// The content word behind it, in the singular: what is counted.
    pub(super) counts: Option<String>,
    /// Whether it stands right behind the figure.
    pub(super) is_direct: bool,
    /// The word that it is of: the team in "a team of 14".
    pub(super) of: Option<String>,
    /// Whether something went from it, to it, or changed by it.
    pub(super) end: Option<End>,
    /// Per what length of time.
    pub(super) per: Option<Unit>,
}

/// The sides of "from 70 to 7".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    From,
    To,
    By,
}

/// The figures and dates of a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) figures: Vec<Figure>,
    pub(super) periods: Vec<Period>,
    /// Dates outside periods.
    pub(super) dates: Vec<(Range<usize>, Date)>,
}

const MILLIONTHS: i128 = 1_000_000;

/// What the words between a figure and what it counts may be.
const BETWEEN: &[&str] = &[
    "of", "in", "with", "the", "a", "an", "new", "more", "than", "over", "about", "full", "time", "different",
    "separate", "our", "experience", "professional", "hands", "on", "von", "de", "des", "mit", "en", "and", "per",
    "each", "at", "using", "for",
];

/// Whether a word is a number.
pub(super) fn is_number(lower: &str) -> bool {
    NUMBER_NAMES.position(lower).is_some()
}

/// Reads a line. `words` must be all words of `line`.
pub(super) fn read(line: &str, words: &[Word<'_>]) -> Figures {
    let (mut found, mut dated) = periods(line, words);
    dated.retain(|(_, _, date)| date.is_some());
    found.figures = figures(line, words, &dated);
    found
}

/// The same without what counts something.
pub(super) fn read_dates(line: &str, words: &[Word<'_>]) -> Figures {
    periods(line, words).0
}

/// Periods and dates, and where they stand: their bytes, the last of their words.
fn periods(line: &str, words: &[Word<'_>]) -> (Figures, Vec<Dated>) {
    let mut found = Figures::default();
    let dated = dates(line, words);
    let mut at = 0;
    while at < dated.len() {
        let (range, last, date) = dated[at].clone();
        at += 1;
        let Some(from) = date else { continue };
        // "since 2017"
        let before = words.iter().rev().find(|word| word.range.end <= range.start).map(|word| word.lower.as_ref());
        if matches!(before, Some("since" | "seit" | "depuis" | "desde")) {
            found.periods.push(Period { range, from, to: None });
            continue;
        }
        let between = matches!(before, Some("between" | "zwischen" | "entre"));
        let next = dated.get(at).filter(|(next, _, _)| {
            let gap = &line[range.end..next.start];
            gap.len() <= 24
                && words[last + 1..].iter().take_while(|word| word.range.end <= next.start).all(|word| {
                    BETWEEN_DATES.contains(&word.lower.as_ref())
                        || between && matches!(word.lower.as_ref(), "and" | "und" | "et" | "y")
                })
                && (gap.chars().any(|c| !c.is_whitespace() && c != ',' && c != ';')
                    || line[next.clone()].trim_start().starts_with(['-', '–', '—']))
                && !gap.contains(['|', '/', ')', '(', ';', '&'])
        });
        match next {
            Some((end, _, to)) => {
                found.periods.push(Period { range: range.start..end.end, from, to: *to });
                at += 1;
            }
            None => found.dates.push((range, from)),
        }
    }
    (found, dated)
}

fn figures(line: &str, words: &[Word<'_>], dated: &[Dated]) -> Vec<Figure> {
    let mut found = Vec::new();
    let is_date = |at: usize| dated.iter().any(|(range, _, _)| range.contains(&at));
    for (index, word) in words.iter().enumerate() {
        let lower = word.lower.as_ref();
        if let Some(at) = MULTIPLE_NAMES.position(lower) {
            let value = MULTIPLES[at].1 * MILLIONTHS;
            found.push(Figure {
                range: word.range.clone(),
                value,
                sign: Sign::Times,
                counts: None,
                is_direct: false,
                of: None,
                end: None,
                per: None,
            });
            continue;
        }
        if let Some(at) = NUMBER_NAMES.position(lower) {
            push(line, words, index, word.range.clone(), NUMBER_WORDS[at].1 * MILLIONTHS, &mut found);
        }
    }
    for range in digits(line) {
        if is_date(range.start) {
            continue;
        }
        let Some(value) = value(&line[range.clone()]) else { continue };
        let index = words.partition_point(|word| word.range.end < range.end);
        push(line, words, index.min(words.len().saturating_sub(1)), range, value, &mut found);
    }
    found.sort_by_key(|figure| figure.range.start);
    // "from 70 to 7 days": both are days.
    for at in (1..found.len()).rev() {
        let (before, after) = (&found[at - 1], &found[at]);
        let gap = &line[before.range.end..after.range.start];
        let pair = matches!(gap.trim(), "to" | "-" | "–" | "and" | "or" | "bis" | "und" | "à" | "a" | "y");
        if pair && before.sign == Sign::Plain && before.counts.is_none() {
            (found[at - 1].sign, found[at - 1].counts) = (after.sign, after.counts.clone());
        }
    }
    found
}

/// Adds a figure with the scale, the sign and the word that follow it. `index` is the word that it ends in.
fn push(line: &str, words: &[Word<'_>], index: usize, range: Range<usize>, value: i128, found: &mut Vec<Figure>) {
    let (mut value, mut end) = (value, range.end);
    let head = line[..range.start].trim_end();
    let currency = |text: &str| match text {
        "$" | "USD" | "usd" | "dollar" => Some('$'),
        "€" | "EUR" | "eur" | "euro" => Some('€'),
        "£" | "GBP" | "gbp" | "pound" => Some('£'),
        "¥" => Some('¥'),
        _ => None,
    };
    let before = head.char_indices().next_back().map_or("", |(at, _)| &head[at..]);
    let code = head.len().checked_sub(3).and_then(|at| head.get(at..)).unwrap_or_default();
    let mut sign = currency(before).or_else(|| currency(code)).map_or(Sign::Plain, Sign::Money);
    // Letters glued to the digits: 1.2M, 840ms, 3x.
    let glued: String = line[end..].chars().take_while(|c| c.is_alphabetic()).collect();
    let scale = |name: &str| SCALES.iter().find(|(scale, _)| *scale == name).map(|(_, by)| *by);
    let decade = glued == "s" && range.len() == 4;
    if let Some(known) = unit(&glued).filter(|_| matches!(glued.as_str(), "ms" | "s" | "h" | "min") && !decade) {
        (sign, end) = (Sign::Time(known), end + glued.len());
    } else if glued.eq_ignore_ascii_case("x") {
        (sign, end) = (Sign::Times, end + 1);
    } else if let Some(by) = scale(&glued.to_lowercase()).filter(|_| glued != "m" || matches!(sign, Sign::Money(_))) {
        value *= by;
        end += glued.len();
    }
    let behind = line[end..].trim_start();
    if sign == Sign::Plain && behind.starts_with('%') {
        sign = Sign::Percent;
    } else if let Some(known) = behind.chars().next().and_then(|c| currency(c.encode_utf8(&mut [0; 4]))) {
        sign = Sign::Money(known);
    }
    let mut at = |next: &mut usize| -> Option<&str> {
        let word = words.get(*next)?;
        let gap = line.get(end..word.range.start)?;
        let close = gap.len() <= 4 && !gap.contains(['.', ';', ',', '(', ')', ':', '/', '|']);
        close.then(|| {
            end = word.range.end;
            *next += 1;
            singular(word.lower.as_ref())
        })
    };
    let mut peek = index + 1;
    let mut word = at(&mut peek);
    if let Some(by) = word.and_then(scale).filter(|_| word.is_some_and(|word| word.len() > 1)) {
        value *= by;
        word = at(&mut peek);
        let behind = line[range.end..]
            .split_once(|c: char| !c.is_alphanumeric() && c != ' ')
            .map_or("", |(head, _)| &line[range.end + head.len()..]);
        let sign_behind =
            behind.trim_start_matches(['.', ' ']).chars().next().and_then(|c| currency(c.encode_utf8(&mut [0; 4])));
        if let Some(known) =
            sign_behind.filter(|_| sign == Sign::Plain && behind.starts_with(['.', ' ', '€', '$', '£']))
        {
            sign = Sign::Money(known);
        }
    }
    if word.is_some_and(|word| matches!(word, "consecutive" | "straight" | "successive" | "full" | "whole")) {
        word = at(&mut peek);
    }
    match word {
        Some("percent" | "prozent" | "percentage" | "point" | "pp" | "punkte" | "prozentpunkte")
            if sign == Sign::Plain =>
        {
            sign = Sign::Percent
        }
        Some("time" | "times") if sign == Sign::Plain => sign = Sign::Times,
        Some(name) if sign == Sign::Plain && currency(name).is_some() => {
            sign = currency(name).map_or(sign, Sign::Money);
        }
        Some(name) if sign == Sign::Plain => {
            if let Some(unit) = unit(name) {
                sign = Sign::Time(unit);
                word = at(&mut peek);
            }
        }
        _ => {}
    }
    let mut counts = word;
    let mut is_direct = true;
    for _ in 0..3 {
        match counts {
            Some(between) if BETWEEN.contains(&between) => {
                counts = at(&mut peek);
                is_direct = false;
            }
            _ => break,
        }
    }
    let counts = counts
        .filter(|word| word.starts_with(char::is_alphabetic) && !super::lists::is_function_word(word))
        .map(str::to_owned);
    let before = head.trim_end_matches(['$', '€', '£', '~', '≈']).trim_end();
    let before = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let instead = ["instead of", "rather than", "statt", "au lieu de", "en vez de"];
    let end = match before.to_lowercase().as_str() {
        _ if instead.iter().any(|words| head.ends_with(words)) => Some(End::From),
        "from" | "von" | "de" => Some(End::From),
        "to" | "auf" => Some(End::To),
        "by" | "um" => Some(End::By),
        _ => None,
    };
    let per = per(words, index + 1);
    let of = index.checked_sub(2).filter(|_| words[index - 1].lower == "of").map(|noun| &words[noun]);
    let of = of.filter(|noun| noun.has_letter()).map(|noun| singular(&noun.lower).to_owned());
    found.push(Figure { range, value, sign, counts, is_direct, of, end, per });
}

/// The length of time that a word names, as an adverb, too.
pub(super) fn unit_of(lower: &str) -> Option<Unit> {
    unit(singular(lower)).or_else(|| adverb(lower))
}

fn adverb(lower: &str) -> Option<Unit> {
    match lower {
        "hourly" => Some(Unit::Hour),
        "daily" | "täglich" => Some(Unit::Day),
        "weekly" | "wöchentlich" => Some(Unit::Week),
        "monthly" | "monatlich" => Some(Unit::Month),
        "yearly" | "annual" | "annually" | "jährlich" => Some(Unit::Year),
        _ => None,
    }
}

/// "a day", "per week", "monthly" among the next words.
fn per(words: &[Word<'_>], from: usize) -> Option<Unit> {
    let next = words.get(from..(from + 6).min(words.len()))?;
    for (at, word) in next.iter().enumerate() {
        let adverb = adverb(&word.lower);
        let marked = at > 0
            && matches!(
                next[at - 1].lower.as_ref(),
                "a" | "an" | "per" | "each" | "every" | "pro" | "par" | "al" | "por"
            );
        let unit = if marked { unit(singular(&word.lower)) } else { None };
        if adverb.or(unit).is_some() {
            return adverb.or(unit);
        }
    }
    None
}

/// Digits with the separators inside them. Digits inside a word (`C4`, `v2`, `S3`) are names, not figures.
fn digits(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
            let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
            let mut end = start;
            loop {
                while digit(end) {
                    end += 1;
                }
                // 1,200 and 1.5; 18 000 where exactly three digits follow a short group.
                let sign = matches!(bytes.get(end), Some(b'.' | b',' | b'\'')) && digit(end + 1);
                let gap = [" ", "\u{a0}", "\u{202f}"]
                    .iter()
                    .find(|gap| line[end..].starts_with(**gap))
                    .map_or(0, |gap| gap.len());
                let three = gap > 0 && (1..=3).all(|i| digit(end + gap - 1 + i)) && !digit(end + gap + 3);
                let short =
                    line[start..end].rsplit(|c: char| !c.is_ascii_digit()).next().is_some_and(|group| group.len() <= 3);
                if sign {
                    end += 1;
                } else if three && short && !line[start..end].contains('.') {
                    end += gap;
                } else {
                    break;
                }
            }
            at = end;
            if !line[..start].ends_with(|c: char| c.is_alphabetic() || c == '_') {
                return Some(start..end);
            }
        }
    })
}

/// The value in millionths. Groups of three digits are groups: `1,200` and `1.200` are 1200 on both sides.
fn value(number: &str) -> Option<i128> {
    let parts: Vec<&str> = number.split([',', '.', '\'', ' ', '\u{a0}', '\u{202f}']).collect();
    let grouped = parts.len() > 1 && parts[1..].iter().all(|part| part.len() == 3) && parts[0] != "0";
    let (whole, fraction) = match parts.as_slice() {
        [whole] => ((*whole).to_owned(), ""),
        _ if grouped => (parts.concat(), ""),
        // The last separator is the decimal one: 1,234.5.
        [whole @ .., fraction] if whole.len() == 1 || whole[1..].iter().all(|part| part.len() == 3) => {
            (whole.concat(), *fraction)
        }
        // A version or a date: 1.2.3.
        _ => (parts.concat(), ""),
    };
    let whole: i128 = whole.parse().ok().filter(|_| whole.len() <= 24)?;
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    Some(whole * MILLIONTHS + fraction.parse::<i128>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn of(line: &str) -> Figures {
        read(line, &words(line))
    }

    fn one(line: &str) -> (i128, Sign, Option<String>) {
        let found = of(line).figures;
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        (found[0].value, found[0].sign, found[0].counts.clone())
    }

    #[test]
    fn equal_figures_are_equal_however_they_are_written() {
        for line in ["1,200 stores", "1.2k stores", "1200 stores", "1.2 thousand stores", "1'200 stores"] {
            assert_eq!(one(line), (1_200 * MILLIONTHS, Sign::Plain, Some("store".to_owned())), "{line}");
        }
        for line in ["$550K", "550,000 dollars", "$0.55M", "$550,000"] {
            let (value, sign, _) = one(line);
            assert_eq!((value, sign), (550_000 * MILLIONTHS, Sign::Money('$')), "{line}");
        }
        for line in ["350 000 €", "€350,000", "350.000 euros", "EUR 350k"] {
            let (value, sign, _) = one(line);
            assert_eq!((value, sign), (350_000 * MILLIONTHS, Sign::Money('€')), "{line}");
        }
        assert_eq!(one("34 %").1, Sign::Percent);
        assert_eq!(one("three times"), (3 * MILLIONTHS, Sign::Times, None));
        assert_eq!(one("3x faster").1, Sign::Times);
        assert_eq!(one("0.125 seconds").0, 125_000);
    }

    #[test]
    fn lengths_of_time_know_what_they_were_spent_on() {
        assert_eq!(one("5 years of Rust"), (5 * MILLIONTHS, Sign::Time(Unit::Year), Some("rust".to_owned())));
        assert_eq!(one("5+ years of experience in Rust").2.as_deref(), Some("rust"));
        assert_eq!(one("12-year career").1, Sign::Time(Unit::Year));
    }

    #[test]
    fn dates_and_periods_in_many_forms() {
        let june = Date { year: 2017, month: Some(6) };
        let march = Date { year: 2021, month: Some(3) };
        for line in [
            "June 2017 - March 2021",
            "Jun. 2017 – Mar 2021",
            "06/2017 to 03/2021",
            "2017-06 — 2021-03",
            "Juni 2017 bis März 2021",
            "06.2017–03.2021",
        ] {
            let found = of(line);
            assert_eq!(found.periods.len(), 1, "{line} {found:?}");
            assert_eq!((found.periods[0].from, found.periods[0].to), (june, Some(march)), "{line}");
            assert!(found.figures.is_empty(), "{line} {found:?}");
        }
        assert_eq!(of("March 2021 - present").periods[0].to, None);
        assert_eq!(of("2010–2014").periods.len(), 1);
        assert_eq!(of("2023–  Clerk, Oak Inc.").periods[0].to, None);
        assert_eq!(of("Since 2017 a foreman").periods[0].to, None);
        assert_eq!(of("between 2016 and 2022").periods.len(), 1);
        assert_eq!(of("12,000 invoices a day").figures[0].per, Some(Unit::Day));
        assert_eq!(of("renewed 2022 and 2025").dates.len(), 2);
        assert_eq!(of("used in 2,019 stores").dates.len(), 0);
        assert!(of("S3, EC2 and K8s").figures.is_empty());
    }
}
