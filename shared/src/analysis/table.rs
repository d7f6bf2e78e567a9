//! The word table: how rare a word is, and where it stands among others. `infra/tables/build.py` says how it is made.
//!
//! It is read where it lies in the binary; nothing is built at start. Layout, little endian: `TLRWORD1`, count (u32),
//! dimensions (u32), ends of the words (u32 each), inverse document frequencies (f32), scales (f32), vectors (i8), words.

use super::bucket;
use crate::words::singular;

// `FIRSTS`, the first word of every bucket.
include!(concat!(env!("OUT_DIR"), "/buckets.rs"));

static BYTES: &[u8] = include_bytes!("../../tables/words.bin");
const HEAD: usize = 16;
pub(super) const DIMENSIONS: usize = 128;
/// Of a word that the table does not have: it occurs in none of the texts that the table was made from.
const UNKNOWN_IDF: f64 = 10.0;

/// A word of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry(usize);

fn count() -> usize {
    u32_at(8)
}

fn u32_at(at: usize) -> usize {
    let bytes = [BYTES[at], BYTES[at + 1], BYTES[at + 2], BYTES[at + 3]];
    u32::from_le_bytes(bytes) as usize
}

fn f32_at(at: usize) -> f32 {
    f32::from_le_bytes([BYTES[at], BYTES[at + 1], BYTES[at + 2], BYTES[at + 3]])
}

/// The word, in lower case, looked up in the singular.
pub(super) fn find(lower: &str) -> Option<Entry> {
    let wanted = singular(lower).as_bytes();
    let bucket = bucket::of(wanted);
    let (mut low, mut high) = (usize::from(FIRSTS[bucket]), usize::from(FIRSTS[bucket + 1]));
    let words = HEAD + 12 * count() + DIMENSIONS * count();
    while low < high {
        let middle = (low + high) / 2;
        let start = if middle == 0 { 0 } else { u32_at(HEAD + 4 * (middle - 1)) };
        let end = u32_at(HEAD + 4 * middle);
        match BYTES[words + start..words + end].cmp(wanted) {
            std::cmp::Ordering::Equal => return Some(Entry(middle)),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

/// The inverse document frequency over ESCO's skills and occupations: 1 for a word of every text, some 10 for a word of one.
pub(super) fn idf(entry: Option<Entry>) -> f64 {
    entry.map_or(UNKNOWN_IDF, |entry| f64::from(f32_at(HEAD + 4 * count() + 4 * entry.0)))
}

impl Entry {
    /// Adds the word's vector, times `weight`.
    pub(super) fn add_to(self, sum: &mut [f32; DIMENSIONS], weight: f32) {
        let scale = f32_at(HEAD + 8 * count() + 4 * self.0) * weight;
        for (sum, byte) in sum.iter_mut().zip(self.vector()) {
            *sum += scale * f32::from(byte.cast_signed());
        }
    }

    /// The word's vector with its length, for many comparisons.
    pub(super) fn meaning(self) -> Meaning {
        let vector = self.vector();
        Meaning { vector, square: dot(vector, vector) }
    }

    /// The cosine of two words' vectors.
    pub(super) fn cosine(self, other: Entry) -> f64 {
        self.meaning().cosine(other.meaning())
    }

    fn vector(self) -> &'static [u8] {
        let start = HEAD + 12 * count() + DIMENSIONS * self.0;
        &BYTES[start..start + DIMENSIONS]
    }
}

/// What a word means: a direction among others.
#[derive(Clone, Copy)]
pub(super) struct Meaning {
    vector: &'static [u8],
    /// The square of its length.
    square: i32,
}

impl Meaning {
    /// The cosine of two words' vectors.
    pub(super) fn cosine(self, other: Meaning) -> f64 {
        let length = (f64::from(self.square) * f64::from(other.square)).sqrt();
        if length > 0.0 { f64::from(dot(self.vector, other.vector)) / length } else { 0.0 }
    }
}

/// A product of two bytes fits in 16 bits; multiplied there, eight are done at once.
fn dot(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(x, y)| i32::from(i16::from(x.cast_signed()) * i16::from(y.cast_signed()))).sum()
}

/// The cosine of two sums of vectors; 0 where one is empty.
pub(super) fn cosine(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f64 {
    let dot = |a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_where_it_lies_and_no_other() {
        assert_eq!(&BYTES[..8], b"TLRWORD1");
        assert_eq!(u32_at(12), DIMENSIONS);
        assert_eq!(BYTES.len(), HEAD + (12 + DIMENSIONS) * count() + u32_at(HEAD + 4 * (count() - 1)));
        for word in ["nurse", "welding", "kubernetes", "accounting"] {
            assert!(find(word).is_some(), "{word}");
        }
        assert_eq!(find("xqzzy"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn related_words_are_nearer_than_others() {
        let cosine = |a: &str, b: &str| find(a).expect("known").cosine(find(b).expect("known"));
        assert!(cosine("nurse", "nursing") > 0.6 && cosine("nurse", "welding") < 0.3);
        assert!(cosine("accounting", "accountancy") > cosine("accounting", "nursing"));
        assert!((cosine("nurse", "nurses") - 1.0).abs() < 1e-9);
    }
}
