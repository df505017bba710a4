//! What the pure core is asked and what it answers: HTTP without sockets.

use jiff::Timestamp;

/// The methods that FHIR gives a meaning; every other one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the HTTP method of that name")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

impl Method {
    /// The method that a request line names. Methods are case-sensitive.
    pub fn named(name: &str) -> Method {
        let known = [
            Method::Get,
            Method::Head,
            Method::Post,
            Method::Put,
            Method::Patch,
            Method::Delete,
            Method::Options,
        ];
        known
            .into_iter()
            .find(|method| method.name() == name)
            .unwrap_or(Method::Other)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Other => "?",
        }
    }
}

/// Header fields in their order; names compare without regard to case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of that name as one list, as RFC 9110 lets a recipient join them.
    pub fn joined(&self, name: &str) -> Option<String> {
        let found: Vec<&str> = self
            .0
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!found.is_empty()).then(|| found.join(", "))
    }

    /// Sets a field to one value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.add(name, value);
    }

    /// Adds a field beside those of the same name.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// One HTTP request, as far as the core cares.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as sent (still percent-encoded), with its leading slash, without the query.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// The header fields.
    pub headers: Headers,
    /// The body; empty when there is none.
    pub body: Vec<u8>,
    /// When the request arrived: the core reads no clock.
    pub received: Timestamp,
}

/// One HTTP reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header fields, without those of the connection.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}
