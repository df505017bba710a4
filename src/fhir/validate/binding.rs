//! Bindings: whether coded elements draw from their value sets, and codings exist in their systems.

use super::primitive::shown;
use super::run::{At, Run};
use super::shape::{Class, absolute};
use super::{Grade, IssueKind, Validator, Weight};
use crate::fhir::definitions::{Binding, Strength, all, text};
use crate::fhir::terminology::{CodeRef, CodeStanding, Membership};
use crate::fhir::tree::Element;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Answers that were given before, by a text that names the question. Bounded, so that a flood of codes cannot fill
/// the memory; a crowded memory just asks again.
#[derive(Debug)]
pub(super) struct Memory<T>(RwLock<HashMap<Box<str>, T>>);

/// How many answers are kept.
const MAX_ANSWERS: usize = 20_000;

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Clone> Memory<T> {
    /// The answer to a question, asked at most once as long as there is room.
    pub(super) fn get(&self, question: &str, ask: impl FnOnce() -> T) -> T {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(question) {
            return answer.clone();
        }
        drop(known);
        let answer = ask();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_ANSWERS {
            known.insert(question.into(), answer.clone());
        }
        answer
    }
}

/// What is wrong with a coding by itself.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    Fine,
    Inactive,
    WrongDisplay(String),
    Unknown(String),
    /// Its system only supplements another one.
    Supplement,
    Open(String),
}

/// What a whole coded element comes to.
enum Outcome {
    Inside,
    Outside(String),
    Open(String),
    /// It has no code at all.
    Bare,
}

/// Which of a binding's value sets is asked about.
#[derive(Clone, Copy)]
struct Asked<'b> {
    value_set: &'b str,
    strength: Strength,
}

impl<'v> Run<'v> {
    /// The bindings of a node.
    pub(super) fn bound(&mut self, element: Element<'v>, at: &At<'v>) {
        // Most elements have none: the node tells without a look at the definition.
        let Some(strength) = at.node.strength else {
            return;
        };
        let Some(binding) = &at.shape.definition(at.node).binding else {
            return;
        };
        if strength >= Strength::Extensible
            && let Some(value_set) = &binding.value_set
        {
            self.bound_to(
                element,
                at,
                Asked {
                    value_set,
                    strength,
                },
            );
        }
        self.further_bindings(element, at, binding);
    }

    /// The widest set that is allowed at all, and additional bindings that hold everywhere.
    fn further_bindings(&mut self, element: Element<'v>, at: &At<'v>, binding: &'v Binding) {
        let strength = Strength::Required;
        if let Some(value_set) = &binding.max_value_set {
            self.bound_to(
                element,
                at,
                Asked {
                    value_set,
                    strength,
                },
            );
        }
        for additional in &binding.additional {
            let strict = matches!(&*additional.purpose, "required" | "maximum");
            if let Some(value_set) = additional.value_set.as_deref().filter(|_| strict)
                && additional.usage.is_empty()
            {
                self.bound_to(
                    element,
                    at,
                    Asked {
                        value_set,
                        strength,
                    },
                );
            }
        }
    }

    fn bound_to(&mut self, element: Element<'v>, at: &At<'v>, asked: Asked<'v>) {
        let outcome = self.outcome(element, at, asked.value_set);
        let Asked {
            value_set,
            strength,
        } = asked;
        match outcome {
            Outcome::Inside => {}
            Outcome::Outside(why) => self.outside(element, at, asked, &why),
            Outcome::Bare if strength == Strength::Required => {
                self.unbound(Grade::Error, element, at, || {
                    format!("there is no code, and one of `{value_set}` is required")
                });
            }
            Outcome::Bare => {}
            Outcome::Open(why) => {
                let weight = match strength {
                    Strength::Required => Weight::Decisive,
                    Strength::Example | Strength::Preferred | Strength::Extensible => Weight::Minor,
                };
                self.undecided(weight, element, || {
                    format!("whether the code belongs to `{value_set}` cannot be decided: {why}")
                });
            }
        }
    }

    fn outside(&mut self, element: Element<'v>, at: &At<'v>, asked: Asked<'v>, why: &str) {
        let grade = match asked.strength {
            Strength::Required => Grade::Error,
            Strength::Extensible | Strength::Preferred | Strength::Example => Grade::Warning,
        };
        self.unbound(grade, element, at, || match grade {
            Grade::Error | Grade::Fatal => why.to_owned(),
            Grade::Warning | Grade::Information => {
                format!("{why}; unless no code of the set fits, one of it is due")
            }
        });
    }

