//! The model client: Anthropic's Messages API over HTTP, always streamed upstream.
//!
//! [`LlmClient::open`] sends a call and waits for the model's first event; until then nothing is billed and it may retry,
//! as the official client does but bounded by the deadline. After that an [`AnswerStream`] yields text and ends in a
//! [`Completion`] or a [`Failure`], and a failure says what may have been billed. A stream that ends without
//! `message_stop` is a failure.
//!
//! It knows prompts only as bytes to send. No error, `Debug` or log of it carries prompt, completion or key.

mod error;
mod messages;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

pub use error::{Billed, Failure, LlmError};
pub use messages::Call;
pub use stream::{AnswerStream, Completion, StopReason};

use crate::secrets::{ModelKey, SecretsUnavailable};
use crate::transport::client_builder;

/// Model providers whose API this client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Anthropic's Messages API.
    Anthropic,
}

impl Provider {
    /// The name in item keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
        }
    }
}

/// What other instances should know of a call that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The provider wants to be left alone for so long.
    Pause(Duration),
    /// The call will be repeated: one more request to the provider.
    Repeat,
}

/// Where notices go while a call is on its way, and whether it is: what nobody waits for any more has cost nothing while
/// it was waiting to be repeated.
#[derive(Clone, Debug)]
pub struct Notices {
    sender: tokio::sync::mpsc::UnboundedSender<Notice>,
    in_flight: Arc<AtomicBool>,
    tries: Arc<AtomicU32>,
}

impl Notices {
    /// The two ends.
    #[must_use]
    pub fn new() -> (Notices, tokio::sync::mpsc::UnboundedReceiver<Notice>) {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        (Notices { sender, in_flight: Arc::default(), tries: Arc::default() }, receiver)
    }

    /// Whether a request is with the provider.
    #[must_use]
    pub fn in_flight(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.in_flight)
    }

    /// Times the call was sent so far.
    #[must_use]
    pub fn tries(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.tries)
    }

    fn send(&self, notice: Notice) {
        // Nobody listens where one instance is all there is.
        let _ = self.sender.send(notice);
    }
}

/// How the client is set up.
pub struct LlmConfig {
    /// `https://api.anthropic.com`, or any server that speaks the same API.
    pub base_url: String,
    /// The provider key.
    pub key: ModelKey,
    /// Longest silence before the response and between two events.
    pub idle_timeout: Duration,
    /// Retries before the first event.
    pub max_retries: usize,
}

/// Sends calls over pooled connections.
pub struct LlmClient {
    http: reqwest::Client,
    config: LlmConfig,
}

/// With less time than this a call is not repeated: it would end without an answer and may be billed all the same.
const SHORTEST_TRY: Duration = Duration::from_millis(250);

/// How long a start waits for a connection to the provider: a first request opens one as well.
const LONGEST_OPENING: Duration = Duration::from_secs(2);

/// The official client's waits: 0.5 s doubling to 8 s, less up to a quarter.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(8))
    .with_factor(2.0);

