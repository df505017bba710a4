//! The FHIR package registry protocol, which is npm's: a list of versions for a name, and an archive for each.
//!
//! Nothing of this is evidence, so a library speaks it. It is held to the same promises as elsewhere: no proxy, no retry, no cookies, no
//! decompression. Redirects are followed, since registries keep their archives elsewhere, but never from TLS to none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, StatusCode, Url, redirect, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use sha2::{Digest, Sha512};
use tokio::runtime::Runtime;

use super::{MAX_ARCHIVE, Source};
use crate::diag::Diagnostic;
use crate::fhir::package::{PackageId, PackageName, PackageVersion};
use crate::protocol::http::config::HttpUrl;

/// The longest list of versions, in bytes.
const MAX_LISTING: u64 = 32 << 20;
/// The most redirects of one request.
const MAX_REDIRECTS: usize = 5;
/// How long to wait for a connection, for the next bytes, and for the whole.
const WAITS: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(600),
];

/// A registry that the user named. It blocks while it asks, so it is not for asynchronous code.
#[derive(Debug)]
pub struct Registry {
    base: HttpUrl,
    client: Client,
    runtime: Runtime,
    /// What was listed before, since resolving asks more than once.
    listed: RefCell<BTreeMap<PackageName, Listing>>,
}

/// The versions of a package, and where the archive of each is; empty where the registry does not know it.
type Listing = BTreeMap<PackageVersion, Archive>;

#[derive(Debug, Clone)]
struct Archive {
    url: Url,
    /// SHA-512 of the archive, where the registry tells it.
    sha512: Option<Vec<u8>>,
}

