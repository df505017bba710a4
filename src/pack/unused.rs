//! Fragments that no scenario uses: nobody has read them yet, so mistakes in them would stay unseen.

use std::collections::BTreeSet;

use super::Pack;
use crate::diag::{Diagnostic, Place, Source};
use crate::scenario::Loader;
use crate::yaml::{Node, parse};

/// Mistakes in unused fragments, and a warning for each that is sound.
pub(super) fn unused(pack: &Pack) -> Vec<Diagnostic> {
    let surroundings = pack.surroundings();
    let loader = Loader::new(&pack.files, &surroundings);
    let used = used(pack);
    let names = pack.files.in_folder("fragments/", ".yaml").filter_map(name);
    let unused = names.filter(|name| !used.contains(*name));
    unused
        .flat_map(|name| match loader.fragment_file(name) {
            Ok(()) => vec![nobody(pack, name)],
            Err(problems) => problems,
        })
        .collect()
}

fn name(path: &str) -> Option<&str> {
    path.strip_prefix("fragments/")?.strip_suffix(".yaml")
}

fn nobody(pack: &Pack, name: &str) -> Diagnostic {
    let path = format!("fragments/{name}.yaml");
    let text = pack.files.text(&path).unwrap_or_default();
    let message = format!("no scenario uses the fragment `{name}`");
    Diagnostic::warning("unused-fragment", message)
        .at(&Place::top(&Source::new(pack.files.shown(&path), text)))
        .help("use it, or remove the file")
}

/// Every name that stands under a `use` in the pack's files.
fn used(pack: &Pack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in pack.files.in_folder("", ".yaml") {
        let text = pack.files.text(path).unwrap_or_default();
        if let Ok(node) = parse(&Source::new(path, text)) {
            collect(&node, &mut names);
        }
    }
    names
}

/// The depth of a node is bounded where it was read.
fn collect(node: &Node, names: &mut BTreeSet<String>) {
    for (key, value) in node.entries() {
        match (key.text.as_str(), value.scalar()) {
            ("use", Some(name)) => drop(names.insert(name.to_owned())),
            _ => collect(value, names),
        }
    }
    node.items().iter().for_each(|item| collect(item, names));
}
