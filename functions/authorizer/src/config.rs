//! The function's configuration.

use shared::settings::{Reader, SettingsError, Tables};

/// Everything the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// The table that has the keys.
    pub ledger_table: String,
    /// Whether a connection to the database is worth opening before it is needed.
    pub database_is_far: bool,
}

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    ///
    /// Every missing or malformed variable at once.
    pub fn from_env() -> Result<Config, SettingsError> {
        Config::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables through a lookup.
    ///
    /// # Errors
    ///
    /// Every missing or malformed variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, SettingsError> {
        let reader = Reader::new(lookup);
        let config =
            Config { ledger_table: Tables::read(&reader).ledger, database_is_far: !reader.has_local_database() };
        reader.finish()?;
        Ok(config)
    }
}
