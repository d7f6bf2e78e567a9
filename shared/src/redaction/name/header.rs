//! The owner of a résumé: who stands at its top, or whose name makes its e-mail address.

use std::cell::OnceCell;
use std::ops::Range;

use super::{Slugs, run_at, runs};
use crate::redaction::layout::{FIRST_LINES, Layout, fold, words};
use crate::redaction::lexicon;
use crate::redaction::{Kind, Span, placeholder};

/// Lines at the top among which a phone number or an e-mail address makes the document somebody's.
const CONTACT_LINES: usize = 8;

const LABELS: &[&str] = &[
    "applicant", "candidate", "candidate name", "cognome e nome", "full name", "imie i nazwisko", "naam", "name",
    "name of candidate", "name of applicant", "nachname", "nom", "nom complet", "nom et prenom", "nombre",
    "nombre completo", "nombre y apellidos", "nome", "nome completo", "nome e cognome", "prenom", "vorname",
    "your name", "姓名", "名前", "氏名", "namn", "navn", "nimi", "jmeno", "apellidos", "surname", "first name",
    "last name", "given name", "family name", "vor- und nachname", "resume", "cv", "curriculum vitae", "resume of",
    "lebenslauf", "cognome", "forename", "forenames", "voornaam", "achternaam", "imie", "nazwisko", "fornamn",
    "efternamn", "vor- und zuname", "zuname", "fornavn", "etternavn", "efternavn", "apellido", "sobrenome",
    "first names", "given names", "family names", "nombres", "etunimi", "sukunimi", "name und vorname",
];

/// The owner's name as written; in parts where labels set them apart (`First name:`, `Surname:`).
pub(super) fn owner(layout: &Layout<'_>, slugs: &Slugs, others: &[Span]) -> Vec<Range<usize>> {
    let text = layout.text;
    let top_end = layout.lines.get(CONTACT_LINES).map_or(text.len(), |line| line.range.start);
    let reachable = others
        .iter()
        .take_while(|span| span.range.start < top_end)
        .any(|span| matches!(span.kind, Kind::Email | Kind::Phone));
    // A job description has no owner; its first line names a position and a company.
    // Without anything to contact, only the first line can be a name by its place, and nothing else may stand there.
    // One that begins with somebody's phone number or address is a résumé, whatever its words.
    let job = OnceCell::new();
    let by_place = || reachable || !*job.get_or_init(|| is_job(text));
    let contactable = slugs.any()
        || text.contains("PII_REDACTED")
        || layout.lines.iter().take(12).any(|line| line.is_header && line.has_digit);
    let mut best: Option<(i32, Range<usize>)> = None;
    let mut parts = Vec::new();
    let offer = |best: &mut Option<(i32, Range<usize>)>, score: i32, range: Range<usize>| {
        if score > 0 && best.as_ref().is_none_or(|(known, _)| score > *known) {
            *best = Some((score, range));
        }
    };
    let first = usize::from(layout.lines.first().is_some_and(|line| is_title(&text[line.range.clone()])));
    for (index, line) in layout.lines.iter().enumerate() {
        let top = index < FIRST_LINES;
        if line.is_settled {
            continue;
        }
        if !line.is_header && !top {
            // Exports put the name beside a column: a line that is nothing but a name that makes the address.
            let content = &text[line.range.clone()];
            if content.len() <= 50
                && slugs.any()
                && let Some((range, words, _)) = whole_name(text, &line.range, slugs, false)
                && slugs.is_made_of(&words)
            {
                offer(&mut best, 30, range);
            }
            continue;
        }
        let content = &text[line.range.clone()];
        if is_title(content) || lexicon::section(content).is_some() {
            continue;
        }
        let fields = layout.fields(line);
        for (place, field) in fields.iter().enumerate() {
            // A placeholder in the input stands where a name stood.
            if placeholder::has_name(&text[field.clone()]) {
                return best.map(|(_, range)| range).into_iter().chain(parts).collect();
            }
            let above = index.checked_sub(1).map(|above| layout.lines[above].range.clone()).filter(|_| place == 0);
            let beside = place.checked_sub(1).map(|beside| fields[beside].clone());
            let labeled = labeled(text, field)
                .or_else(|| beside.or(above).filter(|label| is_label(&text[label.clone()])).map(|_| field.clone()));
            if let Some(value) = labeled.as_ref().and_then(|value| loose_name(text, value)) {
                parts.push(value);
            }
            let part = labeled.clone().unwrap_or_else(|| without_lead(text, field));
            let Some((range, words, count)) = whole_name(text, &part, slugs, reachable && index == first) else {
                if labeled.is_some()
                    && let Some(range) = loose_name(text, &part)
                {
                    offer(&mut best, 90, range);
                } else if top && let Some(range) = lower_name(text, &part, slugs) {
                    offer(&mut best, 40, range);
                }
                continue;
            };
            let linked = slugs.links(&words, true);
            // Nothing behind it but degrees: `, MSc`.
            let alone = text[range.end..field.end].split(|c: char| !c.is_alphanumeric()).all(|word| word.len() <= 5);
            let place = i32::try_from(index * 3 + place).unwrap_or(i32::MAX);
            let score = match (labeled.is_some(), linked) {
                (true, _) => 100,
                (false, 2..) => 80 - place,
                (false, 1) => 60 - place,
                (false, _)
                    if count >= 2
                        && !words.iter().any(|word| lexicon::ORGANIZATIONS.has(word))
                        && top
                        && (contactable || (index == first && alone && layout.lines.len() > first + 1))
                        && by_place() =>
                {
                    25 - place
                }
                _ => 0,
            };
            offer(&mut best, score, range);
        }
    }
    if let Some((_, range)) = best {
        let other = other_half(layout, &range);
        return std::iter::once(with_nickname(text, range)).chain(other).chain(parts).collect();
    }
    // The first two lines hold one word of the name each, as templates set it in large letters.
    if reachable
        && let Some((line, next)) = layout.lines.get(first).zip(layout.lines.get(first + 1))
        && is_one_name(text, &line.range)
        && is_one_name(text, &next.range)
    {
        return vec![line.range.clone(), next.range.clone()];
    }
    // Nowhere by itself: a run in the first lines that makes the address.
    let end = layout.lines.get(FIRST_LINES * 2).map_or(text.len(), |line| line.range.end);
    let linked = runs(text, &(0..end)).into_iter().find(|run| run.words.len() >= 2 && slugs.is_made_of(&run.words));
    linked.map(|run| run.range).into_iter().chain(parts).collect()
}

