//! Postal addresses: streets in the forms of several languages, postcodes in contact lines, and what an `Address:` label
//! carries. A city alone stays.

mod postcode;
mod street;

use std::ops::Range;

use super::layout::{Layout, Line, fold};
use super::words::Words;
use super::{Kind, Span, lexicon};
use postcode::{is_postcode_line, postcode};
use street::streets;

const LABELS: &[&str] = &[
    "add",
    "addr",
    "address",
    "adres",
    "adresa",
    "adresse",
    "anschrift",
    "correspondence address",
    "current address",
    "direccion",
    "domicile",
    "domicilio",
    "endereco",
    "home address",
    "indirizzo",
    "mailing address",
    "morada",
    "permanent address",
    "postal address",
    "present address",
    "residence",
    "residenza",
    "wohnort",
    "wohnhaft",
    "zamieszkaly",
    "location",
    "lives at",
    "woonplaats",
    "adress",
    "osoite",
    "地址",
    "住所",
    "адрес",
    "διευθυνση",
    "bydliste",
    "postal",
    "post",
    "전화",
    "주소",
    "العنوان",
    "trvale bydliste",
    "lakcim",
    "cim",
    "adresa trvaleho pobytu",
    "home",
    "postanschrift",
    "privatadresse",
    "contact address",
    "residential address",
    "street address",
    "address for correspondence",
    "adres zamieszkania",
    "adresse postale",
    "adresse personnelle",
    "pin",
    "pin code",
    "pincode",
    "cep",
    "plz",
    "zip",
    "zip code",
    "postcode",
    "postal code",
    "code postal",
    "codigo postal",
];

pub(super) fn find(layout: &Layout<'_>, found: &mut Vec<Span>) {
    let mut taken: Vec<Range<usize>> = found.iter().map(|span| span.range.clone()).collect();
    taken.sort_by_key(|range| range.start);
    let mut ranges = Vec::new();
    for (index, line) in layout.lines.iter().enumerate() {
        if !line.is_settled && (line.is_header || line.names_others || line.has_digit) {
            let fields = layout.fields(line);
            if !in_fields(layout, index, &fields, &mut ranges) {
                broken(layout, index, fields.last(), &mut ranges);
            }
        }
    }
    // What is something else already is no part of an address, and ends one.
    let free = ranges.into_iter().filter_map(|range| {
        let other = taken.get(taken.partition_point(|known| known.end <= range.start));
        match other.filter(|known| known.start < range.end) {
            None => Some(range),
            Some(known) if known.start > range.start + 5 => {
                let kept = layout.text[range.start..known.start].trim_end_matches(|c: char| !c.is_alphanumeric());
                let telling = kept.bytes().any(|byte| byte.is_ascii_digit());
                telling.then(|| range.start..range.start + kept.len())
            }
            Some(_) => None,
        }
    });
    found.extend(free.map(|range| Span { range, kind: Kind::Address }));
}

/// Addresses inside the fields of a line. Returns whether the last field holds one.
fn in_fields(layout: &Layout<'_>, index: usize, fields: &[Range<usize>], ranges: &mut Vec<Range<usize>>) -> bool {
    let line = &layout.lines[index];
    let contact = line.is_header || line.names_others;
    let mut last_holds_one = false;
    for (place, field) in fields.iter().enumerate() {
        let content = &layout.text[field.clone()];
        let before = ranges.len();
        if let Some(value) = labeled(layout.text, field) {
            ranges.push(with_next_line(layout, index, value));
        } else if line.has_digit && contact && is_postcode_line(content) {
            ranges.push(field.clone());
        } else if line.has_digit && contact && is_address_field(content) {
            ranges.push(with_next_line(layout, index, field.clone()));
        } else if line.has_digit {
            for street in streets(content, contact) {
                let range = field.start + street.start..field.start + street.end;
                let ends = range.end == field.end && place + 1 == fields.len();
                ranges.push(if ends { with_next_line(layout, index, range) } else { range });
            }
        }
        last_holds_one = ranges.len() > before;
    }
    // `4417 Briar Hollow Lane · Tulsa · Oklahoma · 74105`
    if contact && ranges.last().is_some_and(|range| range.start >= line.range.start) {
        let is_code = |field: &&Range<usize>| {
            let content = &layout.text[(*field).clone()];
            (5..=6).contains(&content.len()) && content.bytes().all(|byte| byte.is_ascii_digit())
        };
        ranges.extend(fields.iter().filter(is_code).cloned());
    }
    last_holds_one
}

