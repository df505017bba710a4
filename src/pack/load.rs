//! Reading a pack's files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::manifest::{FhirFile, LevelFile, PackFile, RequirementFile, RequirementsFile};
use super::{Applies, Level, Pack, ProofRecord, Standard, digest};
use crate::diag::{Diagnostic, Place, Source, distinct};
use crate::fhir::definitions::Version;
use crate::fhir::package::PackageReference;
use crate::model::{
    AreaId, Certainty, Files, Headers, Obligation, PackId, Requirement, RequirementId, RoleId,
    SourceCheck, SourceRef,
};
use crate::scenario::{ConditionFileRef, Loader, Scenario, Surroundings};
use crate::yaml::{Node, Spanned, decode, parse, source};

/// How much of a pack is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Everything.
    Whole,
    /// The manifest, the requirements and one scenario file, by its path inside the pack.
    Scenario(&'a str),
}

impl Pack {
    /// Reads a pack from its files.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn load(files: Files, part: Part<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (manifest, source) =
            read::<PackFile>(&files, "pack.yaml").map_err(|problem| vec![problem])?;
        let (list, _) = read::<RequirementsFile>(&files, "requirements.yaml")
            .map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let mut pack = assemble(manifest, list, &source, &mut problems);
        pack.digest = digest(&files);
        pack.proof = ProofRecord::of(&files, &pack.digest);
        let (scenarios, applies) = pack.read_scenarios(&files, part, &mut problems);
        if !problems.is_empty() {
            return Err(distinct(problems));
        }
        (pack.scenarios, pack.files) = (scenarios, files);
        let except = std::mem::take(&mut pack.except);
        pack.pack.applies = applies.map(|condition| Applies {
            condition: Arc::new(condition),
            except,
        });
        Ok(pack.pack)
    }

    /// A pack around one scenario file that stands alone: its requirements are what it says it verifies.
    ///
    /// # Errors
    /// Everything that is wrong with the scenario.
    pub fn around(files: Files, path: &str) -> Result<Self, Vec<Diagnostic>> {
        let (driver, subject) = (role("client"), role("server"));
        let surroundings = Surroundings {
            roles: [driver.clone(), subject.clone()].into(),
            driver: driver.clone(),
            subject: subject.clone(),
            values: BTreeSet::new(),
            claims: BTreeSet::new(),
            requirements: None,
        };
        let mut scenario = Loader::new(&files, &surroundings).scenario(path)?;
        scenario.claim_itself();
        let place = files.shown(path);
        let requirements = scenario
            .cited()
            .into_iter()
            .map(|id| Arc::new(stated(id, &scenario, &place, &subject)))
            .collect();
        let title = scenario.title.clone();
        Ok(Self {
            // invariant: a scenario id is always well formed as a pack id, since they share one grammar.
            id: scenario.id.as_str().parse().unwrap_or_else(|_| lone()),
            version: "0".into(),
            about: String::new(),
            licence: String::new(),
            standard: Standard {
                name: title.clone(),
                version: String::new(),
                url: String::new(),
            },
            title,
            roles: [
                (driver.clone(), "client".into()),
                (subject.clone(), "server".into()),
            ]
            .into(),
            subject,
            driver,
            endpoint: "default".into(),
            headers: Headers::default(),
            areas: vec![(area(), "Scenario".into())],
            levels: Vec::new(),
            values: BTreeMap::new(),
            claims: BTreeMap::new(),
            stated_claims: BTreeSet::new(),
            applies: None,
            fhir_release: Version::R4,
            fhir_packages: Vec::new(),
            requirements,
            scenarios: vec![Arc::new(scenario)],
            digest: digest(&files),
            proof: None,
            files,
        })
    }
}

fn lone() -> PackId {
    // invariant: the literal follows the grammar of ids.
    "scenario".parse().expect("a well-formed id")
}

fn role(name: &str) -> RoleId {
    // invariant: only called with literals that follow the grammar of ids.
    name.parse().expect("a well-formed id")
}

fn area() -> AreaId {
    // invariant: the literal follows the grammar of ids.
    "scenario".parse().expect("a well-formed id")
}

fn stated(id: RequirementId, scenario: &Scenario, place: &str, actor: &RoleId) -> Requirement {
    Requirement {
        id,
        obligation: Obligation::Shall,
        certainty: Certainty::Explicit,
        source_check: SourceCheck::Read,
        actor: actor.clone(),
        area: area(),
        text: scenario.title.clone(),
        source: SourceRef {
            section: place.to_owned(),
            url: String::new(),
        },
        not_tested: None,
    }
}

