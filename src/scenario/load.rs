//! Reading a pack's scenarios.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::file::{ConditionFile, FragmentFile, ScenarioFile};
use super::names::Known;
use super::rows::Rows;
use super::script::{Condition, Disabled, Scenario, Shared, Test};
use super::step::{Builder, Uses};
use crate::check::CheckItem;
use crate::diag::{Diagnostic, Place, Source};
use crate::model::{Files, RequirementId, RoleId};
use crate::template::Template;
use crate::yaml::{Key, Node, Spanned, Value, decode, parse, source};

/// What scenarios may refer to.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The roles of the pack.
    pub roles: BTreeSet<RoleId>,
    /// Who sends, unless a step says otherwise.
    pub driver: RoleId,
    /// Who answers, unless a step says otherwise.
    pub subject: RoleId,
    /// The names of the pack's values.
    pub values: BTreeSet<String>,
    /// The names of the pack's claims.
    pub claims: BTreeSet<String>,
    /// The published list; `None` where a scenario file stands alone.
    pub requirements: Option<BTreeSet<RequirementId>>,
}

/// Reads the scenarios of one pack; fragments are read once.
pub struct Loader<'a> {
    pub(super) files: &'a Files,
    pub(super) surroundings: &'a Surroundings,
    fragments: RefCell<BTreeMap<String, Rc<FragmentFile>>>,
    shared: RefCell<BTreeMap<(String, String), Arc<Shared>>>,
}

impl<'a> Loader<'a> {
    /// A loader over a pack's files.
    pub fn new(files: &'a Files, surroundings: &'a Surroundings) -> Self {
        Self {
            files,
            surroundings,
            fragments: RefCell::default(),
            shared: RefCell::default(),
        }
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn scenario(&self, path: &str) -> Result<Scenario, Vec<Diagnostic>> {
        let source = source(self.files, path).map_err(|problem| vec![problem])?;
        let node = parse(&source).map_err(|problem| vec![problem])?;
        let file: ScenarioFile = decode(&node).map_err(|problem| vec![problem])?;
        self.build(file, &source)
    }

    /// Reads a fragment by itself, for the linter: with no parameter given, as far as that goes.
    ///
    /// # Errors
    /// What is wrong with the file as such.
    pub fn fragment_file(&self, name: &str) -> Result<(), Vec<Diagnostic>> {
        let node = Node::new(
            Value::Text(name.to_owned()),
            Place::top(&Source::new(name, "")),
        );
        self.fragment(&Spanned {
            value: name.to_owned(),
            place: node.place,
        })
        .map(|_| ())
        .map_err(|problem| vec![problem])
    }

    /// The use of a fragment that runs once, with a condition on its last exchange.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn condition(&self, file: ConditionFileRef<'_>) -> Result<Condition, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let known = Known::of_pack(&self.surroundings.values);
        let condition = self.read_condition(file.0, &known, &mut problems);
        match condition {
            Some(condition) if problems.is_empty() => Ok(condition),
            _ => Err(problems),
        }
    }

    fn build(&self, file: ScenarioFile, source: &Arc<Source>) -> Result<Scenario, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let verifies = self.requirements(&file.verifies, &mut problems);
        self.check_names(&file, source, &mut problems);
        let mut known = Known::of_pack(&self.surroundings.values);
        let rows = file
            .each
            .as_ref()
            .and_then(|node| keep_problem(Rows::read(node, self.files), &mut problems));
        if let Some(rows) = &rows {
            rows.columns
                .iter()
                .for_each(|column| known.add(&format!("{}.{column}", rows.name)));
        }
        let when = file
            .when
            .iter()
            .filter_map(|condition| self.read_condition(condition, &known, &mut problems))
            .collect();
        let mut builder = Builder::new(self, known, &verifies);
        builder.values(file.values.as_ref(), "");
        builder.steps(&file.steps, &file.cleanup, Uses::Allowed);
        let (mut script, more) = builder.finish();
        problems.extend(more);
        script.when = when;
        if script.steps.is_empty() && problems.is_empty() {
            problems.push(
                Diagnostic::error("empty", "this scenario has no steps").at(&file.scenario.place),
            );
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let needs = file.needs.into_iter().map(|need| need.value).collect();
        let disabled = file.disabled.map(|file| Disabled {
            since: file.since,
            because: file.because,
        });
        Ok(Scenario {
            id: file.scenario.value,
            title: file.title,
            needs,
            rows,
            disabled,
            script,
            place: file.scenario.place,
        })
    }

