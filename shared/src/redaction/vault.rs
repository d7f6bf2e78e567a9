//! The originals of one request.

use std::collections::HashMap;
use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::placeholder::{self, Kind};
use super::{Counts, Redacted};
use serde::{Deserialize, Serialize};

/// What each placeholder of one request stands for. Request-local, wiped on drop, never serialized.
#[derive(Default)]
pub struct Vault {
    originals: HashMap<(Kind, usize), Zeroizing<String>>,
    numbers: HashMap<Kind, HashMap<String, usize>>,
    spans: Counts,
}

/// What a model did to the placeholders of its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Placeholders {
    /// Distinct placeholders of the source that the answer lacks.
    pub dropped: usize,
    /// Placeholders of the answer that stand for nothing. They are taken out.
    pub invented: usize,
}

impl Vault {
    /// The placeholder for a spelling: the same one each time.
    pub(super) fn placeholder(&mut self, kind: Kind, original: &str) -> String {
        if kind != Kind::Literal {
            *self.spans.entry(kind).or_default() += 1;
        }
        let numbers = self.numbers.entry(kind).or_default();
        let next = numbers.len() + 1;
        let number = *numbers.entry(original.to_owned()).or_insert(next);
        self.originals.entry((kind, number)).or_insert_with(|| Zeroizing::new(original.to_owned()));
        placeholder::write(kind, number)
    }

    /// Puts the originals back. A placeholder that stands for nothing is taken out, so no answer shows one.
    ///
    /// What is put in is not looked at again: an original that looks like a placeholder stays as it was.
    #[must_use]
    pub fn rehydrate(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut copied = 0;
        for found in placeholder::find(text) {
            restored.push_str(&text[copied..found.range.start]);
            if let Some(original) = found.key.and_then(|key| self.originals.get(&key)) {
                restored.push_str(original);
                restored.push_str(&text[found.ending]);
            }
            copied = found.range.end;
        }
        restored.push_str(&text[copied..]);
        restored
    }

    /// Code points of a text once the originals are back.
    pub(crate) fn restored_length(&self, text: &str) -> usize {
        match placeholder::find(text).next() {
            Some(_) => self.rehydrate(text).chars().count(),
            None => text.chars().count(),
        }
    }

    /// Whether a placeholder stands for something.
    pub(crate) fn knows(&self, key: (Kind, usize)) -> bool {
        self.originals.contains_key(&key)
    }

    /// Compares an answer's placeholders with those of its sources.
    #[must_use]
    pub fn audit(&self, sources: &[&Redacted], answer: &str) -> Placeholders {
        let known = |key: &(Kind, usize)| self.originals.contains_key(key);
        let present: std::collections::HashSet<_> = placeholder::find(answer).filter_map(|found| found.key).collect();
        let wanted = sources.iter().flat_map(|source| placeholder::find(source.as_str())).filter_map(|found| found.key);
        let wanted: std::collections::HashSet<_> = wanted.filter(known).collect();
        Placeholders {
            dropped: wanted.difference(&present).count(),
            invented: placeholder::find(answer).filter(|found| !found.key.as_ref().is_some_and(known)).count(),
        }
    }

    /// Spans by kind.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.spans
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        // The originals wipe themselves; the look-up's copies do not.
        for (mut original, _) in self.numbers.drain().flat_map(|(_, numbers)| numbers) {
            original.zeroize();
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({:?})", self.spans)
    }
}
