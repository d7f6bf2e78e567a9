//! How near two texts are in subject: their words, and what their words mean.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::table::{self, DIMENSIONS};
use super::words::Term;
use crate::words::singular;

/// The blend that ranked best where it was measured: seven parts of words, three of meanings.
const LEXICAL: f64 = 0.7;

/// A text's content words without their order.
pub(super) struct Bag<'a> {
    /// Each with its weight, by the words: floating-point sums depend on an order, and equal requests must get equal answers.
    weights: Vec<(Cow<'a, str>, f64)>,
    norm: f64,
    sum: [f32; DIMENSIONS],
}

impl<'a> Bag<'a> {
    pub(super) fn of(terms: &[Term<'a>]) -> Bag<'a> {
        // The first eight bytes decide most comparisons, as one number.
        let mut words: Vec<(u64, &str)> = terms.iter().map(|term| keyed(singular(term.lower))).collect();
        words.sort_unstable();
        let mut bag = Bag { weights: Vec::with_capacity(words.len()), norm: 0.0, sum: [0.0; DIMENSIONS] };
        for same in words.chunk_by(|a, b| a == b) {
            let word = same[0].1;
            let entry = table::find(word);
            #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
            let weight = (1.0 + (same.len() as f64).ln()) * table::idf(entry);
            bag.norm += weight * weight;
            if let Some(entry) = entry {
                #[expect(clippy::cast_possible_truncation, reason = "a weight of some tens")]
                entry.add_to(&mut bag.sum, weight as f32);
            }
            bag.weights.push((Cow::Borrowed(word), weight));
        }
        bag.norm = bag.norm.sqrt();
        bag
    }

    pub(super) fn into_owned(self) -> Bag<'static> {
        let own = |(word, weight): (Cow<'a, str>, f64)| (Cow::Owned(word.into_owned()), weight);
        Bag { weights: self.weights.into_iter().map(own).collect(), norm: self.norm, sum: self.sum }
    }

    /// 0 to 1. The cosine of the content words (TF-IDF, logarithmic term frequency), blended with that of the sums of the words'
    /// vectors in the table. Words that the table does not know count in the first only.
    pub(super) fn similarity(&self, other: &Bag<'_>) -> f64 {
        let meant = table::cosine(&self.sum, &other.sum).max(0.0);
        (LEXICAL * self.lexical(other) + (1.0 - LEXICAL) * meant).clamp(0.0, 1.0)
    }

    /// The first part alone, to compare with.
    pub(super) fn lexical(&self, other: &Bag<'_>) -> f64 {
        let (mut own, mut others) = (self.weights.iter().peekable(), other.weights.iter().peekable());
        let mut dot = 0.0;
        while let (Some((word, x)), Some((another, y))) = (own.peek(), others.peek()) {
            match word.cmp(another) {
                Ordering::Less => drop(own.next()),
                Ordering::Greater => drop(others.next()),
                Ordering::Equal => {
                    dot += x * y;
                    own.next();
                    others.next();
                }
            }
        }
        let length = self.norm * other.norm;
        if length > 0.0 { (dot / length).min(1.0) } else { 0.0 }
    }
}

fn keyed(word: &str) -> (u64, &str) {
    let mut first = [0; 8];
    let length = word.len().min(first.len());
    first[..length].copy_from_slice(&word.as_bytes()[..length]);
    (u64::from_be_bytes(first), word)
}
