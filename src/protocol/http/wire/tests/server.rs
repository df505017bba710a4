//! A server that plays a script.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
pub(super) struct Reaction {
    bytes: Vec<u8>,
    then: Then,
}

/// What it does after its bytes.
enum Then {
    NextRequest,
    Close,
    Hang,
    Repeat(Vec<u8>),
    Drip(Vec<u8>),
}

impl Reaction {
    /// Answers, and waits for the next request.
    pub(super) fn reply(text: &str) -> Self {
        Self::reply_bytes(text.as_bytes())
    }

    pub(super) fn reply_bytes(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            then: Then::NextRequest,
        }
    }

    /// Sends this, and closes.
    pub(super) fn close(text: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: text.as_ref().to_vec(),
            then: Then::Close,
        }
    }

    /// Sends this, and then nothing more, ever.
    pub(super) fn hang(text: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: text.as_ref().to_vec(),
            then: Then::Hang,
        }
    }

    /// Sends this, and then something over and over, until nobody listens.
    pub(super) fn repeat(text: impl AsRef<[u8]>, more: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: text.as_ref().to_vec(),
            then: Then::Repeat(more.as_ref().to_vec()),
        }
    }
}

impl Reaction {
    /// Sends this byte by byte, and waits for the next request.
    pub(super) fn drip(text: &str) -> Self {
        Self {
            bytes: Vec::new(),
            then: Then::Drip(text.as_bytes().to_vec()),
        }
    }
}

/// The server; it ends with the test's runtime.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

type React = dyn Fn(usize, &str) -> Reaction + Send + Sync;

impl Server {
    /// A server whose reactions depend on how many requests it had before.
    pub(super) async fn start(react: impl Fn(usize) -> Reaction + Send + Sync + 'static) -> Self {
        Self::start_with(None, Arc::new(move |earlier, _: &str| react(earlier))).await
    }

    /// A server whose reactions depend on the request.
    pub(super) async fn answering(
        react: impl Fn(&str) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(None, Arc::new(move |_, request: &str| react(request))).await
    }

    /// A server that speaks TLS.
    pub(super) async fn secure(
        config: rustls::ServerConfig,
        react: impl Fn(&str) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start_with(
            Some(acceptor),
            Arc::new(move |_, request: &str| react(request)),
        )
        .await
    }

    async fn start_with(tls: Option<TlsAcceptor>, react: Arc<React>) -> Self {
        let (listener, address) = listen().await;
        let seen = Arc::new(Seen::default());
        let server = Self {
            address,
            scheme: if tls.is_some() { "https" } else { "http" },
            seen: seen.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                seen.connections.fetch_add(1, Ordering::SeqCst);
                let (seen, react, tls) = (seen.clone(), react.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => play(stream, &seen, &*react).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                play(stream, &seen, &*react).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    /// A server that answers before it has read, and reads the rest only then.
    pub(super) async fn start_impatient(reply: &'static str) -> Self {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut some = [0; 1000];
                let _ = stream.read(&mut some).await;
                let _ = stream.write_all(reply.as_bytes()).await;
                while stream.read(&mut some).await.is_ok_and(|count| count > 0) {}
            }
        });
        Self {
            address,
            scheme: "http",
            seen: Arc::default(),
        }
    }

    /// An address on which nobody listens.
    pub(super) async fn closed_port() -> Self {
        let (listener, address) = listen().await;
        drop(listener);
        Self {
            address,
            scheme: "http",
            seen: Arc::default(),
        }
    }

    /// A URL of this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Seen, react: &React) {
    while let Some(request) = request(&mut stream).await {
        let earlier = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let Reaction { bytes, then } = react(earlier, &request);
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match then {
            Then::NextRequest => {}
            Then::Close => {
                let _ = stream.shutdown().await;
                return;
            }
            Then::Hang => std::future::pending().await,
            Then::Drip(bytes) => {
                for byte in bytes {
                    // The reader runs in between: the runtime of a test has one thread.
                    let _ = stream.write_all(&[byte]).await;
                    let _ = stream.flush().await;
                    tokio::task::yield_now().await;
                }
            }
            Then::Repeat(more) => while stream.write_all(&more).await.is_ok() {},
        }
    }
}

/// A request up to the end of its body; `None` where the connection ends before.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = lengths.next().map(|(_, length)| length);
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut some = [0; 4096];
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&some[..count]),
        }
    }
}
