//! Bodies in a run file: as text, as Base64, or in a file of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Payload, Side};

/// The largest body that stands in the line itself, in bytes.
pub const INLINE_BODY: usize = 64 * 1024;

/// A body as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoredBody {
    /// UTF-8 text.
    Text(String),
    /// Anything else.
    Base64(String),
    /// A file beside the run file.
    File {
        /// Its path from the run file's folder.
        path: String,
        /// Its length in bytes.
        bytes: u64,
        /// The digest of its content.
        sha256: String,
    },
}

/// Where bodies lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lies {
    /// In the line itself, or there is none.
    Inside,
    /// At least one in a file of its own.
    Beside,
}

/// A body that goes to a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeBody {
    /// Its path from the run file's folder.
    pub path: String,
    /// Its content.
    pub content: Payload,
}

pub(super) fn store(
    body: &Payload,
    number: u32,
    side: Side,
    large: &mut Vec<LargeBody>,
) -> Option<StoredBody> {
    if body.is_empty() {
        return None;
    }
    if body.bytes().len() > INLINE_BODY {
        let path = format!("exchanges/{number:04}-{}.body", side.as_str());
        large.push(LargeBody {
            path: path.clone(),
            content: body.clone(),
        });
        return Some(StoredBody::File {
            path,
            bytes: body.bytes().len() as u64,
            sha256: digest(body.bytes()),
        });
    }
    Some(match body.text() {
        Some(text) => StoredBody::Text(text.to_owned()),
        None => StoredBody::Base64(STANDARD.encode(body.bytes())),
    })
}

pub(super) fn restore(
    body: Option<StoredBody>,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Payload, String> {
    match body {
        None => Ok(Payload::default()),
        Some(StoredBody::Text(text)) => Ok(Payload::new(text.into_bytes())),
        Some(StoredBody::Base64(text)) => decode(&text).map(Payload::new),
        Some(StoredBody::File { path, sha256, .. }) => {
            let content = read(&path)?;
            if digest(&content) != sha256 {
                return Err(format!("`{path}` has changed since the run"));
            }
            Ok(Payload::new(content))
        }
    }
}

/// Whether [`restore`] can give the body back without asking anybody for a file.
///
/// # Errors
/// That it is no Base64.
pub(super) fn check(body: Option<&StoredBody>) -> Result<Lies, String> {
    match body {
        None | Some(StoredBody::Text(_)) => Ok(Lies::Inside),
        Some(StoredBody::File { .. }) => Ok(Lies::Beside),
        Some(StoredBody::Base64(text)) => decode(text).map(|_| Lies::Inside),
    }
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("a body is no Base64: {error}"))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
