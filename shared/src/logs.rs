//! Logs: counts, kinds, ids and codes, never content.

/// Makes a panic log its place only. The default hook prints the message, which may quote the text that was handled.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
