//! What a list of packages stands upon.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::core::other_names;
use super::{
    Manifest, Override, PackageId, PackageName, PackageReference, PackageVersion, SyntaxError,
    VersionRange,
};

/// The most packages that one list may lead to.
pub const MAX_PACKAGES: usize = 256;
/// The most cycles that are told of.
const MAX_CYCLES: usize = 16;

/// Where packages can be had.
pub trait Catalogue {
    /// The versions of a package that can be had, in any order; empty where it is not known.
    fn versions(&self, name: &PackageName) -> Vec<PackageVersion>;
    /// The manifest of a package; `None` where it cannot be had in this version.
    fn manifest(&self, id: &PackageId) -> Option<Manifest>;
}

/// How to resolve.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What the user wants taken in place of something else; the first that concerns a request counts.
    pub overrides: Vec<Override>,
    /// Packages that need not be loaded, because their content is at hand in another way.
    pub built_in: Vec<PackageId>,
    /// The FHIR version that the packages are for, where it is known: of `NAME.r4` and `NAME.r5` it picks one.
    pub fhir_version: Option<String>,
}

/// A package that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its name and version, as it can be had: `current` stays `current`.
    pub id: PackageId,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The packages of this resolution that it stands upon.
    pub dependencies: Vec<PackageId>,
}

/// Something that the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// By the user's word, something else was taken.
    Overridden {
        /// What was asked for.
        wanted: PackageReference,
        /// What was looked for in its place.
        used: PackageReference,
    },
    /// What was asked for cannot be had, and the nearest was taken.
    Substituted {
        /// What was asked for.
        wanted: PackageReference,
        /// What was taken.
        used: PackageId,
        /// Who asked; `None` for the user.
        by: Option<PackageId>,
    },
    /// It cannot be had in any version.
    Missing {
        /// What was asked for.
        wanted: PackageReference,
        /// Who asked; `None` for the user.
        by: Option<PackageId>,
    },
    /// Two packages want two versions, and the one nearer to the user's own list was taken.
    Conflict {
        /// What was asked for in vain.
        wanted: PackageReference,
        /// What is used.
        used: PackageId,
        /// Who asked; `None` for the user.
        by: Option<PackageId>,
    },
    /// Packages stand upon each other in a circle; the first is repeated in thought only.
    Cycle(Vec<PackageId>),
    /// A package names a dependency in a way that cannot be read.
    Unread {
        /// The dependency.
        dependency: SyntaxError,
        /// Which package names it.
        by: PackageId,
    },
    /// The list leads to more packages than [`MAX_PACKAGES`]; the rest is left out.
    TooMany,
}

/// What a list of packages leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The packages in the order in which to load them: each after what it stands upon, else in the order of the list. Where two define
    /// one thing, the later is the more specific.
    pub packages: Vec<Resolved>,
    /// The packages that the list itself led to, without what they stand upon, in its order.
    pub listed: Vec<PackageId>,
    /// Built-in packages that are stood upon, in the version that was asked for. Sorted.
    pub built_in: BTreeSet<PackageId>,
    /// What happened on the way.
    pub notes: Vec<Note>,
}

/// Resolves a list of packages, breadth first: what the user lists decides before what packages ask for, and what stands nearer to the
/// list before what is farther away. Of each package there is one version, unless the list itself names several.
pub fn resolve(
    list: &[PackageReference],
    catalogue: &dyn Catalogue,
    settings: &Settings,
) -> Resolution {
    let mut walk = Walk {
        catalogue,
        settings,
        nodes: Vec::new(),
        chosen: BTreeMap::new(),
        waiting: list
            .iter()
            .map(|wanted| Request {
                wanted: wanted.clone(),
                by: None,
            })
            .collect(),
        result: Resolution::default(),
    };
    while let Some(request) = walk.waiting.pop_front() {
        walk.take(&request);
    }
    let order = walk.order();
    let mut packages = Vec::new();
    for place in order {
        packages.push(walk.resolved(place));
    }
    walk.result.packages = packages;
    walk.result
}

/// One wish.
struct Request {
    wanted: PackageReference,
    /// The node that wishes; `None` for the user.
    by: Option<usize>,
}

/// A package that was taken.
struct Node {
    id: PackageId,
    manifest: Manifest,
    /// Nodes it stands upon.
    upon: Vec<usize>,
}

struct Walk<'a> {
    catalogue: &'a dyn Catalogue,
    settings: &'a Settings,
    nodes: Vec<Node>,
    chosen: BTreeMap<PackageName, Vec<usize>>,
    waiting: VecDeque<Request>,
    result: Resolution,
}

