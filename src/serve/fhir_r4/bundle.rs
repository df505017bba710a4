//! Batches and transactions.

use super::call::{Answer, Call, Conditions, Context, Payload, Safety};
use super::defects::DefectId;
use super::json::Json;
use super::message::Method;
use super::prefer::{Prefer, Return};
use super::problem::Problem;
use super::query::Query;
use super::route::{Interaction, route};
use super::store::Store;
use super::{validate, write};

mod rewrite;
mod transaction;

/// More entries than this in one Bundle are refused.
const MAX_ENTRIES: usize = 5000;

/// Performs a batch or a transaction.
///
/// # Errors
/// 400 or 422 for what is neither, or has entries that cannot be read; for a transaction also the failure of an entry.
pub fn perform(context: &Context, store: &mut Store, call: &Call) -> Result<Answer, Problem> {
    let bundle = call
        .payload
        .resource()
        .filter(|body| body.resource_type() == "Bundle");
    let bundle = bundle.ok_or_else(|| Problem::bad_request("a Bundle is expected"))?;
    demand_readable(bundle)?;
    let kind = bundle.text("type").unwrap_or_default();
    if !["transaction", "batch"].contains(&kind) {
        return Err(Problem::bad_request(
            "only a batch or a transaction is processed",
        ));
    }
    let items = bundle.each("entry");
    if items.len() > MAX_ENTRIES {
        return Err(Problem::new(
            413,
            "too-costly",
            format!("a Bundle has at most {MAX_ENTRIES} entries"),
        ));
    }
    let read = items
        .iter()
        .enumerate()
        .map(|(place, item)| Entry::read(context, place, item, call.prefer));
    let skips = context.has(DefectId::IncompleteEntriesAreSkipped);
    let entries = read
        .filter(|entry| !skips || entry.is_ok())
        .collect::<Result<Vec<_>, _>>()?;
    let answers = match kind {
        "transaction" => transaction::perform(context, store, entries)?,
        _ => batch(context, store, entries)?,
    };
    Ok(Answer::ok(Json::object([
        ("resourceType", "Bundle".into()),
        ("type", format!("{kind}-response").into()),
        (
            "entry",
            Json::list(
                answers
                    .into_iter()
                    .map(|answer| answer.entry(context, call.prefer)),
            ),
        ),
    ])))
}

/// One entry of a request, read.
struct Entry {
    /// Its position in the Bundle.
    place: usize,
    method: Method,
    /// The URL of its request, relative to the base.
    url: String,
    full_url: Option<String>,
    resource: Option<Json>,
    conditions: Conditions,
    prefer: Prefer,
}

/// What came of an entry.
struct Done {
    method: Method,
    result: Result<Answer, Problem>,
}

impl Entry {
    /// Reads an entry. Without a request, or without a resource where its method needs one, the Bundle is refused.
    fn read(
        context: &Context,
        place: usize,
        item: &Json,
        prefer: Prefer,
    ) -> Result<Entry, Problem> {
        let wrong = |what: &str| Problem::bad_request(format!("Bundle.entry[{place}] {what}"));
        let request = item.get("request").ok_or_else(|| wrong("has no request"))?;
        let method = Method::named(
            request
                .text("method")
                .ok_or_else(|| wrong("has no request.method"))?,
        );
        let url = request
            .text("url")
            .ok_or_else(|| wrong("has no request.url"))?;
        if matches!(method, Method::Other | Method::Options) {
            return Err(wrong("has a method that an entry cannot have"));
        }
        if matches!(method, Method::Put | Method::Post)
            && item.get("resource").is_none()
            && !url.contains('$')
        {
            return Err(wrong("has no resource"));
        }
        let text = |name: &str| request.text(name).map(str::to_owned);
        let local = url
            .strip_prefix(context.base)
            .unwrap_or(url)
            .trim_start_matches('/');
        Ok(Entry {
            place,
            method,
            url: local.to_owned(),
            full_url: item.text("fullUrl").map(str::to_owned),
            resource: item.get("resource").cloned(),
            conditions: Conditions {
                if_match: text("ifMatch"),
                if_none_match: text("ifNoneMatch"),
                if_modified_since: text("ifModifiedSince"),
                if_none_exist: text("ifNoneExist"),
            },
            prefer,
        })
    }

    fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> Result<Query, Problem> {
        Query::parse(self.url.split_once('?').map_or("", |(_, query)| query))
            .map_err(Problem::bad_request)
    }

    /// The entry as a call of its own.
    fn call(&self) -> Result<Call, Problem> {
        let interaction = route(self.method, self.path())?;
        let payload = match (&self.resource, self.method) {
            (Some(resource), Method::Patch) => patch_payload(resource)?,
            (Some(resource), _) => Payload::Resource(resource.clone()),
            (None, _) => Payload::None,
        };
        let safety = if matches!(self.method, Method::Get | Method::Head) {
            Safety::Safe
        } else {
            Safety::Unsafe
        };
        Ok(Call {
            interaction,
            query: self.query()?,
            payload,
            conditions: self.conditions.clone(),
            prefer: self.prefer,
            safety,
        })
    }
}

