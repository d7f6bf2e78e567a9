//! Verification: the model's answer held against the source, in code.
//!
//! Every line of an answer is aligned with the source, and its claims are taken out: figures with what they count, dates and
//! durations, employers, titles with their seniority, degrees, certificates, tools, links, names; and, softly, verbs
//! of leading. A sentence with a hard claim that the source does not support becomes the source's own closest sentence, or
//! is dropped where there is none, or is only flagged, as [`Mode`] says. Verbs are only ever flagged. The job description
//! is never a source.
//!
//! A line's verdict depends on the source and on earlier lines, never on later ones, so verified lines can be streamed. Both
//! sides are redacted texts; originals come back afterwards.

mod acronyms;
mod alignment;
mod bait;
pub(crate) mod claimed;
mod claims;
mod dates;
mod disguise;
mod entries;
mod figures;
mod languages;
mod lines;
mod links;
mod lists;
mod numerals;
mod positions;
mod quantities;
mod source;

use std::str::FromStr;

use foldhash::HashSet;
use serde::{Deserialize, Serialize};

use crate::prompts::{InvalidOutput, Output};
use crate::redaction::{Placeholders, Redacted, Vault};
use crate::request::Input;
use bait::Bait;
use claims::{Claim, Context, judge};
pub use source::Source;

/// What happens to an unsupported claim (`VERIFY_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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

/// A class of claims. All are hard but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A figure and what it counts.
    Number,
    /// A date, a period, a length of time.
    Date,
    /// An organization somebody worked for.
    Employer,
    /// A position, its seniority included.
    Title,
    /// A level of study and its field.
    Degree,
    /// A certificate or a license.
    Certification,
    /// A tool, a method, a language.
    Skill,
    /// An address on the web, an image, markup.
    Link,
    /// Another name.
    Name,
    /// How far somebody was in charge: soft, flagged in every mode.
    Scope,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 10] = [
        Class::Number,
        Class::Date,
        Class::Employer,
        Class::Title,
        Class::Degree,
        Class::Certification,
        Class::Skill,
        Class::Link,
        Class::Name,
        Class::Scope,
    ];

    /// Whether an unsupported claim of this class is taken back.
    #[must_use]
    pub fn is_hard(self) -> bool {
        self != Class::Scope
    }
}

/// A claim that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
    let source = Source::of_input(input);
    if mode != Mode::Off {
        screen(output, input, &source.bait);
    }
    if sources.is_empty() {
        return Ok(None);
    }
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

/// Verifies a rewritten résumé by itself, for the `verify` command. All three texts must share the vault. Returns the
/// text before rehydration.
#[must_use]
pub fn verify_document(
    source: &Redacted,
    job: &Redacted,
    rewritten: &str,
    mode: Mode,
    vault: &Vault,
) -> (String, Verification) {
    let input = Input::ResumeOptimization { resume: source.clone(), job: job.clone() };
    let (text, mut found) = verify(&Source::of_input(&input), None, rewritten, mode, vault);
    found.placeholders = vault.audit(&[source], &text);
    (text, found)
}

/// Takes out of the remarks (changes, rationales, judgments) what no remark needs: links that the input's own document lacks,
/// and words that a hidden instruction of the documents asks for.
fn screen(output: &mut Output, input: &Input<Redacted>, bait: &Bait) {
    let sources = input.sources();
    let known = if sources.is_empty() { input.texts().collect() } else { sources };
    let known = known.iter().map(|text| text.as_str().to_lowercase()).collect::<Vec<_>>().join("\n");
    for remark in output.remarks_mut() {
        bait.screen(remark, &known);
    }
    output.drop_empty_remarks();
}

/// Verifies one text line by line. Returns the text to go on with; offsets are those of its restored form. `own` is what
/// an unsupported line becomes, where it is known; else the source's closest line.
#[must_use]
pub fn verify(source: &Source, own: Option<&str>, text: &str, mode: Mode, vault: &Vault) -> (String, Verification) {
    let mut verifier = Verifier::new(source, mode, vault);
    let verified: Vec<String> = text.split_inclusive('\n').map(|line| verifier.line(line, own)).collect();
    (verified.concat(), verifier.finish())
}

/// Verifies a text while it is being written.
pub struct Verifier<'a> {
    source: &'a Source,
    mode: Mode,
    vault: &'a Vault,
    context: Context,
    /// Lines of the source that already stand in the answer in the place of another.
    used: HashSet<String>,
    /// Code points of the restored text so far.
    offset: usize,
    found: Verification,
}

