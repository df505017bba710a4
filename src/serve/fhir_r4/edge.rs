//! The edge: sockets and HTTP/1.1 around the pure core.

mod secure;

pub use secure::Plaintext;

use super::message::{Headers, Method, Reply, Request};
use super::problem::Problem;
use super::service::{MAX_BODY, Service};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{self, HeaderName, HeaderValue, StatusCode};
use axum::serve::ListenerExt;
use jiff::Timestamp;
use secure::SecureListener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A listener that is bound, with its address.
pub struct Bound {
    listener: TcpListener,
    /// The address, with the port that the system chose where none was named.
    pub address: SocketAddr,
}

/// Binds a listener.
///
/// # Errors
/// What the system says, such as an address in use.
pub async fn bind(address: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

/// How connections are secured.
pub enum Security {
    /// Not at all.
    Plain,
    /// By TLS.
    Tls(Arc<rustls::ServerConfig>, Plaintext),
}

/// Serves until the sender is used or dropped.
pub fn serve(bound: Bound, security: Security, service: Service) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel();
    let app = Router::new().fallback(handle).with_state(Arc::new(service));
    let ended = async move { drop(stopped.await) };
    match security {
        Security::Plain => {
            // A reply is one write; waiting to join it with the next would only add delay. A socket that refuses works, too.
            let listener = bound
                .listener
                .tap_io(|socket| drop(socket.set_nodelay(true)));
            let serving = axum::serve(listener, app).with_graceful_shutdown(ended);
            tokio::spawn(async move { serving.await });
        }
        Security::Tls(configuration, plaintext) => {
            let listener =
                SecureListener::new(bound.listener, bound.address, configuration, plaintext);
            let serving = axum::serve(listener, app).with_graceful_shutdown(ended);
            tokio::spawn(async move { serving.await });
        }
    }
    stop
}

async fn handle(
    State(service): State<Arc<Service>>,
    request: http::Request<Body>,
) -> http::Response<Body> {
    let (parts, body) = request.into_parts();
    let reply = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => service.handle(inward(&parts, body.into())),
        Err(_) => too_large(),
    };
    outward(reply)
}

fn inward(parts: &http::request::Parts, body: Vec<u8>) -> Request {
    let mut headers = Headers::default();
    for (name, value) in &parts.headers {
        headers.add(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    Request {
        method: Method::named(parts.method.as_str()),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
        received: Timestamp::now(),
    }
}

fn outward(reply: Reply) -> http::Response<Body> {
    let mut response = http::Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers.iter() {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        else {
            continue;
        };
        response.headers_mut().append(name, value);
    }
    response
}

fn too_large() -> Reply {
    let problem = Problem::new(
        413,
        "too-long",
        format!("a body has at most {MAX_BODY} bytes"),
    );
    let mut headers = Headers::default();
    headers.set("Content-Type", "application/fhir+json; charset=utf-8");
    Reply {
        status: 413,
        headers,
        body: problem.outcome().compact().into_bytes(),
    }
}
