//! Bait: what instructions hidden in a document want to see in an answer, and what else no remark needs.

use std::borrow::Cow;
use std::sync::LazyLock;

use foldhash::HashSet;

use super::lines::is_invisible;
use super::links::is_link;
use super::lists;
use super::numerals::names;
use crate::lexicon;
use crate::prompts::SYSTEM;
use crate::redaction::{Redacted, Words, without_placeholders};
use crate::request::Input;
use crate::words::{RUN, Word, runs, words};

/// Words on which sentences turn that speak to a model, and the phrases that make them do so. A word is a run of ASCII letters and
/// digits, which is found fast: `crivez` of "écrivez".
const CUES: [(&str, &[&str]); 63] = [
    ("ai", &["as an ai"]),
    ("ajoutez", &["ajoutez le mot", "ajoutez la"]),
    ("answer", &["start your answer", "your answer"]),
    ("antworte", &["antworte mit"]),
    ("anweisung", &["anweisung"]),
    ("append", &["append "]),
    ("assistant", &["ai assistant"]),
    ("begin", &["begin your"]),
    ("candidate", &["the candidate is", "the candidate has"]),
    ("chatbot", &["chatbot"]),
    ("contain", &["contain the word", "must contain"]),
    ("disregard", &["disregard"]),
    ("everything", &["forget everything"]),
    ("exactly", &["output exactly"]),
    ("forget", &["forget all"]),
    ("ge", &["füge das", "füge den"]),
    ("ignora", &["ignora"]),
    ("ignore", &["ignore all", "ignore the", "ignore any", "ignore your", "ignore les"]),
    ("ignorez", &["ignorez"]),
    ("ignoriere", &["ignoriere"]),
    ("include", &["include the word", "include the phrase", "include the string", "include the code"]),
    ("insert", &["insert the"]),
    ("inst", &["[inst]"]),
    ("instrucciones", &["instrucciones"]),
    ("instruction", &["previous instruction", "prior instruction"]),
    ("instructions", &["your instructions", "previous instructions", "prior instructions"]),
    ("job", &["</job"]),
    ("language", &["language model"]),
    ("line", &["add the line"]),
    ("model", &["ai model"]),
    ("output", &["your output"]),
    ("override", &["override"]),
    ("palabra", &["añade la palabra", "escribe la palabra"]),
    ("phrase", &["the phrase"]),
    ("pretend", &["pretend"]),
    ("previous", &["ignore previous"]),
    ("prompt", &["system prompt"]),
    ("reply", &["your reply", "reply with"]),
    ("respond", &["respond with"]),
    ("responde", &["responde con"]),
    ("response", &["your response"]),
    ("resume", &["</resume"]),
    ("reveal", &["reveal"]),
    ("pondez", &["répondez"]),
    ("schreibe", &["schreibe das wort"]),
    ("state", &["state that"]),
    ("system", &["[system]", "<system>"]),
    ("text", &["add the text"]),
    ("that", &["say that"]),
    ("this", &["add this", "rate this"]),
    ("verbatim", &["verbatim"]),
    ("word", &["the word \"", "add the word"]),
    ("write", &["write that"]),
    ("your", &["end your"]),
    ("crivez", &["écrivez"]),
    ("mention", &["mention the", "please mention", "must mention", "mention that"]),
    ("weave", &["weave in", "weave the"]),
    ("sneak", &["sneak in", "sneak the"]),
    ("somewhere", &["somewhere in your", "somewhere in the"]),
    ("secretly", &["secretly"]),
    ("hne", &["erwähne das", "erwähne den", "erwähne die"]),
    ("mentionnez", &["mentionnez"]),
    ("menciona", &["menciona la", "menciona el", "menciona que"]),
];
static CUE_WORDS: Words<128> = Words::of(&names(&CUES));

/// A line of so many words at most may be part of a sentence that is spread over lines.
const SHORT_LINE: usize = 2;

static SYSTEM_RUNS: LazyLock<HashSet<u64>> = LazyLock::new(|| runs(&words(SYSTEM)).collect());