    fn check_names(&self, file: &ScenarioFile, source: &Source, problems: &mut Vec<Diagnostic>) {
        let stem = source
            .name
            .rsplit('/')
            .next()
            .and_then(|name| name.strip_suffix(".yaml"));
        if self.surroundings.requirements.is_some()
            && stem.is_some_and(|stem| stem != file.scenario.value.as_str())
        {
            let message = format!(
                "the file is called `{}.yaml`, its scenario `{}`",
                stem.unwrap_or_default(),
                file.scenario.value
            );
            problems.push(
                Diagnostic::error("duplicate-id", message)
                    .at(&file.scenario.place)
                    .help("give both one name"),
            );
        }
        for need in &file.needs {
            if self.surroundings.requirements.is_some()
                && !self.surroundings.claims.contains(&need.value)
            {
                let diagnostic = Diagnostic::error(
                    "bad-value",
                    format!("the pack has no claim `{}`", need.value),
                )
                .at(&need.place);
                problems.push(diagnostic.suggest(
                    &need.value,
                    self.surroundings.claims.iter().map(String::as_str),
                ));
            }
        }
        for role in &file.roles {
            self.role(role, problems);
        }
    }

    /// A role that the pack lists.
    pub(super) fn role(&self, role: &Spanned<RoleId>, problems: &mut Vec<Diagnostic>) {
        if !self.surroundings.roles.contains(&role.value) {
            let diagnostic = Diagnostic::error(
                "unknown-role",
                format!("the pack has no role `{}`", role.value),
            )
            .at(&role.place);
            problems.push(diagnostic.suggest(
                role.value.as_str(),
                self.surroundings.roles.iter().map(RoleId::as_str),
            ));
        }
    }

