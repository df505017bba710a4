//! A body as it was on the wire.

use std::sync::Arc;

/// The bytes of a body, as they were on the wire: nothing decoded, nothing added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    bytes: Arc<[u8]>,
}

impl Payload {
    /// A body of these bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is no body at all.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The body as text, where it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}
