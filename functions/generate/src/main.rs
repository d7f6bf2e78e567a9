//! Lambda entry point for `generate`.

use std::sync::Arc;

use generate::{Config, Generate};
use lambda_http::{Error, run_with_streaming_response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::logs::init();
    shared::logs::hide_panic_messages();
    let config = Config::from_env()?;
    shared::metrics::enable(config.metrics);
    let generate = Arc::new(Generate::connect(config).await?);
    generate.open_connections().await;
    let serve = run_with_streaming_response(service_fn(move |event| {
        let generate = Arc::clone(&generate);
        async move { generate.handle(event).await }
    }));
    // A task of its own: the future that `block_on` holds costs a system call for each time that it is woken.
    tokio::spawn(serve).await.map_err(|_| "the runtime ended")?
}
