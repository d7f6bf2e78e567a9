//! Buckets of words by their first two letters, in the order of the words. The build script counts them.

/// Classes of a byte: none or before `a`, `a` to `z`, and behind.
const CLASSES: usize = 28;

/// One for every pair of classes.
pub(crate) const BUCKETS: usize = CLASSES * CLASSES;

/// The bucket of a word in lower case. Words of one bucket may lie in any order, those of two in that of the buckets: the
/// second letter is only looked at where the first is one alone in its class.
pub(crate) fn of(word: &[u8]) -> usize {
    let class = |at: usize| match word.get(at) {
        Some(letter @ b'a'..=b'z') => usize::from(letter - b'a') + 1,
        Some(byte) if *byte > b'z' => CLASSES - 1,
        _ => 0,
    };
    match class(0) {
        first if first == 0 || first == CLASSES - 1 => first * CLASSES,
        first => first * CLASSES + class(1),
    }
}
