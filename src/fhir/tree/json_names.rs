//! Names of one JSON object that are the same, or that belong to each other as `_name` does to `name`.

use super::json::Reader;
use super::{FormIssueKind, Mark};
use crate::fhir::error::{Reads, fault};

impl Reader<'_> {
    /// At the end of an object where names may repeat: a name that comes twice is a fault, a `_name` beside its `name`
    /// asks for the merge. `keys` holds the places of the names, one for each property.
    pub(super) fn pair_names(&mut self, parent: u32, first: usize, keys: &[u32]) -> Reads<()> {
        let pairs = self.same_names(first, keys);
        self.out_of_order |= !pairs.is_empty();
        (self.here, self.naming) = (parent, None);
        for [(one, _), (other, at)] in pairs {
            let marks = [one, other].map(|id| self.builder.nodes[id].mark);
            let beside = marks.map(|mark| mark.contains(Mark::BESIDE));
            if beside[0] != beside[1] && !marks[0].contains(Mark::EXTENDED) {
                continue;
            }
            let underscore = if beside[1] { "_" } else { "" };
            let name = self.text(self.builder.nodes[other].name);
            let message = format!("the property `{underscore}{name}` comes twice in one object");
            self.mend(FormIssueKind::DuplicateProperty, fault(at, message))?;
            self.builder.nodes[other].mark.insert(Mark::DROPPED);
        }
        Ok(())
    }

    /// Pairs of properties of one object, first node and place of the name each, that have the same name but for a `_`.
    fn same_names(&self, first: usize, keys: &[u32]) -> Vec<[(usize, usize); 2]> {
        let nodes = &self.builder.nodes;
        let mut heads: Vec<usize> = Vec::with_capacity(keys.len());
        let mut next = first;
        while next < nodes.len() {
            if nodes[next].mark.contains(Mark::HEAD) {
                heads.push(next);
            }
            next = nodes[next].end as usize;
        }
        let places = keys.iter().map(|key| *key as usize);
        let mut heads: Vec<(usize, usize)> = heads.into_iter().zip(places).collect();
        heads.sort_unstable_by_key(|(id, _)| {
            let node = &nodes[*id];
            let beside = node.mark.contains(Mark::BESIDE);
            (self.text(node.name), beside, *id)
        });
        let name = |head: (usize, usize)| self.text(nodes[head.0].name);
        let pairs = heads.windows(2).map(|pair| [pair[0], pair[1]]);
        pairs
            .filter(|[one, other]| name(*one) == name(*other))
            .collect()
    }
}
