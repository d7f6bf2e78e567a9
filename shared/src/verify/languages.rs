//! How well somebody speaks a language.

use super::numerals::names;
use crate::lexicon::{Kind, Mention};
use crate::redaction::Words;
use crate::words::Word;

/// Words for a level, with what they rank as: the steps of the Common European Framework (A, B1, B2, C) and a mother tongue.
const LEVELS: [(&str, u8); 56] = [
    ("a1", 1),
    ("a2", 1),
    ("basic", 1),
    ("basics", 1),
    ("beginner", 1),
    ("elementary", 1),
    ("rudimentary", 1),
    ("limited", 1),
    ("school", 1),
    ("grundkenntnisse", 1),
    ("anfänger", 1),
    ("débutant", 1),
    ("notions", 1),
    ("scolaire", 1),
    ("básico", 1),
    ("basico", 1),
    ("elemental", 1),
    ("basis", 1),
    ("b1", 2),
    ("intermediate", 2),
    ("conversational", 2),
    ("mittelstufe", 2),
    ("intermédiaire", 2),
    ("intermedio", 2),
    ("b2", 3),
    ("advanced", 3),
    ("professional", 3),
    ("proficient", 3),
    ("gut", 3),
    ("gute", 3),
    ("fortgeschritten", 3),
    ("avancé", 3),
    ("avanzado", 3),
    ("c1", 4),
    ("c2", 4),
    ("fluent", 4),
    ("fluently", 4),
    ("fluency", 4),
    ("full", 4),
    ("excellent", 4),
    ("fließend", 4),
    ("fliessend", 4),
    ("verhandlungssicher", 4),
    ("courant", 4),
    ("couramment", 4),
    ("fluido", 4),
    ("vloeiend", 4),
    ("native", 5),
    ("mother", 5),
    ("muttersprache", 5),
    ("muttersprachler", 5),
    ("muttersprachlerin", 5),
    ("maternelle", 5),
    ("nativo", 5),
    ("nativa", 5),
    ("moedertaal", 5),
];
static LEVEL_NAMES: Words<128> = Words::of(&names(&LEVELS));

/// From this level on nobody has it by chance: what the source does not say of a language is none of it.
const CLAIMED_FROM: u8 = 3;

/// The level that a line gives to each language it names, by the mention's index. A level stands beside its language, or before
/// several: "fluent in French, Dutch and Polish".
pub(crate) fn levels(line: &str, words: &[Word<'_>], mentions: &[Mention]) -> Vec<(usize, u8)> {
    let mut found = Vec::new();
    let languages = mentions.iter().enumerate().filter(|(_, mention)| mention.skill.kind() == Kind::Language);
    let mut before: Option<u8> = None;
    let mut from = 0;
    for (index, mention) in languages {
        let ends_part = |at: &usize| {
            let gap = &line[words[at - 1].range.end..words[*at].range.start];
            gap.contains([',', ';', '|', '•', '/']) || matches!(words[*at].lower.as_ref(), "and" | "und" | "et" | "y")
        };
        let start = (from + 1..=mention.words.start).rev().find(ends_part).unwrap_or(from);
        let end = (mention.words.end..words.len()).find(ends_part).unwrap_or(words.len());
        let level = |words: &[Word<'_>]| {
            words.iter().filter_map(|word| LEVEL_NAMES.position(&word.lower)).map(|at| LEVELS[at].1).max()
        };
        let ahead = level(&words[start..mention.words.start]);
        let behind = level(&words[mention.words.end..end]);
        if ahead.is_some() || behind.is_some() {
            before = ahead;
        }
        if let Some(level) = behind.or(ahead).or(before) {
            found.push((index, level));
        }
        from = mention.words.end.min(words.len().saturating_sub(1));
    }
    found
}

/// Whether a source that gives a language the level `known`, or none, supports this.
pub(super) fn is_supported(level: u8, known: Option<u8>) -> bool {
    known.map_or(level < CLAIMED_FROM, |known| level <= known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon;
    use crate::words::words;

    fn of(line: &str) -> Vec<(&'static str, u8)> {
        let words = words(line);
        let mentions = lexicon::find(line, &words);
        levels(line, &words, &mentions).into_iter().map(|(at, level)| (mentions[at].skill.name(), level)).collect()
    }

    #[test]
    fn a_level_belongs_to_the_language_beside_it() {
        assert_eq!(
            of("Dutch (native), English (fluent), French (basic)"),
            [("Dutch", 5), ("English", 4), ("French", 1)]
        );
        assert_eq!(of("Fluent in French, Dutch and Polish"), [("French", 4), ("Dutch", 4), ("Polish", 4)]);
        assert_eq!(of("Deutsch: Muttersprache; Englisch: C1; Spanisch"), [("German", 5), ("English", 4)]);
        assert_eq!(of("Langues : français, anglais (courant)"), [("English", 4)]);
        assert_eq!(of("Native German speaker, basic Italian"), [("German", 5), ("Italian", 1)]);
        assert_eq!(of("English"), []);
    }
}
