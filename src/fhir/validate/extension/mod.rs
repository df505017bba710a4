//! Extensions: whether they are defined, may stand where they stand, and hold what their definition says.

mod context;
mod cross_version;

use super::run::{At, Run};
use super::shape::{Node, Shape};
use super::{Grade, IssueKind, UnknownExtensions, Weight};
use crate::fhir::definitions::Missing;
use crate::fhir::tree::Element;

impl<'v> Run<'v> {
    /// One extension or modifier extension, which the walk along its type has been through already.
    pub(super) fn extension(&mut self, element: Element<'v>, at: &At<'v>) {
        self.value_or_extensions(element, at);
        let Some(url) = element.child("url").and_then(Element::value) else {
            return;
        };
        let enclosing = self.enclosing_extension();
        if !url.contains(':') {
            match enclosing {
                Some(outer) => self.sub_extension(element, outer, url),
                None => self.relative(element, url),
            }
            return;
        }
        let address = match url.split_once('|') {
            Some((address, _)) => {
                self.error(IssueKind::Extension, "invalid", element, || {
                    format!(
                        "the address of an extension has no version: `{address}` instead of `{url}`"
                    )
                });
                address
            }
            None => url,
        };
        match self.shapes().find(address) {
            Ok(shape) => self.defined_extension(element, shape),
            Err(Missing::Unknown) => self.undefined_extension(element, address),
            Err(Missing::Unusable(why)) => self.undecided(Weight::Decisive, element, || {
                format!("the extension `{address}` cannot be checked: {why}")
            }),
        }
    }

    /// `ext-1`.
    fn value_or_extensions(&mut self, element: Element<'v>, at: &At<'v>) {
        let mut has = (false, false);
        for child in element.children() {
            match child.name() {
                "extension" => has.0 = true,
                name if name.starts_with("value") => has.1 = true,
                _ => {}
            }
        }
        if has.0 != has.1 {
            return;
        }
        let issue = self.error(IssueKind::Invariant, "invariant", element, || match has {
            (true, _) => "an extension has a value or extensions, not both".to_owned(),
            (false, _) => "an extension has a value or extensions, and this has neither".to_owned(),
        });
        if let Some(issue) = issue {
            issue.constraint = Some("ext-1".to_owned());
            issue.profile = Some(at.shape.canonical.clone());
        }
    }

    /// The extension directly around the one that the walk stands at.
    fn enclosing_extension(&self) -> Option<Element<'v>> {
        let above = self.trail.len().checked_sub(2)?;
        let outer = self.trail[above].element;
        matches!(outer.name(), "extension" | "modifierExtension").then_some(outer)
    }

    fn relative(&mut self, element: Element<'v>, url: &'v str) {
        if !url.is_empty() {
            self.error(IssueKind::Extension, "invalid", element, || {
                format!("the address of an extension is absolute, and `{url}` is not")
            });
        }
    }

    /// A part of a complex extension must be one that its definition names.
    fn sub_extension(&mut self, element: Element<'v>, outer: Element<'v>, url: &'v str) {
        let Some((shape, node)) = self.definition_of(outer) else {
            return;
        };
        if part_named(shape, node, url).is_some() {
            return;
        }
        self.error(IssueKind::Extension, "invalid", element, || {
            let known = parts_of(shape, node);
            let known = super::suggest::list(known.iter().map(|(name, _)| name));
            format!(
                "`{url}` is no part of the extension `{}`, which has {known}",
                shape.structure.url
            )
        });
    }

    /// The node that defines an extension: of its own structure, or of a part of another's.
    fn definition_of(&self, extension: Element<'v>) -> Option<(&'v Shape, &'v Node)> {
        let url = extension.child("url").and_then(Element::value)?;
        if url.contains(':') {
            let shape = self.shapes().find(url).ok()?;
            return Some((shape, shape.root()));
        }
        let outer = extension.parent()?;
        if !matches!(outer.name(), "extension" | "modifierExtension") {
            return None;
        }
        let (shape, node) = self.definition_of(outer)?;
        Some((shape, part_named(shape, node, url)?))
    }

    fn defined_extension(&mut self, element: Element<'v>, shape: &'v Shape) {
        let structure = &shape.structure;
        if *structure.type_name != *"Extension" {
            self.error(IssueKind::Extension, "invalid", element, || {
                format!(
                    "`{}` is about {}, and is no extension",
                    structure.url, structure.type_name
                )
            });
            return;
        }
        let is_modifier = shape.definition(shape.root()).is_modifier == Some(true);
        if is_modifier != (element.name() == "modifierExtension") {
            self.error(IssueKind::Extension, "business-rule", element, || match is_modifier {
                true => format!("`{}` changes the meaning of its element, and stands in `modifierExtension` only", structure.url),
                false => format!("`{}` does not change the meaning of its element, and stands in `extension` only", structure.url),
            });
        }
        self.context(element, shape);
        self.hold(element, shape);
    }

    fn undefined_extension(&mut self, element: Element<'v>, url: &'v str) {
        if let Some(other) = cross_version::Address::parse(url) {
            self.cross_version(element, &other);
            return;
        }
        if element.name() == "modifierExtension" {
            self.error(IssueKind::Extension, "not-found", element, || {
                format!(
                    "the modifier extension `{url}` is unknown, and so what its element means is"
                )
            });
            return;
        }
        let options = &self.validator.options;
        let is_welcome = options.allow_examples && self.is_example(url);
        let refused = options.unknown_extensions == UnknownExtensions::Refused && !is_welcome;
        if refused {
            self.report(Grade::Error, IssueKind::Extension, "structure", element, || {
                format!("the definition of the extension `{url}` is not at hand, and unknown extensions are refused")
            });
            return;
        }
        self.undecided(Weight::Minor, element, || {
            format!("the definition of the extension `{url}` is not at hand")
        });
    }

    /// Addresses of RFC 2606 and of the specification's own examples.
    pub(super) fn is_example(&self, url: &str) -> bool {
        url.contains("example.org") || url.contains("example.com") || url.contains("acme.com")
    }
}

/// Whether an address stands for an element of another release.
pub(super) fn is_cross_version(url: &str) -> bool {
    cross_version::Address::parse(url).is_some()
}

/// The parts that an extension's node names, with their nodes.
fn parts_of<'s>(shape: &'s Shape, node: &'s Node) -> Vec<(&'s str, &'s Node)> {
    let extensions = node.children.iter().map(|child| shape.node(*child));
    let extensions = extensions.filter(|child| shape.name_of(child) == "extension");
    let slices =
        extensions.flat_map(|extension| extension.slices.iter().map(|slice| shape.node(*slice)));
    slices
        .filter_map(|slice| Some((url_of(shape, slice)?, slice)))
        .collect()
}

fn part_named<'s>(shape: &'s Shape, node: &'s Node, url: &str) -> Option<&'s Node> {
    let parts = parts_of(shape, node);
    parts
        .into_iter()
        .find(|(name, _)| *name == url)
        .map(|(_, slice)| slice)
}

/// The address that a slice fixes, or the one of its profile.
fn url_of<'s>(shape: &'s Shape, slice: &'s Node) -> Option<&'s str> {
    let mut children = slice.children.iter().map(|child| shape.node(*child));
    let fixed = children
        .find(|child| shape.name_of(child) == "url")
        .and_then(|child| {
            let definition = shape.definition(child);
            definition
                .fixed
                .as_ref()
                .or(definition.pattern.as_ref())?
                .element()
                .value()
        });
    fixed.or_else(|| {
        let profile = slice.types.first()?.profiles.first()?;
        Some(&profile.0)
    })
}
