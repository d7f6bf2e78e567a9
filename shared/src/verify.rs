//! Verification: the model's answer held against the source, in code.
//!
//! What is checked so far: **numbers** (every figure of an answer's line must stand in a source) and **employers** (the
//! capitalized words beside a company form such as `GmbH`, or after "at"). A line with an
//! unsupported claim is reverted to the source's closest line, or dropped where there is none, or only flagged, as
//! [`Mode`] says. The job description is never a source.
//!
//! A line's verdict depends only on the source, never on later lines, so verified lines can be streamed. Both sides are
//! redacted texts; originals come back afterwards.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::str::FromStr;

use serde::Serialize;

use crate::prompts::{InvalidOutput, Output};
use crate::redaction::{Placeholders, Redacted, Vault, without_placeholders};
use crate::request::Input;

/// What happens to an unsupported claim (`VERIFY_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Its line is replaced by the source's, or dropped.
    Revert,
    /// It is reported only.
    Flag,
    /// Nothing is checked.
    Off,
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Mode, ()> {
        match text {
            "revert" => Ok(Mode::Revert),
            "flag" => Ok(Mode::Flag),
            "off" => Ok(Mode::Off),
            _ => Err(()),
        }
    }
}

/// A class of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A figure.
    Number,
    /// An organization somebody worked for.
    Employer,
}

/// A claim that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reverted {
    /// Its class.
    pub class: Class,
    /// The claim.
    pub claim: String,
    /// The line that stands in its place; empty where the line was dropped.
    pub replaced_by: String,
    /// First code point of that line in the answer's text.
    pub start: usize,
    /// One past its last.
    pub end: usize,
}

/// A claim that stands but has no support.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flagged {
    /// Its class.
    pub class: Class,
    /// The claim.
    pub claim: String,
    /// Its first code point in the answer's text.
    pub start: usize,
    /// One past its last.
    pub end: usize,
}

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What was done with unsupported claims.
    pub mode: Mode,
    /// Claims looked at.
    pub checked: usize,
    /// Claims the source supports.
    pub supported: usize,
    /// Claims taken back.
    pub reverted: Vec<Reverted>,
    /// Claims reported.
    pub flagged: Vec<Flagged>,
    /// What became of the placeholders.
    pub placeholders: Placeholders,
}

/// The facts of the sources.
pub struct Source {
    numbers: HashSet<String>,
    words: HashSet<String>,
    lines: Vec<String>,
    /// The lines that hold a word, by index.
    lines_of: HashMap<String, Vec<usize>>,
}

impl Source {
    /// Reads the sources' facts.
    #[must_use]
    pub fn of(texts: &[&Redacted]) -> Source {
        let mut source =
            Source { numbers: HashSet::new(), words: HashSet::new(), lines: Vec::new(), lines_of: HashMap::new() };
        for line in texts.iter().flat_map(|text| text.as_str().lines()) {
            let plain = without_placeholders(line);
            source.numbers.extend(numbers(&plain).map(|range| figure(&plain[range])));
            for word in word_set(line) {
                source.lines_of.entry(word.clone()).or_default().push(source.lines.len());
                source.words.insert(word);
            }
            if !line.trim().is_empty() {
                source.lines.push(line.to_owned());
            }
        }
        source
    }

    /// The facts that an answer to this input may state.
    #[must_use]
    pub fn of_input(input: &Input<Redacted>) -> Source {
        let mut source = Source::of(&input.sources());
        if let Input::CoverLetter { company, position, .. } = input {
            source.allow_words(&[company, position]);
        }
        source
    }

    /// Lets the answer name these, as a cover letter names the company it is sent to. They support no figure.
    fn allow_words(&mut self, texts: &[&Redacted]) {
        for text in texts {
            self.words.extend(word_set(text.as_str()));
        }
    }

    fn supports(&self, class: Class, claim: &str) -> bool {
        match class {
            Class::Number => self.numbers.contains(&figure(claim)),
            Class::Employer => words(claim).all(|range| self.words.contains(&claim[range].to_lowercase())),
        }
    }

    /// The source's line that shares the most words with `line`, the first of equals, and how many it shares.
    ///
    /// Rare words are looked up first and the look-ups are bounded, so that a source of many lines that all share a word
    /// does not make every line of an answer cost all of them.
    fn nearest(&self, line: &str) -> Option<(usize, &str)> {
        const MAX_LOOKUPS: usize = 4_096;
        let mut places: Vec<&Vec<usize>> = word_set(line).iter().filter_map(|word| self.lines_of.get(word)).collect();
        places.sort_by_key(|lines| lines.len());
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for index in places.into_iter().flatten().take(MAX_LOOKUPS) {
            *counts.entry(*index).or_default() += 1;
        }
        let best = counts.into_iter().max_by_key(|&(index, count)| (count, std::cmp::Reverse(index)));
        let (index, count) = best.unwrap_or((0, 0));
        self.lines.get(index).map(|line| (count, line.as_str()))
    }

