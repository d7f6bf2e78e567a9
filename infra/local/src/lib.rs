//! The whole service on one machine: the API front, an embedded DynamoDB, a stand-in model, and the commands.
//!
//! - [`environment`]: the process environment with presets for one machine
//! - [`backends`]: the embedded DynamoDB and the stand-in model on loopback ports
//! - [`stand_in`]: a model server that does honest work without a model
//! - [`event`]: HTTP as the API Gateway event that production sends
//! - [`service`]: the real handlers over those backends, in process
//! - [`front`]: the API on a port
//! - [`commands`]: what the command line does with them

pub mod environment;
pub mod backends;
pub mod stand_in;
pub mod event;
pub mod service;
pub mod front;
pub mod openapi;
pub mod commands;

/// Anything that ends a command.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
