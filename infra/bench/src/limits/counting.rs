//! A client that counts what it sends: operations, attempts, capacity units. It works against any endpoint.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// Sums since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Operations; a retry of the SDK is the same operation.
    pub(crate) operations: AtomicU64,
    /// Requests on the wire.
    pub(crate) sent: AtomicU64,
    /// Conditional takes from a caller's item, by its key prefix and expression.
    pub(crate) takes: AtomicU64,
    /// Capacity units of successful operations, in order.
    pub(crate) units: Mutex<Vec<(&'static str, f64)>>,
}

impl Counts {
    /// Capacity of successful operations since the last time.
    pub(crate) fn take_units(&self) -> Vec<(&'static str, f64)> {
        std::mem::take(&mut *self.units.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A client over `client`'s endpoint, and what it counts.
pub(crate) fn counting(client: &Client) -> (Client, Arc<Counts>) {
    let counts: Arc<Counts> = Arc::default();
    let config = client.config().to_builder().interceptor(Counter(Arc::clone(&counts))).build();
    (Client::from_conf(config), counts)
}

#[derive(Debug)]
struct Counter(Arc<Counts>);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.operations.fetch_add(1, Ordering::Relaxed);
        let total = Some(ReturnConsumedCapacity::Total);
        let input = context.input_mut();
        if let Some(input) = input.downcast_mut::<UpdateItemInput>() {
            input.return_consumed_capacity = total;
            let key = input.key().and_then(|key| key.get("PK")?.as_s().ok().cloned()).unwrap_or_default();
            let reserves = input.update_expression().is_some_and(|expression| expression.contains("#r = :note"));
            if key.starts_with("L#k#") && reserves {
                self.0.takes.fetch_add(1, Ordering::Relaxed);
            }
        } else if let Some(input) = input.downcast_mut::<TransactWriteItemsInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<QueryInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<GetItemInput>() {
            input.return_consumed_capacity = total;
        } else if let Some(input) = input.downcast_mut::<PutItemInput>() {
            input.return_consumed_capacity = total;
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let units = |capacity: &ConsumedCapacity| capacity.capacity_units().unwrap_or(0.0);
        let one = |capacity: Option<&ConsumedCapacity>| capacity.map_or(0.0, units);
        let counted = if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            ("update", one(output.consumed_capacity()))
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            ("transaction", output.consumed_capacity().iter().map(units).sum())
        } else if let Some(output) = output.downcast_ref::<QueryOutput>() {
            ("query", one(output.consumed_capacity()))
        } else if let Some(output) = output.downcast_ref::<GetItemOutput>() {
            ("get", one(output.consumed_capacity()))
        } else if let Some(output) = output.downcast_ref::<PutItemOutput>() {
            ("put", one(output.consumed_capacity()))
        } else {
            return Ok(());
        };
        self.0.units.lock().unwrap_or_else(PoisonError::into_inner).push(counted);
        Ok(())
    }
}
