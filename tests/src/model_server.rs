//! A model server that plays scripted replies, byte for byte, over real HTTP/1.1, and keeps what it received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One step of a reply.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes, flushed at once.
    Bytes(Vec<u8>),
    /// Silence. Real time: keep it short.
    Pause(Duration),
    /// The connection is closed in order.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more is sent, and the connection stays open.
    Hang,
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub struct Reply(pub Vec<Step>);

/// What a completion of a scripted reply says beside its text.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `stop_reason` of the final delta.
    pub stop_reason: &'static str,
    /// `usage` of the final delta.
    pub usage: Value,
}

impl Default for Meta {
    fn default() -> Meta {
        Meta { stop_reason: "end_turn", usage: json!({ "input_tokens": 2500, "output_tokens": 1200 }) }
    }
}

impl Reply {
    /// A status with headers and a body of known length.
    #[must_use]
    pub fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        Reply(vec![Step::Bytes(format!("{head}\r\n{body}").into_bytes())])
    }

    /// Not a byte; add what happens next.
    #[must_use]
    pub fn nothing() -> Reply {
        Reply(Vec::new())
    }

    /// The provider's error object.
    #[must_use]
    pub fn error(status: u16, kind: &str, headers: &[(&str, &str)]) -> Reply {
        let body = json!({ "type": "error", "error": { "type": kind, "message": "scripted" } }).to_string();
        Reply::status(status, headers, &body)
    }

    /// A complete stream of events.
    #[must_use]
    pub fn events(events: &[Value]) -> Reply {
        let mut reply = Reply::unfinished(events);
        reply.0.push(Step::Bytes(b"0\r\n\r\n".to_vec()));
        reply
    }

    /// The beginning of a stream of events, in chunked encoding; add what happens next.
    #[must_use]
    pub fn unfinished(events: &[Value]) -> Reply {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut steps = vec![Step::Bytes(head.as_bytes().to_vec())];
        steps.extend(events.iter().map(|event| {
            let frame = format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
            Step::Bytes(format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes())
        }));
        Reply(steps)
    }

    /// A complete message with this text, after an empty thinking block, as current models send it.
    #[must_use]
    pub fn text(text: &str, meta: &Meta) -> Reply {
        Reply::events(&message(text, meta))
    }

    /// A complete message with a JSON answer and default usage.
    #[must_use]
    pub fn answer(answer: &Value) -> Reply {
        Reply::text(&answer.to_string(), &Meta::default())
    }

    /// The same reply with another step at its end.
    #[must_use]
    pub fn then(mut self, step: Step) -> Reply {
        self.0.push(step);
        self
    }
}

/// The events of a message.
#[must_use]
pub fn message(text: &str, meta: &Meta) -> Vec<Value> {
    let mut first = meta.usage.clone();
    first["output_tokens"] = json!(1);
    let half = text.len() / 2;
    let half = (0..=half).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let delta = |part: &str| json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "text_delta", "text": part } });
    vec![
        json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "content": [], "usage": first } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "hm" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "ping" }),
        json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "text", "text": "" } }),
        delta(&text[..half]),
        json!({ "type": "an_event_of_the_future", "index": 1 }),
        delta(&text[half..]),
        json!({ "type": "content_block_stop", "index": 1 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": meta.stop_reason }, "usage": meta.usage }),
        json!({ "type": "message_stop" }),
    ]
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Number of the connection, from 0.
    pub connection: usize,
    /// Request line and headers, as sent.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Received {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Makes a reply of what was received.
pub type Answering = fn(&Received) -> Reply;

/// What a request is answered with.
type Script = dyn Fn(Received) -> Reply + Send + Sync;

/// The server. It ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct ModelServer {
    /// Its address.
    pub url: String,
    script: Arc<Mutex<VecDeque<Reply>>>,
    otherwise: Arc<Mutex<Option<Answering>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl ModelServer {
    /// A server on a free loopback port, without a script: it answers 500 to everything.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn start() -> ModelServer {
        let mut server = ModelServer {
            url: String::new(),
            script: Arc::default(),
            otherwise: Arc::default(),
            received: Arc::default(),
        };
        let this = server.clone();
        server.url = ModelServer::answering(move |request| this.reply(request)).await;
        server
    }

    fn reply(&self, request: Received) -> Reply {
        let scripted = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let otherwise = *self.otherwise.lock().unwrap_or_else(PoisonError::into_inner);
        let scripted = scripted.or_else(|| otherwise.map(|reply| reply(&request)));
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        scripted.unwrap_or_else(|| Reply::error(500, "api_error", &[("x-should-retry", "false")]))
    }

    /// A server on a free loopback port that answers each request by what it is, and keeps nothing. Returns its address.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn answering(script: impl Fn(Received) -> Reply + Send + Sync + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let script: Arc<Script> = Arc::new(script);
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let script = Arc::clone(&script);
                tokio::spawn(async move { converse(stream, connection, &*script).await });
            }
        });
        url
    }

    /// Adds a reply to the script; each request takes one.
    pub fn play(&self, reply: Reply) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).push_back(reply);
    }

    /// Answers every request that the script has no reply for.
    pub fn otherwise(&self, reply: Answering) {
        *self.otherwise.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
    }

    /// Everything received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn converse(stream: TcpStream, connection: usize, script: &Script) {
    // Each step is on the wire when it is played.
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = read_request(&mut stream).await {
        for step in script(Received { connection, head, body }).0 {
            match step {
                Step::Bytes(bytes) => {
                    if stream.get_mut().write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::Close => return,
                Step::Reset => {
                    let _ = stream.get_ref().set_zero_linger();
                    return;
                }
                Step::Hang => std::future::pending().await,
            }
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}