/// Whether a line is one word that can be a name.
fn is_one_name(text: &str, line: &Range<usize>) -> bool {
    let run = run_at(text, line.start, true);
    run.is_some_and(|run| run.range == *line && run.words.len() == 1 && run.count == 1 && run.words[0].len() > 2)
}

/// The line above or below a name of one word that holds the rest of it: also one word, nothing else.
fn other_half(layout: &Layout<'_>, name: &Range<usize>) -> Option<Range<usize>> {
    let index =
        layout.line_of(name.start).filter(|index| *index < FIRST_LINES && layout.lines[*index].range == *name)?;
    if !is_one_name(layout.text, name) {
        return None;
    }
    let beside = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
    let lines = beside.filter_map(|index| layout.lines.get(index).map(|line| line.range.clone()));
    lines.into_iter().find(|line| is_one_name(layout.text, line))
}

/// Whether a line is the document's own title.
fn is_title(line: &str) -> bool {
    const TITLES: &[&str] = &[
        "bewerbung",
        "curriculum",
        "curriculum vitae",
        "cv",
        "cv/resume",
        "hoja de vida",
        "lebenslauf",
        "oneletrajz",
        "ozgecmis",
        "resume",
        "zivotopis",
        "βιογραφικο σημειωμα",
        "резюме",
        "履歴書",
        "简历",
    ];
    TITLES.contains(&fold(line.trim_matches(|c: char| !c.is_alphanumeric())).as_str())
}

/// The name with a nickname in brackets behind it: `Phuoc Nguyen (Felix)`.
fn with_nickname(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = text[range.end..].strip_prefix(" (").and_then(|rest| rest.split_once(')')).map(|(inside, _)| inside);
    let nickname = inside.filter(|name| {
        let letters = name.chars().all(|c| c.is_alphabetic() || c == ' ');
        let upper = name.chars().filter(|c| c.is_uppercase()).count();
        letters
            && (3..=16).contains(&name.len())
            && upper == 1
            && !lexicon::NOT_NAMES.has_folded(name)
            && !["him", "her", "she"].contains(name)
    });
    range.start..range.end + nickname.map_or(0, |name| name.len() + 3)
}

/// Whether a text reads as a job description: it speaks to an applicant.
fn is_job(text: &str) -> bool {
    const CUES: &[&str] = &[
        "you will", "you'll", "we are hiring", "are hiring", "apply ", "requirements", "we offer", "who you are",
        "about us", "your role", "the role", "job description", "we're looking", "we are looking", "what you",
        "equal opportunity", "benefits", "ideal candidate", "responsibilities", "nice to have", "vous ", "wir bieten",
        "ihr profil", "dein profil", "deine aufgaben", "ofrecemos", "buscamos", "requisitos", "nous recherchons",
        "profil recherche", "oferecemos", "offriamo", "wij bieden", "wymagania", "oferujemy",
    ];
    let head = &text[..crate::redaction::layout::floor(text, 6_000)];
    let lower = head.to_lowercase();
    CUES.iter().filter(|cue| lower.contains(**cue)).count() >= 2
}

