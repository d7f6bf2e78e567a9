//! Streets with their house numbers, in three orders: number, name, type (`12 Elm Street`); type, name, number (`rue de la
//! Paix 12`, `12, rue de la Paix`); one word and number (`Hauptstraße 12`).

use std::ops::Range;

use super::{UNITS, fold};
use crate::redaction::layout::folded;
use crate::redaction::words::Words;

/// Words that end a street's name in English and in English addresses elsewhere.
static SUFFIXES: Words<512> = Words::of(&[
    "alley", "ave", "avenue", "bagh", "blvd", "boulevard", "bridge", "brook", "bypass", "chowk", "cir", "circle",
    "circus", "close", "colony", "common", "court", "cove", "cres", "crescent", "crossing", "ct", "ctr", "dale", "dr",
    "drive", "enclave", "expressway", "extension", "field", "fields", "freeway", "ganj", "garden", "gardens", "gate",
    "glen", "green", "grove", "heights", "highway", "hill", "hills", "hwy", "island", "jalan", "lane", "layout",
    "light", "ln", "loop", "main", "mall", "manor", "marg", "meadow", "meadows", "mews", "nagar", "parade", "park",
    "parkway", "pass", "path", "pike", "pkwy", "place", "plaza", "point", "promenade", "quay", "rd", "ridge", "rise",
    "road", "row", "run", "salai", "sector", "shore", "sq", "square", "st", "station", "street", "ter", "terrace",
    "trace", "track", "trail", "turnpike", "vale", "valley", "view", "village", "vista", "walk", "way", "wharf",
    "wood", "woods", "wynd", "yard", "zila",
]);

/// Words that begin a street's name in Romance and Slavic languages, and in Malay.
static PREFIXES: Words<512> = Words::of(&[
    "al", "alameda", "aleja", "aleje", "allee", "av", "avd", "avda", "ave", "avenida", "avenue", "bd", "boulevard",
    "bulevar", "bvd", "c", "c/", "calle", "camino", "carrer", "carrera", "carretera", "chemin", "colina", "corso",
    "cours", "cra", "distrito", "esplanada", "esplanade", "estacao", "estrada", "faubourg", "favela", "feira",
    "glorieta", "impasse", "jalan", "jardim", "jl", "ladeira", "lago", "lagoa", "largo", "lugar", "morro", "nucleo",
    "os", "osiedle", "parque", "pasaje", "paseo", "passage", "passarela", "patio", "piazza", "piazzale", "pl", "plac",
    "place", "plaza", "praca", "praia", "quai", "quinta", "rambla", "recanto", "residencial", "rodovia", "ronda",
    "route", "rua", "rue", "sentier", "setor", "sitio", "skwer", "square", "strada", "travesia", "travessa", "trecho",
    "trevo", "ul", "ulica", "urbanizacion", "vale", "vereda", "via", "viaduto", "viale", "vico", "vicolo", "vila",
    "villa", "voie",
]);

/// Endings of German, Dutch and Nordic street names.
const COMPOUNDS: &[&str] = &[
    "strasse", "str", "weg", "platz", "gasse", "allee", "ring", "damm", "ufer", "steig", "chaussee", "promenade",
    "straat", "laan", "plein", "gracht", "kade", "singel", "dreef", "steenweg", "dijk", "hof", "gatan", "vagen", "vag",
    "gade", "vej", "veien", "gata", "gate", "katu", "tie", "kuja", "ulice", "utca",
];

/// What stands before the name of a place that is a street's: `Am Markt 5`.
static BEFORE_PLACES: Words<32> = Words::of(&["am", "an", "auf", "im", "in", "unter", "zum", "zur", "op", "aan"]);

static PARTICLES: Words<128> = Words::of(&[
    "a", "al", "am", "an", "d", "da", "das", "de", "dei", "del", "della", "delle", "dem", "den", "der", "des", "di",
    "do", "dos", "du", "e", "el", "et", "l", "la", "las", "le", "les", "los", "of", "sous", "sur", "the", "van", "von",
    "y", "zum", "zur",
]);

/// Tokens between a street's type word and its number, at most.
const REACH: usize = 9;

/// A word or number of a field.
pub(super) struct Token<'a> {
    pub(super) range: Range<usize>,
    pub(super) text: &'a str,
}

impl Token<'_> {
    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit()) && self.text.len() <= 6
    }

    pub(super) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    fn is_ordinal(&self) -> bool {
        let number = self.text.trim_end_matches(char::is_alphabetic);
        number.len() < self.text.len() && ["st", "nd", "rd", "th"].contains(&&self.text[number.len()..])
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        // Most text is ASCII: no decoding, no tables.
        loop {
            at += bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            match text[at..].chars().next() {
                Some(c) if !c.is_ascii() && c.is_alphanumeric() => at += c.len_utf8(),
                _ => break,
            }
        }
        if at > start {
            tokens.push(Token { range: start..at, text: &text[start..at] });
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    tokens
}

/// Streets with their numbers in a field, each with the rest of its address. `contact` says that the place speaks for one.
pub(super) fn streets(text: &str, contact: bool) -> Vec<Range<usize>> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let tokens = tokens(text);
    let numbers: Vec<usize> = (0..tokens.len()).filter(|index| tokens[*index].is_number()).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while from < tokens.len() {
        // Most words have no number near them.
        let next = numbers.partition_point(|number| number + REACH < from);
        if numbers.get(next).is_none_or(|number| *number > from + REACH) {
            from += 1;
            continue;
        }
        let Some((first, last)) = street_at(text, &tokens, from, contact) else {
            from += 1;
            continue;
        };
        let (first, last) = extend(text, &tokens, first, last, contact);
        found.push(tokens[first].range.start..tokens[last].range.end);
        from = last + 1;
    }
    found
}