/// What a wish led to.
enum Outcome {
    Package(PackageId, Box<Manifest>),
    BuiltIn,
    Nothing,
}

impl Walk<'_> {
    fn take(&mut self, request: &Request) {
        let wanted = self.overridden(&request.wanted);
        if let Some(place) = self.already(&wanted, request.by) {
            return self.connect(request.by, place);
        }
        match self.find(&wanted, request.by) {
            Outcome::BuiltIn => {}
            Outcome::Nothing => {
                let by = self.id_of(request.by);
                self.result.notes.push(Note::Missing { wanted, by });
            }
            Outcome::Package(id, manifest) => {
                if let Some(place) = self.add(id, *manifest) {
                    self.connect(request.by, place);
                }
            }
        }
    }

    fn overridden(&mut self, wanted: &PackageReference) -> PackageReference {
        let concerned = self
            .settings
            .overrides
            .iter()
            .find(|one| one.concerns(wanted));
        let Some(used) = concerned
            .map(|one| one.by.clone())
            .filter(|used| used != wanted)
        else {
            return wanted.clone();
        };
        let note = Note::Overridden {
            wanted: wanted.clone(),
            used: used.clone(),
        };
        if !self.result.notes.contains(&note) {
            self.result.notes.push(note);
        }
        used
    }

    /// A package that was taken before and will do: one that fits, or, for a dependency, any.
    fn already(&mut self, wanted: &PackageReference, by: Option<usize>) -> Option<usize> {
        let places = self.chosen.get(&wanted.name)?;
        let fits = |place: &&usize| wanted.range.admits(&self.nodes[**place].id.version);
        if let Some(place) = places.iter().find(fits) {
            return Some(*place);
        }
        // The user may have reasons to load two versions; a dependency may not decide that.
        let place = *places.first().filter(|_| by.is_some())?;
        let used = self.nodes[place].id.clone();
        if wanted
            .range
            .best(&self.catalogue.versions(&wanted.name))
            .is_none()
        {
            self.substituted(wanted, &used, by);
            return Some(place);
        }
        let note = Note::Conflict {
            wanted: wanted.clone(),
            used,
            by: self.id_of(by),
        };
        self.result.notes.push(note);
        Some(place)
    }

    /// Looks for a package under its own name, then under its others.
    fn find(&mut self, wanted: &PackageReference, by: Option<usize>) -> Outcome {
        let fhir_versions = match by {
            Some(place) => self.nodes[place].manifest.fhir_versions.clone(),
            None => self.settings.fhir_version.iter().cloned().collect(),
        };
        let names = std::iter::once(wanted.name.clone()).chain(other_names(wanted, &fhir_versions));
        for name in names {
            // Who lists such a package wants the one that they have, where they have it.
            let prefers_own = by.is_none() && self.has_exactly(&name, &wanted.range);
            if !prefers_own && self.is_built_in(&name, wanted, by) {
                return Outcome::BuiltIn;
            }
            if let Some((id, manifest)) = self.best(&name, &wanted.range) {
                if id.name != wanted.name || !wanted.range.admits(&id.version) {
                    self.substituted(wanted, &id, by);
                }
                return Outcome::Package(id, Box::new(manifest));
            }
        }
        Outcome::Nothing
    }

    fn has_exactly(&self, name: &PackageName, range: &VersionRange) -> bool {
        let exact = range.exact().map(|version| PackageId {
            name: name.clone(),
            version: version.clone(),
        });
        exact.is_some_and(|id| self.catalogue.manifest(&id).is_some())
    }

    /// The version that fits best, else the nearest.
    fn best(&self, name: &PackageName, range: &VersionRange) -> Option<(PackageId, Manifest)> {
        let id = |version: &PackageVersion| PackageId {
            name: name.clone(),
            version: version.clone(),
        };
        let had = |id: PackageId| self.catalogue.manifest(&id).map(|manifest| (id, manifest));
        // Asked first, so that a package that is at hand is found without asking a registry which versions there are.
        if let Some(found) = range.exact().and_then(|version| had(id(version))) {
            return Some(found);
        }
        let mut versions = self.catalogue.versions(name);
        // A version that turns out to be unusable makes way for the next best.
        while let Some(version) = range
            .best(&versions)
            .or_else(|| range.nearest(&versions))
            .cloned()
        {
            if let Some(found) = had(id(&version)) {
                return Some(found);
            }
            versions.retain(|other| *other != version);
        }
        None
    }

    fn is_built_in(
        &mut self,
        name: &PackageName,
        wanted: &PackageReference,
        by: Option<usize>,
    ) -> bool {
        let Some(id) = self
            .settings
            .built_in
            .iter()
            .find(|id| id.name == *name)
            .cloned()
        else {
            return false;
        };
        if !wanted.range.admits(&id.version) {
            self.substituted(wanted, &id, by);
        }
        self.result.built_in.insert(id);
        true
    }

    fn substituted(&mut self, wanted: &PackageReference, used: &PackageId, by: Option<usize>) {
        let told = |note: &Note| matches!(note, Note::Substituted { wanted: before, used: with, .. } if before == wanted && with == used);
        if self.result.notes.iter().any(told) {
            return;
        }
        let note = Note::Substituted {
            wanted: wanted.clone(),
            used: used.clone(),
            by: self.id_of(by),
        };
        self.result.notes.push(note);
    }

    /// Takes a package in, and asks for what it stands upon. `None` where there are too many.
    fn add(&mut self, id: PackageId, manifest: Manifest) -> Option<usize> {
        let taken = self
            .chosen
            .get(&id.name)
            .and_then(|places| places.iter().find(|place| self.nodes[**place].id == id));
        if let Some(place) = taken {
            return Some(*place);
        }
        if self.nodes.len() == MAX_PACKAGES {
            if !self.result.notes.contains(&Note::TooMany) {
                self.result.notes.push(Note::TooMany);
            }
            return None;
        }
        let place = self.nodes.len();
        let wishes = manifest.dependencies.iter().cloned();
        self.waiting.extend(wishes.map(|wanted| Request {
            wanted,
            by: Some(place),
        }));
        let unread = manifest.unread.iter().cloned();
        self.result
            .notes
            .extend(unread.map(|dependency| Note::Unread {
                dependency,
                by: id.clone(),
            }));
        self.chosen.entry(id.name.clone()).or_default().push(place);
        self.nodes.push(Node {
            id,
            manifest,
            upon: Vec::new(),
        });
        Some(place)
    }

    fn connect(&mut self, by: Option<usize>, to: usize) {
        let Some(from) = by else {
            let id = self.nodes[to].id.clone();
            if !self.result.listed.contains(&id) {
                self.result.listed.push(id);
            }
            return;
        };
        let upon = &mut self.nodes[from].upon;
        if !upon.contains(&to) {
            upon.push(to);
        }
    }

    fn id_of(&self, place: Option<usize>) -> Option<PackageId> {
        place.map(|place| self.nodes[place].id.clone())
    }

    fn resolved(&self, place: usize) -> Resolved {
        let node = &self.nodes[place];
        Resolved {
            id: node.id.clone(),
            manifest: node.manifest.clone(),
            dependencies: node
                .upon
                .iter()
                .map(|upon| self.nodes[*upon].id.clone())
                .collect(),
        }
    }

    /// Each after what it stands upon; circles are told of, and entered where the list first meets them.
    fn order(&mut self) -> Vec<usize> {
        let (mut order, mut state) = (Vec::new(), vec![State::New; self.nodes.len()]);
        for start in 0..self.nodes.len() {
            if state[start] != State::New {
                continue;
            }
            state[start] = State::Open;
            let mut path = vec![(start, 0)];
            while let Some((place, next)) = path.last_mut() {
                let (place, upon) = (*place, self.nodes[*place].upon.get(*next).copied());
                *next += 1;
                match upon.map(|upon| (upon, state[upon])) {
                    None => {
                        state[place] = State::Done;
                        order.push(place);
                        path.pop();
                    }
                    Some((upon, State::New)) => {
                        state[upon] = State::Open;
                        path.push((upon, 0));
                    }
                    Some((upon, State::Open)) => self.cycle(&path, upon),
                    Some((_, State::Done)) => {}
                }
            }
        }
        order
    }

    fn cycle(&mut self, path: &[(usize, usize)], back_to: usize) {
        let told = self
            .result
            .notes
            .iter()
            .filter(|note| matches!(note, Note::Cycle(_)))
            .count();
        if told < MAX_CYCLES {
            let circle = path
                .iter()
                .map(|(place, _)| *place)
                .skip_while(|place| *place != back_to);
            let circle = circle.map(|place| self.nodes[place].id.clone()).collect();
            self.result.notes.push(Note::Cycle(circle));
        }
    }
}

/// Where a node stands in the search for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