/// An address that is broken over two lines in the middle of its street.
fn broken(layout: &Layout<'_>, index: usize, last: Option<&Range<usize>>, ranges: &mut Vec<Range<usize>>) {
    let line = &layout.lines[index];
    let (Some(last), Some(next)) = (last, layout.lines.get(index + 1)) else { return };
    let may_be = (line.is_header || line.names_others)
        && (line.has_digit || next.has_digit)
        && adjoin(layout.text, line, next)
        && lexicon::section(&layout.text[next.range.clone()]).is_none();
    if !may_be {
        return;
    }
    let Some(first) = layout.fields(next).into_iter().next() else { return };
    let joined = layout.text[last.start..first.end].replace('\n', " ");
    let border = line.range.end - last.start;
    if joined.len() <= 120 && joined.bytes().any(|byte| byte.is_ascii_digit()) {
        // A line without a number before one that begins with a word is a line of its own, such as the name.
        let halves = joined.as_bytes()[..border].iter().any(u8::is_ascii_digit)
            || joined[border..].trim_start().starts_with(|c: char| c.is_ascii_digit());
        let over =
            streets(&joined, true).into_iter().filter(|street| halves && street.start < border && street.end > border);
        ranges.extend(over.map(|street| last.start + street.start..last.start + street.end));
    }
}

/// Whether no empty line stands between two lines.
fn adjoin(text: &str, line: &Line, next: &Line) -> bool {
    text[line.range.end..next.range.start].bytes().filter(|byte| *byte == b'\n').count() == 1
}

/// What stands behind an address label, if it is more than a city.
fn labeled(text: &str, field: &Range<usize>) -> Option<Range<usize>> {
    let content = &text[field.clone()];
    let colon = content.find(':').filter(|at| *at < 40)?;
    let label = fold(content[..colon].trim_matches(|c: char| !c.is_alphanumeric()));
    if !LABELS.contains(&label.as_str()) {
        return None;
    }
    let value = content[colon + 1..].trim_start_matches(|c: char| c.is_whitespace() || ":-*_".contains(c));
    let opens =
        value.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()));
    let prefixed = !streets(value, true).is_empty();
    let telling = (opens && value.chars().any(char::is_numeric)) || prefixed;
    telling.then(|| field.end - value.len()..field.end)
}

/// The range with the lines that go on with it: a flat, a postcode with its city, a country.
fn with_next_line(layout: &Layout<'_>, index: usize, range: Range<usize>) -> Range<usize> {
    let mut end = range.end;
    let mut last = index;
    for next in index + 1..(index + 4).min(layout.lines.len()) {
        let (line, before) = (&layout.lines[next], &layout.lines[last]);
        // A city or a county by itself, if a postcode follows on the next line.
        if end == before.range.end && is_city_before_postcode(layout, next) && adjoin(layout.text, before, line) {
            end = line.range.end;
            last = next;
            continue;
        }
        if end != before.range.end || !line.has_digit || !adjoin(layout.text, before, line) {
            break;
        }
        let Some(first) = layout.fields(line).into_iter().next() else { break };
        let content = &layout.text[first.clone()];
        if !(content.len() < 80 && !content.contains(['@', ':']) && goes_on(content)) {
            break;
        }
        end = first.end;
        last = next;
    }
    range.start..end
}

/// Whether a line is the name of a place and the line below it a postcode by itself.
fn is_city_before_postcode(layout: &Layout<'_>, index: usize) -> bool {
    let line = &layout.lines[index];
    let content = &layout.text[line.range.clone()];
    let plain = content.len() <= 40
        && !line.has_digit
        && content.chars().all(|c| c.is_alphabetic() || " -'’.,".contains(c))
        && content.starts_with(char::is_uppercase)
        && lexicon::section(content).is_none();
    let below = layout.lines.get(index + 1).filter(|below| plain && adjoin(layout.text, line, below));
    below.is_some_and(|below| {
        is_postcode_line(&layout.text[below.range.clone()]) || is_city_before_postcode(layout, index + 1)
    })
}

