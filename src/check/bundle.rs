//! `bundle`: the shape of a Bundle.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arguments::{Amount, OneOrMany};
use super::fhirpath::named;
use super::{Check, EITHER, Examined, Kind, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::{Element, Resource};
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "bundle",
    summary: "the shape of a Bundle",
    explanation: "The body, in JSON or XML, must be a Bundle. `total` compares the element, which must be there; `entries` counts the entries, \
whatever they hold. `links` must all be there, with a URL; `no-links` must not. `full-urls: unique` wants no two entries with the same \
fullUrl, unless their resources are different versions (as in a history).",
    examples: &[
        "bundle: { type: searchset }",
        "bundle: { type: [searchset, collection], total: 2, entries: 2 }",
        "bundle: { entries: { at-least: 1, at-most: 10 } }",
        "bundle: { links: [self, next] }",
        "bundle: { no-links: next, full-urls: unique }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| generator.subschema_for::<Bundle>(),
    parse: |node: &Node| -> Result<Box<dyn Check>, Diagnostic> {
        Ok(Box::new(decode::<Bundle>(node)?))
    },
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Bundle {
    /// Its type is one of these.
    #[serde(default)]
    r#type: Option<OneOrMany<Template>>,
    /// Its total.
    #[serde(default)]
    total: Option<Amount>,
    /// How many entries it has.
    #[serde(default)]
    entries: Option<Amount>,
    /// It has links of all these relations.
    #[serde(default)]
    links: Option<OneOrMany<Template>>,
    /// It has no link of any of these relations.
    #[serde(default)]
    no_links: Option<OneOrMany<Template>>,
    /// What holds of its full URLs.
    #[serde(default)]
    full_urls: Option<FullUrls>,
}

/// What may be asked of full URLs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FullUrls {
    Unique,
}

impl Bundle {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let resource = subject.resource("a Bundle")?;
        let place = words::body_place(subject.side);
        if resource.type_name() != Some("Bundle") {
            return Err(Finding::violates(named(resource), place, "a Bundle"));
        }
        let parts = Parts { resource, subject };
        if let Some(wanted) = &self.r#type {
            parts.of_type(wanted)?;
        }
        if let Some(amount) = &self.total {
            parts.total(amount)?;
        }
        if let Some(amount) = &self.entries {
            parts.entries(amount)?;
        }
        if let Some(wanted) = &self.links {
            parts.links(wanted)?;
        }
        if let Some(unwanted) = &self.no_links {
            parts.no_links(unwanted)?;
        }
        if let Some(FullUrls::Unique) = self.full_urls {
            parts.unique()?;
        }
        Ok(Seen::new(parts.told(), place))
    }
}

/// The Bundle that is looked at.
struct Parts<'a> {
    resource: &'a Resource,
    subject: &'a Subject<'a>,
}

impl<'a> Parts<'a> {
    /// The children of the Bundle of one name, in their order.
    fn children(&self, name: &'static str) -> impl Iterator<Item = Element<'a>> {
        self.resource
            .root()
            .children()
            .filter(move |child| child.name() == name)
    }

    /// The text of a child of the Bundle.
    fn text(&self, name: &str) -> Option<&'a str> {
        self.resource.root().child(name).and_then(Element::value)
    }

    /// A violation at an element, else at the body.
    fn violates(
        &self,
        observed: &str,
        at: Option<Element<'_>>,
        expected: impl Into<std::sync::Arc<str>>,
    ) -> Finding {
        let place = at.map_or_else(
            || words::body_place(self.subject.side),
            |element| self.subject.element_place(&element.place()),
        );
        Finding::violates(words::shown(observed), place, expected)
    }

    fn of_type(&self, wanted: &OneOrMany<Template>) -> Examined<()> {
        let wanted = wanted.fill(self.subject)?;
        let found = self.text("type");
        if found.is_some_and(|found| wanted.iter().any(|wanted| wanted == found)) {
            return Ok(());
        }
        let observed = found.map_or_else(|| "no type".into(), |found| format!("type {found}"));
        let expected = format!("type {}", words::shown(&words::alternatives(&wanted)));
        Err(self.violates(&observed, self.resource.root().child("type"), expected))
    }