impl<'a> Verifier<'a> {
    /// At the beginning of a text.
    #[must_use]
    pub fn new(source: &'a Source, mode: Mode, vault: &'a Vault) -> Verifier<'a> {
        let context = Context::default();
        Verifier { source, mode, vault, context, used: HashSet::default(), offset: 0, found: Verification::empty(mode) }
    }

    /// The next line, its end included if it has one, as it may be shown; empty if it is dropped.
    #[must_use]
    pub fn line(&mut self, line: &str, own: Option<&str>) -> String {
        if self.mode == Mode::Off {
            return line.to_owned();
        }
        let visible = self.source.visible(line);
        let content = visible.strip_suffix('\n').unwrap_or(&visible);
        let sentences = sentences(content);
        let mut kept = String::with_capacity(visible.len());
        let mut start = self.offset;
        let is_whole = sentences.len() == 1;
        for sentence in &sentences {
            let text = self.sentence(sentence, own.filter(|_| is_whole), start, is_whole);
            if !is_whole {
                start += self.vault.restored_length(&text);
            }
            kept.push_str(&text);
        }
        if !content.trim().is_empty() {
            content.clone_into(&mut self.context.before);
        }
        let kept = if sentences.len() > 1 { kept.trim_end() } else { kept.as_str() };
        if kept.trim().is_empty() && !content.trim().is_empty() {
            return String::new();
        }
        let verified = format!("{kept}{}", &visible[content.len()..]);
        self.offset += self.vault.restored_length(&verified);
        verified
    }

    /// What stands in a sentence's place, which begins at `start`.
    fn sentence(&mut self, sentence: &str, own: Option<&str>, start: usize, is_whole: bool) -> String {
        let claims = judge(self.source, sentence, self.vault, &mut self.context);
        self.found.checked += claims.len();
        self.found.supported += claims.iter().filter(|claim| claim.supported).count();
        let unsupported = |claim: &&Claim| !claim.supported;
        let reverts = self.mode == Mode::Revert && claims.iter().filter(unsupported).any(|claim| claim.class.is_hard());
        let kept = if reverts { self.replacement(sentence, own, is_whole) } else { sentence.to_owned() };
        if claims.iter().all(|claim| claim.supported) {
            return kept;
        }
        let restored = self.vault.rehydrate(kept.trim_end());
        for claim in claims.iter().filter(unsupported) {
            let text = self.vault.rehydrate(&sentence[claim.range.clone()]);
            if reverts {
                if claim.class.is_hard() {
                    let end = start + restored.chars().count();
                    let replaced_by = restored.clone();
                    self.found.reverted.push(Reverted { class: claim.class, claim: text, replaced_by, start, end });
                }
            } else {
                let start = start + self.vault.restored_length(&sentence[..claim.range.start]);
                let end = start + text.chars().count();
                self.found.flagged.push(Flagged { class: claim.class, claim: text, start, end });
            }
        }
        kept
    }

    /// The source's words for a sentence that claims too much; empty where it has none, or has said them already.
    fn replacement(&mut self, sentence: &str, own: Option<&str>, is_whole: bool) -> String {
        // A bullet for a bullet and a line for a line: else what is told below would be told above, too.
        let fits = |line: &str| lines::is_bullet(line) == lines::is_bullet(sentence) && line.trim() != sentence.trim();
        let nearest =
            || self.source.nearest(sentence).filter(|(close, line)| *close && fits(line)).map(|(_, line)| line);
        let Some(line) = own.or_else(|| self.of_position(sentence)).or_else(nearest) else {
            return self.parts(sentence, is_whole);
        };
        let text = if is_whole { line } else { lines::closest_sentence(line, sentence) };
        if own.is_none() && !self.used.insert(text.trim().to_owned()) {
            return String::new();
        }
        let space = if is_whole || text.ends_with(' ') { "" } else { " " };
        format!("{text}{space}")
    }

    /// What the position says that the answer is at, for a line of its head that says something else.
    fn of_position(&self, sentence: &str) -> Option<&'a str> {
        if lines::is_bullet(sentence) || !lines::is_head(sentence) {
            return None;
        }
        self.source.head_line(self.context.entry?, sentence)
    }

    /// The several lines that a line was made of: what it claims too much does not cost what it told rightly.
    fn parts(&mut self, line: &str, is_whole: bool) -> String {
        if !is_whole {
            return String::new();
        }
        let parts: Vec<&str> = self
            .source
            .parts(line)
            .into_iter()
            .filter(|part| lines::is_bullet(part) == lines::is_bullet(line))
            .collect();
        let parts: Vec<&str> = parts.into_iter().filter(|part| self.used.insert(part.trim().to_owned())).collect();
        parts.join("\n")
    }

    /// What was found in all of it.
    #[must_use]
    pub fn finish(self) -> Verification {
        self.found
    }
}

/// The sentences of a line with the blanks behind them. A short line, or one without a sentence's end inside, is one.
fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in memchr::memchr3_iter(b'.', b'!', b'?', line.as_bytes()) {
        let rest = &line[at + 1..];
        let word = line[start..at].rsplit(|c: char| !c.is_alphanumeric() && c != '.').next().unwrap_or_default();
        // "e.g. ", "B.Sc. ", "J. ", "Dr. "
        let abbreviated = word.len() <= 3 && !word.chars().all(|c| c.is_ascii_digit())
            || word.contains('.') && !word.contains(char::is_numeric);
        let next = rest.trim_start();
        if rest.starts_with(' ')
            && next.starts_with(|c: char| c.is_uppercase() || c == '<' || c.is_ascii_digit())
            && !abbreviated
        {
            let end = line.len() - next.len();
            found.push(&line[start..end]);
            start = end;
        }
    }
    found.push(&line[start..]);
    found
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

#[cfg(test)]
mod tests;
