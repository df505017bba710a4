//! Histories: of a resource, a type, the server.

use super::call::{Answer, Context};
use super::defects::DefectId;
use super::json::Json;
use super::message::Method;
use super::moment::{instant, span};
use super::problem::Problem;
use super::query::Query;
use super::route::Target;
use super::search::plan::{DEFAULT_COUNT, MAX_COUNT};
use super::search::run::link;
use super::store::{Store, Version};

/// The history of one resource, newest version first.
///
/// # Errors
/// 404 when there never was such a resource; 400 for wrong parameters.
pub fn of_instance(
    context: &Context,
    store: &Store,
    target: &Target,
    query: &Query,
) -> Result<Answer, Problem> {
    if store.versions(target).is_empty() {
        return Err(Problem::not_found(format!(
            "there is no {}",
            target.reference()
        )));
    }
    let page = Page::read(query, store.sequence())?;
    let versions = store.versions_at(target, page.state).collect();
    Ok(Answer::ok(page.bundle(
        context,
        versions,
        &format!("{}/_history", target.reference()),
    )))
}

/// The history of a type, or of everything.
///
/// # Errors
/// 400 for wrong parameters.
pub fn of_type(
    context: &Context,
    store: &Store,
    kind: Option<&'static str>,
    query: &Query,
) -> Result<Answer, Problem> {
    let page = Page::read(query, store.sequence())?;
    let shown = |version: &&Version| kind.is_some() || version.is_versioned();
    let mut versions: Vec<&Version> = store.changes(kind, page.state).filter(shown).collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.last_updated));
    let path = kind.map_or_else(|| "_history".to_owned(), |kind| format!("{kind}/_history"));
    Ok(Answer::ok(page.bundle(context, versions, &path)))
}

/// The part of a history that is asked for.
struct Page {
    state: u64,
    skipped: usize,
    count: usize,
    since: Option<i64>,
    used: Query,
}

impl Page {
    fn read(query: &Query, present: u64) -> Result<Page, Problem> {
        let mut page = Page {
            state: present,
            skipped: 0,
            count: DEFAULT_COUNT,
            since: None,
            used: Query::default(),
        };
        for (name, text) in query.iter().filter(|(_, text)| !text.is_empty()) {
            match name {
                "_count" => {
                    page.count = text
                        .parse::<usize>()
                        .map_err(|_| wrong(name))?
                        .min(MAX_COUNT)
                }
                "_since" if page.since.is_some() => {
                    return Err(Problem::bad_request("`_since` is given twice"));
                }
                "_since" => page.since = Some(span(text).ok_or_else(|| wrong(name))?.0.low),
                "_page" => {
                    let numbers = text.split_once('.').and_then(|(state, skipped)| {
                        Some((state.parse::<u64>().ok()?, skipped.parse().ok()?))
                    });
                    let (state, skipped) = numbers.ok_or_else(|| wrong(name))?;
                    (page.state, page.skipped) = (state.min(present), skipped);
                    continue;
                }
                "_format" | "_pretty" => {}
                _ => continue,
            }
            page.used.push(name, text);
        }
        Ok(page)
    }

    fn bundle(&self, context: &Context, versions: Vec<&Version>, path: &str) -> Json {
        let least = i64::from(context.has(DefectId::HistorySinceIsAfter));
        let since = |version: &&Version| {
            self.since
                .is_none_or(|since| version.last_updated.as_microsecond() >= since + least)
        };
        let wanted: Vec<&Version> = versions.into_iter().filter(since).collect();
        let total = wanted.len();
        let entries: Vec<Json> = wanted
            .into_iter()
            .skip(self.skipped)
            .take(self.count)
            .map(|version| entry(context, version))
            .collect();
        let after = self.skipped + entries.len();
        let mut links = vec![link("self", &self.url(context, path, None))];
        if after < total && !entries.is_empty() {
            links.push(link("next", &self.url(context, path, Some(after))));
        }
        Json::object([
            ("resourceType", "Bundle".into()),
            ("type", "history".into()),
            ("total", total.into()),
            ("link", Json::list(links)),
            ("entry", Json::list(entries)),
        ])
    }

    fn url(&self, context: &Context, path: &str, skipped: Option<usize>) -> String {
        let mut query = self.used.clone();
        if let Some(skipped) = skipped {
            query.push("_page", format!("{}.{skipped}", self.state));
        }
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{path}{mark}{}", context.base, query.write())
    }
}

/// One version as an entry: what was asked, what was answered, and what came of it.
fn entry(context: &Context, version: &Version) -> Json {
    let reference = version.target.reference();
    // A patch appears as the update that it amounts to.
    let method = if version.method == Method::Patch {
        Method::Put
    } else {
        version.method
    };
    let url = if method == Method::Post {
        version.target.resource_type.to_owned()
    } else {
        reference.clone()
    };
    let status = match (method, version.number) {
        (Method::Delete, _) => "204 No Content",
        (_, 1) => "201 Created",
        _ => "200 OK",
    };
    Json::object([
        ("fullUrl", format!("{}/{reference}", context.base).into()),
        ("resource", version.resource.clone().into()),
        (
            "request",
            Json::object([("method", method.name().into()), ("url", url.into())]),
        ),
        (
            "response",
            Json::object([
                ("status", status.into()),
                (
                    "location",
                    (method != Method::Delete)
                        .then(|| format!("{}/{}", context.base, version.location()))
                        .into(),
                ),
                ("etag", version.etag().into()),
                ("lastModified", instant(version.last_updated).into()),
            ]),
        ),
    ])
}

fn wrong(name: &str) -> Problem {
    Problem::bad_request(format!("the value of `{name}` is not understood"))
}
