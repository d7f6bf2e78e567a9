//! How near two texts are in subject: their words, and what their words mean.

use foldhash::HashMap;

use super::table::{self, DIMENSIONS, Entry};
use super::words::Term;
use crate::words::singular;

/// The blend that ranked best where it was measured: seven parts of words, three of meanings.
const LEXICAL: f64 = 0.7;

/// 0 to 1. The cosine of the content words (TF-IDF, logarithmic term frequency), blended with that of the sums of the words'
/// vectors in the table. Words that the table does not know count in the first only.
pub(super) fn similarity(a: &[Term<'_>], b: &[Term<'_>]) -> f64 {
    let (a, b) = (Bag::of(a), Bag::of(b));
    let lexical = a.lexical(&b);
    let meant = table::cosine(&a.sum, &b.sum).max(0.0);
    (LEXICAL * lexical + (1.0 - LEXICAL) * meant).clamp(0.0, 1.0)
}

/// The first part alone, to compare with.
pub(super) fn lexical(a: &[Term<'_>], b: &[Term<'_>]) -> f64 {
    Bag::of(a).lexical(&Bag::of(b))
}

struct Bag<'a> {
    weights: HashMap<&'a str, f64>,
    norm: f64,
    sum: [f32; DIMENSIONS],
}

impl<'a> Bag<'a> {
    fn of(terms: &[Term<'a>]) -> Bag<'a> {
        let mut counts: HashMap<&str, (f64, Option<Entry>)> = HashMap::default();
        for term in terms {
            let word = counts.entry(singular(term.lower)).or_insert_with(|| (0.0, table::find(term.lower)));
            word.0 += 1.0;
        }
        // In a fixed order: floating-point sums depend on it, and equal requests must get equal answers.
        let mut counts: Vec<(&str, (f64, Option<Entry>))> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(word, _)| *word);
        let mut bag = Bag { weights: HashMap::default(), norm: 0.0, sum: [0.0; DIMENSIONS] };
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

    fn lexical(&self, other: &Bag<'_>) -> f64 {
        let mut shared: Vec<(&str, f64)> =
            self.weights.iter().filter_map(|(word, x)| other.weights.get(word).map(|y| (*word, x * y))).collect();
        shared.sort_unstable_by_key(|(word, _)| *word);
        let dot: f64 = shared.iter().map(|(_, product)| product).sum();
        let length = self.norm * other.norm;
        if length > 0.0 { (dot / length).min(1.0) } else { 0.0 }
    }
}