    fn unbound(
        &mut self,
        grade: Grade,
        element: Element<'v>,
        at: &At<'v>,
        message: impl FnOnce() -> String,
    ) {
        let issue = self.report(grade, IssueKind::Binding, "code-invalid", element, message);
        if let Some(issue) = issue
            && at.shape.is_profile
        {
            issue.profile = Some(at.shape.canonical.clone());
        }
    }

    /// Whether any code of an element is in a value set.
    fn outcome(&mut self, element: Element<'v>, at: &At<'v>, value_set: &'v str) -> Outcome {
        match at.class {
            Class::Primitive(_) => match element.value() {
                Some(value) => self.code_outcome(
                    at,
                    CodeRef {
                        code: value,
                        ..CodeRef::default()
                    },
                    value_set,
                ),
                None if has_other_code(element) => Outcome::Inside,
                None => Outcome::Bare,
            },
            Class::Coding | Class::Quantity => match coding_of(element) {
                Some(code) => self.code_outcome(at, code, value_set),
                None => Outcome::Bare,
            },
            Class::CodeableConcept => self.concept_outcome(element, at, value_set),
            Class::CodeableReference => match element.child("concept") {
                Some(concept) => self.concept_outcome(concept, at, value_set),
                None => Outcome::Inside,
            },
            Class::Extension
            | Class::Reference
            | Class::Narrative
            | Class::Resource
            | Class::Other => Outcome::Inside,
        }
    }

    /// One coding in the set is enough.
    fn concept_outcome(
        &mut self,
        concept: Element<'v>,
        at: &At<'v>,
        value_set: &'v str,
    ) -> Outcome {
        let mut outcome = Outcome::Bare;
        for coding in concept.children().filter(|child| child.name() == "coding") {
            let Some(code) = coding_of(coding) else {
                continue;
            };
            match (self.code_outcome(at, code, value_set), &outcome) {
                (Outcome::Inside, _) => return Outcome::Inside,
                (Outcome::Open(why), _) => outcome = Outcome::Open(why),
                (Outcome::Outside(why), Outcome::Bare) => outcome = Outcome::Outside(why),
                (Outcome::Outside(_) | Outcome::Bare, _) => {}
            }
        }
        outcome
    }

    fn code_outcome(&mut self, at: &At<'v>, code: CodeRef<'v>, value_set: &'v str) -> Outcome {
        let validator = self.validator;
        // The node's own value set needs no part in the question; others do.
        let own = at
            .shape
            .definition(at.node)
            .binding
            .as_ref()
            .and_then(|binding| binding.value_set.as_deref());
        let prefix = if own == Some(value_set) {
            ""
        } else {
            value_set
        };
        self.scratch.clear();
        for part in [
            prefix,
            code.system.unwrap_or_default(),
            code.version.unwrap_or_default(),
            code.code,
        ] {
            self.scratch.push_str(part);
            self.scratch.push('\u{1f}');
        }
        let member = at.node.members.get(&self.scratch, || {
            let plain = CodeRef {
                display: None,
                ..code
            };
            member(validator, &plain, &absolute(&at.shape.structure, value_set))
        });
        match member {
            Membership::Member => Outcome::Inside,
            Membership::NotMember(why) => Outcome::Outside(why),
            Membership::Undecided(why) => Outcome::Open(why),
        }
    }

    /// A Coding by itself: its system, and its code in that system.
    pub(super) fn coding(&mut self, element: Element<'v>) {
        let Some(system) = element.child("system").and_then(Element::value) else {
            return;
        };
        if !system.contains(':') {
            let place = element.child("system").unwrap_or(element);
            self.error(IssueKind::Binding, "code-invalid", place, || {
                format!(
                    "the code system `{}` is named by an absolute address",
                    shown(system)
                )
            });
            return;
        }
        let Some(code) = coding_of(element) else {
            return;
        };
        match self.standing(code, system) {
            Standing::Fine => {}
            Standing::Inactive => {
                self.warning(IssueKind::Binding, "business-rule", element, || {
                    format!(
                        "the code `{}` of `{system}` is not active",
                        shown(code.code)
                    )
                });
            }
            Standing::WrongDisplay(why) => {
                let grade = match self.validator.options.wrong_displays_are_warnings {
                    true => Grade::Warning,
                    false => Grade::Error,
                };
                let place = element.child("display").unwrap_or(element);
                self.report(grade, IssueKind::Binding, "invalid", place, || why);
            }
            Standing::Unknown(why) => {
                let place = element.child("code").unwrap_or(element);
                self.error(IssueKind::Binding, "code-invalid", place, || why);
            }
            Standing::Supplement => {
                let place = element.child("system").unwrap_or(element);
                self.error(IssueKind::Binding, "invalid", place, || {
                    format!(
                        "`{}` only supplements a code system, and is none to draw codes from",
                        shown(system)
                    )
                });
            }
            Standing::Open(why) => self.open_system(element, system, why),
        }
    }