/// Whether a field or a line is a name label by itself: the value stands beside or below it.
fn is_label(content: &str) -> bool {
    const TITLES: [&str; 6] = ["cv", "curriculum vitae", "lebenslauf", "resume", "resume of", "applicant"];
    let label = fold(content.trim_end_matches([':', '：', ' ']).trim_matches(|c: char| "*_ ".contains(c)));
    content.len() <= 40 && LABELS.contains(&label.as_str()) && !TITLES.contains(&label.as_str())
}

/// What stands behind a name label.
fn labeled(text: &str, field: &Range<usize>) -> Option<Range<usize>> {
    let content = &text[field.clone()];
    let colon = content.find([':', '：'])?;
    let label = fold(content[..colon].trim_matches(|c: char| !c.is_alphabetic()));
    if !LABELS.contains(&label.as_str()) {
        return None;
    }
    let value = content[colon..].trim_start_matches([':', '：', ' ', '*', '_']);
    Some(field.end - value.len()..field.end)
}

/// The field without the document's own title before the name.
fn without_lead(text: &str, field: &Range<usize>) -> Range<usize> {
    let content = &text[field.clone()];
    let mut rest = content.trim_start_matches(|c: char| "#*_=>~ •\"“".contains(c));
    for lead in [
        "curriculum vitae", "curriculum", "lebenslauf", "resume", "résumé", "cv", "bewerbung", "of", "for", "von", "de",
    ] {
        let matches =
            rest.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead) || is_equal_folded(head, lead));
        let next = rest.get(lead.len()..).unwrap_or_default();
        if matches && next.starts_with(|c: char| !c.is_alphanumeric()) {
            rest = next.trim_start_matches(|c: char| !c.is_alphanumeric());
        }
    }
    field.end - rest.len()..field.end
}

/// Whether two texts that are not equal as ASCII are equal folded.
fn is_equal_folded(one: &str, other: &str) -> bool {
    !(one.is_ascii() && other.is_ascii()) && fold(one) == fold(other)
}

/// A range that begins with a name of two to five words (or one linked word) and holds nothing else but what follows a
/// comma, a bar or a dash.
///
/// On the first line of somebody who can be reached (`is_first`) words that are mostly something else may be a name.
fn whole_name(
    text: &str,
    range: &Range<usize>,
    slugs: &Slugs,
    is_first: bool,
) -> Option<(Range<usize>, Vec<String>, usize)> {
    let content = &text[range.clone()];
    let mut start = range.start;
    // Titles before the name are left out of it.
    while let Some(word) = words(&text[start..range.end]).next() {
        let title = fold(&text[start + word.start..start + word.end]);
        if word.start > 0 || !lexicon::HONORIFICS.has(&title) {
            break;
        }
        let rest = text[start + word.end..range.end].trim_start_matches(['.', ' ', '-']);
        start = range.end - rest.len();
        if rest.is_empty() {
            return None;
        }
    }
    if let Some(length) = ideographs(&text[start..range.end]) {
        return Some((start..start + length, vec![text[start..start + length].to_owned()], 2));
    }
    let strict = run_at(text, start, true);
    // A name of ordinary words (`Will Young`) counts if an address is made of it.
    let loose = || {
        run_at(text, start, false).filter(|run| run.words.len() >= 2).filter(|run| {
            slugs.links(&run.words, true) >= 2 || slugs.is_made_of(&run.words) || (is_first && is_plausible(&run.words))
        })
    };
    let fits = |run: &super::Run| {
        let rest = &text[run.range.end.min(range.end)..range.end];
        // `Jr.`, `Sr.`
        let suffix = run.words.last().is_some_and(|word| ["jr", "sr", "esq"].contains(&word.as_str()));
        run.range.end <= range.end && ends(if suffix { rest.strip_prefix('.').unwrap_or(rest) } else { rest })
    };
    let strict = strict.map(|run| without_credentials(text, with_middle(text, run, range.end)));
    let run = strict.filter(fits).or_else(|| loose().filter(fits))?;
    let rest = text[run.range.end..range.end].trim_start();
    let surname_first = rest.strip_prefix(", ").and_then(|next| run_at(text, range.end - next.len(), true));
    let long = run.words.iter().any(|word| word.chars().count() > 2) || run.words.len() >= 2;
    if !long || run.count > 5 || content.len() > 90 {
        return None;
    }
    let prefixed = run.count == 2
        && run.words.len() == 1
        && text[run.range.clone()].chars().nth(1).is_some_and(|c| "'’".contains(c));
    if run.count == 1 || prefixed {
        // `DOE, Jane`, `O'Brien, Seán`: the surname first, and nothing behind.
        let is_given = |given: &super::Run| {
            given.range.end == range.end
                && given.count <= 3
                && !lexicon::CREDENTIALS.has_folded(&text[given.range.clone()])
                && given.words.iter().any(|w| w.len() > 2)
        };
        if let Some(given) = surname_first.filter(is_given) {
            let words = run.words.into_iter().chain(given.words).collect();
            return Some((start..range.end, words, 2));
        }
    }
    Some((run.range, run.words, run.count))
}

