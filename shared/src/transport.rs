//! HTTP: one set of TLS roots and one kind of client, for the model's provider, the parameter store and the database.
//!
//! Mozilla's root certificates are data in the binary. The usual way, which reads and parses the system's 140 for each client
//! that is built, takes three quarters of a cold start's processor time (`docs/benchmarks.md`).

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use rustls::{ClientConfig, RootCertStore};

/// TLS 1.2 and 1.3. Clones share sessions, so that a second connection to a host resumes the first's.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("this provider has the suites of both versions");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
});

/// A client's settings that hold wherever it goes: no proxy, no redirects, which would carry keys and texts elsewhere, and no
/// socket that a frozen sandbox has kept for long.
pub fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(TLS.clone())
        .pool_idle_timeout(Duration::from_secs(60))
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

/// The same client for the AWS SDK, which has its own timeouts.
#[must_use]
pub fn for_sdk() -> SharedHttpClient {
    // Built when it is first asked for: who never asks AWS need not have one.
    let connector = LazyLock::<_, fn() -> _>::new(|| {
        let client = client_builder().build().expect("a TLS set-up of our own");
        SharedHttpConnector::new(Connector(client))
    });
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            // Requests of these services are in memory.
            let body = |body: &SdkBody| body.bytes().map(Bytes::copy_from_slice);
            let (parts, sent) = request.into_parts();
            let sent = body(&sent).ok_or_else(|| ConnectorError::user("a body that is a stream".into()))?;
            let request = reqwest::Request::try_from(http::Request::from_parts(parts, sent));
            let request = request.map_err(|error| ConnectorError::user(error.into()))?;
            let response: http::Response<reqwest::Body> = client.execute(request).await.map_err(failed)?.into();
            let (parts, answer) = response.into_parts();
            let answer = http_body_util::BodyExt::collect(answer).await.map_err(failed)?.to_bytes();
            let response = http::Response::from_parts(parts, SdkBody::from(answer));
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The kinds that the SDK's retries tell apart. An error of this client names the address, which no log needs.
fn failed(error: reqwest::Error) -> ConnectorError {
    let is_timeout = error.is_timeout();
    let error = error.without_url().into();
    if is_timeout { ConnectorError::timeout(error) } else { ConnectorError::io(error) }
}