    fn open_system(&mut self, element: Element<'v>, system: &'v str, why: String) {
        if self.validator.terminology.knows_value_set(system) {
            let place = element.child("system").unwrap_or(element);
            self.error(IssueKind::Binding, "invalid", place, || {
                format!(
                    "`{}` is a value set, and a coding names a code system",
                    shown(system)
                )
            });
            return;
        }
        self.undecided(Weight::Minor, element, || why);
    }

    fn standing(&mut self, code: CodeRef<'v>, system: &'v str) -> Standing {
        let validator = self.validator;
        self.scratch.clear();
        let parts = [
            system,
            code.version.unwrap_or_default(),
            code.code,
            code.display.unwrap_or_default(),
        ];
        for part in parts {
            self.scratch.push_str(part);
            self.scratch.push('\u{1f}');
        }
        validator
            .standings
            .get(&self.scratch, || standing_of(validator, code))
    }
}

fn standing_of(validator: &Validator, code: CodeRef<'_>) -> Standing {
    let system = validator
        .shapes
        .definitions()
        .find(code.system.unwrap_or_default());
    if system.is_some_and(|system| is_supplement(system.root())) {
        return Standing::Supplement;
    }
    match validator.terminology.standing(&code) {
        CodeStanding::Known(known) if known.display_fits == Some(false) => {
            let right = known.display.iter().chain(&known.other_displays).take(4);
            let right = super::suggest::list(right);
            let given = shown(code.display.unwrap_or_default());
            Standing::WrongDisplay(format!(
                "`{given}` is no display of the code `{}`, which has {right}",
                shown(code.code)
            ))
        }
        CodeStanding::Known(known) if known.is_inactive => Standing::Inactive,
        CodeStanding::Known(_) => Standing::Fine,
        CodeStanding::Unknown(why) => Standing::Unknown(why),
        CodeStanding::Undecided(why) => Standing::Open(why),
    }
}

/// Asks about a value set by its address, or by the address of what contains it and its id there.
fn member(validator: &Validator, code: &CodeRef<'_>, value_set: &str) -> Membership {
    let Some((holder, id)) = value_set.split_once('#') else {
        return validator.terminology.member(code, value_set);
    };
    let holder = validator.shapes.definitions().find(holder);
    let contained = holder.as_ref().and_then(|holder| {
        let mut inner = all(holder.root(), "contained");
        inner.find(|inner| text(*inner, "id") == Some(id))
    });
    match contained {
        Some(contained) => validator.terminology.member_of_element(code, contained),
        None => Membership::Undecided(format!("there is no contained value set `{id}`")),
    }
}

/// A code of another release may stand in a cross-version extension where this release has none.
fn has_other_code(element: Element<'_>) -> bool {
    let mut extensions = element
        .children()
        .filter(|child| child.name() == "extension");
    extensions.any(|extension| {
        let url = extension
            .child("url")
            .and_then(Element::value)
            .unwrap_or_default();
        super::extension::is_cross_version(url)
    })
}

fn is_supplement(system: Element<'_>) -> bool {
    text(system, "content") == Some("supplement") || text(system, "supplements").is_some()
}

/// System, version, code and display of a Coding; system and code of a Quantity.
fn coding_of(element: Element<'_>) -> Option<CodeRef<'_>> {
    let part = |name: &str| element.child(name).and_then(Element::value);
    Some(CodeRef {
        system: part("system"),
        version: part("version"),
        code: part("code")?,
        display: part("display"),
    })
}

/// Whether a code, Coding or CodeableConcept is in a value set; `None` or an error where that cannot be told.
pub(super) fn member_of(
    validator: &Validator,
    element: Element<'_>,
    value_set: &str,
) -> Result<Option<bool>, String> {
    let mut codes: Vec<CodeRef<'_>> = Vec::new();
    if let Some(code) = element.value() {
        codes.push(CodeRef {
            code,
            ..CodeRef::default()
        });
    }
    codes.extend(coding_of(element));
    let codings = element.children().filter(|child| child.name() == "coding");
    codes.extend(codings.filter_map(coding_of));
    let mut open = None;
    for code in codes {
        match member(validator, &code, value_set) {
            Membership::Member => return Ok(Some(true)),
            Membership::NotMember(_) => {}
            Membership::Undecided(why) => open = Some(why),
        }
    }
    open.map_or(Ok(Some(false)), Err)
}
