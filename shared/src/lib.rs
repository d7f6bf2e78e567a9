//! The steps of a request, shared by every function. Read them in this order, which is a request's own:
//!
//! - [`settings`]: the environment, read once, every mistake reported at once
//! - [`secrets`]: the provider's key
//! - [`caller`]: who is asking, from the authorizer's context
//! - [`keys`]: who may ask at all, where keys say so
//! - [`request`]: the body, validated into a [`request::Input`]
//! - [`redaction`]: personal data out before the prompt, back in after the answer
//! - [`analysis`]: what the job asks for and what the résumé shows of it
//! - [`prompts`]: templates, output schemas, typed outputs
//! - [`prices`]: dated prices, exact money
//! - [`limits`]: rate limits and budget reservations, one conditional write each
//! - [`budget`]: the dearest an attempt can get, and calendar periods
//! - [`llm`]: the Messages API client
//! - [`ledger`]: one record per attempt, day aggregates, statistics
//! - [`reconcile`]: what an instance that is gone left open
//! - [`alerts`]: half, four fifths and all of a budget, said once each
//! - [`idempotency`]: one answer for a request however often it is sent
//! - [`verify`]: the model's answer held against the source
//! - [`problem`], [`response`], [`cors`]: every way to say no, and how answers become HTTP
//! - [`trace`], [`metrics`], [`logs`]: what happened, in numbers, ids and codes
//! - [`transport`]: the one HTTP client of all that go out
//!
//! Modules are pure (values in, values out) except `llm` and those that own items of a table: `limits::store`, `ledger`, `keys`,
//! `reconcile`, `alerts`, `idempotency` and `trace` (`dynamodb` is their client). None reads a clock or the environment for a decision by itself.

pub mod settings;
pub mod secrets;
pub mod caller;
pub mod keys;
pub mod request;
pub mod redaction;
mod words;
mod lexicon;
pub mod analysis;
pub mod prompts;
pub mod prices;
pub mod limits;
pub mod budget;
pub mod llm;
pub mod ledger;
pub mod reconcile;
pub mod alerts;
pub mod idempotency;
pub mod verify;
pub mod problem;
pub mod response;
pub mod cors;
pub mod trace;
pub mod metrics;

pub mod transport;
pub mod dynamodb;
pub mod logs;
pub mod request_id;
