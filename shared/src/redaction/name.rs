//! Names of people: the owner by the structure of his document, others by cues, all of them again where they recur.
//!
//! Order of work: the header's shape, a link between its words and an e-mail address or profile, recurrence of the words
//! found, cues for third persons (titles, `report to`, references, sign-offs, a phone number or address beside the name).
//! No list of names is used; lists say what is *not* a person.

mod cues;
mod header;
mod recurrence;

use std::collections::BTreeSet;
use std::ops::Range;

use super::layout::{Layout, fold, folded};
use super::lexicon;
use super::{Kind, Span};

/// Name words of a request, folded.
#[derive(Debug, Default)]
pub(super) struct Known {
    words: BTreeSet<String>,
    /// The ASCII letters that they begin with, as bits.
    firsts: u32,
}

/// Whether all letters are capitals.
pub(super) fn is_upper(word: &str) -> bool {
    word.chars().all(|c| !c.is_alphabetic() || c.is_uppercase())
}

/// The bit of an ASCII letter.
fn letter_bit(word: &str) -> u32 {
    word.bytes().next().filter(u8::is_ascii_alphabetic).map_or(0, |byte| 1 << (byte & 31))
}

impl Known {
    /// Adds the words of a name; of a third person's only those that are hardly words of something else.
    fn add(&mut self, name: &str, is_owner: bool) {
        for word in name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
            let folded = fold(word);
            let long = folded.chars().count() >= if is_owner { 2 } else { 3 };
            let plain = lexicon::PARTICLES.has(&folded) || lexicon::HONORIFICS.has(&folded);
            let common =
                (!is_owner && lexicon::NOT_NAMES.has(&folded)) || lexicon::CREDENTIALS.has(&folded) && is_upper(word);
            if long && !plain && !common {
                self.firsts |= letter_bit(&folded);
                self.words.insert(folded);
            }
        }
    }

    /// Whether a word, folded, is one of them.
    fn has_folded(&self, word: &str) -> bool {
        let possible = !word.starts_with(|c: char| c.is_ascii_alphabetic()) || self.firsts & letter_bit(word) != 0;
        possible && self.words.contains(&*folded(word))
    }

    /// Whether a folded text holds one of the words, of four letters or more.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.len() >= 4 && text.contains(word.as_str()))
    }
}

/// Finds names in a text and adds their words to what is known of the request.
pub(super) fn find(layout: &Layout<'_>, is_resume: bool, others: &[Span], known: &mut Known, found: &mut Vec<Span>) {
    let slugs = Slugs::of(layout.text, others);
    for owner in if is_resume { header::owner(layout, &slugs, others) } else { Vec::new() } {
        known.add(&layout.text[owner.clone()], true);
        found.push(Span { range: owner, kind: Kind::Name });
    }
    let open = layout.lines.iter().filter(|line| !line.is_settled);
    let runs = open.flat_map(|line| runs(layout.text, &line.range)).collect::<Vec<Run>>();
    for run in cues::persons(layout, &runs, &slugs, others) {
        known.add(&layout.text[run.clone()], false);
        found.push(Span { range: run, kind: Kind::Name });
    }
}

/// Later and earlier mentions of what is known by now.
pub(super) fn find_again(layout: &Layout<'_>, known: &Known, found: &mut Vec<Span>) {
    recurrence::find(layout, known, found);
}

/// Addresses that names are compared with, at most; the first ones are the owner's.
const MAX_SLUGS: usize = 128;

/// What a name is compared with: folded, letters only.
pub(super) struct Slugs {
    /// Local parts, paths of profiles, user names.
    own: Vec<String>,
    /// Hosts, which are as often a company's as a person's.
    hosts: Vec<String>,
}

impl Slugs {
    fn of(text: &str, others: &[Span]) -> Slugs {
        let mut slugs = Slugs { own: Vec::new(), hosts: Vec::new() };
        let letters = |value: &str| value.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        let add = |list: &mut Vec<String>, value: String| {
            if value.chars().count() >= 3 && list.len() < MAX_SLUGS && !list.contains(&value) {
                list.push(value);
            }
        };
        for span in others.iter().filter(|span| matches!(span.kind, Kind::Email | Kind::Url | Kind::Handle)) {
            let value = fold(&text[span.range.clone()]);
            if span.kind == Kind::Email {
                add(&mut slugs.own, letters(value.split(['@', '(', '[', '{']).next().unwrap_or_default()));
                continue;
            }
            let bare = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
            let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
            add(&mut slugs.hosts, letters(host.trim_start_matches("www.")));
            add(&mut slugs.own, letters(path));
        }
        slugs
    }

    fn any(&self) -> bool {
        !self.own.is_empty() || !self.hosts.is_empty()
    }

    /// How many of a name's words of three letters or more occur in one slug; `hosts` count for an owner only.
    fn links(&self, words: &[String], hosts: bool) -> usize {
        let long = |word: &&String| word.chars().count() >= 3;
        let count = |slug: &String| words.iter().filter(long).filter(|word| slug.contains(word.as_str())).count();
        let own = self.own.iter().map(count).max().unwrap_or(0);
        let host = self.hosts.iter().filter(|_| hosts).map(count).max().unwrap_or(0);
        own.max(host)
    }