/// A pack whose scenarios are still to be read.
struct Assembled {
    pack: Pack,
    except: BTreeSet<RequirementId>,
    condition: Option<crate::scenario::ConditionFile>,
}

impl std::ops::Deref for Assembled {
    type Target = Pack;
    fn deref(&self) -> &Pack {
        &self.pack
    }
}

impl std::ops::DerefMut for Assembled {
    fn deref_mut(&mut self) -> &mut Pack {
        &mut self.pack
    }
}

impl Assembled {
    fn read_scenarios(
        &self,
        files: &Files,
        part: Part<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> (Vec<Arc<Scenario>>, Option<crate::scenario::Condition>) {
        let surroundings = self.surroundings();
        let loader = Loader::new(files, &surroundings);
        let paths: Vec<&str> = match part {
            Part::Whole => files.in_folder("scenarios/", ".yaml").collect(),
            Part::Scenario(path) => vec![path],
        };
        let mut scenarios = Vec::new();
        for path in paths {
            match loader.scenario(path) {
                Ok(scenario) => scenarios.push(Arc::new(scenario)),
                Err(more) => problems.extend(more),
            }
        }
        scenarios.sort_by(|one, other| one.id.cmp(&other.id));
        let condition = self.condition.as_ref().and_then(|file| {
            loader
                .condition(ConditionFileRef(file))
                .map_err(|more| problems.extend(more))
                .ok()
        });
        (scenarios, condition)
    }
}

/// Reads a file of a pack.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    files: &Files,
    path: &str,
) -> Result<(T, Arc<Source>), Diagnostic> {
    let source = source(files, path).map_err(|problem| match problem.place {
        Some(_) => problem,
        None => problem
            .help("a pack is a folder with `pack.yaml`, `requirements.yaml` and `scenarios/`"),
    })?;
    Ok((decode(&parse(&source)?)?, source))
}

fn assemble(
    file: PackFile,
    list: RequirementsFile,
    source: &Arc<Source>,
    problems: &mut Vec<Diagnostic>,
) -> Assembled {
    let roles = file.roles.into_iter().map(|(id, role)| (id, role.title));
    let roles: BTreeMap<RoleId, String> = roles.collect();
    for role in [&file.subject, &file.driver] {
        if !roles.contains_key(&role.value) {
            let diagnostic =
                Diagnostic::error("unknown-role", format!("`roles` has no `{}`", role.value))
                    .at(&role.place);
            problems
                .push(diagnostic.suggest(role.value.as_str(), roles.keys().map(RoleId::as_str)));
        }
    }
    let stated_claims = stated_claims(file.stated_claims, &file.claims, problems);
    let areas = areas(&file.areas, problems);
    let requirements = requirements(list, &areas, problems);
    let levels = levels(file.levels.as_ref(), &requirements, problems);
    let except = file
        .applies
        .iter()
        .flat_map(|applies| &applies.except)
        .map(|id| id.value.clone())
        .collect();
    let condition = file.applies.as_ref().map(|applies| applies.condition());
    let (fhir_release, fhir_packages) = fhir(file.fhir, problems);
    if requirements.is_empty() {
        problems.push(
            Diagnostic::error("empty", "this pack has no requirements").at(&Place::top(source)),
        );
    }
    let pack = Pack {
        id: file.pack.value,
        title: file.title,
        version: file.version,
        about: file.about,
        licence: file.licence,
        standard: file.standard,
        roles,
        subject: file.subject.value,
        driver: file.driver.value,
        endpoint: file.endpoint,
        headers: headers(file.headers.as_ref()),
        areas,
        levels,
        values: file.values,
        claims: file.claims,
        stated_claims,
        applies: None,
        fhir_release,
        fhir_packages,
        requirements,
        scenarios: Vec::new(),
        digest: String::new(),
        proof: None,
        files: Files::default(),
    };
    Assembled {
        pack,
        except,
        condition,
    }
}

/// The release of FHIR, R4 where nothing is said, and packages by name: a pack may not point at files of whoever runs it.
fn fhir(file: Option<FhirFile>, problems: &mut Vec<Diagnostic>) -> (Version, Vec<String>) {
    let Some(FhirFile { release, packages }) = file else {
        return (Version::R4, Vec::new());
    };
    let known = Version::parse(&release.value);
    if known.is_none() {
        let message = format!("there is no FHIR release `{}`", release.value);
        let diagnostic = Diagnostic::error("bad-value", message).at(&release.place);
        problems.push(diagnostic.help("there are `STU3`, `R4`, `R4B` and `R5`"));
    }
    for package in &packages {
        if let Err(error) = package.value.parse::<PackageReference>() {
            let diagnostic = Diagnostic::error("package-name", error.to_string());
            let help = "name a package as `hl7.fhir.us.core#6.1.0`";
            problems.push(diagnostic.at(&package.place).help(help));
        }
    }
    let packages = packages.into_iter().map(|package| package.value);
    (known.unwrap_or(Version::R4), packages.collect())
}