impl Registry {
    /// The registry at a URL. Nothing is asked yet.
    ///
    /// # Errors
    /// `usage` where it is no URL, `package-registry` where TLS cannot be had.
    pub fn at(url: &str) -> Result<Self, Diagnostic> {
        let base: HttpUrl = url.parse().map_err(|error| {
            Diagnostic::error("usage", format!("`{url}` is no registry: {error}"))
        })?;
        let ours = |error: &dyn std::fmt::Display| {
            Diagnostic::error(
                "package-registry",
                format!("no registry can be asked: {error}"),
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Ok(Self {
            client: client().map_err(|error| ours(&error))?,
            runtime: runtime.map_err(|error| ours(&error))?,
            listed: RefCell::default(),
            base,
        })
    }

    /// The versions of a package; empty where the registry does not know it.
    ///
    /// # Errors
    /// `package-registry`.
    pub fn versions(&self, name: &PackageName) -> Result<Vec<PackageVersion>, Diagnostic> {
        self.listing(name)
            .map(|listing| listing.into_keys().collect())
    }

    /// A package's archive; `None` where the registry does not have it.
    ///
    /// # Errors
    /// `package-registry`.
    pub fn package(&self, id: &PackageId) -> Result<Option<Source>, Diagnostic> {
        let Some(archive) = self.listing(&id.name)?.remove(&id.version) else {
            return Ok(None);
        };
        let Some(bytes) = self.get(&archive.url, MAX_ARCHIVE)? else {
            let message = format!("the registry lists `{id}`, and does not have it");
            return Err(Diagnostic::error("package-registry", message).note("see", archive.url));
        };
        if archive
            .sha512
            .is_some_and(|digest| digest != *Sha512::digest(&bytes))
        {
            let message = format!(
                "the archive of `{id}` is not the one that the registry lists: its SHA-512 differs"
            );
            return Err(Diagnostic::error("package-registry", message).note("see", archive.url));
        }
        Ok(Some(Source::Fetched(
            Arc::from(bytes),
            archive.url.to_string(),
        )))
    }

    fn listing(&self, name: &PackageName) -> Result<Listing, Diagnostic> {
        if let Some(listing) = self.listed.borrow().get(name) {
            return Ok(listing.clone());
        }
        // Registries want lower case, whatever packages write. A name has no letter that would have to be escaped.
        let url = format!("{}/{}", self.base.base(), name.folded());
        let url = Url::parse(&url).map_err(|error| self.wrong(name, &error))?;
        let listing = match self.get(&url, MAX_LISTING)? {
            Some(bytes) => read_listing(&bytes, &url).map_err(|why| self.wrong(name, &why))?,
            None => Listing::new(),
        };
        self.listed
            .borrow_mut()
            .insert(name.clone(), listing.clone());
        Ok(listing)
    }

    fn wrong(&self, name: &PackageName, why: &dyn std::fmt::Display) -> Diagnostic {
        let message = format!("what the registry says of `{name}` cannot be read: {why}");
        Diagnostic::error("package-registry", message).note("see", self.base.as_str())
    }

    /// The body of a reply; `None` where there is nothing at a URL.
    fn get(&self, url: &Url, most: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
        let got = self.runtime.block_on(get(&self.client, url, most));
        got.map_err(|why| {
            Diagnostic::error(
                "package-registry",
                format!("the registry did not answer: {why}"),
            )
            .note("see", url.as_str())
        })
    }
}

fn client() -> Result<Client, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    // None at all is no error here: a registry may be without TLS, and one with it will then not be trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let [connect, read, whole] = WAITS;
    let client = Client::builder()
        .user_agent(concat!("plugfest/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .no_proxy()
        .redirect(Policy::custom(follow))
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect)
        .read_timeout(read)
        .timeout(whole)
        .tls_backend_preconfigured(tls);
    Ok(client.build()?)
}

fn follow(attempt: Attempt<'_>) -> redirect::Action {
    let was_safe = attempt
        .previous()
        .last()
        .is_some_and(|url| url.scheme() == "https");
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("it redirects too often");
    }
    if was_safe && attempt.url().scheme() != "https" {
        return attempt.error("it redirects from https to http");
    }
    attempt.follow()
}

async fn get(client: &Client, url: &Url, most: u64) -> Result<Option<Vec<u8>>, String> {
    let mut response = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| chain(&error))?;
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        status if !status.is_success() => return Err(format!("its status is {status}")),
        _ => {}
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
        if (body.len() + chunk.len()) as u64 > most {
            return Err(format!("its answer is longer than {most} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// An error with all its causes; the first alone says little.
fn chain(error: &reqwest::Error) -> String {
    const MOST: usize = 8;
    let mut said = Vec::new();
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(next) = cause.filter(|_| said.len() < MOST) {
        said.push(next.to_string());
        cause = next.source();
    }
    match said.is_empty() {
        true => error.to_string(),
        false => said.join(": "),
    }
}

/// `{ "versions": { "1.0.0": { "dist": { "tarball": URL, "integrity": "sha512-…" } } } }`. Versions that cannot be read are left out.
fn read_listing(bytes: &[u8], url: &Url) -> Result<Listing, String> {
    let json: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let versions = json
        .get("versions")
        .and_then(Value::as_object)
        .ok_or("it has no `versions`")?;
    let mut listing = Listing::new();
    for (version, row) in versions {
        let Ok(version) = version.parse::<PackageVersion>() else {
            continue;
        };
        if let Some(archive) = archive(row, url, &version) {
            listing.insert(version, archive);
        }
    }
    Ok(listing)
}

/// Where a version's archive is: where the registry says, else at `NAME/VERSION`.
fn archive(row: &Value, listing: &Url, version: &PackageVersion) -> Option<Archive> {
    let dist = row.get("dist");
    let text = |key: &str| dist?.get(key)?.as_str();
    let url = match text("tarball") {
        Some(tarball) => listing.join(tarball).ok()?,
        None => Url::parse(&format!("{listing}/{version}")).ok()?,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let integrity = text("integrity")
        .into_iter()
        .flat_map(str::split_whitespace);
    let sha512 = integrity
        .filter_map(|one| STANDARD.decode(one.strip_prefix("sha512-")?).ok())
        .next();
    Some(Archive { url, sha512 })
}