/// Whether two to four words can be somebody's name although one of them is usually something else (`Angela Berlin`).
fn is_plausible(words: &[String]) -> bool {
    let known = |word: &String| lexicon::NOT_NAMES.has(word);
    let given = words.first().is_some_and(|word| lexicon::HOMONYMS.has(word));
    words.len() <= 4
        && (given || !words.iter().all(known))
        && !words.iter().any(|word| lexicon::ORGANIZATIONS.has(word))
}

/// A name with what stands between its parts: a nickname (`Theodore "Ted" Vasquez`) or a wide gap.
fn with_middle(text: &str, run: super::Run, end: usize) -> super::Run {
    let rest = text.get(run.range.end..end).unwrap_or_default();
    let bare = rest.trim_start_matches(' ');
    let nickname = [('"', '"'), ('“', '”'), ('\'', '\''), ('(', ')')].into_iter().find_map(|(open, close)| {
        let (inside, after) = bare.strip_prefix(open)?.split_once(close)?;
        (inside.len() <= 16 && inside.chars().all(char::is_alphabetic)).then_some(after)
    });
    let after = match nickname {
        Some(after) => after.trim_start_matches(' '),
        None if rest.starts_with("  ") && run.count <= 2 => bare,
        None => return run,
    };
    let next = run_at(text, end - after.len(), true).filter(|next| run.count + next.count <= 5);
    next.filter(|_| after.starts_with(char::is_uppercase)).map_or_else(
        || run.clone(),
        |next| super::Run {
            range: run.range.start..next.range.end,
            words: run.words.iter().cloned().chain(next.words).collect(),
            count: run.count + next.count,
        },
    )
}

/// A name without the degrees and licences behind it (`Theresa Caldwell RN BSN`).
fn without_credentials(text: &str, mut run: super::Run) -> super::Run {
    while run.words.len() > 2 {
        let name = &text[run.range.clone()];
        let last = name.rsplit(' ').next().unwrap_or_default();
        if !(lexicon::CREDENTIALS.has_folded(last) && super::is_upper(last)) {
            break;
        }
        run.range.end -= name.len() - name[..name.len() - last.len()].trim_end().len();
        run.words.pop();
        run.count -= 1;
    }
    run
}

/// Whether what follows a name may follow one: nothing, a sign, a degree.
fn ends(rest: &str) -> bool {
    let rest = rest.trim_start();
    let word = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
    rest.is_empty()
        || (lexicon::CREDENTIALS.has_folded(word) && super::is_upper(word))
        || rest.starts_with([',', '|', '(', '[', '–', '—', ';', '/', '*', '_', '"', '•', '·', '\'', '’', '<'])
        || rest.starts_with("- ")
        || rest.starts_with("# ")
}

/// Behind a label anything short that has no digit is a name.
fn loose_name(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let content = &text[range.clone()];
    let end = content.find([',', '|', '(', '•']).unwrap_or(content.len());
    let value = content[..end].trim();
    let plain =
        !value.is_empty() && value.len() <= 60 && value.chars().all(|c| c.is_alphabetic() || " .-'’".contains(c));
    plain.then(|| range.start..range.start + value.len())
}

/// Two or three words in lower case that both occur in an address (`jane doe`).
fn lower_name(text: &str, range: &Range<usize>, slugs: &Slugs) -> Option<Range<usize>> {
    let content = text[range.clone()].trim();
    let plain = content.len() <= 50 && content.chars().all(|c| c.is_alphabetic() || " .-'’".contains(c));
    let words: Vec<String> = content.split_whitespace().map(fold).collect();
    (plain && (2..=4).contains(&words.len()) && slugs.links(&words, true) >= 2)
        .then(|| range.start..range.start + content.len())
}

/// Two to four ideographs or kana that stand alone: a name in Chinese, Japanese or Korean.
fn ideographs(text: &str) -> Option<usize> {
    let is_one = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    let length = text.find(|c: char| !is_one(c) && c != ' ').unwrap_or(text.len());
    let value = text[..length].trim_end();
    let count = value.chars().filter(|c| is_one(*c)).count();
    let rest = text[value.len()..].trim_start();
    ((2..=5).contains(&count) && (rest.is_empty() || rest.starts_with(['(', ',', '（', '|', '/'])))
        .then_some(value.len())
}
