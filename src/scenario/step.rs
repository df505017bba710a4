//! Building a script from step nodes: fragments inlined, names checked, checks and actions compiled.

mod checks;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expand::{Arguments, substitute};
use super::file::{FollowFile, FragmentFile, SendFile, UntilFile, UseFile};
use super::load::{Loader, keep_problem, templates};
use super::names::Known;
use super::script::{Follow, Script, Step, StepKind, Until};
use crate::check::CheckItem;
use crate::diag::{Diagnostic, Place};
use crate::model::RequirementId;
use crate::protocol::{Action, Effect, PROTOCOLS};
use crate::template::Template;
use crate::yaml::{Node, Spanned, Value, decode};

/// How deep fragments may use fragments.
const MAX_DEPTH: usize = 8;
/// The most steps of one script, fragments inlined.
const MAX_STEPS: usize = 1_000;

/// Whether fragments that run once may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    /// In scenarios.
    Allowed,
    /// Inside a fragment that itself runs once: it would wait for others.
    Refused,
}

/// Where a step stands: the fragments around it.
#[derive(Debug, Clone, Default)]
struct Frame {
    prefix: String,
    stack: Vec<String>,
    only_if: Vec<Arc<CheckItem>>,
}

/// Builds one script.
pub(super) struct Builder<'l> {
    loader: &'l Loader<'l>,
    known: Known,
    verifies: Arc<[RequirementId]>,
    shared_allowed: Uses,
    may_judge: bool,
    script: Script,
    waiting_values: Vec<(String, Template)>,
    step_names: BTreeSet<String>,
    problems: Vec<Diagnostic>,
}

