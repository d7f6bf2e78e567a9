//! Defects on demand: a listener to the program's own log that panics when a request enters a given step.
//!
//! The program is not changed for it, and has no switch.

use std::fmt::Debug;
use std::sync::LazyLock;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// What the panic says.
pub const MESSAGE: &str = "injected defect";

/// Until the guard is dropped, whatever runs on this thread panics where a request enters `stage`.
#[must_use]
pub fn at(stage: &'static str) -> DefaultGuard {
    // While there is just one listener, whichever thread comes first decides for all whether anybody listens. This one stays, hears
    // nothing and makes two.
    static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(PanicsAt("")));
    LazyLock::force(&ANOTHER);
    tracing::subscriber::set_default(PanicsAt(stage))
}

struct PanicsAt(&'static str);

impl Subscriber for PanicsAt {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.fields().field("stage").is_some()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut is_here = IsHere { stage: self.0, found: false };
        event.record(&mut is_here);
        assert!(!is_here.found, "{MESSAGE}");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct IsHere {
    stage: &'static str,
    found: bool,
}

impl Visit for IsHere {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.found |= field.name() == "stage" && value == self.stage;
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
