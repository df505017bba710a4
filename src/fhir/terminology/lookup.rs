//! Lookup: all that is known of one code.

use super::CodeRef;
use super::concept::{Concept, Status};
use super::packaged::Packaged;
use super::system::{Doubt, Found, System};

/// What is known of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The code exists.
    Found(Box<Details>),
    /// It does not: why.
    Unknown(String),
    /// That cannot be told: why.
    Undecided(String),
}

/// A code with its names, its properties and its neighbours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The code as the system writes it.
    pub code: String,
    /// The code system's address.
    pub system: String,
    /// The code system's version.
    pub version: Option<String>,
    /// The code system's title.
    pub title: String,
    /// The preferred name.
    pub display: Option<String>,
    /// What it means.
    pub definition: Option<String>,
    /// Further names, each with its language.
    pub designations: Vec<(Option<String>, String)>,
    /// Properties with their values, as texts.
    pub properties: Vec<(String, String)>,
    /// The codes directly above.
    pub parents: Vec<String>,
    /// The codes directly below.
    pub children: Vec<String>,
    /// `active`, `deprecated` or `inactive`
    pub status: &'static str,
    /// Whether it only groups others.
    pub is_abstract: bool,
}

/// How many neighbours and names are listed.
const MOST: usize = 1000;

/// All that is known of a code.
pub fn lookup(packaged: &Packaged, code: &CodeRef<'_>) -> Lookup {
    let Some(url) = code.system else {
        return Lookup::Undecided("a code without its code system has no meaning".to_owned());
    };
    let system = packaged.system(url, code.version);
    match system.find(code.code) {
        Found::Concept(concept) => Lookup::Found(Box::new(details(packaged, &system, concept))),
        Found::Elsewhere(_) => Lookup::Undecided(Doubt::System(&system).to_string()),
        Found::BuiltIn(display) => Lookup::Found(Box::new(Details {
            code: code.code.to_owned(),
            system: url.to_owned(),
            title: system.title().to_owned(),
            display,
            status: "active",
            ..Details::default()
        })),
        Found::No(why) => Lookup::Unknown(why.to_string()),
        Found::Open(doubt) => Lookup::Undecided(doubt.to_string()),
    }
}

fn details(packaged: &Packaged, system: &System, concept: Concept<'_>) -> Details {
    let own = |text: &str| text.to_owned();
    let of_supplements = packaged.supplements_of(&system.url).iter();
    let of_supplements = of_supplements.filter_map(|found| found.concept(concept.code()));
    let names = |found: Concept<'_>| {
        let names = found.designations();
        names
            .map(|name| (name.language.map(own), own(name.value)))
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = std::iter::once(concept).chain(of_supplements).collect();
    let properties = all.iter().flat_map(|found| found.properties());
    Details {
        code: own(concept.code()),
        system: system.url.to_string(),
        version: concept.system.version().map(own),
        title: own(system.title()),
        display: concept.display().map(own),
        definition: concept.definition().map(own),
        designations: all
            .iter()
            .flat_map(|found| names(*found))
            .take(MOST)
            .collect(),
        properties: properties
            .map(|(name, value)| (own(name), own(value)))
            .take(MOST)
            .collect(),
        parents: concept.parent_codes().map(own).take(MOST).collect(),
        children: concept.child_codes().map(own).take(MOST).collect(),
        status: match concept.status() {
            Status::Active => "active",
            Status::Deprecated => "deprecated",
            Status::Inactive => "inactive",
        },
        is_abstract: concept.is_abstract(),
    }
}