/// The first and last token of a street whose type word is token `at`.
fn street_at(text: &str, tokens: &[Token<'_>], at: usize, contact: bool) -> Option<(usize, usize)> {
    let word = &tokens[at];
    if word.is_number() {
        return None;
    }
    if let Some(found) = post_box(tokens, at) {
        return Some(found);
    }
    let is_capital = word.is_capital();
    if is_capital
        && SUFFIXES.has_folded(word.text)
        && let Some(first) = numbered_before(text, tokens, at, contact)
    {
        return Some((first, at));
    }
    if PREFIXES.has_folded(word.text)
        && let Some(street) = prefixed(text, tokens, at, contact)
    {
        return Some(street);
    }
    let numbered = tokens.get(at + 1).is_some_and(Token::is_number);
    let local = contact && is_capital && BEFORE_PLACES.has_folded(word.text);
    if !local && !(numbered && (is_capital || contact)) {
        return None;
    }
    let folded = folded(word.text);
    let last = folded.as_bytes().last();
    let ends =
        |ending: &&str| ending.as_bytes().last() == last && folded.len() > ending.len() + 2 && folded.ends_with(ending);
    let compound = numbered
        && (COMPOUNDS.iter().any(ends)
            || (at > 0
                && COMPOUNDS.contains(&&*folded)
                && tokens[at - 1].is_capital()
                && matches!(gap(text, tokens, at - 1), " " | "-")));
    let lower = compound && at > 0 && tokens[at - 1].is_capital() && gap(text, tokens, at - 1) == " " && contact;
    if compound && (is_capital || lower) {
        let number = tokens.get(at + 1).filter(|next| {
            next.is_number() && next.text.len() <= 4 && matches!(gap(text, tokens, at), " " | ". " | ".")
        });
        if number.is_some() && (contact || folded.len() > 6) {
            let mut first = at;
            while first > 0
                && matches!(gap(text, tokens, first - 1), " " | "-")
                && tokens[first - 1].is_capital()
                && at - first < 3
                && contact
            {
                first -= 1;
            }
            return Some((first, at + 1));
        }
    }
    // `Am Markt 5`, `Unter den Linden 77`: only where an address is expected.
    if local {
        let mut last = at + 1;
        // No part of a placeholder is the name of a place.
        let follows = |last: usize| !gap(text, tokens, last - 1).contains(['<', '_', '>']);
        while tokens.get(last).is_some_and(|next| next.is_capital() || PARTICLES.has(next.text))
            && follows(last)
            && last - at < 4
        {
            last += 1;
        }
        if last > at + 1
            && tokens.get(last).is_some_and(|next| next.is_number() && next.text.len() <= 4)
            && follows(last)
        {
            return Some((at, last));
        }
    }
    None
}

/// A post box: `P.O. Box 318`, `Postfach 12 34`, `Apartado de correos 12`. `at` is its last word before the number.
fn post_box(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    let is = |index: Option<usize>, words: &[&str]| {
        let token = index.and_then(|index| tokens.get(index));
        token.is_some_and(|token| words.iter().any(|word| token.text.eq_ignore_ascii_case(word)))
    };
    if !tokens.get(at + 1).is_some_and(Token::is_number) {
        return None;
    }
    let (one, two) = (at.checked_sub(1), at.checked_sub(2));
    let first = match tokens[at].text {
        word if word.eq_ignore_ascii_case("box") && is(one, &["po", "pobox"]) => one,
        word if word.eq_ignore_ascii_case("box") && is(one, &["o", "office"]) && is(two, &["p", "post"]) => two,
        "Postfach" | "Postbus" | "Postboks" | "Casilla" | "Apartado" => Some(at),
        "correos" | "postal" | "Correos" | "Postal" if is(two, &["apartado"]) => two,
        "postal" | "Postal" if is(one, &["apartado", "caixa"]) => one,
        _ => None,
    }?;
    Some((first, at + 1))
}

/// The token of the house number before one to four name words that end in the type word at `at`.
fn numbered_before(text: &str, tokens: &[Token<'_>], at: usize, contact: bool) -> Option<usize> {
    let mut index = at;
    let mut names = 0;
    while index > 0 {
        index -= 1;
        let between = gap(text, tokens, index);
        let token = &tokens[index];
        if token.is_number() && !token.is_ordinal() {
            let joined = matches!(between, " " | ", " | "," | " - ");
            let free = index == 0
                || contact
                || matches!(gap(text, tokens, index - 1), ", " | "; " | ": " | " (" | "\n")
                || ["at", "in", "address"].contains(&fold(tokens[index - 1].text).as_str());
            let year = !contact && is_year(token.text);
            return (joined && names > 0 && free && !year && !is_measure(text, tokens, index)).then_some(index);
        }
        let name = (token.is_capital() || token.is_ordinal()) && matches!(between, " " | ". " | "-" | "'" | "’");
        if !name || names >= 4 {
            return None;
        }
        names += 1;
    }
    None
}

fn is_year(number: &str) -> bool {
    number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
}

/// A number that counts something (`$20`, `10%`) is no house number.
fn is_measure(text: &str, tokens: &[Token<'_>], index: usize) -> bool {
    text[..tokens[index].range.start].ends_with(['$', '€', '£', '.', '-'])
        && !text[..tokens[index].range.start].ends_with("no.")
}

/// A street whose type comes first: `12, rue de la Paix`, `Calle Mayor 5`, `ul. Długa 12/3`.
fn prefixed(text: &str, tokens: &[Token<'_>], at: usize, contact: bool) -> Option<(usize, usize)> {
    let mut last = at;
    let mut names = 0;
    while let Some(next) = tokens.get(last + 1) {
        let between = gap(text, tokens, last);
        let joins = matches!(between, " " | ". " | "." | "'" | "’" | "-" | " d'" | ".  " | "/ " | "/");
        let name = next.is_capital() || (PARTICLES.has_folded(next.text) && last - at < 6);
        if !joins || !name || next.is_number() || last - at >= 7 {
            break;
        }
        names += usize::from(next.is_capital());
        last += 1;
    }
    if names == 0 {
        return None;
    }
    let before = at.checked_sub(1).filter(|index| {
        let token = &tokens[*index];
        let between = gap(text, tokens, *index);
        token.is_number()
            && token.text.len() <= 5
            && matches!(between, " " | ", " | "," | " bis ")
            && (contact || *index == 0 || matches!(gap(text, tokens, *index - 1), ", " | ": " | " ("))
    });
    let after = tokens.get(last + 1).filter(|next| {
        next.is_number()
            && (contact || !is_year(next.text))
            && next.text.len() <= 5
            && matches!(
                gap(text, tokens, last),
                " " | ", " | "," | " nº " | ", nº " | ", n.º " | " n. " | ", n. " | " n° " | " nr "
            )
    });
    // Ambiguous beginnings (`Via`, `Place`, `Al`) need a capital of their own in running text.
    let ambiguous =
        ["via", "place", "al", "pl", "c", "os", "park", "route", "villa", "vila", "lugar", "vale", "square", "av"]
            .contains(&fold(tokens[at].text).as_str());
    if let Some(first) = before.filter(|_| contact || !ambiguous) {
        return Some((first, last));
    }
    (after.is_some() && (contact || (!ambiguous && tokens[at].is_capital()))).then_some((at, last + 1))
}

/// The rest of the address on both sides: flat, postcode, city, state.
fn extend(text: &str, tokens: &[Token<'_>], mut first: usize, mut last: usize, contact: bool) -> (usize, usize) {
    while let Some(next) = tokens.get(last + 1) {
        let between = gap(text, tokens, last);
        let joins =
            between.len() <= 4 && between.chars().all(|c| " ,.#-/'’()°º".contains(c)) && !between.contains(". ")
                || matches!(between, ". " | "., ");
        let part = next.text.bytes().any(|byte| byte.is_ascii_digit())
            || next.is_capital()
            || UNITS.has_folded(next.text)
            || PARTICLES.has_folded(next.text)
            || next.text.len() <= 2;
        let sentence =
            !contact && (between.contains(". ") || (between == " " && next.is_capital() && !tokens[last].is_number()));
        let lower = next.text.chars().all(char::is_lowercase)
            && !UNITS.has_folded(next.text)
            && !PARTICLES.has_folded(next.text);
        if !joins || !part || sentence || lower || last - first > 16 {
            break;
        }
        last += 1;
    }
    // Nothing that only joins stays at the end.
    while last > first && PARTICLES.has_folded(tokens[last].text) && tokens[last].text.chars().all(char::is_lowercase) {
        last -= 1;
    }
    // `Flat 22, 4 Jones Road`, `H.No. 56`
    while first > 0 {
        let token = &tokens[first - 1];
        let between = gap(text, tokens, first - 1);
        let joins = between.len() <= 2 && between.chars().all(|c| " ,.#/-".contains(c));
        let unit =
            token.is_number() && token.text.len() <= 4 && contact || UNITS.has_folded(token.text) && token.is_capital();
        if !joins || !unit {
            break;
        }
        first -= 1;
    }
    (first, last)
}

/// What stands between a token and the next.
pub(super) fn gap<'a>(text: &'a str, tokens: &[Token<'_>], index: usize) -> &'a str {
    tokens.get(index + 1).map_or("", |next| &text[tokens[index].range.end..next.range.start])
}
