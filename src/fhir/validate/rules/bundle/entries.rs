//! The entries of a Bundle by address, and what a reference among them means (bundle.html, "Resolving references in Bundles").

use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use std::collections::HashMap;

/// One entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'b> {
    pub(super) element: Element<'b>,
    pub(super) full_url: Option<&'b str>,
    pub(super) resource: Option<Element<'b>>,
}

/// All entries of one Bundle.
pub(super) struct Entries<'b> {
    pub(super) list: Vec<Entry<'b>>,
    by_url: HashMap<&'b str, Vec<usize>>,
    by_name: HashMap<(&'b str, &'b str), Vec<usize>>,
}

/// Where a reference leads inside a Bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To one entry.
    One(usize),
    /// To several.
    Many(Vec<usize>),
    /// To none; entries of that type and id exist under other addresses.
    Elsewhere(Vec<usize>),
    /// To none.
    None,
}

impl<'b> Entries<'b> {
    pub(super) fn of(bundle: Element<'b>) -> Self {
        let list: Vec<Entry<'b>> = all(bundle, "entry")
            .map(|element| Entry {
                element,
                full_url: text(element, "fullUrl"),
                resource: element.child("resource"),
            })
            .collect();
        let mut entries = Self {
            list,
            by_url: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (at, entry) in entries.list.iter().enumerate() {
            if let Some(url) = entry.full_url {
                entries.by_url.entry(url).or_default().push(at);
            }
            let Some(resource) = entry.resource else {
                continue;
            };
            if let Some(name) = resource.resource_type().zip(text(resource, "id")) {
                entries.by_name.entry(name).or_default().push(at);
            }
        }
        entries
    }

    /// Where a reference leads that stands in the resource of an entry.
    pub(super) fn resolve(&self, from: usize, reference: &str) -> Target {
        let reference = reference
            .split_once('#')
            .map_or(reference, |(before, _)| before);
        let (address, version) = match reference.split_once("/_history/") {
            Some((address, version)) => (address, Some(version)),
            None => (reference, None),
        };
        let base = self
            .list
            .get(from)
            .and_then(|entry| entry.full_url)
            .and_then(base_of);
        let found = match (is_absolute(address), base) {
            (true, _) => self.at(address, version),
            (false, Some(base)) => self.at(&format!("{base}/{address}"), version),
            (false, None) => Vec::new(),
        };
        match found.as_slice() {
            [] => self.elsewhere(address, version, base),
            [one] => Target::One(*one),
            _ => Target::Many(found),
        }
    }

    /// The entry of `Type/id` seen from an entry that is named by a URN: the one whose URN ends with the id. R5's text
    /// gives such references no meaning; readers of earlier releases join them.
    pub(super) fn by_urn(&self, from: usize, reference: &str) -> Option<usize> {
        let (prefix, _) = self.list.get(from)?.full_url?.rsplit_once(':')?;
        let (kind, id) = reference.split_once('/')?;
        let is_urn = matches!(prefix, "urn:uuid" | "urn:oid") && looks_like_type(kind);
        let found = self.at(&format!("{prefix}:{id}"), None);
        match found.as_slice() {
            [one] if is_urn => Some(*one),
            _ => None,
        }
    }

    /// The entries of an address; where a version is named, those of that version.
    fn at(&self, address: &str, version: Option<&str>) -> Vec<usize> {
        let known = self
            .by_url
            .get(address)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_version = |at: &&usize| match version {
            None => true,
            Some(version) => {
                let meta = self.list[**at]
                    .resource
                    .and_then(|resource| resource.child("meta"));
                meta.and_then(|meta| text(meta, "versionId")) == Some(version)
            }
        };
        known.iter().filter(is_version).copied().collect()
    }

    /// An entry without a RESTful address is found by type and id where nothing else says who is meant.
    fn elsewhere(&self, address: &str, version: Option<&str>, base: Option<&str>) -> Target {
        let mut parts = address.rsplit('/');
        let (id, kind) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let Some(known) = self.by_name.get(&(kind, id)) else {
            return Target::None;
        };
        let nameless = |at: &usize| self.list[*at].full_url.is_none();
        match known.as_slice() {
            [one]
                if !is_absolute(address)
                    && base.is_none()
                    && nameless(one)
                    && version.is_none() =>
            {
                Target::One(*one)
            }
            _ => Target::Elsewhere(known.clone()),
        }
    }
}

/// Whether an address starts with a scheme.
pub(super) fn is_absolute(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    scheme.len() < address.len()
        && scheme
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || b"+-.".contains(&letter))
}

/// The server's address in a RESTful one: what stands before `/Type/id`.
pub(super) fn base_of(full_url: &str) -> Option<&str> {
    let (before, id) = full_url.rsplit_once('/')?;
    let (base, kind) = before.rsplit_once('/')?;
    let is_web = base.starts_with("http://") || base.starts_with("https://");
    (is_web && !id.is_empty() && looks_like_type(kind)).then_some(base)
}

/// Resource types are single words that start with a capital.
pub(super) fn looks_like_type(kind: &str) -> bool {
    kind.starts_with(|letter: char| letter.is_ascii_uppercase())
        && kind.bytes().all(|letter| letter.is_ascii_alphabetic())
}
