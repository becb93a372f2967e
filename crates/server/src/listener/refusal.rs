//! What connections are told that are not served.

use super::CONNECTIONS_MAX;
use nixie_api::{ErrorKind, ErrorReport};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// LIMIT: connections that are being refused at the same time; more are closed without a word.
const REFUSALS_MAX: usize = 128;

/// LIMIT: time that a client has for taking the refusal.
const REFUSAL_TIME_MAX: Duration = Duration::from_secs(2);

/// Tells clients that there is no room for them.
pub(super) struct Refusals {
    room: Arc<Semaphore>,
    text: Arc<str>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(REFUSALS_MAX)),
            text: text().into(),
        }
    }
}

/// HTTP/1.1 whatever the client speaks: clients of HTTP/2 show what they got in its place.
fn text() -> String {
    let report = ErrorReport {
        kind: ErrorKind::Busy,
        message: format!(
            "there are {CONNECTIONS_MAX} connections to this agent, which is the limit"
        ),
        causes: Vec::new(),
        hint: Some("try again when some of them have ended".to_owned()),
        diagnostics: Vec::new(),
    };
    let body = serde_json::to_string(&report).unwrap_or_default();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 10\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Refusals {
    /// Refuses a connection.
    pub(super) fn refuse(&self, stream: TcpStream) {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
            return;
        };
        let text = Arc::clone(&self.text);
        tokio::spawn(async move {
            tell(stream, text.as_bytes()).await;
            drop(permit);
        });
    }
}

/// Says something as the last word on a connection.
pub(super) async fn tell(stream: TcpStream, words: &[u8]) {
    let told = say(stream, words);
    // Who does not listen has been told, too.
    timeout(REFUSAL_TIME_MAX, told)
        .await
        .unwrap_or(Ok(()))
        .unwrap_or_default();
}

/// Writes the words, and waits until the client closes: closing first, with a request unread,
/// would take back what was written.
async fn say(mut stream: TcpStream, words: &[u8]) -> std::io::Result<()> {
    stream.write_all(words).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut unread) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
