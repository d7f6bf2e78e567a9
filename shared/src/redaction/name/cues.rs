//! Third persons: referees, managers, recruiters, authors, relatives, and whoever stands beside a phone number.

use std::ops::Range;

use super::{Run, Slugs, run_at};
use crate::redaction::layout::{Layout, floor, fold};
use crate::redaction::lexicon::{self, in_list};
use crate::redaction::words::{Endings, Words};
use crate::redaction::{Kind, Span};

/// What stands before a name of one word or more.
static STRONG: Endings = Endings::of(&[
    "advised by", "co-advised by", "co-supervised by", "beneficiary", "kontoinhaber", "account holder", "cardholder",
    "titular", "titulaire", "maintainer", "gestor", "gestora", "inventor", "inventors", "interview panel",
    "together with", "mother's maiden name", "mothers name", "fathers name", "guardian", "partner's name", "ask for",
    "ring", "speak to", "speak with", "contact us: ", "vorgesetzter", "vorgesetzte", "leidinggevende", "przelozony",
    "kierownik", "chefe", "supervisora", "supervisado por", "encadre par", "encadree par", "betreut von",
    "begeleid door", "in collaboration with", "wrote her manager", "wrote his manager", "dear", "hello", "hi", "liebe",
    "lieber", "cher", "chere", "querido", "querida", "estimado", "estimada", "caro", "cara", "prezado", "prezada",
    "beste", "attn", "attention", "c/o", "z. hd", "z.hd", "father's name", "mother's name", "spouse", "spouse name",
    "wife", "husband", "son of", "daughter of", "s/o", "d/o", "w/o", "next of kin", "emergency contact", "maiden name",
    "nee", "née", "report to", "reports to", "reporting to", "reported to", "rapporte a", "reporta a",
    "contact person", "contact name", "ansprechpartner", "ansprechpartnerin", "your contact", "ihr kontakt",
    "recruiter", "hiring manager", "line manager", "manager", "supervisor", "referee", "reference", "mentor",
    "advisor", "adviser", "betreuer", "betreuerin", "directeur", "tuteur", "responsable", "jefe", "relatore",
    "prepared by", "written by", "recommended by", "referred by", "signed by", "interviewed by", "posted by", "author",
    "authors", "thesis advisor", "supervised by", "mentored by", "managed by", "coached by", "under", "foreman",
    "contremaitre", "chef d'equipe", "tutor", "referente", "responsabile", "orientador", "orientadora", "interviewer",
    "cc", "also known as", "formerly known as", "aka", "a.k.a",
]);

/// What stands before a name of two words or more.
static WEAK: Endings = Endings::of(&[
    "contact", "kontakt", "contacto", "contato", "contatto", "by", "with", "to", "from", "ask for", "call", "e-mail",
    "email", "write to", "apply to", "mail", "telephone", "von", "par", "por", "an", "a", "bei", "avec", "con", "com",
    "and", "&", "team lead", "lead", "principal", "professor", "head", "owner", "founder", "our", "our recruiter",
    "colleague", "boss", "chef", "vorgesetzter", "vorgesetzte", "superviseur", "name", "names", "referee", "referees",
    "reference", "references", "referencias", "referencje", "referenser", "referentie", "referenties", "referenze",
    "referenz", "referenzen", "father", "mother", "brother", "sister", "son", "daughter", "children",
]);

/// What stands before a name of two words or more, also without a colon.
static COMPANIONS: Endings = Endings::of(&[
    "boss", "ceo", "cfo", "chefin", "co-founded with", "colega", "colleague", "collega", "collegue", "coo", "coworker",
    "cto", "jefa directa", "jefe directo", "kollege", "kollegin", "manager was", "paired with", "reported directly to",
    "reports directly to", "supervision of", "supervisor was", "teamleiter", "teamleiterin", "teammate",
]);

static SIGN_OFFS: Words<128> = Words::of(&[
    "sincerely",
    "sincerely yours",
    "yours sincerely",
    "yours faithfully",
    "yours truly",
    "best regards",
    "kind regards",
    "regards",
    "warm regards",
    "best",
    "best wishes",
    "cheers",
    "thank you",
    "thanks",
    "respectfully",
    "mit freundlichen grussen",
    "freundliche grusse",
    "beste grusse",
    "viele grusse",
    "cordialement",
    "bien cordialement",
    "salutations distinguees",
    "atentamente",
    "saludos",
    "saludos cordiales",
    "un saludo",
    "cordiali saluti",
    "distinti saluti",
    "met vriendelijke groet",
    "vriendelijke groeten",
    "atenciosamente",
    "cumprimentos",
    "com os melhores cumprimentos",
    "z powazaniem",
    "med vanliga halsningar",
    "signature",
    "place",
    "date",
    "signed",
]);

