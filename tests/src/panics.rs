//! Defects on demand: a listener to the program's own log that panics when a request enters a given step.
//!
//! The program is not changed for it, and has no switch.

use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// What the panic says.
pub const MESSAGE: &str = "injected defect";

/// Everything that was logged meanwhile.
pub type Heard = Arc<Mutex<String>>;

/// Until the guard is dropped, whatever runs on this thread panics where a request enters `stage`.
#[must_use]
pub fn at(stage: &'static str) -> DefaultGuard {
    saying(stage, MESSAGE).0
}

/// The same with another message; what is logged is kept.
#[must_use]
pub fn saying(stage: &'static str, message: &'static str) -> (DefaultGuard, Heard) {
    // While there is just one listener, whichever thread comes first decides for all whether anybody listens. This one stays, hears
    // nothing and makes two.
    static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(PanicsAt::default()));
    LazyLock::force(&ANOTHER);
    let heard = Heard::default();
    let listener = PanicsAt { stage, message, heard: Arc::clone(&heard) };
    (tracing::subscriber::set_default(listener), heard)
}

#[derive(Default)]
struct PanicsAt {
    stage: &'static str,
    message: &'static str,
    heard: Heard,
}

impl Subscriber for PanicsAt {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Our own crates only, as in production.
        metadata.is_event() && ["shared", "generate"].iter().any(|own| metadata.target().starts_with(own))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut is_here = IsHere { stage: self.stage, found: false, said: String::new() };
        event.record(&mut is_here);
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(&is_here.said);
        assert!(!is_here.found, "{}", self.message);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct IsHere {
    stage: &'static str,
    found: bool,
    said: String,
}

impl Visit for IsHere {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.found |= field.name() == "stage" && value == self.stage;
        let _ = writeln!(self.said, "{field}={value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.said, "{field}={value:?}");
    }
}
