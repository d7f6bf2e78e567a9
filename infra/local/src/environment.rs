//! The process environment, with presets for one machine where a variable is unset.

use std::collections::HashMap;

/// Variables with overrides. An empty variable counts as unset.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    overrides: HashMap<String, String>,
    isolated: bool,
}

impl Environment {
    /// The process environment.
    #[must_use]
    pub fn of_process() -> Environment {
        Environment::default()
    }

    /// No environment but these variables, for tests.
    #[must_use]
    pub fn only(variables: &[(&str, &str)]) -> Environment {
        let overrides = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment { overrides, isolated: true }
    }

    /// A variable's value, if set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let process = || if self.isolated { None } else { std::env::var(name).ok() };
        self.overrides.get(name).cloned().or_else(process).filter(|value| !value.is_empty())
    }

    /// A variable's value or a default.
    #[must_use]
    pub fn get_or(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or_else(|| default.to_owned())
    }

    /// Sets a variable for the functions that run in this process.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.overrides.insert(name.to_owned(), value.into());
    }

    /// Sets a variable that is unset.
    pub fn preset(&mut self, name: &str, value: &str) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }
}