    /// A total that is missing, or no number, is not right, whatever is wanted.
    fn total(&self, amount: &Amount) -> Examined<()> {
        let bounds = amount.bounds(self.subject)?;
        let found = self.text("total");
        let number = found.and_then(|found| found.parse().ok());
        if number.is_some_and(|number| bounds.contain(number)) {
            return Ok(());
        }
        let observed = found.map_or_else(|| "no total".into(), |found| format!("total {found}"));
        Err(self.violates(
            &observed,
            self.resource.root().child("total"),
            format!("total {bounds}"),
        ))
    }

    fn entries(&self, amount: &Amount) -> Examined<()> {
        let bounds = amount.bounds(self.subject)?;
        let count = self.children("entry").count();
        if bounds.contain(count as u64) {
            return Ok(());
        }
        let observed = words::counted(count, "entry", "entries");
        Err(self.violates(
            &observed,
            self.children("entry").next(),
            format!("entries: {bounds}"),
        ))
    }

    /// A link without a URL leads nowhere: it does not count.
    fn links(&self, wanted: &OneOrMany<Template>) -> Examined<()> {
        for wanted in wanted.fill(self.subject)? {
            let expected = format!("a link {}", words::shown(&wanted));
            let Some(link) = self.link(&wanted) else {
                return Err(self.violates(&self.told_links(), None, expected));
            };
            let url = link.child("url").and_then(Element::value);
            if url.is_none_or(|url| url.trim().is_empty()) {
                return Err(self.violates("a link without url", Some(link), expected));
            }
        }
        Ok(())
    }

    fn no_links(&self, unwanted: &OneOrMany<Template>) -> Examined<()> {
        for unwanted in unwanted.fill(self.subject)? {
            if let Some(link) = self.link(&unwanted) {
                let url = link
                    .child("url")
                    .and_then(Element::value)
                    .unwrap_or_default();
                let observed = format!("link {unwanted}: {url}");
                return Err(self.violates(
                    &observed,
                    Some(link),
                    format!("no link {}", words::shown(&unwanted)),
                ));
            }
        }
        Ok(())
    }