impl<'l> Builder<'l> {
    pub(super) fn new(loader: &'l Loader<'l>, known: Known, verifies: &[RequirementId]) -> Self {
        Self {
            loader,
            known,
            verifies: verifies.into(),
            shared_allowed: Uses::Allowed,
            may_judge: true,
            script: Script::default(),
            waiting_values: Vec::new(),
            step_names: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Script, Vec<Diagnostic>) {
        (self.script, self.problems)
    }

    /// The script's own values: each may use those before it.
    pub(super) fn values(&mut self, node: Option<&Node>, prefix: &str) {
        for (key, value) in node.map(Node::entries).unwrap_or_default() {
            self.known
                .check(value, prefix, self.loader.files, &mut self.problems);
            self.known.add(&join(prefix, &key.text));
        }
        let values = templates(node, &mut self.problems);
        let values = values
            .into_iter()
            .map(|(name, template)| (join(prefix, &name), template));
        if prefix.is_empty() {
            self.script.values.extend(values);
        } else {
            self.waiting_values.extend(values);
        }
    }

    pub(super) fn steps(&mut self, steps: &[Node], cleanup: &[Node], uses: Uses) {
        self.shared_allowed = uses;
        for node in steps {
            self.add(node, &Frame::default());
        }
        let own: Vec<Step> = cleanup
            .iter()
            .filter_map(|node| self.cleanup_step(node, &Frame::default()))
            .collect();
        self.script.cleanup.splice(0..0, own);
    }

    /// A whole fragment as the script: one that runs once.
    pub(super) fn fragment(&mut self, fragment: &FragmentFile, with: Option<&Node>, place: &Place) {
        self.shared_allowed = Uses::Refused;
        self.may_judge = false;
        let frame = Frame {
            stack: vec![fragment.fragment.value.clone()],
            ..Frame::default()
        };
        self.inline(fragment, with, place, &frame);
        if self.script.steps.is_empty() && self.problems.is_empty() {
            self.problems.push(
                Diagnostic::error("empty", "this fragment has no steps")
                    .at(&fragment.fragment.place),
            );
        }
    }

    fn add(&mut self, node: &Node, frame: &Frame) {
        if self.script.steps.len() >= MAX_STEPS {
            let message = format!("more than {MAX_STEPS} steps");
            self.problems
                .push(Diagnostic::error("yaml-limit", message).at(&node.place));
            return;
        }
        if node.get("use").is_some() {
            self.add_use(node, frame);
        } else if let Some(step) = self.send_step(node, frame, Looking::Wanted) {
            self.keep_names(&step);
            self.script.steps.push(step);
        }
    }

    fn keep_names(&mut self, step: &Step) {
        for keep in &step.keep {
            self.known.add(&keep.name);
        }
        if !self.step_names.insert(step.name.to_string()) {
            let diagnostic = Diagnostic::error(
                "duplicate-id",
                format!("two steps are called `{}`", step.name),
            );
            self.problems.push(
                diagnostic
                    .at(&step.place)
                    .help("name this step, or give the fragment another name by `as:`"),
            );
        }
    }

    fn add_use(&mut self, node: &Node, frame: &Frame) {
        self.known
            .check(node, &frame.prefix, self.loader.files, &mut self.problems);
        let Some(file) = keep_problem(decode::<UseFile>(node), &mut self.problems) else {
            return;
        };
        let Some(fragment) = keep_problem(self.loader.fragment(&file.r#use), &mut self.problems)
        else {
            return;
        };
        if frame.stack.contains(&file.r#use.value) || frame.stack.len() >= MAX_DEPTH {
            let message = format!("`{}` is used inside itself, or too deep", file.r#use.value);
            let diagnostic = Diagnostic::error("fragment-cycle", message).at(&file.r#use.place);
            self.problems.push(
                diagnostic
                    .note("note", format!("used by {}", frame.stack.join(" → ")))
                    .help(format!("take the `use` out, or move what both need into a fragment of its own; fragments nest {MAX_DEPTH} deep")),
            );
            return;
        }
        let name = file.r#as.as_ref().unwrap_or(&file.r#use);
        let mut only_if = frame.only_if.clone();
        only_if.extend(self.items(file.only_if.as_ref(), &frame.prefix));
        let mut stack = frame.stack.clone();
        stack.push(file.r#use.value.clone());
        let inner = Frame {
            prefix: join(&frame.prefix, &name.value),
            stack,
            only_if,
        };
        let before = self.script.steps.len();
        if fragment.once {
            self.add_shared(&file, &fragment, &inner);
        } else {
            self.inline(&fragment, file.with.as_ref(), &file.r#use.place, &inner);
        }
        if self.script.steps.len() > before {
            self.extend_last(&file, frame);
        }
    }

    fn add_shared(&mut self, file: &UseFile, fragment: &FragmentFile, frame: &Frame) {
        if self.shared_allowed == Uses::Refused {
            let message = format!(
                "`{}` runs once, and is used inside another that does",
                file.r#use.value
            );
            self.problems
                .push(Diagnostic::error("fragment-cycle", message).at(&file.r#use.place));
            return;
        }
        let Some(shared) = self.loader.shared(
            fragment,
            file.with.as_ref(),
            &file.r#use.place,
            &mut self.problems,
        ) else {
            return;
        };
        for step in &shared.script.steps {
            step.keep
                .iter()
                .for_each(|keep| self.known.add(&join(&frame.prefix, &keep.name)));
            self.step_names.insert(join(&frame.prefix, &step.name));
        }
        for (name, _) in &shared.script.values {
            self.known.add(&join(&frame.prefix, name));
        }
        let surroundings = self.loader.surroundings;
        self.script.steps.push(Step {
            name: frame.prefix.as_str().into(),
            values: std::mem::take(&mut self.waiting_values),
            prefix: frame.prefix.clone(),
            from: surroundings.driver.clone(),
            to: surroundings.subject.clone(),
            kind: StepKind::Shared(shared),
            only_if: frame.only_if.clone(),
            precondition: Vec::new(),
            checks: Vec::new(),
            keep: Vec::new(),
            place: file.r#use.place.clone(),
        });
    }

    /// The steps of a fragment, its parameters filled in; its cleanup goes before what is already to be cleaned up.
    fn inline(
        &mut self,
        fragment: &FragmentFile,
        with: Option<&Node>,
        place: &Place,
        frame: &Frame,
    ) {
        let Some(arguments) = self.arguments(fragment, with, place) else {
            return;
        };
        let fill = |nodes: &[Node]| {
            nodes
                .iter()
                .map(|node| substitute(node, &arguments))
                .collect::<Result<Vec<_>, _>>()
        };
        let values = fragment
            .values
            .as_ref()
            .map(|node| substitute(node, &arguments))
            .transpose();
        let (values, steps, cleanup) =
            match (values, fill(&fragment.steps), fill(&fragment.cleanup)) {
                (Ok(values), Ok(steps), Ok(cleanup)) => (values, steps, cleanup),
                (values, steps, cleanup) => {
                    self.problems.extend(
                        [values.err(), steps.err(), cleanup.err()]
                            .into_iter()
                            .flatten(),
                    );
                    return;
                }
            };
        self.values(values.as_ref(), &frame.prefix);
        for node in &steps {
            self.add(node, frame);
        }
        let cleanup: Vec<Step> = cleanup
            .iter()
            .filter_map(|node| self.cleanup_step(node, frame))
            .collect();
        self.script.cleanup.splice(0..0, cleanup);
    }

    fn arguments(
        &mut self,
        fragment: &FragmentFile,
        with: Option<&Node>,
        place: &Place,
    ) -> Option<Arguments> {
        let given = with.map(Node::entries).unwrap_or_default();
        let known = || fragment.parameters.keys().map(String::as_str);
        let before = self.problems.len();
        for (key, _) in given {
            if !fragment.parameters.contains_key(&key.text) {
                let diagnostic = Diagnostic::error(
                    "unknown-parameter",
                    format!(
                        "`{}` is no parameter of `{}`",
                        key.text, fragment.fragment.value
                    ),
                );
                self.problems
                    .push(diagnostic.at(&key.place).suggest(&key.text, known()));
            }
        }
        let mut arguments = Arguments::new();
        for (name, parameter) in &fragment.parameters {
            let argument = given
                .iter()
                .find(|(key, _)| key.text == *name)
                .map(|(_, node)| node)
                .or(parameter.default.as_ref());
            match argument {
                Some(node) => drop(arguments.insert(name.clone(), node.clone())),
                None => {
                    let diagnostic = Diagnostic::error(
                        "missing-parameter",
                        format!("`{}` needs the parameter `{name}`", fragment.fragment.value),
                    );
                    self.problems.push(
                        diagnostic
                            .at(place)
                            .help(format!("add `with: {{ {name}: … }}`")),
                    );
                }
            }
        }
        (self.problems.len() == before).then_some(arguments)
    }

    /// What stands beside `use`: added to the fragment's last step, in the words of the user.
    fn extend_last(&mut self, file: &UseFile, frame: &Frame) {
        let precondition = self.items(file.precondition.as_ref(), &frame.prefix);
        let checks = self.checks(file.checks.as_ref(), &frame.prefix);
        let keep = self.keeps(file.keep.as_ref(), &frame.prefix);
        keep.iter().for_each(|keep| self.known.add(&keep.name));
        if let Some(last) = self.script.steps.last_mut() {
            last.precondition.extend(precondition);
            last.checks.extend(checks);
            last.keep.extend(keep);
        }
    }

    fn cleanup_step(&mut self, node: &Node, frame: &Frame) -> Option<Step> {
        if node.get("use").is_some() {
            return self.cleanup_use(node, frame);
        }
        self.send_step(node, frame, Looking::Optional)
    }

    /// A fragment with one step may be used in a cleanup.
    fn cleanup_use(&mut self, node: &Node, frame: &Frame) -> Option<Step> {
        let (steps, cleanup) = (
            std::mem::take(&mut self.script.steps),
            std::mem::take(&mut self.script.cleanup),
        );
        let names = self.step_names.clone();
        self.add_use(node, frame);
        self.step_names = names;
        let mut used = std::mem::replace(&mut self.script.steps, steps);
        self.script.cleanup = cleanup;
        if used.len() > 1 {
            let message = "in a cleanup, a fragment may have one step only";
            self.problems
                .push(Diagnostic::error("bad-value", message).at(&node.place));
        }
        used.pop()
    }

    fn send_step(&mut self, node: &Node, frame: &Frame, looking: Looking) -> Option<Step> {
        let before = self.problems.len();
        // What a step keeps is known to its own checks; what it sends is filled in earlier, which the walk finds out.
        for (key, _) in node.get("keep").map(Node::entries).unwrap_or_default() {
            self.known.add(&join(&frame.prefix, &key.text));
        }
        self.known.check(
            &without_keep(node),
            &frame.prefix,
            self.loader.files,
            &mut self.problems,
        );
        let file = keep_problem(decode::<SendFile>(node), &mut self.problems)?;
        let (action, effect) = self.action(&file)?;
        let mut only_if = frame.only_if.clone();
        only_if.extend(self.items(file.only_if.as_ref(), &frame.prefix));
        let name = file.name.as_ref().map_or_else(
            || format!("step {}", self.script.steps.len() + 1),
            |name| name.value.clone(),
        );
        let step = Step {
            name: join(&frame.prefix, &name).into(),
            values: std::mem::take(&mut self.waiting_values),
            prefix: frame.prefix.clone(),
            from: self.role(file.from, &self.loader.surroundings.driver),
            to: self.role(file.to, &self.loader.surroundings.subject),
            kind: StepKind::Send {
                action,
                effect,
                until: self.until(file.until, &frame.prefix),
                within: file.within.map(|span| span.0),
            },
            only_if,
            precondition: self.items(file.precondition.as_ref(), &frame.prefix),
            checks: self.checks(file.checks.as_ref(), &frame.prefix),
            keep: self.keeps(file.keep.as_ref(), &frame.prefix),
            place: file
                .name
                .map_or_else(|| file.send.place.clone(), |name| name.place),
        };
        // A check that could not be read looks at the step all the same: one mistake is told once.
        if self.problems.len() == before {
            self.check_looking(&step, looking);
        }
        (self.problems.len() == before).then_some(step)
    }

    fn check_looking(&mut self, step: &Step, looking: Looking) {
        let looked_at =
            !(step.checks.is_empty() && step.precondition.is_empty() && step.keep.is_empty());
        if looking == Looking::Wanted && !looked_at {
            let diagnostic =
                Diagnostic::error("empty", format!("nobody looks at the step `{}`", step.name))
                    .at(&step.place);
            self.problems.push(
                diagnostic.help("give it `checks`, a `precondition`, or something to `keep`"),
            );
        }
        if looking == Looking::Optional && !step.checks.is_empty() {
            let diagnostic = Diagnostic::error(
                "bad-value",
                "a cleanup step judges nothing: it may have no `checks`",
            );
            self.problems.push(diagnostic.at(&step.place));
        }
    }

    fn role(
        &mut self,
        given: Option<Spanned<crate::model::RoleId>>,
        default: &crate::model::RoleId,
    ) -> crate::model::RoleId {
        let Some(role) = given else {
            return default.clone();
        };
        self.loader.role(&role, &mut self.problems);
        role.value
    }

    fn action(&mut self, file: &SendFile) -> Option<(Box<dyn Action>, Effect)> {
        let [(key, content)] = file.send.entries() else {
            let message = "`send` wants one key, the protocol";
            self.problems
                .push(Diagnostic::error("wrong-type", message).at(&file.send.place));
            return None;
        };
        let Some(protocol) = PROTOCOLS.iter().find(|row| row.name == key.text) else {
            let diagnostic = Diagnostic::error(
                "unknown-protocol",
                format!("there is no protocol `{}`", key.text),
            );
            self.problems.push(
                diagnostic
                    .at(&key.place)
                    .suggest(&key.text, PROTOCOLS.iter().map(|row| row.name)),
            );
            return None;
        };
        let action = keep_problem(
            (protocol.parse)(content, self.loader.files),
            &mut self.problems,
        )?;
        let effect = if file.safe {
            Effect::Reads
        } else {
            action.effect()
        };
        Some((action, effect))
    }

    fn until(&mut self, file: Option<Spanned<UntilFile>>, prefix: &str) -> Option<Until> {
        let file = file?.value;
        let conditions = self.items(Some(&file.r#if), prefix);
        let follow = match file.follow {
            Some(FollowFile::RetryAfter) => Follow::RetryAfter,
            None => Follow::Nothing,
        };
        Some(Until {
            conditions,
            every: file.every.0,
            at_most: file.at_most.0,
            follow,
        })
    }
}

/// Whether somebody has to look at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looking {
    Wanted,
    Optional,
}

/// The step without its `keep`: `{{` in a regular expression is no hole.
fn without_keep(node: &Node) -> Node {
    let rest = node
        .entries()
        .iter()
        .filter(|(key, _)| key.text != "keep")
        .cloned()
        .collect();
    Node::new(Value::Map(rest), node.place.clone())
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        return name.to_owned();
    }
    format!("{prefix}.{name}")
}
