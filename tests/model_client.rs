//! The model client at its far end.
