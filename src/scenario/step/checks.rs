//! What a step asks and keeps.

use std::sync::Arc;

use super::{Builder, join};
use crate::check::{CheckItem, Extract};
use crate::diag::Diagnostic;
use crate::model::{RequirementId, Side};
use crate::scenario::load::keep_problem;
use crate::scenario::names::resolve;
use crate::scenario::script::{Keep, StepCheck};
use crate::yaml::{Key, Node, Value};

impl Builder<'_> {
    /// Conditions: one check or a list, of which no verdict comes.
    pub(super) fn items(&mut self, node: Option<&Node>, prefix: &str) -> Vec<Arc<CheckItem>> {
        let Some(node) = node else { return Vec::new() };
        self.take_items(CheckItem::conditions(node), prefix)
    }

    fn take_items(
        &mut self,
        read: Result<Vec<CheckItem>, Vec<Diagnostic>>,
        prefix: &str,
    ) -> Vec<Arc<CheckItem>> {
        match read {
            Ok(items) => {
                items.iter().for_each(|item| self.check_item(item, prefix));
                items.into_iter().map(Arc::new).collect()
            }
            Err(problems) => {
                self.problems.extend(problems);
                Vec::new()
            }
        }
    }

    fn check_item(&mut self, item: &CheckItem, prefix: &str) {
        for named in item.earlier_steps() {
            let name = named.value.as_str();
            if resolve(prefix, name, |full| self.step_names.get(full).map(|_| ())).is_none() {
                let diagnostic = Diagnostic::error(
                    "unknown-step",
                    format!("no earlier step is called `{name}`"),
                );
                let known = self.step_names.iter().map(String::as_str);
                self.problems
                    .push(diagnostic.at(&named.place).suggest(name, known));
            }
        }
    }

    pub(super) fn checks(&mut self, node: Option<&Node>, prefix: &str) -> Vec<StepCheck> {
        let Some(node) = node else { return Vec::new() };
        if !self.may_judge {
            let message =
                "a fragment that runs once judges nothing: whoever uses it may add `checks`";
            self.problems
                .push(Diagnostic::error("bad-value", message).at(&node.place));
            return Vec::new();
        }
        let sides = match &*node.value {
            Value::Map(entries) => entries
                .iter()
                .filter_map(|(key, list)| self.side(key).map(|side| (side, list)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                vec![(Side::Reply, node)]
            }
        };
        sides
            .into_iter()
            .flat_map(|(side, list)| self.checks_of_side(side, list, prefix))
            .collect()
    }

    fn side(&mut self, key: &Key) -> Option<Side> {
        match key.text.as_str() {
            "request" => Some(Side::Request),
            "reply" => Some(Side::Reply),
            other => {
                let diagnostic =
                    Diagnostic::error("unknown-field", format!("`{other}` means nothing here"))
                        .at(&key.place);
                self.problems.push(diagnostic.help(
                    "`checks` is a list about the reply, or has the keys `request` and `reply`",
                ));
                None
            }
        }
    }

    fn checks_of_side(&mut self, side: Side, list: &Node, prefix: &str) -> Vec<StepCheck> {
        let items = self.take_items(CheckItem::list(list), prefix);
        items
            .into_iter()
            .map(|item| self.step_check(item, side))
            .collect()
    }

    fn step_check(&mut self, item: Arc<CheckItem>, side: Side) -> StepCheck {
        let cited = self.loader.requirements(&item.cites, &mut self.problems);
        let requirements: Arc<[RequirementId]> = if cited.is_empty() {
            self.verifies.clone()
        } else {
            cited.into()
        };
        if requirements.is_empty() && self.loader.surroundings.requirements.is_some() {
            let message = "this check proves no requirement";
            self.problems
                .push(Diagnostic::error("uncited-check", message).at(&item.place));
        }
        StepCheck {
            item,
            side,
            requirements,
        }
    }

    pub(super) fn keeps(&mut self, node: Option<&Node>, prefix: &str) -> Vec<Keep> {
        let entries = node.map(Node::entries).unwrap_or_default();
        let read = entries.iter().filter_map(|(key, value)| {
            let extract = keep_problem(Extract::parse(value), &mut self.problems)?;
            Some(Keep {
                name: join(prefix, &key.text),
                extract,
            })
        });
        read.collect()
    }
}
