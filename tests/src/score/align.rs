//! Alignment by longest matching blocks (Ratcliff and Obershelp, as Python's `difflib` does it without junk).

use std::collections::HashMap;

use super::text::Token;

/// Which tokens of the original are matched in the redacted sequence.
pub(super) fn matched(original: &[Token], redacted: &[String]) -> Vec<bool> {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut number = |text| {
        let next = ids.len();
        *ids.entry(text).or_insert(next)
    };
    let a: Vec<usize> = original.iter().map(|token| number(token.text.as_str())).collect();
    let b: Vec<usize> = redacted.iter().map(|text| number(text.as_str())).collect();
    let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, id) in b.iter().enumerate() {
        places.entry(*id).or_default().push(place);
    }
    let mut alive = vec![false; a.len()];
    let mut queue = vec![(0, a.len(), 0, b.len())];
    while let Some((a_from, a_to, b_from, b_to)) = queue.pop() {
        let (i, j, length) = longest(&a, &places, a_from, a_to, b_from, b_to);
        if length == 0 {
            continue;
        }
        alive[i..i + length].fill(true);
        if a_from < i && b_from < j {
            queue.push((a_from, i, b_from, j));
        }
        if i + length < a_to && j + length < b_to {
            queue.push((i + length, a_to, j + length, b_to));
        }
    }
    alive
}

/// The longest block that both ranges share: the first in `a`, then the first in `b`, among equals.
fn longest(
    a: &[usize],
    places: &HashMap<usize, Vec<usize>>,
    a_from: usize,
    a_to: usize,
    b_from: usize,
    b_to: usize,
) -> (usize, usize, usize) {
    let mut best = (a_from, b_from, 0);
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for (i, id) in a.iter().enumerate().take(a_to).skip(a_from) {
        let mut next = HashMap::new();
        for &j in places.get(id).map(Vec::as_slice).unwrap_or_default() {
            if j < b_from {
                continue;
            }
            if j >= b_to {
                break;
            }
            let length = j.checked_sub(1).and_then(|before| lengths.get(&before)).copied().unwrap_or(0) + 1;
            next.insert(j, length);
            if length > best.2 {
                best = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    best
}
