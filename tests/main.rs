//! Acceptance tests: real handlers, real wires, no AWS account, no sleeping.

mod main_job;
mod tasks;
mod bad_input;
mod model_client;
mod batch;
mod faults;
mod disguises;
mod hostile;
mod http;
mod idempotency;
mod keys;
mod leftovers;
mod limits;
mod reservations;
mod secrets;
mod statistics;
mod traces;
mod streaming;
mod redaction;
mod template;
mod documents;
