//! Invariants that allow one of several elements: `(act | observation | supply).count() = 1`.

use super::apply::Session;
use super::node::Node;
use super::{SnapshotError, refuse};
use crate::fhir::definitions::Max;

impl Session<'_> {
    /// Where one of such a group must occur, the others may not.
    pub(super) fn settle_groups(&self, node: &mut Node) -> Result<(), SnapshotError> {
        let groups: Vec<Vec<String>> = node
            .facts
            .all("constraint")
            .filter_map(|constraint| group_of(constraint.text_of("expression")?))
            .collect();
        for group in &groups {
            self.settle_group(node, group)?;
        }
        for below in node.children.iter_mut().chain(&mut node.slices) {
            self.settle_groups(below)?;
        }
        Ok(())
    }

    fn settle_group(&self, node: &mut Node, group: &[String]) -> Result<(), SnapshotError> {
        let in_group = |child: &Node| group.iter().any(|name| **name == *child.name);
        let mandatory: Vec<_> = node
            .children
            .iter()
            .filter(|child| in_group(child) && child.min() > 0)
            .map(|child| child.name.clone())
            .collect();
        match &mandatory[..] {
            [] => Ok(()),
            [one] => {
                let others = node.children.iter_mut();
                others
                    .filter(|child| in_group(child) && child.name != *one)
                    .for_each(rule_out);
                Ok(())
            }
            [one, other, ..] => Err(refuse(
                &node.name,
                format!("`{one}` and `{other}` are both mandatory, but only one of them may occur"),
            )),
        }
    }
}

fn rule_out(node: &mut Node) {
    node.facts.set_max(Max::Times(0));
    node.children.clear();
    node.slices.clear();
    node.facts.remove("slicing");
}

/// The names of a group; `None` for any other expression.
fn group_of(expression: &str) -> Option<Vec<String>> {
    let (names, count) = expression.trim().strip_prefix('(')?.split_once(')')?;
    let count: String = count.split_whitespace().collect();
    if !matches!(&*count, ".count()=1" | ".count()<=1" | ".count()<2") {
        return None;
    }
    let names: Vec<String> = names
        .split('|')
        .map(|name| name.trim().to_owned())
        .collect();
    let is_name = |name: &String| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
    };
    (names.len() > 1 && names.iter().all(is_name)).then_some(names)
}
