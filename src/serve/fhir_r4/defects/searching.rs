//! Defects of searches.

use super::Facts;
use super::tools::{
    asks_for_search, drop_link, drop_parameters, each_entry, edit_link, edit_parameters, failed,
    is_search, keep_entries, mode, parameters, refused, searches, searchset, segments,
    set_segments, unmark, without_body,
};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Interaction;
use crate::serve::fhir_r4::search::value::split;

pub fn as_collection(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        bundle.set("type", "collection");
    }
}

pub fn answers_206(facts: &Facts, reply: &mut Reply) {
    if is_search(facts) && reply.status == 200 {
        reply.status = 206;
    }
}

pub fn no_post(request: &Request, interaction: &Interaction) -> Option<Problem> {
    (searches(interaction) && request.method == Method::Post)
        .then(|| Problem::not_allowed("GET, HEAD"))
}

pub fn post_ignores_the_body(request: &mut Request) {
    if is_post(request) {
        request.body.clear();
    }
}

pub fn post_ignores_the_url(request: &mut Request) {
    if is_post(request) {
        request.query.clear();
    }
}

pub fn without_self_link(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        drop_link(bundle, "self");
    }
}

pub fn count_without_self_link(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer).filter(|_| only_counts(facts.request)) {
        drop_link(bundle, "self");
    }
}

pub fn self_link_repeats_the_request(facts: &Facts, answer: &mut Answer) {
    let query = facts.request.query.as_str();
    if let Some(bundle) = searchset(facts, answer)
        .filter(|_| facts.request.method == Method::Get && !query.is_empty())
    {
        edit_link(bundle, "self", &|url| {
            format!("{}?{query}", url.split('?').next().unwrap_or_default())
        });
    }
}

pub fn self_link_forgets_the_body(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer).filter(|_| facts.request.method == Method::Post)
    {
        edit_link(bundle, "self", &|url| {
            url.split('?').next().unwrap_or_default().to_owned()
        });
    }
}

pub fn strict_unless_lenient(request: &mut Request) {
    let lenient = request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.contains("handling=lenient"));
    if asks_for_search(request) && !lenient {
        request.headers.set("Prefer", "handling=strict");
    }
}

pub fn lenient_is_strict(request: &mut Request) {
    let lenient = request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.contains("handling=lenient"));
    if asks_for_search(request) && lenient {
        request.headers.set("Prefer", "handling=strict");
    }
}

pub fn one_hit_is_partial(facts: &Facts, answer: &mut Answer) {
    let one = searchset(facts, answer)
        .is_some_and(|bundle| bundle.get("total").and_then(Json::scalar) == Some("1"));
    if one {
        answer.status = 206;
    }
}

pub fn nothing_found_is_404(facts: &Facts, answer: &mut Answer) {
    let nothing = searchset(facts, answer)
        .is_some_and(|bundle| bundle.get("total").and_then(Json::scalar) == Some("0"));
    if nothing {
        let problem = Problem::not_found("nothing was found");
        *answer = Answer {
            status: 404,
            body: Some(problem.outcome()),
            headers: problem.headers,
        };
    }
}

pub fn ignores_id(request: &mut Request) {
    drop_parameters(request, &|name| name == "_id");
}

pub fn ignores_include(request: &mut Request) {
    drop_parameters(request, &|name| name.split(':').next() == Some("_include"));
}

pub fn ignores_revinclude(request: &mut Request) {
    drop_parameters(request, &|name| {
        name.split(':').next() == Some("_revinclude")
    });
}

pub fn includes_are_matches(facts: &Facts, answer: &mut Answer) {
    set_mode(facts, answer, "include");
}

pub fn ignores_sort(request: &mut Request) {
    drop_parameters(request, &|name| name == "_sort");
}

pub fn sort_ignores_the_minus(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        Some(if name == "_sort" {
            value.replace('-', "")
        } else {
            value.to_owned()
        })
    });
}

pub fn elements_without_tag(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        each_entry(bundle, &|entry| {
            if let Some(resource) = entry.get_mut("resource") {
                unmark(resource);
            }
        });
    }
}