/// Persons that a cue points at. `others` are sorted and do not overlap.
pub(super) fn persons(layout: &Layout<'_>, runs: &[Run], slugs: &Slugs, others: &[Span]) -> Vec<Range<usize>> {
    let text = layout.text;
    let mut found = Vec::new();
    let mut signed = false;
    let mut seen = 0;
    for line in &layout.lines {
        let content = &text[line.range.clone()];
        let inside = |span: &&Span| span.range.end <= line.range.end;
        let first = others.partition_point(|span| span.range.start < line.range.start);
        let on_line = others[first..].iter().take_while(|span| span.range.start < line.range.end);
        let has_contact = on_line.filter(inside).any(|span| matches!(span.kind, Kind::Email | Kind::Phone));
        while runs.get(seen).is_some_and(|run| run.range.start < line.range.start) {
            seen += 1;
        }
        let mine: Vec<&Run> = runs[seen..].iter().take_while(|run| run.range.end <= line.range.end).collect();
        let lists_authors = line.lists_authors || authors(text, &mine, &line.range) >= 2;
        let mut list_end = None;
        for run in mine {
            if overlaps(others, &run.range) {
                continue;
            }
            let place = Place::of(text, &line.range, run);
            if lists_authors && has_initials(text, run) && run.words.len() <= 2 && place.ends_entry {
                found.push(with_initials(text, &run.range));
                continue;
            }
            let acronym = run.words.len() == 1 && !text[run.range.clone()].contains(char::is_lowercase);
            let told = !(acronym && text[run.range.clone()].len() <= 5) && (place.has_title || place.follows(&STRONG))
                || (run.words.len() >= 2 && run.count <= 4 && place.follows(&COMPANIONS));
            let organization = || run.words.iter().any(|word| lexicon::ORGANIZATIONS.has(word));
            if place.is_organization || (!told && organization()) {
                continue;
            }
            // A list goes on: `interview panel: Ivo Dragomirov, Young-ho Cheon and Tina`.
            let goes_on = run.count <= 4
                && list_end.is_some_and(|end: usize| {
                    let between = text[end.min(run.range.start)..run.range.start].trim();
                    let joins = matches!(between, "and" | ", and" | "und" | "et" | "y" | "e" | "i" | "&");
                    joins || (between == "," && run.words.len() >= 2)
                });
            let leads = place.leads && place.closes && run.words.len() >= 2 && run.count <= 4;
            let whole_line = run.range == line.range && run.count <= 4;
            let is_person = told
                || goes_on
                || (run.words.len() >= 2 && slugs.is_made_of(&run.words))
                || (run.count >= 2 && run.count <= 4 && place.closes && place.follows_colon(&WEAK))
                || (leads && has_contact && !line.is_header)
                || (leads && line.names_others)
                || (signed && whole_line);
            if is_person {
                let alone = told && run.words.len() == 1;
                let range = if alone { with_surname(text, &run.range) } else { run.range.clone() };
                list_end = (told || goes_on).then_some(range.end);
                found.push(range);
            }
        }
        signed = content.len() <= 40 && SIGN_OFFS.has_folded(content.trim_end_matches([',', '.', '!', ':']));
    }
    found
}

/// Whether a range touches one of the spans, which are sorted and do not overlap.
fn overlaps(spans: &[Span], range: &Range<usize>) -> bool {
    let next = spans.partition_point(|span| span.range.end <= range.start);
    spans.get(next).is_some_and(|span| span.range.start < range.end)
}

/// Whether a run has initials, before or behind it.
fn has_initials(text: &str, run: &Run) -> bool {
    // A list of abbreviations (`BLS, ACLS, PALS`) is no list of authors: short capitals are no surname.
    let surname = text[run.range.clone()].split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    if super::is_upper(surname) && (2..=5).contains(&surname.chars().count()) {
        return false;
    }
    // `Hargreave LT`: capitals of at most three letters are initials.
    let last = run.words.last().map_or(0, |word| word.len());
    let capitals = run.words.len() > 1 && last <= 3 && text[..run.range.end].ends_with(|c: char| c.is_uppercase());
    capitals || run.count > run.words.len() || with_initials(text, &run.range) != run.range
}

/// How many runs with initials follow each other from the start of a line: two or more make it a list of authors.
fn authors(text: &str, runs: &[&Run], line: &Range<usize>) -> usize {
    let mut end = line.start;
    let mut count = 0;
    for run in runs {
        let between = text[end.min(run.range.start)..run.range.start].trim_matches(|c: char| !c.is_alphabetic());
        if !has_initials(text, run) || !["", "and", "und", "et", "y", "e"].contains(&between) {
            break;
        }
        count += 1;
        end = with_initials(text, &run.range).end;
    }
    count
}

/// A given name that a cue points at, with the ordinary word behind it that is its surname (`Carl L. Green`).
fn with_surname(text: &str, range: &Range<usize>) -> Range<usize> {
    let loose = run_at(text, range.start, false).filter(|run| run.count <= 3 && run.words.len() == 2);
    let closed =
        |run: &Run| text[run.range.end..].strip_prefix(' ').is_none_or(|rest| !rest.starts_with(char::is_uppercase));
    loose.filter(closed).map_or_else(|| range.clone(), |run| run.range)
}

