//! Lambda entry point for `stats`.

use std::sync::Arc;

use lambda_http::{Error, run, service_fn};
use stats::{Config, Stats};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::logs::init();
    shared::logs::hide_panic_messages();
    let stats = Arc::new(Stats::connect(Config::from_env()?).await);
    stats.open_connection().await;
    run(service_fn(move |event| {
        let stats = Arc::clone(&stats);
        async move { stats.handle(event).await }
    }))
    .await
}
