//! The function's configuration.

use shared::caller::AuthMode;
use shared::cors::Cors;
use shared::settings::{Reader, SettingsError, Tables};

/// Everything the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// Table names.
    pub tables: Tables,
    /// Whether a connection to the database is worth opening before it is needed.
    pub database_is_far: bool,
    /// Where identity comes from.
    pub auth: AuthMode,
    /// Which web pages may call.
    pub cors: Cors,
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
        let mut reader = Reader::new(lookup);
        let config = Config {
            tables: Tables::read(&reader),
            database_is_far: !reader.has_local_database(),
            auth: AuthMode::read(&mut reader),
            cors: Cors::read(&mut reader),
        };
        reader.finish()?;
        Ok(config)
    }
}
