//! The resources with all their versions, in memory.
//!
//! Every change has a sequence number. The state at an earlier number can be looked at (pages of a search stay stable
//! while others write) and gone back to (a transaction that fails leaves nothing behind).

use super::json::Json;
use super::message::Method;
use super::moment::{http_date, instant};
use super::route::Target;
use super::types::{OFFERED, Versioning, offered};
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, HashMap};

mod references;

pub use references::each_reference;

/// One version of a resource.
#[derive(Clone, Debug)]
pub struct Version {
    /// The type and the logical id.
    pub target: Target,
    /// The version's number; the version id is its text.
    pub number: u64,
    /// When it was stored.
    pub last_updated: Timestamp,
    /// How it came: POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// The content with its meta; nothing for a deletion.
    pub resource: Option<Json>,
    sequence: u64,
}

impl Version {
    /// A version of what was never stored: without content, and with a number that no stored version has.
    pub fn unknown(target: &Target) -> Version {
        Version {
            target: target.clone(),
            number: 0,
            last_updated: Timestamp::UNIX_EPOCH,
            method: Method::Put,
            resource: None,
            sequence: 0,
        }
    }

    /// Whether versions of this type are kept and shown.
    pub fn is_versioned(&self) -> bool {
        offered(self.target.resource_type).is_some_and(|kind| kind.versioning != Versioning::None)
    }

    /// The ETag, for a type with versions.
    pub fn etag(&self) -> Option<String> {
        self.is_versioned()
            .then(|| format!("W/\"{}\"", self.number))
    }

    /// `Last-Modified`.
    pub fn last_modified(&self) -> String {
        http_date(self.last_updated)
    }

    /// `Type/id`, with the version where versions are kept.
    pub fn location(&self) -> String {
        let reference = self.target.reference();
        if self.is_versioned() {
            format!("{reference}/_history/{}", self.number)
        } else {
            reference
        }
    }
}

/// Why there is no current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// There never was one.
    Unknown,
    /// It was deleted.
    Deleted,
}

/// All resources.
#[derive(Debug, Default)]
pub struct Store {
    shelves: BTreeMap<&'static str, Shelf>,
    /// What changed, in order: the position is the sequence number.
    log: Vec<(&'static str, usize)>,
    /// How often the current resources refer to `Type/id`.
    incoming: HashMap<String, usize>,
    last_id: u64,
}

/// The instances of a type in the order of their creation.
#[derive(Debug, Default)]
struct Shelf {
    instances: Vec<Vec<Version>>,
    index: HashMap<String, usize>,
}

impl Store {
    /// An empty store.
    pub fn new() -> Store {
        let shelves = OFFERED
            .iter()
            .map(|kind| (kind.name, Shelf::default()))
            .collect();
        Store {
            shelves,
            last_id: 1000,
            ..Store::default()
        }
    }

    /// The number of changes so far.
    pub fn sequence(&self) -> u64 {
        self.log.len() as u64
    }

    /// The current version with its resource.
    ///
    /// # Errors
    /// Why there is none.
    pub fn current(&self, target: &Target) -> Result<&Version, Absent> {
        let last = self.versions(target).last().ok_or(Absent::Unknown)?;
        if last.resource.is_some() {
            Ok(last)
        } else {
            Err(Absent::Deleted)
        }
    }

    /// The versions of a resource, oldest first; none when it never was.
    pub fn versions(&self, target: &Target) -> &[Version] {
        let shelf = self.shelves.get(target.resource_type);
        let place = shelf.and_then(|shelf| {
            shelf
                .index
                .get(&target.id)
                .map(|place| &shelf.instances[*place])
        });
        place.map_or(&[], Vec::as_slice)
    }

    /// The versions that a resource had after so many changes, newest first.
    pub fn versions_at(&self, target: &Target, sequence: u64) -> impl Iterator<Item = &Version> {
        self.versions(target)
            .iter()
            .rev()
            .filter(move |version| version.sequence <= sequence)
    }

