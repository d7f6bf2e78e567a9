//! Postal addresses: streets in the forms of several languages, postcodes in contact lines, and what an `Address:` label
//! carries. A city alone stays.

use std::ops::Range;

use super::layout::{Layout, Line, fold};
use super::lexicon::in_list;
use super::{Kind, Span, lexicon};

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
];

pub(super) fn find(layout: &Layout<'_>, found: &mut Vec<Span>) {
    let mut push = |range: Range<usize>| found.push(Span { range, kind: Kind::Address });
    for (index, line) in layout.lines.iter().enumerate() {
        let fields = if line.is_header || line.names_others || line.has_digit { layout.fields(line) } else { continue };
        let mut last_is_address = false;
        for (place, field) in fields.iter().enumerate() {
            last_is_address = true;
            if let Some(value) = labeled(layout.text, field) {
                push(with_next_line(layout, index, value));
                continue;
            }
            let content = &layout.text[field.clone()];
            let contact = line.is_header || line.names_others;
            if line.has_digit && contact && is_address_field(content) {
                push(with_next_line(layout, index, field.clone()));
            } else {
                let found = if line.has_digit { streets(content, contact) } else { Vec::new() };
                last_is_address = !found.is_empty();
                for street in found {
                    let range = field.start + street.start..field.start + street.end;
                    let ends = range.end == field.end && place + 1 == fields.len();
                    push(if ends { with_next_line(layout, index, range) } else { range });
                }
            }
        }
        // An address broken over two lines in the middle of its street.
        if let (Some(last), Some(next)) = (fields.last(), layout.lines.get(index + 1))
            && (line.is_header || line.names_others)
            && !last_is_address
            && adjoin(layout.text, line, next)
            && let Some(first) = layout.fields(next).first()
        {
            let joined = layout.text[last.start..first.end].replace('\n', " ");
            let border = line.range.end - last.start;
            let whole = joined.len() <= 120
                && (layout.text[last.clone()].bytes().any(|byte| byte.is_ascii_digit()) || next.has_digit);
            if whole && !is_section(layout, next) {
                for street in
                    streets(&joined, true).into_iter().filter(|street| street.start < border && street.end > border)
                {
                    push(last.start + street.start..last.start + street.end);
                }
            }
        }
    }
}

/// Whether no empty line stands between two lines.
fn adjoin(text: &str, line: &Line, next: &Line) -> bool {
    text[line.range.end..next.range.start].bytes().filter(|byte| *byte == b'\n').count() == 1
}

fn is_section(layout: &Layout<'_>, line: &Line) -> bool {
    lexicon::section(&layout.text[line.range.clone()]).is_some()
}

/// What stands behind an address label, if it is more than a city.
fn labeled(text: &str, field: &Range<usize>) -> Option<Range<usize>> {
    let content = &text[field.clone()];
    let colon = content.find(':').filter(|at| *at < 40)?;
    let label = fold(content[..colon].trim_matches(|c: char| !c.is_alphanumeric()));
    if !LABELS.contains(&label.as_str()) {
        return None;
    }
    let value = content[colon + 1..].trim_start_matches(|c: char| c.is_whitespace() || c == ':' || c == '-');
    let telling = value.bytes().any(|byte| byte.is_ascii_digit()) || !streets(value, true).is_empty();
    telling.then(|| field.end - value.len()..field.end)
}

/// The range with the lines that go on with it: a flat, a postcode with its city, a country.
fn with_next_line(layout: &Layout<'_>, index: usize, range: Range<usize>) -> Range<usize> {
    let mut end = range.end;
    let mut last = index;
    for next in index + 1..(index + 3).min(layout.lines.len()) {
        let (line, before) = (&layout.lines[next], &layout.lines[last]);
        let Some(first) = layout.fields(line).into_iter().next() else { break };
        let content = &layout.text[first.clone()];
        let adjoins = end == before.range.end && adjoin(layout.text, before, line);
        if !(adjoins && line.has_digit && content.len() < 80 && !content.contains(['@', ':']) && goes_on(content)) {
            break;
        }
        end = first.end;
        last = next;
    }
    range.start..end
}