    /// Whether a slug is made of this name: two of its words, or its last word with the first one's initial.
    fn is_made_of(&self, words: &[String]) -> bool {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        let initial: String = first.chars().take(1).collect();
        let starts = |slug: &String| {
            slug.starts_with(&format!("{initial}{last}")) || slug.starts_with(&format!("{last}{initial}"))
        };
        self.links(words, false) >= 2 || (words.len() >= 2 && last.chars().count() >= 3 && self.own.iter().any(starts))
    }
}

/// A run of capitalized words on one line that could be a person's name.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) range: Range<usize>,
    /// Its words without initials and particles, folded.
    pub(super) words: Vec<String>,
    /// Words and initials.
    pub(super) count: usize,
}

/// All maximal runs of a range's words that are written like names and are not known to be something else.
pub(super) fn runs(text: &str, range: &Range<usize>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut from = range.start;
    while let Some(start) = next_capital(&text[..range.end], from) {
        let run = run_at(text, start, true);
        from = run.as_ref().map_or_else(|| end_of_word(text, start), |run| run.range.end).max(start + 1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        found.extend(run);
    }
    found
}

/// The next letter from `from` on that begins a word and is upper case (or of a script without case).
fn next_capital(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()).count();
        let c = text[at..].chars().next()?;
        let inside = || text[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_');
        if is_opening(c) && !inside() {
            return Some(at);
        }
        at += c.len_utf8();
    }
}

fn is_opening(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { c.is_uppercase() }
}

/// The end of a word; a hyphen with a lower-case letter behind it goes on with it (`Ji-hoon`).
fn end_of_word(text: &str, start: usize) -> usize {
    let end = |from: usize| {
        let from = from + text.as_bytes()[from..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        text[from..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| from + length)
    };
    let first = end(start);
    let joins = text[first..].strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_lowercase));
    if joins { end(first + 1) } else { first }
}

/// Whether a word is known to be no name. One that is a given name as well (`Ruby`, `Austin`) is one before a surname.
fn is_other(text: &str, end: usize, word: &str) -> bool {
    if !lexicon::NOT_NAMES.has_folded(word) {
        return false;
    }
    let next =
        text[end..].strip_prefix(' ').filter(|next| next.starts_with(is_opening) && lexicon::HOMONYMS.has_folded(word));
    let surname = next.map(|next| &next[..next.find(|c: char| !c.is_alphabetic()).unwrap_or(next.len())]);
    !surname.is_some_and(|word| {
        word.chars().count() > 2 && !lexicon::NOT_NAMES.has_folded(word) && !lexicon::ORGANIZATIONS.has_folded(word)
    })
}

/// The run that begins with the word at `start`; a strict one ends at words that are known to be no names.
pub(super) fn run_at(text: &str, start: usize, strict: bool) -> Option<Run> {
    let mut run = Run { range: start..start, words: Vec::new(), count: 0 };
    let mut at = start;
    let mut end = start;
    loop {
        let word_end = end_of_word(text, at);
        let word = &text[at..word_end];
        let opens = word.starts_with(is_opening);
        let is_initial = opens && word.len() <= char::MAX_LEN_UTF8 && word.chars().nth(1).is_none();
        if opens {
            let digit = text[word_end..]
                .starts_with(|c: char| c.is_ascii_digit() || c == '_' || c == '@' || c == '+' || c == '#');
            // Of a compound (`Seo-yeon`) the last part decides.
            let compound = text[word_end..].strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
            let joined = run.count > 0 && text[..at].ends_with('-');
            let other = (strict
                && !is_initial
                && !compound
                && !joined
                && word.rsplit('-').next().is_some_and(|part| is_other(text, word_end, part)))
                || (run.count == 0 && !is_initial && lexicon::HONORIFICS.has_folded(word));
            if digit || other || (word_end < text.len() && text[word_end..].starts_with('/')) {
                break;
            }
            run.count += 1;
            if !is_initial && !lexicon::PARTICLES.has_folded(word) {
                match word.contains('-') {
                    true => run.words.extend(fold(word).split('-').map(str::to_owned)),
                    false => run.words.push(fold(word)),
                }
            }
            end = word_end;
            if is_initial && text[end..].starts_with('.') {
                end += 1;
            }
        } else if !(run.count > 0 && lexicon::PARTICLES.has_folded(word)) {
            break;
        }
        // What may stand between two words of a name.
        let rest = &text[word_end..];
        let gap =
            [". ", ".-", " ", "-", "'", "’", "."].iter().find(|gap| rest.starts_with(**gap)).map_or(0, |gap| gap.len());
        let dotted = rest.starts_with('.') && !is_initial && !["Md", "Mohd", "Wm", "Jos", "Ma"].contains(&word);
        at = word_end + gap;
        if gap == 0 || dotted || run.count >= 6 || !text[at..].starts_with(char::is_alphabetic) {
            break;
        }
    }
    run.range.end = end;
    (run.count > 0 && !run.words.is_empty()).then_some(run)
}