/// A surname with the initials that follow it in a list of authors: `Iyer, P. R.`, `Hargreave LT`.
fn with_initials(text: &str, range: &Range<usize>) -> Range<usize> {
    let rest = &text[range.end..];
    let bare = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(' ')).unwrap_or(rest);
    let mut length = rest.len() - bare.len();
    let (mut letters, mut together) = (0, 0);
    for c in bare.chars() {
        match c {
            c if c.is_uppercase() && letters < 5 => (letters, together) = (letters + 1, together + 1),
            '.' | ' ' | '-' if letters > 0 => together = 0,
            _ => break,
        }
        // Initials without points are three at most.
        if together > 3 {
            return range.clone();
        }
        length += c.len_utf8();
    }
    let initials = rest[..length].trim_end();
    let ends = !rest[length..].starts_with(char::is_alphanumeric);
    if (1..=4).contains(&letters) && ends { range.start..range.end + initials.len() } else { range.clone() }
}

/// Firms and products that are named like people.
const TITLED_FIRMS: &[&str] =
    &["fields", "martens", "oetker", "pepper", "quixote", "reddy", "schar", "scholl", "tussauds"];

/// Words that may follow a person's name.
static JOINS: Words<32> =
    Words::of(&["at", "bei", "chez", "en", "from", "of", "on", "or", "and", "und", "et", "y", "e"]);

/// Bytes on each side of a run that can say what it is.
const WINDOW: usize = 96;

/// What surrounds a run on its line.
struct Place<'a> {
    /// The end of what stands before.
    before: &'a str,
    /// At the start of the line, after a bullet, a number or a title.
    leads: bool,
    /// Followed by the end, a comma, a bracket, a dash, or where somebody works.
    closes: bool,
    has_title: bool,
    is_organization: bool,
    /// Followed by what ends an entry of a list of authors.
    ends_entry: bool,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, line: &Range<usize>, run: &Run) -> Place<'a> {
        // A window of neighbors: the line may be long.
        let start = floor(text, run.range.start.saturating_sub(WINDOW)).max(line.start);
        let end = floor(text, run.range.end + WINDOW).clamp(run.range.end, line.end);
        let before = &text[start..run.range.start];
        let after = &text[run.range.end..end];
        let head = before.trim_end();
        let last = head.split_whitespace().next_back().unwrap_or_default();
        let title = last.trim_end_matches('.').trim_start_matches(['(', '"', '•', '-']);
        let opens = last.starts_with(char::is_uppercase) || ["dhr.", "mevr.", "mw.", "sig.", "dott."].contains(&last);
        let firm = run.words.first().is_some_and(|word| in_list(TITLED_FIRMS, word));
        let has_title = lexicon::HONORIFICS.has_folded(title) && before.ends_with([' ', '.']) && opens && !firm;
        let without_title = if has_title { head[..head.len() - last.len()].trim_end() } else { head };
        let marker = without_title.trim_start_matches(|c: char| {
            "•*-–·▪◦>#".contains(c) || c.is_ascii_digit() || c == '.' || c == ')' || c == ' '
        });
        let next = after.trim_start();
        let next_word = &next[..next.find(|c: char| !c.is_alphabetic()).unwrap_or(next.len())];
        let closes = next.is_empty()
            || next.starts_with([',', '(', ':', '|', '–', '—', '-', '<', '[', '•', '.', ';', '/', '\t', '@', '+', '&'])
            || JOINS.has_folded(next_word);
        let organization = lexicon::ORGANIZATIONS.has_folded(next_word)
            || after.trim_start().starts_with("& ")
                && after.trim_start()[2..].starts_with(char::is_uppercase)
                && !has_title
            || head.ends_with('&');
        let tail = &before[floor(before, before.len().saturating_sub(48))..];
        let ends_entry = after.starts_with([',', '.', ';', ' ']) || after.is_empty();
        Place {
            before: tail.trim_end(),
            leads: marker.is_empty() && start == line.start,
            closes,
            has_title,
            is_organization: organization,
            ends_entry,
        }
    }

    /// Whether one of the cues stands right before, with or without a colon.
    fn follows(&self, cues: &Endings) -> bool {
        let before = self.before.trim_end_matches([':', ' ', '-', '–', '(', '"']);
        ends_with_word(before, cues)
    }

    /// Whether one of the cues stands right before, with a colon.
    fn follows_colon(&self, cues: &Endings) -> bool {
        // `Reference 1: ...`
        let before = self.before.trim_end_matches(|c: char| c.is_ascii_digit() || ": #.".contains(c));
        self.before.ends_with(':') && ends_with_word(before, cues) && !names_a_thing(before)
    }
}

/// Whether a label says whose name follows, and it is no person's (`Company Name`).
fn names_a_thing(label: &str) -> bool {
    static THINGS: Words<64> = Words::of(&[
        "bank", "brand", "business", "client", "college", "company", "course", "department", "domain", "employer",
        "event", "file", "firm", "hospital", "institute", "institution", "organisation", "organization", "product",
        "project", "school", "site", "system", "team", "university",
    ]);
    let mut words = label.split_whitespace().rev();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("name"))
        && words.next().is_some_and(|word| THINGS.has_folded(word))
}

fn ends_with_word(before: &str, cues: &Endings) -> bool {
    cues.may_end(before) && cues.end(&fold(before), |c| c.is_alphanumeric() || c == '\'')
}
