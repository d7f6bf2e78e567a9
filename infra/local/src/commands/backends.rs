//! `backends`: what `cargo lambda watch` needs in a second terminal.

use clap::Args;
use shared::settings::{Reader, Tables};

use super::{BackendOptions, Outcome, print, signal};
use crate::environment::Environment;
use crate::{Error, backends};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Port of the DynamoDB; 0 takes any.
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// Port of the stand-in model; 0 takes any.
    #[arg(long, default_value_t = 8001)]
    model_port: u16,
    #[command(flatten)]
    backends: BackendOptions,
}

pub(super) async fn run(options: Options) -> Result<Outcome, Error> {
    let environment = Environment::of_process();
    let endpoint = backends::serve_dynamodb(options.dynamodb_port, options.backends.data_dir.as_deref()).await?;
    let tables = Tables::read(&Reader::new(&|name: &str| environment.get(name)));
    backends::connect(&environment, &endpoint, &tables).await?;
    print(&format!("dynamodb on {endpoint}\n"))?;
    let model = backends::serve_model(options.model_port, options.backends.request_log()?).await?;
    print(&format!("model on {model}\nready\n"))?;
    signal().await;
    Ok(Outcome::Done)
}