/// Whether a line can be the second of an address: it starts with a unit or a postcode, or ends with a postcode.
fn goes_on(content: &str) -> bool {
    let first = content.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let unit = in_list(UNITS, &fold(first));
    let clean = content.chars().all(|c| c.is_alphanumeric() || " ,.-/'’#()".contains(c));
    clean && (unit || postcode(content).is_some_and(|at| at.start == 0 || at.end == content.len()))
}

/// Whether a field of a contact line is an address as a whole: a house number and a capitalized word, or a postcode.
fn is_address_field(content: &str) -> bool {
    if content.len() > 120
        || content.contains(['@', ':', '%', '+', '$', '€'])
        || content.contains("//")
        || content.ends_with('.') && content.len() > 60
    {
        return false;
    }
    let words: Vec<&str> = content
        .split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’' || c == '.'))
        .filter(|w| !w.is_empty())
        .collect();
    if words.len() > 14 || words.iter().any(|word| in_list(NOT_IN_ADDRESSES, &fold(word.trim_end_matches('.')))) {
        return false;
    }
    if !streets(content, true).is_empty() {
        return true;
    }
    let capital = |word: &&&str| word.starts_with(char::is_uppercase) && word.chars().count() > 1;
    let named =
        words.iter().filter(capital).filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 2).count();
    if named == 0 {
        return false;
    }
    let first = words.first().copied().unwrap_or_default();
    let starts_with_number = first.starts_with(|c: char| c.is_ascii_digit()) && first.len() <= 6
        || in_list(UNITS, &fold(first.trim_end_matches('.')))
            && words.get(1).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '#'));
    let years =
        words.iter().filter(|word| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))).count();
    (starts_with_number && years == 0) || postcode(content).is_some()
}

/// Units inside an address, and what introduces a house number.
const UNITS: &[&str] = &[
    "apartamento", "apartment", "appartement", "apt", "apto", "bat", "bldg", "block", "bloque", "building", "casa",
    "door", "escalera", "etage", "flat", "floor", "h", "hno", "house", "hs", "lok", "lote", "m", "mieszkanie", "no",
    "nr", "office", "piso", "plot", "po", "puerta", "room", "ste", "stiege", "suite", "unit", "wohnung",
];

/// Words that a field about something else has.
const NOT_IN_ADDRESSES: &[&str] = &[
    "and", "april", "august", "bachelor", "born", "certified", "day", "december", "degree", "developer", "engineer",
    "experience", "february", "gpa", "hours", "january", "july", "june", "language", "manager", "march", "master",
    "minutes", "month", "months", "november", "october", "of", "page", "patent", "people", "percent", "present",
    "projects", "september", "the", "until", "version", "with", "year", "years", "yrs",
];

/// Words that end a street's name in English and in English addresses elsewhere.
const SUFFIXES: &[&str] = &[
    "alley", "ave", "avenue", "bagh", "blvd", "boulevard", "bridge", "brook", "bypass", "chowk", "cir", "circle",
    "circus", "close", "colony", "common", "court", "cove", "cres", "crescent", "crossing", "ct", "ctr", "dale", "dr",
    "drive", "enclave", "expressway", "extension", "field", "fields", "freeway", "ganj", "garden", "gardens", "gate",
    "glen", "green", "grove", "heights", "highway", "hill", "hills", "hwy", "island", "jalan", "lane", "layout",
    "light", "ln", "loop", "main", "mall", "manor", "marg", "meadow", "meadows", "mews", "nagar", "parade", "park",
    "parkway", "pass", "path", "pike", "pkwy", "place", "plaza", "point", "promenade", "quay", "rd", "ridge", "rise",
    "road", "row", "run", "salai", "sector", "shore", "sq", "square", "st", "station", "street", "ter", "terrace",
    "trace", "track", "trail", "turnpike", "vale", "valley", "view", "village", "vista", "walk", "way", "wharf",
    "wood", "woods", "wynd", "yard", "zila",
];

