//! The transformed template.
