//! Lambda entry point for `authorizer`.

use std::sync::Arc;

use authorizer::{Asked, Authorizer, Config};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::logs::init();
    shared::logs::hide_panic_messages();
    let authorizer = Arc::new(Authorizer::connect(&Config::from_env()?).await);
    authorizer.open_connection().await;
    run(service_fn(move |event: LambdaEvent<Asked>| {
        let authorizer = Arc::clone(&authorizer);
        async move { authorizer.handle(&event.payload).await }
    }))
    .await
}