/// Words that begin a street's name in Romance and Slavic languages, and in Malay.
const PREFIXES: &[&str] = &[
    "al", "alameda", "aleja", "aleje", "allee", "av", "avd", "avda", "ave", "avenida", "avenue", "bd", "boulevard",
    "bulevar", "bvd", "c", "c/", "calle", "camino", "carrer", "carrera", "carretera", "chemin", "colina", "corso",
    "cours", "cra", "distrito", "esplanada", "esplanade", "estacao", "estrada", "faubourg", "favela", "feira",
    "glorieta", "impasse", "jalan", "jardim", "jl", "ladeira", "lago", "lagoa", "largo", "lugar", "morro", "nucleo",
    "os", "osiedle", "parque", "pasaje", "paseo", "passage", "passarela", "patio", "piazza", "piazzale", "pl", "plac",
    "place", "plaza", "praca", "praia", "quai", "quinta", "rambla", "recanto", "residencial", "rodovia", "ronda",
    "route", "rua", "rue", "sentier", "setor", "sitio", "skwer", "square", "strada", "travesia", "travessa", "trecho",
    "trevo", "ul", "ulica", "urbanizacion", "vale", "vereda", "via", "viaduto", "viale", "vico", "vicolo", "vila",
    "villa", "voie",
];

/// Endings of German, Dutch and Nordic street names.
const COMPOUNDS: &[&str] = &[
    "strasse", "str", "weg", "platz", "gasse", "allee", "ring", "damm", "ufer", "steig", "chaussee", "promenade",
    "straat", "laan", "plein", "gracht", "kade", "singel", "dreef", "steenweg", "dijk", "hof", "gatan", "vagen", "vag",
    "gade", "vej", "veien", "gata", "gate", "katu", "tie", "kuja", "ulice", "utca",
];

const PARTICLES: &[&str] = &[
    "a", "al", "am", "an", "d", "da", "das", "de", "dei", "del", "della", "delle", "dem", "den", "der", "des", "di",
    "do", "dos", "du", "e", "el", "et", "l", "la", "las", "le", "les", "los", "of", "sous", "sur", "the", "van", "von",
    "y", "zum", "zur",
];

/// A word or number of a field.
struct Token<'a> {
    range: Range<usize>,
    text: &'a str,
}

