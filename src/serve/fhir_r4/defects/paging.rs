//! Defects of counts, totals and pages.

use super::Facts;
use super::tools::{
    drop_link, drop_parameters, edit_link, edit_parameters, failed, mode, parameters, refused,
    searches, searchset,
};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::Request;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;
use crate::serve::fhir_r4::search::run::link;

pub fn pages_of_one(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        let several = name == "_count" && value.parse::<usize>().is_ok_and(|count| count > 1);
        Some(if several {
            "1".to_owned()
        } else {
            value.to_owned()
        })
    });
}

pub fn later_pages_fail(request: &Request, interaction: &Interaction) -> Option<Problem> {
    failed(request, interaction, &|name, value| {
        name == "_page" && before(value) >= 4
    })
}

pub fn fourth_page_fails(request: &Request, interaction: &Interaction) -> Option<Problem> {
    failed(request, interaction, &|name, value| {
        name == "_page" && before(value) == 3
    })
}

pub fn fourth_page_starts_over(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        let state = value.split('.').next().unwrap_or_default();
        let late = name == "_page" && before(value) >= 3;
        Some(if late {
            format!("{state}.{}", before(value) - 3)
        } else {
            value.to_owned()
        })
    });
}

pub fn no_link_after_the_fourth_page(facts: &Facts, answer: &mut Answer) {
    if page(facts) == 3 {
        without_next(facts, answer);
    }
}

pub fn fifth_page_is_empty(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer).filter(|_| page(facts) == 4) {
        bundle.remove("entry");
    }
}

pub fn later_pages_as_collections(facts: &Facts, answer: &mut Answer) {
    if page(facts) >= 2 {
        super::searching::as_collection(facts, answer);
    }
}

pub fn without_next(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        drop_link(bundle, "next");
    }
}

pub fn next_link_leads_nowhere(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        edit_link(bundle, "next", &|_| format!("{}/_getpages/1", facts.base));
    }
}

pub fn next_link_expires_at_once(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let asked = searches(interaction) && parameters(request).get("_page").is_some();
    asked.then(|| Problem::new(410, "expired", "this page is gone"))
}

pub fn count_zero_with_a_next_page(facts: &Facts, answer: &mut Answer) {
    let asked = parameters(facts.request).get("_count") == Some("0");
    let links = searchset(facts, answer)
        .filter(|_| asked)
        .and_then(|bundle| bundle.get_mut("link"));
    if let Some(links) = links.and_then(Json::items_mut) {
        links.push(link("next", &format!("{}/Patient?_count=0", facts.base)));
    }
}

pub fn total_is_of_the_page(facts: &Facts, answer: &mut Answer) {
    set_total(facts, answer, "match");
}

pub fn total_counts_includes(facts: &Facts, answer: &mut Answer) {
    let Some(bundle) = searchset(facts, answer) else {
        return;
    };
    let total = bundle
        .get("total")
        .and_then(Json::scalar)
        .and_then(|total| total.parse::<usize>().ok());
    let included = bundle
        .each("entry")
        .iter()
        .filter(|entry| mode(entry) == "include")
        .count();
    bundle.set("total", total.map(|total| total + included));
}

pub fn count_is_one_more(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        let count = value
            .parse::<usize>()
            .ok()
            .filter(|count| name == "_count" && *count > 0);
        Some(count.map_or_else(|| value.to_owned(), |count| (count + 1).to_string()))
    });
}

pub fn ignores_count(request: &mut Request) {
    drop_parameters(request, &|name| name == "_count");
}

pub fn count_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, value| {
        name == "_count" && value != "0"
    })
}

pub fn count_zero_gives_a_page(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        (name != "_count" || value != "0").then(|| value.to_owned())
    });
}

pub fn count_zero_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let asked = searches(interaction) && parameters(request).get("_count") == Some("0");
    asked.then(|| Problem::bad_request("`_count` is at least 1"))
}

pub fn count_zero_without_total(facts: &Facts, answer: &mut Answer) {
    let asked = parameters(facts.request).get("_count") == Some("0");
    if let Some(bundle) = searchset(facts, answer).filter(|_| asked) {
        bundle.remove("total");
    }
}

pub fn summary_count_gives_entries(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        (name != "_summary" || value != "count").then(|| value.to_owned())
    });
}

pub fn summary_count_without_total(facts: &Facts, answer: &mut Answer) {
    let asked = parameters(facts.request).get("_summary") == Some("count");
    if let Some(bundle) = searchset(facts, answer).filter(|_| asked) {
        bundle.remove("total");
    }
}

pub fn summary_count_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, value| {
        name == "_summary" && value == "count"
    })
}

/// How many matches stand before a page.
fn before(page: &str) -> usize {
    page.split('.')
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(0)
}

fn page(facts: &Facts) -> usize {
    parameters(facts.request).get("_page").map_or(0, before)
}

fn set_total(facts: &Facts, answer: &mut Answer, counted: &str) {
    if let Some(bundle) = searchset(facts, answer).filter(|bundle| bundle.get("entry").is_some()) {
        let count = bundle
            .each("entry")
            .iter()
            .filter(|entry| mode(entry) == counted)
            .count();
        bundle.set("total", count);
    }
}
