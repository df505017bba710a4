//! Connections: made, read and written.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::fault;
use super::pool::Key;
use crate::model::{Connection, Fault, FaultKind, Owner};

/// A TCP connection to the first address of a host that answers, and that address.
pub(super) async fn connect(key: &Key) -> Result<(TcpStream, SocketAddr), Fault> {
    let mut last = None;
    for address in addresses(key).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Small requests must not wait for more to send; where the system refuses, they are only slower.
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
            Err(error) => last = Some(error),
        }
    }
    let unknown = || io::Error::other("the name has no address");
    Err(fault::no_connection(
        &key.address(),
        &last.unwrap_or_else(unknown),
    ))
}

async fn addresses(key: &Key) -> Result<Vec<SocketAddr>, Fault> {
    match &key.host {
        Host::Ipv4(address) => Ok(vec![SocketAddr::from((*address, key.port))]),
        Host::Ipv6(address) => Ok(vec![SocketAddr::from((*address, key.port))]),
        Host::Domain(name) => match tokio::net::lookup_host((name.as_str(), key.port)).await {
            Ok(found) => Ok(found.collect()),
            Err(error) => Err(fault::fault(
                Owner::Network,
                FaultKind::Connect,
                format!("the name `{name}` cannot be resolved: {error}"),
            )),
        },
    }
}

/// A connection with what is known of it.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) stream: Stream,
    pub(super) facts: Connection,
    /// How many exchanges it has carried.
    pub(super) served: u32,
    /// What was read and not yet understood.
    pub(super) input: Vec<u8>,
    /// Where the next read goes first.
    pub(super) scratch: Box<[u8]>,
}

/// As much as is read at a time.
const READ: usize = 16 * 1024;

impl Channel {
    pub(super) fn new(stream: Stream, facts: Connection) -> Self {
        Self {
            stream,
            facts,
            served: 0,
            input: Vec::new(),
            scratch: vec![0; READ].into(),
        }
    }

    /// Whether a kept connection is still open, and the peer has sent nothing that nobody asked for.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut buffer = ReadBuf::new(&mut self.scratch);
        self.stream
            .poll_read(&mut context, &mut buffer)
            .is_pending()
    }
}

/// A connection, plain or not.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }

    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }
}