/// A JSON Patch travels in a Bundle as a Binary, a FHIRPath Patch as Parameters.
fn patch_payload(resource: &Json) -> Result<Payload, Problem> {
    if resource.resource_type() != "Binary" {
        return Ok(Payload::Resource(resource.clone()));
    }
    use base64::Engine;
    let wrong = || Problem::bad_request("the Binary is not a JSON Patch");
    if resource
        .text("contentType")
        .is_none_or(|kind| !kind.starts_with("application/json-patch+json"))
    {
        return Err(super::negotiate::unsupported(
            resource.text("contentType").unwrap_or("no media type"),
        ));
    }
    let data = base64::engine::general_purpose::STANDARD
        .decode(resource.text("data").unwrap_or_default())
        .map_err(|_| wrong())?;
    let text = String::from_utf8(data).map_err(|_| wrong())?;
    super::json::parse(&text)
        .map(Payload::JsonPatch)
        .map_err(|_| wrong())
}

/// Performs the entries of a batch, each for itself. Only a defect makes one the affair of the others.
fn batch(context: &Context, store: &mut Store, entries: Vec<Entry>) -> Result<Vec<Done>, Problem> {
    let before = store.sequence();
    let done: Vec<Done> = entries
        .into_iter()
        .map(|entry| alone(context, store, entry))
        .collect();
    let failure = done.iter().find_map(|done| done.result.as_ref().err());
    match failure {
        Some(problem) if context.has(DefectId::BatchFailsAsAWhole) => {
            store.roll_back(before);
            Err(problem.clone())
        }
        Some(_) if context.has(DefectId::BatchFailureUndoesTheRest) => {
            store.roll_back(before);
            Ok(done)
        }
        Some(_) | None => Ok(done),
    }
}

/// Performs an entry of a batch: whatever comes of it is its own affair.
fn alone(context: &Context, store: &mut Store, entry: Entry) -> Done {
    let result = entry.call().and_then(|call| {
        if call.interaction == Interaction::Bundle {
            return Err(Problem::bad_request(
                "a batch does not hold a Bundle to process",
            ));
        }
        write::perform(context, store, &call)
    });
    Done {
        method: entry.method,
        result,
    }
}

impl Done {
    /// The entry of the response Bundle.
    fn entry(self, context: &Context, prefer: Prefer) -> Json {
        match self.result {
            Ok(answer) => Done::answered(context, self.method, answer, prefer),
            Err(problem) => Json::object([(
                "response",
                Json::object([
                    ("status", status_line(problem.status).into()),
                    ("outcome", problem.outcome()),
                ]),
            )]),
        }
    }

    /// A write gives its resource back only when that is asked for.
    fn answered(context: &Context, method: Method, answer: Answer, prefer: Prefer) -> Json {
        let is_write = method != Method::Get && answer.headers.get("Last-Modified").is_some();
        let asked = matches!(
            prefer.returns,
            Return::Representation | Return::OperationOutcome
        );
        let body = answer.body.filter(|_| !is_write || asked);
        let is_outcome = body
            .as_ref()
            .is_some_and(|body| body.resource_type() == "OperationOutcome");
        let (outcome, resource) = if is_outcome {
            (body, None)
        } else {
            (None, body)
        };
        let last_modified = answer
            .headers
            .get("Last-Modified")
            .and_then(super::moment::read_http_date)
            .map(super::moment::instant);
        let full_url = resource.as_ref().and_then(|resource| {
            Some(format!(
                "{}/{}/{}",
                context.base,
                resource.resource_type(),
                resource.text("id")?
            ))
        });
        Json::object([
            ("fullUrl", full_url.into()),
            ("resource", resource.into()),
            (
                "response",
                Json::object([
                    ("status", status_line(answer.status).into()),
                    ("location", answer.headers.get("Location").into()),
                    ("etag", answer.headers.get("ETag").into()),
                    ("lastModified", last_modified.into()),
                    ("outcome", outcome.into()),
                ]),
            ),
        ])
    }
}

/// The status code with its words, as `Bundle.entry.response.status` has it.
fn status_line(status: u16) -> String {
    let words = match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        _ => "",
    };
    format!("{status} {words}").trim_end().to_owned()
}

/// Refuses a Bundle whose own form is wrong; the resources in its entries are judged each for itself.
///
/// # Errors
/// The faults as issues.
fn demand_readable(bundle: &Json) -> Result<(), Problem> {
    let mut shell = bundle.clone();
    if let Some(items) = shell.get_mut("entry").and_then(Json::items_mut) {
        for item in items.iter_mut() {
            item.remove("resource");
        }
        items.retain(|item| !item.members().is_empty());
    }
    if shell.each("entry").is_empty() && !bundle.each("entry").is_empty() {
        shell.remove("entry");
    }
    validate::demand_sound(&shell)
}
