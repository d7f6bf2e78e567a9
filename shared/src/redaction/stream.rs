//! Rehydration of a text that arrives in pieces.

use super::placeholder::may_continue;
use super::vault::Vault;

/// Most bytes that are held back because a placeholder may go on in the next piece. The longest placeholder in its most
/// verbose form (`&lt;PII\_REDACTED\_NATIONAL\_ID\_1234567890's&gt;`) has about 60.
pub const MAX_HELD: usize = 96;

/// Puts originals back while text arrives: what it has given out, joined, is what [`Vault::rehydrate`] makes of the whole.
///
/// ```
/// # use shared::redaction::{Rehydrator, redact_document};
/// let (_, vault, _) = redact_document("Jane Doe\njane@example.com");
/// let mut rehydrator = Rehydrator::new(&vault);
/// assert_eq!(rehydrator.push("Dear <PII_REDACTED_"), "Dear ");
/// assert_eq!(rehydrator.push("NAME_1>, your"), "Jane Doe, your");
/// assert_eq!(rehydrator.finish(), "");
/// ```
#[derive(Debug)]
pub struct Rehydrator<'a> {
    vault: &'a Vault,
    held: String,
}

impl<'a> Rehydrator<'a> {
    /// A rehydrator at the beginning of a text.
    #[must_use]
    pub fn new(vault: &'a Vault) -> Rehydrator<'a> {
        Rehydrator { vault, held: String::new() }
    }

    /// Takes a piece and returns what is certain by now.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let start = self.open();
        let rest = self.held.split_off(start);
        let certain = std::mem::replace(&mut self.held, rest);
        self.vault.rehydrate(&certain)
    }

    /// Bytes that are held back now, [`MAX_HELD`] at most.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// What was held back, once nothing more arrives.
    #[must_use]
    pub fn finish(self) -> String {
        self.vault.rehydrate(&self.held)
    }

    /// Where the first placeholder begins that may go on beyond the end.
    fn open(&self) -> usize {
        let text = &self.held;
        let mut from = text.len().saturating_sub(MAX_HELD);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let starts = text[from..].char_indices().filter(|(_, c)| matches!(c, 'P' | 'p' | '<' | '[' | '{' | '&' | '\\'));
        starts.map(|(at, _)| from + at).find(|&at| may_continue(&text[at..])).unwrap_or(text.len())
    }
}
