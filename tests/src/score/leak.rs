//! Which part of a value identifies somebody, by kind.

use super::gold::Mark;
use super::text::{compact, norm};

const TITLES: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "professor", "sir", "herr", "frau", "sra", "sr", "dra", "eng", "ing", "phd", "md",
    "mba", "jr", "iii", "esq", "reference", "von", "van", "der", "den", "del", "dos", "bin", "ibn", "mac", "the",
    "and", "mme", "capt", "rev", "dipl",
];
const STREET: &[&str] = &[
    "street", "avenue", "road", "lane", "drive", "court", "place", "boulevard", "apartment", "suite", "floor", "flat",
    "unit", "house", "building", "block", "near", "opposite", "apto", "piso", "north", "south", "east", "west",
    "square", "close", "crescent", "terrace", "main", "strasse", "straße", "straat", "calle", "avenida", "rua", "via",
    "rue", "weg", "platz", "plaza", "view", "park", "city", "road,",
];

/// Whether the surviving runs of a span give it away.
pub(super) fn leaks(mark: &Mark, runs: &[String]) -> bool {
    let whole = compact(&mark.value);
    let any = |parts: &[String]| {
        parts.iter().any(|part| !part.is_empty() && runs.iter().any(|run| run.contains(part.as_str())))
    };
    let run_of = |length: usize| runs.iter().any(|run| run.chars().count() >= length.min(whole.chars().count()));
    let share = |share: f64| {
        let left: usize = runs.iter().map(|run| run.chars().count()).sum();
        #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
        let enough = left as f64 >= share * whole.chars().count().max(1) as f64;
        enough
    };
    let four_of = |part: &str| {
        part.chars().count() >= 4
            && runs.iter().any(|run| {
                let run: Vec<char> = run.chars().collect();
                run.windows(4).any(|window| part.contains(&window.iter().collect::<String>()))
            })
    };
    let core: Vec<String> = mark.core.iter().map(|part| compact(part)).filter(|part| !part.is_empty()).collect();
    if !mark.core.is_empty() {
        return any(&core) || (mark.kind == "EMAIL" && core.first().is_some_and(|part| four_of(part)));
    }
    let normal = norm(&mark.value);
    match mark.kind.as_str() {
        "NAME" => name(&normal, &any, &run_of),
        "EMAIL" => {
            let signs = ["@", "(at)", "[at]", "{at}", " at ", "(a)"];
            let end = signs.iter().filter_map(|sign| normal.find(sign)).min().unwrap_or(normal.len());
            let local = compact(&normal[..end].replace("mailto:", ""));
            any(std::slice::from_ref(&local)) || four_of(&local)
        }
        "PHONE" => {
            let digits = whole.chars().filter(char::is_ascii_digit).count().min(6);
            runs.iter().flat_map(|run| run.split(|c: char| !c.is_ascii_digit())).any(|left| left.len() >= digits)
        }
        "SSN" | "NATIONAL_ID" | "PASSPORT" => run_of(4),
        "IBAN" | "CREDIT_CARD" => run_of(6),
        "DOB" => share(0.6),
        "URL" => {
            let path = normal.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
            let last = path.split('/').skip(1).map(compact).filter(|part| part.chars().count() >= 4).last();
            share(0.6) || last.is_some_and(|last| any(&[last]))
        }
        "ADDRESS" => {
            let words = split(&normal, |c| c.is_alphanumeric() && !c.is_ascii_digit());
            let mut parts: Vec<String> = words
                .into_iter()
                .filter(|word| word.chars().count() >= 4 && !STREET.contains(&word.as_str()))
                .collect();
            parts.extend(split(&normal, |c| c.is_ascii_digit()).into_iter().filter(|digits| digits.len() >= 4));
            any(&if parts.is_empty() { vec![compact(&normal)] } else { parts })
        }
        _ => any(std::slice::from_ref(&whole)),
    }
}

fn name(normal: &str, any: &dyn Fn(&[String]) -> bool, run_of: &dyn Fn(usize) -> bool) -> bool {
    let words = split(normal, |c| c.is_alphanumeric() && !c.is_ascii_digit());
    let no_title = |word: &String| !TITLES.contains(&word.as_str());
    if !words.is_empty() && words.iter().all(|word| word.chars().count() == 1 && word < &"\u{2e80}".to_owned()) {
        return run_of(4);
    }
    if normal.chars().any(|c| c >= '\u{2e80}') {
        return any(&words.into_iter().filter(no_title).collect::<Vec<_>>());
    }
    let at_least = |length: usize| -> Vec<String> {
        words.iter().filter(|word| word.chars().count() >= length).filter(|word| no_title(word)).cloned().collect()
    };
    let parts = [at_least(3), at_least(2), words.clone()].into_iter().find(|parts| !parts.is_empty());
    any(&parts.unwrap_or_default())
}

fn split(text: &str, inside: impl Fn(char) -> bool) -> Vec<String> {
    text.split(|c: char| !inside(c)).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