pub fn elements_drops_mandatory(facts: &Facts, answer: &mut Answer) {
    let query = parameters(facts.request);
    let Some(names) = query.get("_elements").filter(|names| !names.is_empty()) else {
        return;
    };
    let Some(bundle) = searchset(facts, answer) else {
        return;
    };
    let kept = |name: &str| {
        ["resourceType", "id", "meta"].contains(&name)
            || names.split(',').any(|wanted| wanted.ends_with(name))
    };
    each_entry(bundle, &|entry| {
        if let Some(members) = entry.get_mut("resource").and_then(Json::members_mut) {
            members.retain(|(name, _)| kept(name));
        }
    });
}

pub fn ignores_elements(request: &mut Request) {
    drop_parameters(request, &|name| name == "_elements");
}

pub fn warning_is_an_error(facts: &Facts, answer: &mut Answer) {
    let Some(bundle) = searchset(facts, answer) else {
        return;
    };
    each_entry(bundle, &|entry| {
        let issues = entry
            .get_mut("resource")
            .and_then(|resource| resource.get_mut("issue"));
        if let Some(issues) = issues.and_then(Json::items_mut) {
            issues
                .iter_mut()
                .for_each(|issue| issue.set("severity", "error"));
        }
    });
}

pub fn warning_is_a_match(facts: &Facts, answer: &mut Answer) {
    set_mode(facts, answer, "outcome");
}

pub fn refused_is_fine(facts: &Facts, answer: &mut Answer) {
    let Some(outcome) = answer
        .body
        .clone()
        .filter(|_| is_search(facts) && answer.status == 400)
    else {
        return;
    };
    let entry = Json::object([
        ("resource", outcome),
        ("search", Json::object([("mode", "outcome".into())])),
    ]);
    answer.status = 200;
    answer.body = Some(Json::object([
        ("resourceType", "Bundle".into()),
        ("type", "searchset".into()),
        ("total", 0_usize.into()),
        ("entry", Json::list([entry])),
    ]));
}

pub fn refused_without_outcome(facts: &Facts, reply: &mut Reply) {
    if is_search(facts) && reply.status == 400 {
        without_body(reply);
    }
}

pub fn ignores_named_query(request: &mut Request) {
    drop_parameters(request, &|name| name == "_query");
}

pub fn empty_value_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let empty = searches(interaction)
        && parameters(request)
            .iter()
            .any(|(_, value)| value.is_empty());
    empty.then(|| Problem::bad_request("a search parameter has no value"))
}

pub fn full_urls_repeat(facts: &Facts, answer: &mut Answer) {
    set_full_urls(facts, answer, &|_| format!("{}/Patient/0", facts.base));
}

pub fn full_urls_are_relative(facts: &Facts, answer: &mut Answer) {
    set_full_urls(facts, answer, &|url| {
        url.trim_start_matches(facts.base)
            .trim_start_matches('/')
            .to_owned()
    });
}

pub fn compartment_gives_everything(request: &mut Request) {
    let parts: Vec<String> = segments(request).into_iter().map(str::to_owned).collect();
    if let ([_, _, kind], true) = (parts.as_slice(), asks_for_search(request)) {
        let parts = if kind == "*" {
            Vec::new()
        } else {
            vec![kind.clone()]
        };
        set_segments(request, &parts);
    }
}

pub fn last_repetition_wins(request: &mut Request) {
    if !asks_for_search(request) {
        return;
    }
    let query = Query::parse(&request.query).unwrap_or_default();
    let pairs: Vec<(&str, &str)> = query.iter().collect();
    let mut last = Query::default();
    for (place, (name, value)) in pairs.iter().enumerate() {
        let repeated = pairs[place + 1..].iter().any(|(other, _)| other == name);
        if !repeated || name.starts_with('_') {
            last.push(*name, *value);
        }
    }
    request.query = last.write();
}

pub fn ignores_missing(request: &mut Request) {
    drop_parameters(request, &|name| name.ends_with(":missing"));
}

pub fn ignores_last_updated(request: &mut Request) {
    drop_parameters(request, &|name| name == "_lastUpdated");
}

pub fn date_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, _| {
        bare(name) == "birthdate" || bare(name) == "date"
    })
}

pub fn rare_prefixes_are_server_errors(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    failed(request, interaction, &|name, value| {
        let dated = bare(name).ends_with("date") || name == "_lastUpdated";
        dated
            && ["ne", "sa", "eb", "ap"]
                .iter()
                .any(|prefix| value.starts_with(prefix))
    })
}

pub fn last_updated_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, _| name == "_lastUpdated")
}

