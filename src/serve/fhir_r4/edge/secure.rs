//! A listener that speaks TLS. Handshakes run beside each other: a client that dawdles keeps nobody waiting.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A handshake that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first byte of a TLS connection: a handshake record.
const HANDSHAKE: u8 = 0x16;

/// What happens to a client that does not speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plaintext {
    /// The connection is closed.
    Refused,
    /// It is served like any other.
    Served,
}

/// A stream in either direction.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The listener.
pub struct SecureListener {
    ready: mpsc::Receiver<(Box<dyn Stream>, SocketAddr)>,
    address: SocketAddr,
}

impl SecureListener {
    /// Accepts connections on a listener until it is dropped.
    pub fn new(
        listener: TcpListener,
        address: SocketAddr,
        configuration: Arc<rustls::ServerConfig>,
        plaintext: Plaintext,
    ) -> SecureListener {
        let (sender, ready) = mpsc::channel(64);
        tokio::spawn(accept(
            listener,
            TlsAcceptor::from(configuration),
            plaintext,
            sender,
        ));
        SecureListener { ready, address }
    }
}

impl Listener for SecureListener {
    type Io = Box<dyn Stream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Box<dyn Stream>, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    plaintext: Plaintext,
    sender: mpsc::Sender<(Box<dyn Stream>, SocketAddr)>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((socket, peer)) = accepted else {
            // Out of sockets, most likely: one that closes makes room.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(Ok(stream)) =
                tokio::time::timeout(PATIENCE, greet(socket, acceptor, plaintext)).await
            {
                // The receiver is gone only when the server ends.
                drop(sender.send((stream, peer)).await);
            }
        });
    }
}

async fn greet(
    socket: TcpStream,
    acceptor: TlsAcceptor,
    plaintext: Plaintext,
) -> io::Result<Box<dyn Stream>> {
    socket.set_nodelay(true)?;
    let mut first = [0];
    let seen = socket.peek(&mut first).await?;
    if seen == 1 && first[0] != HANDSHAKE && plaintext == Plaintext::Served {
        return Ok(Box::new(socket));
    }
    Ok(Box::new(acceptor.accept(socket).await?))
}