impl Token<'_> {
    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit()) && self.text.len() <= 6
    }

    fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    fn is_ordinal(&self) -> bool {
        let number = self.text.trim_end_matches(char::is_alphabetic);
        number.len() < self.text.len() && ["st", "nd", "rd", "th"].contains(&&self.text[number.len()..])
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                tokens.push(Token { range: from..at, text: &text[from..at] });
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

/// Streets with their numbers in a field, each with the rest of its address. `contact` says that the place speaks for one.
fn streets(text: &str, contact: bool) -> Vec<Range<usize>> {
    let tokens = tokens(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while from < tokens.len() {
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
    let folded = fold(word.text);
    if word.is_capital()
        && in_list(SUFFIXES, &folded)
        && let Some(first) = numbered_before(text, tokens, at, contact)
    {
        return Some((first, at));
    }
    if in_list(PREFIXES, &folded)
        && let Some(street) = prefixed(text, tokens, at, contact)
    {
        return Some(street);
    }
    let compound = COMPOUNDS.iter().any(|ending| folded.len() > ending.len() + 2 && folded.ends_with(ending))
        || (at > 0
            && COMPOUNDS.contains(&folded.as_str())
            && tokens[at - 1].is_capital()
            && matches!(gap(text, tokens, at - 1), " " | "-"));
    if compound && word.is_capital() {
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
    let local = ["am", "an", "auf", "im", "in", "unter", "zum", "zur", "op", "aan"].contains(&folded.as_str())
        && word.is_capital();
    if local && contact {
        let mut last = at + 1;
        while tokens.get(last).is_some_and(|next| next.is_capital() || PARTICLES.contains(&next.text)) && last - at < 4
        {
            last += 1;
        }
        if last > at + 1 && tokens.get(last).is_some_and(|next| next.is_number() && next.text.len() <= 4) {
            return Some((at, last));
        }
    }
    None
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
            return (joined && names > 0 && free && !is_measure(text, tokens, index)).then_some(index);
        }
        let name = (token.is_capital() || token.is_ordinal()) && matches!(between, " " | ". " | "-" | "'" | "’");
        if !name || names >= 4 {
            return None;
        }
        names += 1;
    }
    None
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
        let name = next.is_capital() || (in_list(PARTICLES, &fold(next.text)) && last - at < 6);
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
            && token.text.len() <= 4
            && matches!(between, " " | ", " | "," | " bis ")
            && (contact || *index == 0 || matches!(gap(text, tokens, *index - 1), ", " | ": " | " ("))
    });
    let after = tokens.get(last + 1).filter(|next| {
        next.is_number()
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
            || in_list(UNITS, &fold(next.text))
            || in_list(PARTICLES, &fold(next.text))
            || next.text.len() <= 2;
        let sentence =
            !contact && (between.contains(". ") || (between == " " && next.is_capital() && !tokens[last].is_number()));
        let lower = next.text.chars().all(char::is_lowercase)
            && !in_list(UNITS, &fold(next.text))
            && !in_list(PARTICLES, &fold(next.text));
        if !joins || !part || sentence || lower || last - first > 16 {
            break;
        }
        last += 1;
    }
    // Nothing that only joins stays at the end.
    while last > first
        && in_list(PARTICLES, &fold(tokens[last].text))
        && tokens[last].text.chars().all(char::is_lowercase)
    {
        last -= 1;
    }
    // `Flat 22, 4 Jones Road`, `H.No. 56`
    while first > 0 {
        let token = &tokens[first - 1];
        let between = gap(text, tokens, first - 1);
        let joins = between.len() <= 2 && between.chars().all(|c| " ,.#/-".contains(c));
        let unit = token.is_number() && token.text.len() <= 4 && contact
            || in_list(UNITS, &fold(token.text)) && token.is_capital();
        if !joins || !unit {
            break;
        }
        first -= 1;
    }
    (first, last)
}

/// What stands between a token and the next.
fn gap<'a>(text: &'a str, tokens: &[Token<'_>], index: usize) -> &'a str {
    tokens.get(index + 1).map_or("", |next| &text[tokens[index].range.end..next.range.start])
}

/// A postcode in the forms of many countries, with a capitalized word beside it.
fn postcode(text: &str) -> Option<Range<usize>> {
    let tokens = tokens(text);
    let shape = |token: &Token<'_>| -> String {
        token
            .text
            .chars()
            .map(|c| {
                if c.is_ascii_digit() {
                    '9'
                } else if c.is_ascii_uppercase() {
                    'A'
                } else {
                    'x'
                }
            })
            .collect()
    };
    let shapes: Vec<String> = tokens.iter().map(shape).collect();
    let named = |index: usize| tokens.get(index).is_some_and(|token| token.is_capital() && token.text.len() > 2);
    for index in 0..tokens.len() {
        let pair = shapes.get(index + 1).map_or("", String::as_str);
        let between = gap(text, &tokens, index);
        let length = match (shapes[index].as_str(), between, pair) {
            // Britain, Canada, Ireland, the Netherlands.
            ("A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A", " ", "9AA")
            | ("A9A", " ", "9A9")
            | (
                "A99" | "A9A",
                " ",
                "AA99" | "A9A9" | "AAAA" | "AA9A" | "A99A" | "9AAA" | "9999" | "99A9" | "9A99" | "AAA9" | "9AA9"
                | "A9AA" | "A999" | "99AA" | "999A",
            )
            | ("9999", " ", "AA") => 2,
            // Poland, Brazil, Portugal, the United States with four more.
            ("99", "-", "999") | ("99999", "-", "999" | "9999") | ("9999", "-", "999") => 2,
            // Sweden, Czechia, Greece.
            ("999", " ", "99") if named(index + 2) => 2,
            ("99999" | "999999" | "99999999", ..) => 1,
            ("A99AA99" | "A99A999" | "A99AAAA" | "A999999" | "A9AAA99" | "9999AA", ..) => 1,
            // Four digits with the city behind: Austria, Switzerland, Denmark, Norway, Belgium.
            ("9999", " ", _)
                if named(index + 1)
                    && !tokens[index].text.starts_with("19")
                    && !tokens[index].text.starts_with("20") =>
            {
                1
            }
            // `A99AAAA` of Ireland written together in any mixture.
            (other, ..) if other.len() == 7 && other.starts_with("A99") => 1,
            _ => continue,
        };
        let last = index + length - 1;
        if named(last + 1) || (index > 0 && (named(index - 1) || shapes[index - 1] == "AA")) {
            return Some(tokens[index].range.start..tokens[last].range.end);
        }
    }
    None
}
