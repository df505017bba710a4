//! A token request and its answer, by a library.
//!
//! This is no exchange of the run: nothing of it is evidence, so that a well-kept library serves better than our own client.
//! It is held to the same promises: no proxy, no redirect, no retry, no cookies, no decompression, and nobody is trusted who is
//! not trusted with exchanges. The deadline is that of the exchange which needs the token. A client is made for each request:
//! tokens are asked for once in minutes, and a run without OAuth never makes one.

use std::error::Error;
use std::io;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url, retry};

use super::request::USER_AGENT;
use super::{fault, tls};
use crate::model::{Fault, FaultKind, Instant, Owner};

/// A token endpoint's answer is small, in bytes.
const BODY_MAX: usize = 1_000_000;

/// A chain of causes has an end, but nobody promises it.
const CAUSES: usize = 16;

/// What a token endpoint said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Posts a form.
///
/// # Errors
/// Why there is no whole answer: always of the kind [`FaultKind::Auth`], so that it is not taken for a fault of the exchange.
pub(super) async fn post(
    url: &Url,
    form: String,
    authorization: Option<String>,
    setup: &tls::Setup,
    now: Instant,
) -> Result<Answer, Fault> {
    let client = client(url, setup, now)?;
    let mut request = client
        .post(url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let response = request.send().await.map_err(|error| explained(&error))?;
    Ok(Answer {
        status: response.status().as_u16(),
        body: body(response).await?,
    })
}

fn client(url: &Url, setup: &tls::Setup, now: Instant) -> Result<Client, Fault> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .pool_max_idle_per_host(0);
    builder = match url.scheme() {
        "https" => builder.tls_backend_preconfigured(setup.for_tokens(url, now)?),
        // Without this, the library would look for a TLS of its own.
        _ => builder.tls_backend_preconfigured(setup.for_nobody()?),
    };
    let ours = |error: reqwest::Error| auth(Owner::Plugfest, chain(&error));
    builder.build().map_err(ours)
}

async fn body(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explained(&error))? {
        if body.len() + chunk.len() > BODY_MAX {
            let message = format!("its answer is longer than {BODY_MAX} bytes");
            return Err(auth(Owner::Supplier, message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whose fault it is, from what lies at the bottom of the library's error.
fn explained(error: &reqwest::Error) -> Fault {
    if let Some(reason) = causes(error).find_map(tls_reason) {
        return Fault {
            kind: FaultKind::Auth,
            ..tls::refused(reason)
        };
    }
    let refused = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    match error.is_connect() && !refused {
        true => auth(Owner::Network, chain(error)),
        false => auth(Owner::Supplier, chain(error)),
    }
}

/// An error of the connection is no link of its own in the chain of causes, and the library wraps it more than once.
fn tls_reason(cause: Cause<'_>) -> Option<&rustls::Error> {
    let mut layers = std::iter::successors(Some(cause), |&layer| inside(layer)).take(CAUSES);
    layers.find_map(|layer| layer.downcast_ref())
}

fn inside(cause: Cause<'_>) -> Option<Cause<'_>> {
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

/// All causes but the first, which only names the URL.
fn chain(error: &reqwest::Error) -> String {
    let said: Vec<String> = causes(error).skip(1).map(ToString::to_string).collect();
    match said.is_empty() {
        true => error.to_string(),
        false => said.join(": "),
    }
}

type Cause<'a> = &'a (dyn Error + 'static);

fn causes(error: &reqwest::Error) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error as Cause<'_>), |&cause| cause.source()).take(CAUSES)
}

fn auth(owner: Owner, message: String) -> Fault {
    fault::fault(owner, FaultKind::Auth, message)
}
