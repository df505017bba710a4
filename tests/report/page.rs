//! The page: what is markup in it, where its links lead, how large it gets.

use std::collections::BTreeSet;

use plugfest::model::{Exchange, Payload};
use plugfest::report::Exchanges;

use crate::sample::{self, Recorded};
use crate::{tags, written, written_with};

#[test]
fn a_page_holds_only_our_own_markup() {
    let page = written("html", &sample::hostile(8));
    let elements: BTreeSet<&str> = "a article aside b body caption circle code dd defs details div dl dt footer h1 h2 h3 h4 h5 head header \
         html i input label li main mark meta nav ol output p path pattern pre q rect script section span style summary svg symbol \
         table tbody td th thead title tr ul use"
        .split_whitespace()
        .collect();
    let mut scripts = 0;
    for tag in tags::tags(&page) {
        assert!(elements.contains(tag.name.as_str()), "{tag:?}");
        scripts += usize::from(tag.name == "script");
        for (name, value) in &tag.attributes {
            assert!(
                !name.starts_with("on") && name != "style" && name != "src",
                "{tag:?}"
            );
            let leads_somewhere_safe = ["#", "https://", "http://"]
                .iter()
                .any(|start| value.starts_with(start));
            assert!(name != "href" || leads_somewhere_safe, "{tag:?}");
        }
    }
    assert_eq!(scripts, 1);
    assert!(page.contains("default-src &#39;none&#39;"));
    assert!(
        page.contains("{{ 7 * 7 }}"),
        "a supplier's text is never a template"
    );
}

#[test]
fn links_inside_a_page_lead_somewhere_and_names_are_unique() {
    let page = written("html", &sample::report(8));
    let tags = tags::tags(&page);
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|tag| tag.attributes.get("id")) {
        assert!(ids.insert(id.as_str()), "{id} twice");
    }
    for tag in &tags {
        for name in ["href", "aria-labelledby", "for"] {
            let Some(value) = tag.attributes.get(name) else {
                continue;
            };
            let inside = if name == "href" {
                value.strip_prefix('#')
            } else {
                Some(value.as_str())
            };
            assert!(inside.is_none_or(|target| ids.contains(target)), "{tag:?}");
        }
    }
}

/// Thousands of exchanges, each as large as one may be.
struct Bulky;

impl Exchanges for Bulky {
    fn exchange(&self, number: u32) -> Option<Exchange> {
        let mut exchange = Recorded.exchange(1)?;
        exchange.number = number;
        exchange.request.body = Payload::new(number.to_string().repeat(40_000).into_bytes());
        Some(exchange)
    }
}

#[test]
fn a_page_stays_within_its_budget_and_its_links_whole() {
    let mut report = sample::report(20);
    let checks = report.packs[0]
        .requirements
        .iter_mut()
        .flat_map(|requirement| &mut requirement.checks);
    for (number, check) in (1..).zip(checks) {
        check.exchanges = Some(number).into();
    }
    let page = written_with("html", &report, &Bulky);
    assert!(page.len() < 26 * 1024 * 1024, "{}", page.len());
    let last = report.packs[0]
        .requirements
        .iter()
        .rev()
        .find(|requirement| !requirement.checks.is_empty())
        .unwrap();
    let number = last.checks[0].exchanges[0];
    assert!(
        page.contains(&format!("href=\"#exchange-{number}\""))
            && page.contains(&format!("id=\"exchange-{number}\""))
    );
    assert!(page.contains("no room for these"));
}

#[test]
fn bodies_of_any_size_and_kind_are_shown_as_text() {
    let page = written("html", &sample::report(8));
    assert!(page.contains("10000011 bytes, of which the first part is shown"));
    assert!(page.contains("70000 bytes that are no text"));
    assert!(page.contains("It is not among the recorded exchanges."));
    assert!(page.contains("The same, but for its time, as <a href=\"#exchange-6\">"));
    assert!(
        page.contains("weight&quot;: 72.50"),
        "numbers stay as they came"
    );
    assert!(
        page.contains("<mark>"),
        "the place that a failed check rests on is marked"
    );
}