impl LlmClient {
    /// A client. Redirects are not followed: one would carry the key and the prompt elsewhere.
    ///
    /// # Errors
    ///
    /// If no TLS back end can be set up.
    pub fn new(config: LlmConfig) -> Result<LlmClient, LlmError> {
        let http = client_builder()
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| LlmError::Unreachable(error.without_url().into()))?;
        Ok(LlmClient { http, config })
    }

    /// Makes sure that there is a key, before anything is reserved for a call.
    ///
    /// # Errors
    ///
    /// [`SecretsUnavailable`].
    pub async fn ready(&self) -> Result<(), SecretsUnavailable> {
        self.config.key.get().await.map(|_| ())
    }

    /// Reads the key and opens a connection, so that the first call finds both. Over plain HTTP, on this machine, a connection costs
    /// nothing and the other end would take the question for a call.
    pub async fn open_connection(&self) {
        let connected = async {
            if self.config.base_url.starts_with("https://") {
                let head = self.http.head(&self.config.base_url).timeout(LONGEST_OPENING);
                let _ = head.send().await;
            }
        };
        let _ = futures_util::future::join(self.ready(), connected).await;
    }

    /// Sends the call and waits for the first event. Refused or unreachable calls are repeated while the deadline allows
    /// the wait; a call that may have been billed is not.
    ///
    /// # Errors
    ///
    /// [`Failure`], with what may have been billed.
    pub async fn open(&self, call: &Call, deadline: Instant, notices: &Notices) -> Result<AnswerStream, Failure> {
        let mut tries = 0u32;
        let attempt = || {
            tries += 1;
            let attempt = self.attempt(call, deadline, tries);
            async move {
                notices.in_flight.store(true, Ordering::Relaxed);
                notices.tries.fetch_add(1, Ordering::Relaxed);
                let answer = attempt.await;
                let billed = answer.as_ref().err().is_none_or(|failure| failure.billed != Billed::Nothing);
                notices.in_flight.store(billed, Ordering::Relaxed);
                if let Err(Failure { error: LlmError::Throttled { retry_after: Some(wait), .. }, .. }) = &answer {
                    notices.send(Notice::Pause(*wait));
                }
                answer
            }
        };
        attempt
            .retry(BACKOFF.with_max_times(self.config.max_retries))
            .when(|failure: &Failure| failure.is_retryable())
            .adjust(|failure, delay| {
                let wait = failure.error.retry_after().or_else(|| delay.map(jittered))?;
                (delay.is_some() && Instant::now().checked_add(wait + SHORTEST_TRY)? < deadline).then_some(wait)
            })
            .notify(|failure, wait| {
                notices.send(Notice::Repeat);
                tracing::warn!(error = %failure.error, wait_ms = wait.as_millis(), "model call repeated");
            })
            .await
    }

    /// Sends the call and reads its answer to the end.
    ///
    /// # Errors
    ///
    /// As [`LlmClient::open`], and everything that can go wrong in the stream.
    pub async fn complete(&self, call: &Call, deadline: Instant, notices: Notices) -> Result<Completion, Failure> {
        let mut answer = self.open(call, deadline, &notices).await?;
        // Whoever waits for notices need not wait for the answer.
        drop(notices);
        while answer.next_text().await?.is_some() {}
        answer.finish()
    }

    /// One try, and a second one where the provider refused the key and it has been replaced meanwhile.
    async fn attempt(&self, call: &Call, deadline: Instant, tries: u32) -> Result<AnswerStream, Failure> {
        let unavailable = |_| Failure::new(LlmError::NoKey, Billed::Nothing);
        let key = self.config.key.get().await.map_err(unavailable)?;
        let answer = self.send(call, &key, deadline, tries).await;
        if let Err(Failure { error: LlmError::Unauthorized, .. }) = &answer
            && let Some(key) = self.config.key.renewed(&key).await
        {
            return self.send(call, &key, deadline, tries).await;
        }
        answer
    }

    async fn send(
        &self,
        call: &Call,
        key: &SecretString,
        deadline: Instant,
        tries: u32,
    ) -> Result<AnswerStream, Failure> {
        let request = self
            .http
            .post(format!("{}/v1/messages", self.config.base_url.trim_end_matches('/')))
            .header("content-type", "application/json")
            .header("anthropic-version", call.version())
            .header("x-api-key", key.expose_secret())
            .header("x-stainless-retry-count", tries - 1)
            .body(call.body());
        let first_byte = (Instant::now() + self.config.idle_timeout).min(deadline);
        let response = match tokio::time::timeout_at(first_byte, request.send()).await {
            Err(_) => return Err(Failure::new(LlmError::DeadlineExceeded, Billed::Unknown)),
            Ok(Err(error)) => return Err(error::not_sent(error)),
            Ok(Ok(response)) => response,
        };
        if !response.status().is_success() {
            return Err(Failure::new(error::refused(response, deadline).await, Billed::Nothing));
        }
        let mut answer = AnswerStream::new(response, tries, deadline, self.config.idle_timeout);
        answer.wait_for_start().await?;
        Ok(answer)
    }
}

fn jittered(delay: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    delay.mul_f64(1.0 - 0.25 * f64::from(random) / f64::from(u32::MAX))
}

impl std::fmt::Debug for LlmClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LlmClient")
    }
}
