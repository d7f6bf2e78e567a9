//! What the acceptance tests stand on. Tests replace the far end of the wire, not our types:
//!
//! - [`stack`]: the real handlers over a real DynamoDB endpoint and a scripted model server
//! - [`model_server`]: an HTTP server that plays byte-exact replies and keeps what it received
//! - [`recorder`]: a forwarder that keeps the order of database calls
//! - [`fault_proxy`]: a forwarder that loses replies and fails calls
//! - [`acks`]: a listener that acknowledges at once
//! - [`canary`]: texts that must not turn up, and every place where they could
//! - [`panics`]: defects at a given step of a request's path
//! - [`parameter_store`]: SSM with one parameter
//! - [`runtime_api`]: Lambda's Runtime API, to run the real binaries
//! - [`fixtures`]: an invented résumé, a job, and answers to them
//! - [`score`]: how much a redaction left, and how much it took too much
//! - [`hostile`]: random texts for redaction, and what it promises of them

pub mod stack;
pub mod model_server;
pub mod panics;
pub mod parameter_store;
pub mod recorder;
pub mod acks;
pub mod canary;
pub mod fault_proxy;
pub mod runtime_api;
pub mod fixtures;
pub mod score;
pub mod hostile;

#[cfg(doctest)]
#[doc = include_str!("../../docs/usage.md")]
mod usage {}
