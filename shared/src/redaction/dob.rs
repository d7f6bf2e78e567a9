//! Dates of birth: a date behind a label that says so. Dates of employment, study and certificates stay.

use std::ops::Range;

use super::label::Before;
use super::layout::{Layout, fold, words};
use super::number::Cluster;
use super::{Kind, Span};

const LABELS: &[&str] = &[
    "dob",
    "d.o.b",
    "date of birth",
    "birth date",
    "birthdate",
    "birthday",
    "date/place of birth",
    "place and date of birth",
    "born",
    "born on",
    "geburtsdatum",
    "geburtstag",
    "geboren",
    "geboren am",
    "geb",
    "geb. am",
    "date de naissance",
    "naissance",
    "ne le",
    "nee le",
    "ne(e) le",
    "fecha de nacimiento",
    "fecha nac",
    "f. nac",
    "nacimiento",
    "nacido el",
    "nacida el",
    "f. nacimiento",
    "data di nascita",
    "nato il",
    "nata il",
    "nato a",
    "nata a",
    "nascita",
    "geboortedatum",
    "geboren op",
    "data de nascimento",
    "nascimento",
    "nascido em",
    "nascida em",
    "data urodzenia",
    "urodzony",
    "urodzona",
    "ur",
    "fodelsedatum",
    "fodt",
    "fodselsdato",
    "syntymaaika",
    "datum narozeni",
    "narozen",
    "dogum tarihi",
    "出生日期",
    "生年月日",
    "geburtsdatum/-ort",
    "datum narodenia",
    "szuletesi ido",
    "szuletesi datum",
    "szuletett",
    "data nasterii",
    "дата рождения",
    "дата народження",
    "생년월일",
    "fodd",
    "narozena",
    "dateofbirth",
    "ημερομηνια γεννησης",
    "تاريخ الميلاد",
    "date of birth (dd/mm/yyyy)",
    "date of birth (mm/dd/yyyy)",
    "date of birth (d/m/y)",
    "birth",
];

/// Labels that hold at some distance.
const STRONG: &[&str] = &[
    "date of birth", "birth date", "geburtsdatum", "geburtsdatum/-ort", "geboren", "date de naissance", "ne a",
    "nee a", "ne(e) a", "fecha de nacimiento", "nacido", "nacida", "data di nascita", "nato a", "nata a",
    "geboortedatum", "geboren te", "data de nascimento", "nascido em", "data urodzenia", "urodzony", "urodzona",
    "fodd", "fodt", "narozen", "narozena", "born in", "born at",
];

const MONTHS: &[&str] = &[
    "jui", "janv", "fevr", "mars", "sept", "bre", "kve", "cer", "srp", "zar", "rij", "lis", "pro", "led", "uno", "dub",
    "jun", "jul", "juli", "juin", "des", "tam", "hel", "maal", "huh", "tou", "kes", "hei", "elo", "syy", "lok",
    "marras", "jou", "ian", "iun", "iul", "noi", "oca", "sub", "nis", "haz", "tem", "agu", "eyl", "eki", "kas", "ara",
    "szept", "okt", "jan", "feb", "mar", "apr", "may", "aug", "sep", "oct", "nov", "dec", "mai", "dez", "fev", "fév",
    "avr", "aou", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "mei", "maa", "out", "sty",
    "lut", "kwi", "maj", "cze", "lip", "sie", "wrz", "paz", "gru",
];

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    let mut taken = 0;
    for cluster in clusters.iter() {
        if cluster.range.start < taken {
            continue;
        }
        let Some(index) = layout.line_of(cluster.range.start) else { continue };
        let line = &layout.lines[index];
        // `Born: November 24, 1994`: the month may come first.
        let lead = layout.text[line.range.start..cluster.range.start].trim_end_matches([' ', '.']);
        let word = lead.len() - lead.trim_end_matches(char::is_alphabetic).len();
        let month = word > 0 && is_month(&lead[lead.len() - word..]);
        let start = if month { line.range.start + lead.len() - word } else { cluster.range.start };
        let raw = layout.before(start);
        let moved = (start != cluster.range.start).then(|| Before::of(raw));
        let before = moved.as_ref().unwrap_or_else(|| cluster.before(layout));
        // `born in Leuven on 2 March 1984`, `Luogo e data di nascita: Trieste, 07.06.1985`
        let near = raw.len() < 60 && !raw.bytes().any(|byte| byte.is_ascii_digit()) && before.contains(STRONG);
        let star = raw.trim() == "*" && cluster.is_dates();
        if !(before.ends_with(LABELS) || near || star) {
            continue;
        }
        if let Some(end) = date_end(layout.text, start, line.range.end) {
            found.push(Span { range: start..end, kind: Kind::Dob });
            taken = end;
        }
    }
}

/// Where a date that begins at `start` ends: digits, month names and what joins them, with at least a year or two numbers.
fn date_end(text: &str, start: usize, line_end: usize) -> Option<usize> {
    let rest = &text[start..line_end];
    let mut end = 0;
    let mut digits = 0;
    let mut at = 0;
    while at < rest.len() && at < 40 {
        let tail = &rest[at..];
        let number = tail.bytes().take_while(u8::is_ascii_digit).count();
        if number > 0 {
            if number > 8 || digits + number > 8 {
                break;
            }
            digits += number;
            at += number;
            end = at;
            continue;
        }
        let c = tail.chars().next()?;
        if " .,/-–年月日년월일".contains(c) {
            at += c.len_utf8();
            if "日일".contains(c) {
                end = at;
            }
            continue;
        }
        if let Some(Range { start: 0, end: length }) = words(tail).next() {
            let word = &tail[..length];
            let joins = ["de", "del", "of", "th", "st", "nd", "rd", "er", "do", "den"].contains(&fold(word).as_str());
            if !(joins || is_month(word)) {
                break;
            }
            at += length;
            continue;
        }
        break;
    }
    (digits >= 4).then_some(start + end)
}

fn is_month(word: &str) -> bool {
    let folded = fold(word);
    folded.len() >= 3 && MONTHS.iter().any(|month| folded.starts_with(month)) && folded.len() <= 12
}