/// Whether a line can be the second of an address: it starts with a unit or a postcode, or ends with a postcode.
fn goes_on(content: &str) -> bool {
    let first = content.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let unit = UNITS.has_folded(first);
    let clean = content.chars().all(|c| c.is_alphanumeric() || " ,.-/'’#()".contains(c));
    clean && (unit || postcode(content).is_some_and(|at| at.start == 0 || at.end == content.len()))
}

/// Whether a field of a contact line is an address as a whole: a house number and a capitalized word, or a postcode.
fn is_address_field(content: &str) -> bool {
    if content.len() > 120
        || content.contains(['@', ':', '%', '+', '$', '€', '<', '>', '=', '_'])
        || content.contains("//")
        || content.ends_with('.') && content.len() > 60
    {
        return false;
    }
    let words: Vec<&str> = content
        .split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’' || c == '.'))
        .filter(|w| !w.is_empty())
        .collect();
    if words.len() > 14 || words.iter().any(|word| NOT_IN_ADDRESSES.has_folded(word.trim_end_matches('.'))) {
        return false;
    }
    if !streets(content, true).is_empty() {
        return true;
    }
    // A word of a sentence: `3 Way merge in Git`.
    let sentence = |word: &&str| {
        let lower = word.chars().all(char::is_lowercase) && word.chars().count() > 2;
        lower
            && !lexicon::PARTICLES.has_folded(word)
            && !UNITS.has_folded(word)
            && !["nad", "pod", "upon", "sous", "sur", "les", "bij", "aan"].contains(word)
    };
    if words.iter().any(sentence) && !(content.contains(',') && postcode(content).is_some()) {
        return false;
    }
    let capital = |word: &&&str| word.starts_with(char::is_uppercase) && word.chars().count() > 1;
    let years =
        words.iter().filter(|word| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))).count();
    if years >= 2 {
        return false;
    }
    let named =
        words.iter().filter(capital).filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 2).count();
    if named == 0 {
        return false;
    }
    let first = words.first().copied().unwrap_or_default();
    let comma = content.contains(',') || content.contains('#');
    let starts_with_number = first.starts_with(|c: char| c.is_ascii_digit())
        && !first.ends_with('.')
        && first.len() <= 6
        && (comma || named >= 2)
        || UNITS.has_folded(first.trim_end_matches('.'))
            && words.get(1).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '#'));
    // `Cuesta del Moro 8`: capitalized words that are nothing else, and a number at the end.
    let last = words.last().copied().unwrap_or_default();
    let ends_with_number = last.len() <= 4
        && last.starts_with(|c: char| c.is_ascii_digit())
        && (2..=6).contains(&named)
        && words.iter().all(|word| !lexicon::NOT_NAMES.has_folded(word))
        && words.iter().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).count() == 1;
    ((starts_with_number || ends_with_number) && years == 0) || postcode(content).is_some()
}

/// Units inside an address, and what introduces a house number.
static UNITS: Words<128> = Words::of(&[
    "apartamento", "apartment", "appartement", "apt", "apto", "bat", "bldg", "block", "bloque", "building", "casa",
    "door", "escalera", "etage", "flat", "floor", "h", "hno", "house", "hs", "lok", "lote", "m", "mieszkanie", "no",
    "nr", "office", "piso", "plot", "po", "puerta", "room", "ste", "stiege", "suite", "unit", "wohnung",
]);

/// Words that a field about something else has.
static NOT_IN_ADDRESSES: Words<128> = Words::of(&[
    "and", "april", "august", "bachelor", "born", "certified", "day", "december", "degree", "developer", "engineer",
    "experience", "february", "gpa", "hours", "january", "july", "june", "kvk", "language", "license", "manager",
    "march", "master", "minutes", "month", "months", "november", "npi", "october", "of", "page", "patent", "people",
    "percent", "present", "projects", "september", "the", "until", "version", "with", "year", "years", "yrs",
]);
