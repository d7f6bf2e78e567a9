//! A limiter's item as it is read: numbers, and the reservations that are open in it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;

use super::Wanted;
use crate::caller::Caller;
use crate::prices::Picodollars;
use crate::request::Task;
use crate::request_id::RequestId;

pub(super) type Item = HashMap<String, AttributeValue>;

/// A whole number, if the attribute is there and one.
pub(super) fn number(item: &Item, attribute: &str) -> Option<u64> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}

/// What the provider's item says of an open reservation: enough to close it, and to write the record that a crashed
/// instance could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The attempt's price at most.
    pub ceiling: Picodollars,
    /// Bytes of the provider request.
    pub request_bytes: u64,
    /// Output tokens at most.
    pub output_tokens: u64,
    /// What was asked.
    pub task: Task,
    /// Which model.
    pub model: String,
    /// Who pays.
    pub caller: Caller,
}

impl Note {
    pub(super) fn of(wanted: &Wanted<'_>) -> Note {
        Note {
            ceiling: wanted.ceiling,
            request_bytes: wanted.request_bytes,
            output_tokens: wanted.output_tokens,
            task: wanted.task,
            model: wanted.model.to_owned(),
            caller: wanted.caller.clone(),
        }
    }

    /// One line, short because an item is billed by the kilobyte.
    pub(super) fn write(&self) -> String {
        let task = Task::ALL.iter().position(|task| *task == self.task).unwrap_or(0);
        format!(
            "{} {} {} {task} {} {}",
            self.ceiling.0,
            self.request_bytes,
            self.output_tokens,
            self.model,
            self.caller.as_str()
        )
    }

    fn read(text: &str) -> Option<Note> {
        let mut parts = text.split(' ');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (ceiling, request_bytes, output_tokens) = (Picodollars(number()?), number()?, number()?);
        let task = *Task::ALL.get(usize::try_from(number()?).ok()?)?;
        let model = parts.next()?.to_owned();
        let caller = Caller::exact(parts.next()?)?;
        Some(Note { ceiling, request_bytes, output_tokens, task, model, caller })
    }
}

/// An open reservation of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The request.
    pub request_id: RequestId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The price that is reserved.
    pub reserved: Picodollars,
    /// In the provider's item only.
    pub note: Option<Note>,
}

impl Open {
    /// The attribute that a reservation has: `r<rid>`, of later attempts `r<rid>.<n>`. Two bytes less for the usual one
    /// keep some sixty of them in one write unit.
    pub(super) fn attribute(request_id: &RequestId, attempt: u32) -> String {
        if attempt == 1 { format!("r{request_id}") } else { format!("r{request_id}.{attempt}") }
    }

    /// When its request arrived.
    #[must_use]
    pub fn arrived(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.request_id.millis())
    }
}

/// Every open reservation of an item, oldest first.
pub(super) fn open(item: &Item) -> Vec<Open> {
    let read = |(name, value): (&String, &AttributeValue)| {
        let rest = name.strip_prefix('r')?;
        let (id, attempt) = rest.split_once('.').unwrap_or((rest, "1"));
        let note = value.as_s().ok().and_then(|text| Note::read(text));
        let reserved = match &note {
            Some(note) => note.ceiling,
            None => Picodollars(value.as_n().ok()?.parse().ok()?),
        };
        Some(Open { request_id: RequestId::parse(id)?, attempt: attempt.parse().ok()?, reserved, note })
    };
    let mut open: Vec<Open> = item.iter().filter_map(read).collect();
    open.sort_by(|one, other| (&one.request_id, one.attempt).cmp(&(&other.request_id, other.attempt)));
    open
}

/// Records that could not be written to the ledger, with their attributes (`w<rid>.<n>`).
pub(super) fn unwritten(item: &Item) -> Vec<(String, String)> {
    let read = |(name, value): (&String, &AttributeValue)| {
        let is_one = name.starts_with('w') && name.contains('.');
        is_one.then(|| Some((name.clone(), value.as_s().ok()?.clone()))).flatten()
    };
    item.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::{n, s};

    #[test]
    fn a_note_comes_back_as_it_was_written() {
        let note = Note {
            ceiling: Picodollars(79_500_000_000),
            request_bytes: 12_345,
            output_tokens: 8_192,
            task: Task::QualityReview,
            model: "claude-sonnet-5-5".to_owned(),
            caller: Caller::hashed("a caller with spaces"),
        };
        assert_eq!(Note::read(&note.write()), Some(note));
        for broken in ["", "1 2 3", "1 2 3 9 m c", "x 2 3 0 m c", "1 2 3 0 m c/d"] {
            assert_eq!(Note::read(broken), None, "{broken}");
        }
    }

    #[test]
    fn open_reservations_are_told_from_everything_else() {
        let id = |seconds| RequestId::new(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), 7);
        let item: Item = [
            (Open::attribute(&id(2), 1), n(5)),
            (Open::attribute(&id(1), 2), n(7)),
            ("requests".to_owned(), n(1)),
            ("r".to_owned(), n(1)),
            ("rx.y".to_owned(), n(1)),
            ("b202611".to_owned(), n(12)),
            ("w1.1".to_owned(), s("{}")),
        ]
        .into();
        let found: Vec<(u32, u64)> = open(&item).iter().map(|open| (open.attempt, open.reserved.0)).collect();
        assert_eq!(found, [(2, 7), (1, 5)]);
        assert_eq!(unwritten(&item), [("w1.1".to_owned(), "{}".to_owned())]);
    }
}