    fn link(&self, relation: &str) -> Option<Element<'a>> {
        self.children("link")
            .find(|link| link.child("relation").and_then(Element::value) == Some(relation))
    }

    /// FHIR lets a fullUrl stand twice only for different versions of one resource.
    fn unique(&self) -> Examined<()> {
        let mut known = BTreeSet::new();
        for entry in self.children("entry") {
            let Some(full_url) = entry.child("fullUrl") else {
                continue;
            };
            let meta = entry
                .child("resource")
                .and_then(|resource| resource.child("meta"));
            let version = meta
                .and_then(|meta| meta.child("versionId"))
                .and_then(Element::value);
            if !known.insert((full_url.value(), version)) {
                let observed = format!("{} stands twice", full_url.value().unwrap_or_default());
                return Err(self.violates(&observed, Some(full_url), "unique full URLs"));
            }
        }
        Ok(())
    }

    fn told_links(&self) -> String {
        let relations = self
            .children("link")
            .filter_map(|link| link.child("relation")?.value());
        let relations: Vec<&str> = relations.take(9).collect();
        match relations.is_empty() {
            true => "no links".into(),
            false => format!("links {}", words::listed(&relations)),
        }
    }

    /// `searchset, total 2, 2 entries, links self, next`
    fn told(&self) -> String {
        let total = self.text("total").map(|total| format!("total {total}"));
        let entries = words::counted(self.children("entry").count(), "entry", "entries");
        let parts = [
            self.text("type").map(str::to_owned),
            total,
            Some(entries),
            Some(self.told_links()),
        ];
        words::shown(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Check for Bundle {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let parts = [
            self.r#type.as_ref().map(OneOrMany::written),
            self.total
                .as_ref()
                .map(|amount| format!("total {}", amount.written())),
            self.entries
                .as_ref()
                .map(|amount| format!("entries {}", amount.written())),
            self.links
                .as_ref()
                .map(|links| format!("links {}", links.listed())),
            self.no_links
                .as_ref()
                .map(|links| format!("no links {}", links.written())),
            self.full_urls
                .map(|FullUrls::Unique| "full URLs unique".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "at all".into(),
            false => parts.join(", "),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const JSON: &str = "200\n\n{\"resourceType\": \"Bundle\", \"type\": \"searchset\", \"total\": 3,\n\"link\": [{\"relation\": \"self\", \"url\": \"http://x\"}, {\"relation\": \"next\", \"url\": \"\"}],\n\"entry\": [{\"fullUrl\": \"http://x/1\"},\n{\"fullUrl\": \"http://x/1\"}]}";
    const XML: &str = "200\n\n<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"searchset\"/><total value=\"0\"/><link><relation value=\"self\"/><url value=\"http://x\"/></link></Bundle>";
    const HISTORY: &str = "200\n\n{\"resourceType\": \"Bundle\", \"type\": \"history\", \"entry\": [{\"fullUrl\": \"a\", \"resource\": {\"meta\": {\"versionId\": \"1\"}}}, {\"fullUrl\": \"a\", \"resource\": {\"meta\": {\"versionId\": \"2\"}}}, {}]}";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "bundle: { type: searchset }",
            JSON,
            "holds searchset, total 3, 2 entries, links self, next @ reply/body",
        ),
        case(
            "bundle: { type: searchset, total: 0, entries: 0, links: self, no-links: [next, previous] }",
            XML,
            "holds searchset, total 0, 0 entries, links self @ reply/body",
        ),
        case(
            "bundle: { type: [history, batch] }",
            JSON,
            "violates type searchset @ reply/body#Bundle.type:1:28, wanted type history or batch",
        ),
        case(
            "bundle: { total: 2 }",
            JSON,
            "violates total 3 @ reply/body#Bundle.total:1:49, wanted total 2",
        ),
        case(
            "bundle: { total: 2 }",
            HISTORY,
            "violates no total @ reply/body, wanted total 2",
        ),
        case(
            "bundle: { entries: { at-most: 1 } }",
            JSON,
            "violates 2 entries @ reply/body#Bundle.entry[0]:3:11, wanted entries: at most 1",
        ),
        case(
            "bundle: { entries: '{{kept.id}}' }",
            XML,
            "violates 0 entries @ reply/body, wanted entries: 17",
        ),
        case(
            "bundle: { links: [self, next] }",
            XML,
            "violates links self @ reply/body, wanted a link next",
        ),
        case(
            "bundle: { links: [self, next] }",
            JSON,
            "violates a link without url @ reply/body#Bundle.link[1]:2:51, wanted a link next",
        ),
        case(
            "bundle: { no-links: self }",
            XML,
            "violates link self: http://x @ reply/body#Bundle.link:1:80, wanted no link self",
        ),
        case(
            "bundle: { full-urls: unique }",
            JSON,
            "violates http://x/1 stands twice @ reply/body#Bundle.entry[1].fullUrl:4:2, wanted unique full URLs",
        ),
        case(
            "bundle: { full-urls: unique }",
            HISTORY,
            "holds history, 3 entries, no links @ reply/body",
        ),
        case(
            "bundle: {}",
            "200\n\n{\"resourceType\": \"Patient\"}",
            "violates the Patient @ reply/body, wanted a Bundle",
        ),
        case(
            "bundle: {}",
            "200",
            "violates the body is empty @ reply/body, wanted a Bundle",
        ),
        case(
            "bundle: { total: '{{case.word}}' }",
            XML,
            "broken `many` is no whole number",
        ),
        case(
            "bundle: {}",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "bundle: { totl: 1 }",
            "200",
            "unknown-field `totl`: `totl` means nothing here",
        ),
        case(
            "bundle: { full-urls: odd }",
            "200",
            "bad-value `odd`: `odd` is not one of the values here",
        ),
    ];
}