/// Whether a text repeats the system prompt.
pub(super) fn is_echo(words: &[Word<'_>]) -> bool {
    words.len() >= RUN && runs(words).any(|run| SYSTEM_RUNS.contains(&run))
}

/// What a request's documents want of a model, and what they say otherwise.
#[derive(Default)]
pub(super) struct Bait {
    /// Words only of sentences that instruct a model, of no other use: quoted or coined.
    pub(super) wanted: HashSet<String>,
    /// All other sentences in lower case.
    ordinary: String,
}

impl Bait {
    pub(super) fn of(input: &Input<Redacted>) -> Bait {
        let mut bait = Bait::default();
        for text in input.texts() {
            // A sentence of one word a line is a sentence all the same.
            let mut spread = String::new();
            for line in text.as_str().lines().filter(|line| !line.trim().is_empty()) {
                if line.split_whitespace().nth(SHORT_LINE).is_none() {
                    spread.push_str(line.trim());
                    spread.push(' ');
                    continue;
                }
                if !spread.is_empty() {
                    bait.read(&std::mem::take(&mut spread));
                }
                super::sentences(line).into_iter().for_each(|sentence| bait.read(sentence));
            }
            bait.read(&spread);
        }
        let ordinary = &bait.ordinary;
        bait.wanted.retain(|word| !ordinary.contains(word.as_str()));
        bait
    }

    fn read(&mut self, sentence: &str) {
        let visible: Cow<'_, str> = if !sentence.is_ascii() && sentence.chars().any(is_invisible) {
            sentence.chars().filter(|c| !is_invisible(*c)).collect()
        } else {
            Cow::Borrowed(sentence)
        };
        let lower = visible.to_lowercase();
        let mut parts = lower.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
        let says = |cue: &&str| lower.contains(*cue);
        let instructs = parts.any(|word| CUE_WORDS.position_of(word).is_some_and(|at| CUES[at].1.iter().any(says)));
        if !instructs {
            self.ordinary.push_str(&lower);
            self.ordinary.push('\n');
            return;
        }
        let plain = without_placeholders(&visible);
        for word in words(&plain) {
            let before = plain[..word.range.start].chars().next_back();
            let quoted = before.is_some_and(|c| matches!(c, '"' | '\'' | '“' | '‘' | '«' | '`' | '„'));
            if (quoted || word.is_coined()) && word.text.chars().count() > 2 {
                self.wanted.insert(word.lower.into_owned());
            }
        }
    }

    /// Takes sentences out of a remark that link to what `known` (lower case) does not, say what an instruction wants said,
    /// repeat the system prompt, or hold a code that no document and no lexicon has.
    pub(super) fn screen(&self, remark: &mut String, known: &str) {
        remark.retain(|c| !is_invisible(c) || known.contains(c));
        if !self.is_foul(remark, known) {
            return;
        }
        let sentences = |line: &str| -> String {
            super::sentences(line).into_iter().filter(|sentence| !self.is_foul(sentence, known)).collect()
        };
        *remark = remark.split_inclusive('\n').map(sentences).collect::<String>().trim().to_owned();
    }

    fn is_foul(&self, sentence: &str, known: &str) -> bool {
        let plain = without_placeholders(sentence);
        let trim = |token: &str| {
            token.trim_matches(['(', ')', '[', ']', '<', '>', ',', ';', '.', '!', '"', '\'', '|']).to_lowercase()
        };
        let words = words(&plain);
        let named = lexicon::find(&plain, &words);
        let strange = |(index, word): (usize, &Word<'_>)| {
            self.wanted.contains(word.lower.as_ref())
                || (is_code(word)
                    && !self.ordinary.contains(word.lower.as_ref())
                    && !lists::is_no_name(word)
                    && !named.iter().any(|mention| mention.words.contains(&index)))
        };
        plain.split_whitespace().any(|token| is_link(token) && !known.contains(&trim(token)))
            || words.iter().enumerate().any(strange)
            || is_echo(&words)
    }
}

/// `X7K2`, `CANARY`: letters with digits, or five capitals and more.
fn is_code(word: &Word<'_>) -> bool {
    let digits = word.text.bytes().any(|byte| byte.is_ascii_digit());
    let capitals = word.text.chars().filter(|c| c.is_uppercase()).count();
    (digits && capitals > 0) || (capitals >= 5 && capitals == word.text.chars().count())
}
