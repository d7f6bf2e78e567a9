//! The embedded DynamoDB and the stand-in model, each served over HTTP on a loopback port.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use dynoxide::Database;
use shared::dynamodb::{connect_to, create_missing_tables};
use shared::secrets::Parameters;
use shared::settings::Tables;
use tokio::net::TcpListener;

use crate::Error;
use crate::environment::Environment;
use crate::stand_in::{self, RequestLog};

/// Serves a DynamoDB in this process and returns its address. Tables are kept in `data_dir`, or in memory.
///
/// # Errors
///
/// If the port is taken or the directory cannot be written.
pub async fn serve_dynamodb(port: u16, data_dir: Option<&Path>) -> Result<String, Error> {
    let database = match data_dir {
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
            let file = directory.join("dynamodb.sqlite");
            Database::new(&file.to_string_lossy()).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => Database::memory().map_err(|error| error.to_string())?,
    };
    let listener = bind(port).await?;
    let address = listener.local_addr()?;
    // It ends with the process: every write is on disk before it is answered.
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    Ok(format!("http://{address}"))
}

/// Serves the stand-in model and returns its address.
///
/// # Errors
///
/// If the port is taken.
pub async fn serve_model(port: u16, log: RequestLog) -> Result<String, Error> {
    let listener = bind(port).await?;
    let address = listener.local_addr()?;
    tokio::spawn(stand_in::run(listener, log));
    Ok(format!("http://{address}"))
}

/// A loopback listener; 0 is any port.
///
/// # Errors
///
/// If the port is taken, naming it.
pub async fn bind(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}").into())
}

/// What reads parameters from another server than AWS's.
///
/// # Errors
///
/// If no TLS back end can be set up.
pub fn parameters(environment: &Environment, endpoint: String) -> Result<Parameters, Error> {
    let id = environment.get_or("AWS_ACCESS_KEY_ID", "local");
    let secret = environment.get_or("AWS_SECRET_ACCESS_KEY", "local");
    let credentials = SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "tailor"));
    Ok(Parameters::new(environment.get_or("AWS_REGION", "local"), Some(endpoint), credentials)?)
}

/// A client for a DynamoDB on this machine with the tables in place.
///
/// # Errors
///
/// If it does not answer.
pub async fn connect(environment: &Environment, endpoint: &str, tables: &Tables) -> Result<Client, Error> {
    let client = connect_to(
        endpoint,
        environment.get_or("AWS_REGION", "local"),
        &environment.get_or("AWS_ACCESS_KEY_ID", "local"),
        &environment.get_or("AWS_SECRET_ACCESS_KEY", "local"),
    );
    create_missing_tables(&client, tables).await?;
    Ok(client)
}
