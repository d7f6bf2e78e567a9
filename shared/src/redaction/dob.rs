//! Dates of birth: a date behind a label that says so. Dates of employment, study and certificates stay.

use std::ops::Range;

use super::label::{Before, Phrases};
use super::layout::{Layout, floor, fold, folded, words};
use super::number::Cluster;
use super::words::{Endings, Words};
use super::{Kind, Span};

static LABELS: Endings = Endings::of(&[
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
    "date and place of birth",
    "data i miejsce urodzenia",
    "b-day",
    "bday",
    "date & place of birth",
]);

/// Labels that hold at some distance.
static STRONG: Phrases = Phrases::of(&[
    "date of birth",
    "birth date",
    "geburtsdatum",
    "geburtsdatum/-ort",
    "geboren",
    "date de naissance",
    "ne a",
    "nee a",
    "ne(e) a",
    "fecha de nacimiento",
    "nacido",
    "nacida",
    "data di nascita",
    "nato a",
    "nata a",
    "geboortedatum",
    "geboren te",
    "data de nascimento",
    "nascido em",
    "data urodzenia",
    "urodzony",
    "urodzona",
    "fodd",
    "fodt",
    "narozen",
    "narozena",
    "born in",
    "born at",
    "date and place of birth",
    "place of birth",
    "data i miejsce urodzenia",
    "date & place of birth",
]);

/// What the months of many languages begin with.
static MONTHS: Words<256> = Words::of(&[
    "abr", "ago", "agu", "aou", "apr", "ara", "aug", "avr", "bre", "cer", "cze", "dec", "des", "dez", "dic", "dub",
    "eki", "elo", "ene", "eyl", "feb", "fev", "gen", "giu", "gru", "haz", "hei", "hel", "huh", "ian", "iul", "iun",
    "jan", "jou", "jui", "jul", "jun", "kas", "kes", "kve", "kwi", "led", "lip", "lis", "lok", "lug", "lut", "maa",
    "mag", "mai", "maj", "mar", "may", "mei", "nis", "noi", "nov", "oca", "oct", "okt", "ott", "out", "paz", "pro",
    "rij", "sep", "set", "sie", "srp", "sty", "sub", "syy", "sze", "tam", "tem", "tou", "uno", "wrz", "zar",
]);

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
        let Some(end) = date_end(layout.text, start, line.range.end) else { continue };
        let raw = layout.before(start);
        let moved = (start != cluster.range.start).then(|| Before::of(raw));
        let before = moved.as_ref().unwrap_or_else(|| cluster.before(layout));
        // `born in Leuven on 2 March 1984`, `Luogo e data di nascita: Trieste, 07.06.1985`
        let near = || raw.len() < 60 && !raw.bytes().any(|byte| byte.is_ascii_digit()) && before.contains(&STRONG);
        let star = raw.trim() == "*" && cluster.is_dates();
        if before.ends_with_label(&LABELS) || near() || star {
            found.push(Span { range: start..end, kind: Kind::Dob });
            taken = end;
        }
    }
}

/// Where a date that begins at `start` ends: digits, month names and what joins them, with at least a year or two numbers.
fn date_end(text: &str, start: usize, line_end: usize) -> Option<usize> {
    // No date is longer, and the line may be.
    let rest = &text[start..floor(text, start + 80).min(line_end).max(start)];
    if rest.bytes().filter(u8::is_ascii_digit).count() < 4 {
        return None;
    }
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
        if c.is_alphabetic()
            && let Some(Range { start: 0, end: length }) = words(tail).next()
        {
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
    let folded = folded(word);
    (3..=12).contains(&folded.len()) && folded.is_char_boundary(3) && MONTHS.has_folded(&folded[..3])
}