pub fn with_old_times(facts: &Facts, answer: &mut Answer) {
    let Some(bundle) = searchset(facts, answer) else {
        return;
    };
    each_entry(bundle, &|entry| {
        let meta = entry
            .get_mut("resource")
            .and_then(|resource| resource.get_mut("meta"));
        if let Some(meta) = meta {
            meta.set("lastUpdated", "2001-01-01T00:00:00Z");
        }
    });
}

pub fn sort_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, _| name == "_sort")
}

pub fn elements_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, _| name == "_elements")
}

pub fn elements_gives_mandatory_only(facts: &Facts, answer: &mut Answer) {
    let query = parameters(facts.request);
    let Some(names) = query.get("_elements") else {
        return;
    };
    let Some(bundle) = searchset(facts, answer) else {
        return;
    };
    each_entry(bundle, &|entry| {
        if let Some(members) = entry.get_mut("resource").and_then(Json::members_mut) {
            members.retain(|(name, _)| !names.split(',').any(|wanted| *wanted == **name));
        }
    });
}

pub fn string_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, _| {
        ["family", "given", "name"].contains(&bare(name))
    })
}

pub fn bare_codes_are_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, value| {
        name == "identifier" && !value.contains('|')
    })
}

pub fn leading_bars_are_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, value| {
        name == "identifier" && value.starts_with('|')
    })
}

pub fn trailing_bars_are_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|name, value| {
        name == "identifier" && value.ends_with('|')
    })
}

pub fn escapes_are_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused(request, interaction, &|_, value| value.contains('\\'))
}

pub fn first_alternative_wins(request: &mut Request) {
    edit_parameters(request, &|name, value| {
        let first = split(value, ',').into_iter().next().unwrap_or_default();
        Some(if name.starts_with('_') {
            value.to_owned()
        } else {
            first
        })
    });
}

pub fn alternatives_are_server_errors(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    failed(request, interaction, &|name, value| {
        !name.starts_with('_') && split(value, ',').len() > 1
    })
}

pub fn repetitions_are_server_errors(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    let query = parameters(request);
    // A parameter of many shapes, such as the identifier, is read by other means.
    failed(request, interaction, &|name, _| {
        ["gender", "birthdate"].contains(&name) && query.all(name).count() > 1
    })
}

pub fn include_loses_the_matches(facts: &Facts, answer: &mut Answer) {
    let asked = facts.request.query.contains("_include");
    if let Some(bundle) = searchset(facts, answer).filter(|_| asked) {
        keep_entries(bundle, &|entry| mode(entry) != "match");
    }
}

pub fn unknown_reference_adds_an_error(facts: &Facts, answer: &mut Answer) {
    let by_reference = parameters(facts.request)
        .iter()
        .any(|(name, _)| ["subject", "patient"].contains(&name));
    let Some(bundle) =
        searchset(facts, answer).filter(|bundle| by_reference && bundle.get("entry").is_none())
    else {
        return;
    };
    let problem = Problem::not_found("the reference leads nowhere");
    let entry = Json::object([
        ("resource", problem.outcome()),
        ("search", Json::object([("mode", "match".into())])),
    ]);
    bundle.set("entry", Json::list([entry]));
}

pub fn refused_is_no_content(facts: &Facts, reply: &mut Reply) {
    if is_search(facts) && reply.status == 400 {
        reply.status = 204;
        without_body(reply);
    }
}

/// The parameter without its modifier.
fn bare(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}

fn is_post(request: &Request) -> bool {
    request.method == Method::Post && segments(request).last() == Some(&"_search")
}

fn only_counts(request: &Request) -> bool {
    let query = parameters(request);
    query.get("_count") == Some("0") || query.get("_summary") == Some("count")
}

/// Gives the entries of a mode the mode `match`.
fn set_mode(facts: &Facts, answer: &mut Answer, from: &str) {
    if let Some(bundle) = searchset(facts, answer) {
        each_entry(bundle, &|entry| {
            if mode(entry) == from {
                entry.set("search", Json::object([("mode", "match".into())]));
            }
        });
    }
}

fn set_full_urls(facts: &Facts, answer: &mut Answer, edit: &dyn Fn(&str) -> String) {
    if let Some(bundle) = searchset(facts, answer) {
        each_entry(bundle, &|entry| {
            if let Some(url) = entry.text("fullUrl").map(edit) {
                entry.set("fullUrl", url);
            }
        });
    }
}
