//! The least that a streaming function can be: two small events, one right after the other. What `bench -- lambda` shows the wait
//! before a streamed answer's bytes with.

use std::convert::Infallible;

use http_body_util::StreamBody;
use lambda_http::http::Response;
use lambda_http::{Error, Request, run_with_streaming_response, service_fn};

type Event = Result<http_body::Frame<bytes::Bytes>, Infallible>;

async fn hello(_: Request) -> Result<Response<StreamBody<impl futures_util::Stream<Item = Event>>>, Error> {
    let events = ["data: 1\n\n", "data: 2\n\n"].map(|event| Ok(http_body::Frame::data(bytes::Bytes::from(event))));
    Ok(Response::new(StreamBody::new(futures_util::stream::iter(events))))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run_with_streaming_response(service_fn(hello)).await
}
