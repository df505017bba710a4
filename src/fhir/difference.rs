//! Where two resources differ, whichever format each was written in.

use super::tree::{Element, Kind, Resource};
use std::collections::BTreeMap;

/// One place where two resources differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// FHIRPath place, such as `Patient.name[0].family`.
    pub path: String,
    /// What the left resource has there; `None` where it has nothing.
    pub left: Option<String>,
    /// What the right resource has there; `None` where it has nothing.
    pub right: Option<String>,
}

/// The places where two resources differ, in the order of the left. Empty when they say the same.
///
/// `ignore` holds element paths without indices and without the resource's type, such as `id`, `meta`,
/// `meta.versionId` or `name.id`; what lies below an ignored element is ignored too. Numbers and booleans are compared
/// by their text, since XML does not tell types; the narrative's white space does not count.
pub fn equivalent(left: &Resource, right: &Resource, ignore: &[&str]) -> Vec<Difference> {
    let mut comparison = Comparison {
        ignore,
        differences: Vec::new(),
    };
    let path = left.type_name().unwrap_or_default().to_owned();
    comparison.elements(left.root(), right.root(), &path, "");
    comparison.differences
}

struct Comparison<'c> {
    ignore: &'c [&'c str],
    differences: Vec<Difference>,
}

impl Comparison<'_> {
    /// Compares two elements at one place. Recursion is bounded by the depth of the trees.
    fn elements(&mut self, left: Element<'_>, right: Element<'_>, path: &str, plain: &str) {
        if left.resource_type() != right.resource_type() || !same_value(left, right) {
            self.differs(path, Some(left), Some(right));
            if left.resource_type() != right.resource_type() {
                return;
            }
        }
        let mut right_children = by_name(right);
        for (name, left_items) in ordered_by_name(left) {
            let right_items = right_children.remove(name).unwrap_or_default();
            self.items(name, &left_items, &right_items, path, plain);
        }
        for (name, right_items) in right_children {
            self.items(name, &[], &right_items, path, plain);
        }
    }

    /// All elements of one name on both sides, in order: FHIR's lists are ordered, so a swapped pair is a
    /// difference.
    fn items(
        &mut self,
        name: &str,
        left: &[Element<'_>],
        right: &[Element<'_>],
        path: &str,
        plain: &str,
    ) {
        let plain = joined(plain, name);
        if self.ignore.contains(&plain.as_str()) {
            return;
        }
        let many = left.len().max(right.len()) > 1
            || left.iter().chain(right).any(|item| item.index().is_some());
        for at in 0..left.len().max(right.len()) {
            let mut place = joined(path, name);
            if many {
                place = format!("{place}[{at}]");
            }
            match (left.get(at), right.get(at)) {
                (Some(left), Some(right)) => self.elements(*left, *right, &place, &plain),
                (left, right) => self.differs(&place, left.copied(), right.copied()),
            }
        }
    }

    /// Notes a difference; a side that has nothing there stays empty.
    fn differs(&mut self, path: &str, left: Option<Element<'_>>, right: Option<Element<'_>>) {
        self.differences.push(Difference {
            path: path.to_owned(),
            left: left.map(shown),
            right: right.map(shown),
        });
    }
}

/// Narratives are laid out differently by each writer, so their white space says nothing.
fn same_value(left: Element<'_>, right: Element<'_>) -> bool {
    match (left.value(), right.value()) {
        (Some(one), Some(other)) if left.kind() == Kind::Xhtml || right.kind() == Kind::Xhtml => {
            one.split_whitespace().eq(other.split_whitespace())
        }
        (one, other) => one == other,
    }
}

/// What a reader is shown of an element: its value, or what kind of thing it is.
fn shown(element: Element<'_>) -> String {
    match (element.value(), element.resource_type()) {
        (Some(value), _) => value.to_owned(),
        (None, Some(resource_type)) => format!("({resource_type})"),
        (None, None) => "(complex)".to_owned(),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        return name.to_owned();
    }
    format!("{path}.{name}")
}

/// The children by name; XML and JSON writers order the names differently.
fn by_name<'r>(element: Element<'r>) -> BTreeMap<&'r str, Vec<Element<'r>>> {
    let mut children: BTreeMap<&str, Vec<Element<'r>>> = BTreeMap::new();
    for child in element.children() {
        children.entry(child.name()).or_default().push(child);
    }
    children
}

/// Children grouped by name, in the order in which the names first come.
fn ordered_by_name<'r>(element: Element<'r>) -> Vec<(&'r str, Vec<Element<'r>>)> {
    let mut groups: Vec<(&str, Vec<Element<'r>>)> = by_name(element).into_iter().collect();
    groups.sort_by_key(|(_, items)| items.first().map(|item| item.id));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Resource {
        Resource::parse_json(text.as_bytes()).unwrap()
    }

    fn rows(left: &Resource, right: &Resource, ignore: &[&str]) -> Vec<String> {
        let shown = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
        let differences = equivalent(left, right, ignore).into_iter();
        let rows = differences
            .map(|row| format!("{}: {} / {}", row.path, shown(row.left), shown(row.right)));
        rows.collect()
    }

    #[test]
    fn the_same_in_json_and_xml_has_no_differences() {
        let left = json(
            r#"{"resourceType": "Patient", "id": "1", "active": true, "name": [{"given": ["A", "B"]}], "multipleBirthInteger": 2,
                "birthDate": "2000", "_birthDate": {"id": "x"}, "text": {"div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">a  b</div>"}}"#,
        );
        let right = Resource::parse_xml(
            b"<Patient xmlns='http://hl7.org/fhir'><text><div xmlns=\"http://www.w3.org/1999/xhtml\">a b</div></text>\
              <active value='true'/><name><given value='A'/><given value='B'/></name><birthDate id='x' value='2000'/>\
              <multipleBirthInteger value='2'/></Patient>",
        )
        .unwrap();
        assert_eq!(rows(&left, &right, &["id"]), Vec::<String>::new());
        assert_eq!(rows(&left, &right, &[]), ["Patient.id: 1 / nothing"]);
    }

    #[test]
    fn differences_have_a_place_and_both_sides() {
        let left = json(
            r#"{"resourceType": "Patient", "meta": {"versionId": "1"}, "active": true, "name": [{"family": "A"}, {"family": "B"}], "gender": "male"}"#,
        );
        let right = json(
            r#"{"resourceType": "Patient", "meta": {"versionId": "2"}, "active": false, "name": [{"family": "A"}], "link": [{"type": "seealso"}]}"#,
        );
        let wanted = [
            "Patient.active: true / false",
            "Patient.name[1]: (complex) / nothing",
            "Patient.gender: male / nothing",
            "Patient.link[0]: nothing / (complex)",
        ];
        assert_eq!(rows(&left, &right, &["meta.versionId"]), wanted);
        assert_eq!(
            rows(&left, &right, &["meta", "active", "name", "gender", "link"]),
            Vec::<String>::new()
        );
        let other = json(r#"{"resourceType": "Group"}"#);
        assert_eq!(rows(&left, &other, &[]), ["Patient: (Patient) / (Group)"]);
    }
}