    /// The resources of a type that were current after so many changes, in the order of their creation.
    pub fn current_at(&self, resource_type: &str, sequence: u64) -> impl Iterator<Item = &Version> {
        let instances = self
            .shelves
            .get(resource_type)
            .map_or(&[][..], |shelf| &shelf.instances);
        let then = move |versions: &'_ Vec<Version>| {
            versions
                .iter()
                .rposition(|version| version.sequence <= sequence)
        };
        let found = instances
            .iter()
            .filter_map(move |versions| then(versions).map(|place| &versions[place]));
        found.filter(|version| version.resource.is_some())
    }

    /// The last content of the resources of a type that are deleted.
    pub fn deleted(&self, resource_type: &str) -> impl Iterator<Item = &Version> {
        let instances = self
            .shelves
            .get(resource_type)
            .map_or(&[][..], |shelf| &shelf.instances);
        let gone = instances
            .iter()
            .filter(|versions| versions.last().is_some_and(|last| last.resource.is_none()));
        gone.filter_map(|versions| versions.iter().rfind(|version| version.resource.is_some()))
    }

    /// Every version of a type (or of all), newest first, as of so many changes.
    pub fn changes(
        &self,
        resource_type: Option<&str>,
        sequence: u64,
    ) -> impl Iterator<Item = &Version> {
        let until = self.log.len().min(sequence as usize);
        let wanted = move |name: &str| resource_type.is_none_or(|wanted| wanted == name);
        let entries = self.log[..until]
            .iter()
            .enumerate()
            .rev()
            .filter(move |(_, (name, _))| wanted(name));
        entries.filter_map(|(place, (name, instance))| {
            let versions = self.shelves.get(name)?.instances.get(*instance)?;
            let found =
                versions.binary_search_by_key(&(place as u64 + 1), |version| version.sequence);
            found.ok().map(|position| &versions[position])
        })
    }

    /// A logical id that no resource of the type has had. Rolling back does not give it out again.
    pub fn fresh_id(&mut self, resource_type: &str) -> String {
        loop {
            self.last_id += 1;
            // A letter first: an id that is a number could be told from others by luck only.
            let id = format!("r{}", self.last_id);
            if !self
                .shelves
                .get(resource_type)
                .is_some_and(|shelf| shelf.index.contains_key(&id))
            {
                return id;
            }
        }
    }

    /// How often the current resources refer to this one.
    pub fn references_to(&self, target: &Target) -> usize {
        self.incoming.get(&target.reference()).copied().unwrap_or(0)
    }

    /// Stores a version: the content with its id, version id and time set, or a deletion. Gives what was stored.
    pub fn put(
        &mut self,
        target: &Target,
        method: Method,
        resource: Option<Json>,
        now: Timestamp,
    ) -> Version {
        // What is shown has milliseconds, so what is kept has no more: a time that was read finds its own version.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let before = self.versions(target).last();
        let number = before.map_or(1, |version| version.number + 1);
        // Time never stands still between two versions of one resource, whatever the clock says.
        let after_before =
            before.and_then(|version| version.last_updated.checked_add(1.millisecond()).ok());
        let last_updated = after_before.map_or(now, |earliest| earliest.max(now));
        let sequence = self.sequence() + 1;
        let mut version = Version {
            target: target.clone(),
            number,
            last_updated,
            method,
            resource: None,
            sequence,
        };
        version.resource = resource.map(|resource| stamped(resource, &version));
        self.push(version.clone());
        version
    }

    /// Changes the current resource without a new version: what the operations on meta do.
    pub fn amend(&mut self, target: &Target, resource: Json) {
        let Some(shelf) = self.shelves.get_mut(target.resource_type) else {
            return;
        };
        let Some(place) = shelf.index.get(&target.id) else {
            return;
        };
        if let Some(version) = shelf.instances[*place].last_mut() {
            version.resource = Some(resource);
        }
    }

    /// Forgets every change after the given number.
    pub fn roll_back(&mut self, sequence: u64) {
        while self.sequence() > sequence {
            self.pop();
        }
    }