    /// The nearest line, if it shares at least half of the words.
    fn closest(&self, line: &str) -> Option<&str> {
        let (common, nearest) = self.nearest(line)?;
        (common > 0 && common * 2 >= word_set(line).len()).then_some(nearest)
    }
}

/// Verifies every claim-bearing text of an answer against the input it was made from, and mends the answer in place.
/// `None` for a task whose answer claims nothing about the applicant.
///
/// # Errors
///
/// [`InvalidOutput`] where nothing of a text is left that the source supports. A résumé then becomes its source.
pub fn verify_output(
    output: &mut Output,
    input: &Input<Redacted>,
    mode: Mode,
    vault: &Vault,
) -> Result<Option<Verification>, InvalidOutput> {
    let sources = input.sources();
    if sources.is_empty() {
        return Ok(None);
    }
    let source = Source::of_input(input);
    let mut found = Verification::empty(mode);
    for (index, text) in output.claims_mut().into_iter().enumerate() {
        // A list keeps its length: a bullet falls back to its own source, an achievement to the line it comes from.
        let own = match input {
            Input::BulletPoints { .. } => sources.get(index).map(|own| own.as_str()),
            Input::Achievements { .. } => source.nearest(text).map(|(_, line)| line),
            _ => None,
        };
        let (verified, verification) = verify(&source, own, text, mode, vault);
        *text = verified;
        if text.trim().is_empty() {
            match (input, sources.first()) {
                (Input::ResumeOptimization { .. }, Some(resume)) => resume.as_str().clone_into(text),
                _ => return Err(InvalidOutput),
            }
        }
        found.add(verification);
    }
    let texts: Vec<&str> = output.claims_mut().into_iter().map(|text| text.as_str()).collect();
    if !texts.is_empty() {
        found.placeholders = vault.audit(&sources, &texts.join("\n"));
    }
    Ok(Some(found))
}

/// Verifies one text line by line. Returns the text to go on with; offsets are those of its restored form. `own` is what
/// an unsupported line becomes, where it is known; else the source's closest line.
#[must_use]
pub fn verify(source: &Source, own: Option<&str>, text: &str, mode: Mode, vault: &Vault) -> (String, Verification) {
    let mut found = Verification::empty(mode);
    if mode == Mode::Off {
        return (text.to_owned(), found);
    }
    let mut verified = String::with_capacity(text.len());
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let claims = claims(content);
        let is_unsupported =
            |(class, range): &&(Class, Range<usize>)| !source.supports(*class, &content[range.clone()]);
        let unsupported: Vec<_> = claims.iter().filter(is_unsupported).collect();
        found.checked += claims.len();
        found.supported += claims.len() - unsupported.len();
        let kept = match (unsupported.is_empty(), mode) {
            (false, Mode::Revert) => own.or_else(|| source.closest(content)).unwrap_or_default(),
            _ => content,
        };
        let restored = vault.rehydrate(kept);
        let length = restored.chars().count();
        for (class, range) in unsupported {
            let claim = vault.rehydrate(&content[range.clone()]);
            if mode == Mode::Revert {
                let (start, end) = (offset, offset + length);
                found.reverted.push(Reverted { class: *class, claim, replaced_by: restored.clone(), start, end });
            } else {
                let start = offset + vault.rehydrate(&content[..range.start]).chars().count();
                let end = start + claim.chars().count();
                found.flagged.push(Flagged { class: *class, claim, start, end });
            }
        }
        let dropped = kept.is_empty() && !content.is_empty();
        if !dropped {
            verified.push_str(kept);
            verified.push_str(&line[content.len()..]);
            offset += length + line.len() - content.len();
        }
    }
    (verified, found)
}

impl Verification {
    fn empty(mode: Mode) -> Verification {
        let placeholders = Placeholders::default();
        Verification { mode, checked: 0, supported: 0, reverted: Vec::new(), flagged: Vec::new(), placeholders }
    }

    /// Joins the findings of an answer's several texts.
    fn add(&mut self, other: Verification) {
        self.checked += other.checked;
        self.supported += other.supported;
        self.reverted.extend(other.reverted);
        self.flagged.extend(other.flagged);
    }
}

const COMPANY_FORMS: &[&str] =
    &["inc", "gmbh", "ltd", "llc", "ag", "corp", "corporation", "plc", "bv", "sarl", "se", "kg", "co"];

/// The claims of a line, as byte ranges in order of class.
fn claims(line: &str) -> Vec<(Class, Range<usize>)> {
    let plain = without_placeholders(line);
    let mut claims: Vec<(Class, Range<usize>)> = numbers(&plain).map(|range| (Class::Number, range)).collect();
    claims.extend(employers(&plain).into_iter().map(|range| (Class::Employer, range)));
    claims
}

