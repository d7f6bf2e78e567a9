//! How near two texts are in subject: their words, and what their words mean.

use std::collections::HashMap;

use super::table::{self, DIMENSIONS, Entry};
use super::words::terms;
use crate::words::{Word, singular};

/// The blend that ranked best where it was measured: seven parts of words, three of meanings.
const LEXICAL: f64 = 0.7;

/// 0 to 1. The cosine of the content words (TF-IDF, logarithmic term frequency), blended with that of the sums of the words'
/// vectors in the table. Words that the table does not know count in the first only.
pub(super) fn similarity(a: &[Word<'_>], b: &[Word<'_>]) -> f64 {
    let (a, b) = (Bag::of(a), Bag::of(b));
    let lexical = a.lexical(&b);
    let meant = table::cosine(&a.sum, &b.sum).max(0.0);
    (LEXICAL * lexical + (1.0 - LEXICAL) * meant).clamp(0.0, 1.0)
}

/// The first part alone, to compare with.
pub(super) fn lexical(a: &[Word<'_>], b: &[Word<'_>]) -> f64 {
    Bag::of(a).lexical(&Bag::of(b))
}

struct Bag {
    weights: HashMap<String, f64>,
    norm: f64,
    sum: [f32; DIMENSIONS],
}

impl Bag {
    fn of(words: &[Word<'_>]) -> Bag {
        let mut counts: HashMap<String, (f64, Option<Entry>)> = HashMap::new();
        for term in terms(words) {
            let key = singular(&term.lower);
            match counts.get_mut(key) {
                Some((count, _)) => *count += 1.0,
                None => drop(counts.insert(key.to_owned(), (1.0, table::find(&term.lower)))),
            }
        }
        // In a fixed order: floating-point sums depend on it, and equal requests must get equal answers.
        let mut counts: Vec<(String, (f64, Option<Entry>))> = counts.into_iter().collect();
        counts.sort_by(|a, b| a.0.cmp(&b.0));
        let mut bag = Bag { weights: HashMap::new(), norm: 0.0, sum: [0.0; DIMENSIONS] };
        for (word, (count, entry)) in counts {
            let weight = (1.0 + count.ln()) * table::idf(entry);
            bag.norm += weight * weight;
            if let Some(entry) = entry {
                #[expect(clippy::cast_possible_truncation, reason = "a weight of some tens")]
                entry.add_to(&mut bag.sum, weight as f32);
            }
            bag.weights.insert(word, weight);
        }
        bag.norm = bag.norm.sqrt();
        bag
    }

    fn lexical(&self, other: &Bag) -> f64 {
        let mut shared: Vec<(&String, f64)> =
            self.weights.iter().filter_map(|(word, x)| other.weights.get(word).map(|y| (word, x * y))).collect();
        shared.sort_by(|x, y| x.0.cmp(y.0));
        let dot: f64 = shared.iter().map(|(_, product)| product).sum();
        let length = self.norm * other.norm;
        if length > 0.0 { (dot / length).min(1.0) } else { 0.0 }
    }
}