    fn push(&mut self, version: Version) {
        self.count_references(&version.target, -1);
        let target = version.target.clone();
        let shelf = self.shelves.entry(target.resource_type).or_default();
        let place = *shelf
            .index
            .entry(target.id.clone())
            .or_insert(shelf.instances.len());
        if place == shelf.instances.len() {
            shelf.instances.push(Vec::new());
        }
        shelf.instances[place].push(version);
        self.log.push((target.resource_type, place));
        self.count_references(&target, 1);
    }

    fn pop(&mut self) {
        let Some((name, place)) = self.log.pop() else {
            return;
        };
        let Some(target) = self
            .shelves
            .get(name)
            .and_then(|shelf| shelf.instances[place].first())
            .map(|first| first.target.clone())
        else {
            return;
        };
        self.count_references(&target, -1);
        if let Some(shelf) = self.shelves.get_mut(name) {
            shelf.instances[place].pop();
            // Instances are created in the order of the log, so an emptied one is the last.
            if shelf.instances[place].is_empty() {
                shelf.instances.pop();
                shelf.index.remove(&target.id);
            }
        }
        self.count_references(&target, 1);
    }

    /// Counts the references of the current version in, or out before it changes.
    fn count_references(&mut self, source: &Target, step: isize) {
        let Ok(version) = self.current(source) else {
            return;
        };
        let mut found = Vec::new();
        each_reference(version.resource.as_ref(), &mut |reference| {
            found.push(reference.to_owned())
        });
        for reference in found
            .into_iter()
            .filter(|reference| *reference != source.reference())
        {
            let count = self.incoming.entry(reference).or_default();
            *count = count.saturating_add_signed(step);
        }
    }
}

/// The content with the server's own id, version id and time; what a client wrote there is replaced.
fn stamped(mut resource: Json, version: &Version) -> Json {
    resource.remove("id");
    resource.place(1, "id", version.target.id.as_str().into());
    let before = resource.remove("meta").unwrap_or(Json::Null);
    let number = version.is_versioned().then(|| version.number.to_string());
    let mut meta = Json::object([
        ("versionId", number.into()),
        ("lastUpdated", instant(version.last_updated).into()),
    ]);
    for (name, value) in before
        .members()
        .iter()
        .filter(|(name, _)| !matches!(&**name, "versionId" | "lastUpdated"))
    {
        meta.set(name, value.clone());
    }
    resource.place(2, "meta", meta);
    resource
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    fn target(id: &str) -> Target {
        Target {
            resource_type: "Patient",
            id: id.to_owned(),
        }
    }

    fn patient(text: &str) -> Option<Json> {
        Some(parse(&format!(r#"{{"resourceType":"Patient"{text}}}"#)).unwrap())
    }

    fn noon() -> Timestamp {
        "2024-01-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_server_stamps_what_it_stores() {
        let mut store = Store::new();
        let stored = store.put(
            &target("a"),
            Method::Post,
            patient(r#","gender":"male","id":"x","meta":{"versionId":"9","tag":[{"code":"t"}]}"#),
            noon(),
        );
        let text = stored.resource.unwrap().to_string();
        assert_eq!(
            text,
            r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"1","lastUpdated":"2024-01-01T12:00:00.000Z","tag":[{"code":"t"}]},"gender":"male"}"#
        );
        assert!(
            store
                .put(&target("a"), Method::Put, patient(""), noon())
                .last_updated
                > noon()
        );
    }

    #[test]
    fn earlier_states_can_be_seen_and_gone_back_to() {
        let mut store = Store::new();
        store.put(&target("a"), Method::Post, patient(""), noon());
        let before = store.sequence();
        store.put(&target("a"), Method::Delete, None, noon());
        store.put(
            &target("b"),
            Method::Put,
            patient(r#","link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]"#),
            noon(),
        );
        assert_eq!(store.current(&target("a")).err(), Some(Absent::Deleted));
        assert_eq!(store.current_at("Patient", before).count(), 1);
        assert_eq!(store.changes(None, store.sequence()).count(), 3);
        assert_eq!(store.references_to(&target("a")), 1);
        store.roll_back(before);
        assert!(store.current(&target("a")).is_ok());
        assert_eq!(store.current(&target("b")).err(), Some(Absent::Unknown));
        assert_eq!(store.references_to(&target("a")), 0);
    }
}