    /// Requirements that the published list has.
    pub(super) fn requirements(
        &self,
        cited: &[Spanned<RequirementId>],
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<RequirementId> {
        for id in cited {
            let Some(list) = &self.surroundings.requirements else {
                break;
            };
            if !list.contains(&id.value) {
                let diagnostic = Diagnostic::error(
                    "unknown-requirement",
                    format!("the pack lists no requirement `{}`", id.value),
                )
                .at(&id.place);
                problems.push(
                    diagnostic.suggest(id.value.as_str(), list.iter().map(RequirementId::as_str)),
                );
            }
        }
        cited.iter().map(|id| id.value.clone()).collect()
    }

    fn read_condition(
        &self,
        file: &ConditionFile,
        known: &Known,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Condition> {
        let fragment = keep_problem(self.fragment(&file.r#use), problems)?;
        if !fragment.once {
            let diagnostic = Diagnostic::error(
                "unwitnessed-not-applicable",
                format!("`{}` does not run `once`", file.r#use.value),
            );
            problems.push(
                diagnostic
                    .at(&file.r#use.place)
                    .help("a condition looks at an exchange that everybody shares"),
            );
            return None;
        }
        let shared = self.shared(&fragment, file.with.as_ref(), &file.r#use.place, problems)?;
        let test = self.read_test(file, known, problems)?;
        Some(Condition { shared, test })
    }

    fn read_test(
        &self,
        file: &ConditionFile,
        known: &Known,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Test> {
        match (&file.holds, &file.r#if) {
            (Some(holds), None) => {
                known.check(holds, "", self.files, problems);
                let key = Key {
                    text: "fhirpath".into(),
                    place: holds.place.clone(),
                };
                let node = Node::new(Value::Map(vec![(key, holds.clone())]), holds.place.clone());
                let item = CheckItem::parse(&node)
                    .map_err(|more| problems.extend(more))
                    .ok()?;
                Some(Test::Holds(Arc::new(item)))
            }
            (None, Some(list)) => {
                known.check(list, "", self.files, problems);
                let items = CheckItem::conditions(list)
                    .map_err(|more| problems.extend(more))
                    .ok()?;
                Some(Test::If(items.into_iter().map(Arc::new).collect()))
            }
            (Some(_), Some(_)) | (None, None) => {
                problems.push(
                    Diagnostic::error("missing-field", "a condition wants `holds` or `if`")
                        .at(&file.r#use.place),
                );
                None
            }
        }
    }

    /// A fragment's file, read once.
    pub(super) fn fragment(&self, name: &Spanned<String>) -> Result<Rc<FragmentFile>, Diagnostic> {
        if let Some(fragment) = self.fragments.borrow().get(&name.value) {
            return Ok(fragment.clone());
        }
        let path = format!("fragments/{}.yaml", name.value);
        if self.files.bytes(&path).is_err() {
            return Err(self.unknown_fragment(name));
        }
        let source = source(self.files, &path)?;
        let fragment = Rc::new(FragmentFile::read(&parse(&source)?)?);
        if fragment.fragment.value != name.value {
            let message = format!(
                "the file is called `{}.yaml`, its fragment `{}`",
                name.value, fragment.fragment.value
            );
            return Err(Diagnostic::error("duplicate-id", message)
                .at(&fragment.fragment.place)
                .help("give both one name"));
        }
        self.fragments
            .borrow_mut()
            .insert(name.value.clone(), fragment.clone());
        Ok(fragment)
    }

    /// A fragment that runs once, with parameters: one for all who use it so.
    pub(super) fn shared(
        &self,
        fragment: &FragmentFile,
        with: Option<&Node>,
        place: &Place,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Arc<Shared>> {
        let parameters = with
            .map(|node| node.to_json().to_string())
            .unwrap_or_default();
        let key = (fragment.fragment.value.clone(), parameters);
        if let Some(shared) = self.shared.borrow().get(&key) {
            return Some(shared.clone());
        }
        let mut builder = Builder::new(self, Known::of_pack(&self.surroundings.values), &[]);
        builder.fragment(fragment, with, place);
        let (script, more) = builder.finish();
        let sound = more.is_empty();
        problems.extend(more);
        let shared = Arc::new(Shared {
            fragment: key.0.clone(),
            parameters: key.1.clone(),
            script,
        });
        if sound {
            self.shared.borrow_mut().insert(key, shared.clone());
        }
        sound.then_some(shared)
    }

    fn unknown_fragment(&self, name: &Spanned<String>) -> Diagnostic {
        let paths = self.files.in_folder("fragments/", ".yaml");
        let known: Vec<&str> = paths
            .filter_map(|path| path.strip_prefix("fragments/")?.strip_suffix(".yaml"))
            .collect();
        let message = format!("there is no fragment `{}`", name.value);
        Diagnostic::error("unknown-fragment", message)
            .at(&name.place)
            .suggest(&name.value, known)
    }
}

/// A condition as it stands in a pack's manifest.
#[derive(Debug, Clone, Copy)]
pub struct ConditionFileRef<'a>(pub(crate) &'a ConditionFile);

/// The value, or its problem onto the list.
pub(super) fn keep_problem<T>(
    result: Result<T, Diagnostic>,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// The values of a map node as templates, in order.
pub(super) fn templates(
    node: Option<&Node>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, Template)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let read = entries.iter().filter_map(|(key, value)| {
        Some((
            key.text.clone(),
            keep_problem(Template::of(value), problems)?,
        ))
    });
    read.collect()
}
