//! HTTP to a terminology server: no proxy, no redirect, no retry, bounded in time and size.

use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::question::shortened;
use crate::diag::Diagnostic;
use crate::protocol::http::config::HttpUrl;

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 4 << 20;
/// How long to wait for a connection, and for the whole.
const WAITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// So many failures to get any answer one after another, and the server is left alone: nobody waits an hour for nothing.
const MAX_FAILURES: u32 = 3;

/// A way to one server.
#[derive(Debug)]
pub(super) struct Wire {
    base: String,
    client: Client,
    runtime: Runtime,
    failures: AtomicU32,
}

impl Wire {
    pub(super) fn to(url: &str) -> Result<Self, Diagnostic> {
        let base: HttpUrl = url.parse().map_err(|error| {
            Diagnostic::error(
                "usage",
                format!("`{url}` is no terminology server: {error}"),
            )
        })?;
        let ours = |error: &dyn Display| {
            let message = format!("no terminology server can be asked: {error}");
            Diagnostic::error("terminology-server", message)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Ok(Self {
            base: base.base().trim_end_matches('/').to_owned(),
            client: client().map_err(|error| ours(&error))?,
            runtime: runtime.map_err(|error| ours(&error))?,
            failures: AtomicU32::new(0),
        })
    }

    /// The server's address.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// Why there is none, as it follows the server's name in a sentence.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        if self.failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Err(format!(
                "did not answer {MAX_FAILURES} times and is not asked any more"
            ));
        }
        let url =
            Url::parse(&format!("{}/{path}", self.base)).map_err(|error| error.to_string())?;
        let text = body.to_string();
        // Whoever validates may stand on a runtime of its own, where nothing may block: so the wait has its own thread.
        let sent = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| self.runtime.block_on(send(&self.client, url, text)));
            waiting.join()
        });
        match sent {
            Ok(Ok(answer)) => {
                self.failures.store(0, Ordering::Relaxed);
                answer
            }
            Ok(Err(why)) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Err(format!("did not answer: {why}"))
            }
            Err(_) => Err("could not be asked".to_owned()),
        }
    }
}

fn client() -> Result<Client, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    // None at all is no error here: the server may be without TLS, and one with it will then not be trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let [connect, whole] = WAITS;
    let client = Client::builder()
        .user_agent(concat!("plugfest/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect)
        .timeout(whole)
        .tls_backend_preconfigured(tls);
    Ok(client.build()?)
}

/// The outer error is that of a server that cannot be reached, the inner one that of an answer that decides nothing.
async fn send(client: &Client, url: Url, body: String) -> Result<Result<Value, String>, String> {
    let response = client
        .post(url)
        .header(ACCEPT, "application/fhir+json")
        .header(CONTENT_TYPE, "application/fhir+json")
        .body(body)
        .send()
        .await
        .map_err(|error| chain(&error))?;
    let status = response.status();
    let answer = read(response).await?;
    let json = serde_json::from_slice::<Value>(&answer);
    if status.is_success() {
        return Ok(json.map_err(|error| format!("answered what is no JSON: {error}")));
    }
    let told = json.ok().and_then(|outcome| {
        let issue = outcome.pointer("/issue/0")?;
        let text = issue
            .get("diagnostics")
            .or_else(|| issue.pointer("/details/text"))?;
        text.as_str().map(shortened)
    });
    let refused = match told {
        Some(told) => format!("answered {status}: {told}"),
        None => format!("answered {status}"),
    };
    match status.is_server_error() {
        true => Err(refused),
        false => Ok(Err(refused)),
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("its answer is longer than {MAX_ANSWER} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes; the first alone says little.
fn chain(error: &reqwest::Error) -> String {
    const MOST: usize = 8;
    let first: Option<&(dyn Error + 'static)> = error.source();
    let causes = std::iter::successors(first, |cause| (*cause).source()).take(MOST);
    let said: Vec<_> = causes.map(ToString::to_string).collect();
    match said.is_empty() {
        true => error.to_string(),
        false => said.join(": "),
    }
}
