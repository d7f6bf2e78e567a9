//! Without a command: the API on a port.

use clap::Args;

use super::{BackendOptions, Outcome, print, say, signal};
use crate::environment::Environment;
use crate::service::Service;
use crate::{Error, backends, front};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Port of the API; 0 takes any.
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Ask for keys (`keys create`), as the deployed API does, instead of letting everybody in.
    #[arg(long)]
    auth: bool,
    #[command(flatten)]
    backends: BackendOptions,
}

pub(super) async fn run(options: Options) -> Result<Outcome, Error> {
    let listener = backends::bind(options.port).await?;
    let log = options.backends.request_log()?;
    let mut environment = Environment::of_process();
    if options.auth {
        environment.set("AUTH_MODE", "authorizer");
    }
    let service = Service::start(environment, options.backends.data_dir.as_deref(), log).await?;
    service.notes.iter().for_each(|note| say(note));
    print(&format!("listening on http://{}\n", listener.local_addr()?))?;
    front::run(listener, service, front::BODY_TIME, signal()).await?;
    Ok(Outcome::Done)
}