/// Runs of capitalized words that name an organization: beside a company form, or after "at" or "@".
fn employers(line: &str) -> Vec<Range<usize>> {
    let words: Vec<Range<usize>> = words(line).collect();
    let capital = |range: &Range<usize>| line[range.clone()].starts_with(char::is_uppercase);
    let mut found = Vec::new();
    let mut index = 0;
    while index < words.len() {
        if !capital(&words[index]) {
            index += 1;
            continue;
        }
        let mut last = index;
        while last + 1 < words.len() && capital(&words[last + 1]) {
            let between = &line[words[last].end..words[last + 1].start];
            if !matches!(between, " " | " & " | "-" | ". ") {
                break;
            }
            last += 1;
        }
        let after_at = index > 0 && line[words[index - 1].clone()].eq_ignore_ascii_case("at")
            || line[..words[index].start].trim_end().ends_with('@');
        let form = words[index..=last]
            .iter()
            .any(|range| COMPANY_FORMS.contains(&line[range.clone()].to_lowercase().as_str()));
        if after_at || (form && last > index) {
            found.push(words[index].start..words[last].end);
        }
        index = last + 1;
    }
    found
}

/// Figures: digits with the separators inside them. Digits inside a word (`C4`, `v2`, `S3`) are names, not figures.
fn numbers(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(u8::is_ascii_digit)?;
            let inside = |i: usize| {
                bytes[i].is_ascii_digit()
                    || (matches!(bytes[i], b'.' | b',') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit))
            };
            let end = (start..bytes.len()).find(|&i| !inside(i)).unwrap_or(bytes.len());
            at = end;
            if !line[..start].ends_with(|c: char| c.is_alphabetic() || c == '_') {
                return Some(start..end);
            }
        }
    })
}

/// A figure without grouping, so that 1,200 and 1200 are the same.
fn figure(number: &str) -> String {
    let parts: Vec<&str> = number.split([',', '.']).collect();
    let grouped = parts.len() > 1 && parts[1..].iter().all(|part| part.len() == 3);
    if grouped { parts.concat() } else { number.replace(',', ".") }
}

fn words(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + line[rest..].find(char::is_alphanumeric)?;
        let end = line[start..].find(|c: char| !c.is_alphanumeric()).map_or(line.len(), |length| start + length);
        rest = end;
        Some(start..end)
    })
}

fn word_set(line: &str) -> HashSet<String> {
    let plain = without_placeholders(line);
    words(&plain).map(|range| plain[range].to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::redact_document;

    const SOURCE: &str = "Jane Doe\nEngineer at Northwind Freight Inc, 2016-2019\nCut costs by 12 % and 1,200 hours\n";

    fn verified(answer: &str, mode: Mode) -> (String, Verification) {
        let (source, vault, _) = redact_document(SOURCE);
        verify(&Source::of(&[&source]), None, answer, mode, &vault)
    }

    #[test]
    fn what_the_source_says_stands() {
        let answer = "<PII_REDACTED_NAME_1>\nCut 1200 hours and costs by 12 % at Northwind Freight, 2016-2019\n";
        let (text, found) = verified(answer, Mode::Revert);
        assert_eq!(text, answer);
        assert!(found.reverted.is_empty() && found.checked == 5 && found.supported == 5, "{found:?}");
    }

    #[test]
    fn an_invented_figure_reverts_to_the_sources_line() {
        let (text, found) = verified("Intro\nCut costs by 45 % and 1,200 hours\nManaged 800 people", Mode::Revert);
        assert_eq!(text, "Intro\nCut costs by 12 % and 1,200 hours\n");
        assert_eq!(found.reverted.len(), 2);
        let first = &found.reverted[0];
        assert_eq!((first.claim.as_str(), first.start, first.end), ("45", 6, 39));
        assert_eq!(found.reverted[1].replaced_by, "");
    }

    #[test]
    fn an_invented_employer_is_flagged_where_it_stands() {
        let (text, found) = verified("Äh, engineer at Globex Corporation, 2016-2019", Mode::Flag);
        assert_eq!(text, "Äh, engineer at Globex Corporation, 2016-2019");
        let flagged = &found.flagged[0];
        assert_eq!((flagged.class, flagged.claim.as_str()), (Class::Employer, "Globex Corporation"));
        assert_eq!(
            text.chars().skip(flagged.start).take(flagged.end - flagged.start).collect::<String>(),
            flagged.claim
        );
    }

    #[test]
    fn digits_in_names_are_not_figures_and_off_checks_nothing() {
        assert_eq!(verified("Used S3, EC2 and K8s", Mode::Revert).1.checked, 0);
        assert_eq!(verified("Managed 800 people", Mode::Off).1.checked, 0);
    }
}