/// A claim that does not exist would be a rule that never applies.
fn stated_claims(
    stated: Vec<Spanned<String>>,
    claims: &BTreeMap<String, String>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<String> {
    for claim in stated
        .iter()
        .filter(|claim| !claims.contains_key(&claim.value))
    {
        let message = format!("`claims` has no `{}`", claim.value);
        problems.push(
            Diagnostic::error("bad-value", message)
                .at(&claim.place)
                .suggest(&claim.value, claims.keys().map(String::as_str)),
        );
    }
    stated.into_iter().map(|claim| claim.value).collect()
}

fn areas(node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<(AreaId, String)> {
    let read =
        node.entries()
            .iter()
            .filter_map(|(key, title)| match (key.text.parse(), title.scalar()) {
                (Ok(id), Some(title)) => Some((id, title.to_owned())),
                (Ok(_), None) | (Err(_), _) => {
                    problems.push(
                        Diagnostic::error("wrong-type", "an area is an id and a title")
                            .at(&key.place),
                    );
                    None
                }
            });
    read.collect()
}

fn headers(node: Option<&Node>) -> Headers {
    let entries = node.map(Node::entries).unwrap_or_default();
    let one_or_more = entries.iter().flat_map(|(key, value)| {
        let values = value
            .scalar()
            .into_iter()
            .chain(value.items().iter().filter_map(Node::scalar));
        values.map(|value| (key.text.clone(), value.to_owned()))
    });
    Headers(one_or_more.collect())
}

fn requirements(
    list: RequirementsFile,
    areas: &[(AreaId, String)],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Arc<Requirement>> {
    let mut seen = BTreeSet::new();
    for file in &list.requirements {
        if !seen.insert(file.value.id.clone()) {
            let diagnostic = Diagnostic::error(
                "duplicate-id",
                format!("`{}` is listed twice", file.value.id),
            );
            problems.push(diagnostic.at(&file.place));
        }
        if !areas.iter().any(|(id, _)| *id == file.value.area) {
            let diagnostic = Diagnostic::error(
                "unknown-area",
                format!("the pack has no area `{}`", file.value.area),
            );
            problems.push(diagnostic.at(&file.place).suggest(
                file.value.area.as_str(),
                areas.iter().map(|(id, _)| id.as_str()),
            ));
        }
    }
    list.requirements
        .into_iter()
        .map(|file| Arc::new(requirement(file)))
        .collect()
}

fn requirement(file: Spanned<RequirementFile>) -> Requirement {
    let file = file.value;
    let not_tested = file.not_tested.map(|reason| match reason.see {
        Some(see) => format!("{} (see {see})", reason.because),
        None => reason.because,
    });
    Requirement {
        id: file.id,
        obligation: file.obligation,
        certainty: file.certainty,
        source_check: file.verified,
        actor: file.actor,
        area: file.area,
        text: file.text,
        source: file.source,
        not_tested,
    }
}

fn levels(
    node: Option<&Node>,
    requirements: &[Arc<Requirement>],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Level> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let read = entries.iter().filter_map(|(key, node)| {
        let id = key
            .text
            .parse()
            .map_err(|_| {
                problems.push(Diagnostic::error("bad-value", "no id of a level").at(&key.place))
            })
            .ok()?;
        let file: LevelFile = decode(node)
            .map_err(|problem| problems.push(problem))
            .ok()?;
        Some(Level {
            id,
            requirements: members(&file, requirements, problems),
            title: file.title,
        })
    });
    read.collect()
}

fn members(
    file: &LevelFile,
    requirements: &[Arc<Requirement>],
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<RequirementId> {
    let mut members = BTreeSet::new();
    for area in &file.areas {
        let before = members.len();
        members.extend(
            requirements
                .iter()
                .filter(|row| row.area == area.value)
                .map(|row| row.id.clone()),
        );
        if members.len() == before {
            problems.push(
                Diagnostic::error(
                    "unknown-area",
                    format!("no requirement is in the area `{}`", area.value),
                )
                .at(&area.place),
            );
        }
    }
    for id in &file.requirements {
        if !requirements.iter().any(|row| row.id == id.value) {
            let diagnostic = Diagnostic::error(
                "unknown-requirement",
                format!("the pack lists no requirement `{}`", id.value),
            );
            problems.push(diagnostic.at(&id.place));
        }
        members.insert(id.value.clone());
    }
    members
}
