//! The server without sockets: a request in, a reply out.

use super::call::{Answer, Call, Conditions, Context, Payload, Safety, Standing};
use super::capability::{Access, Bundles, Offer};
use super::defects::{Defects, Facts};
use super::json::{self, Json};
use super::message::{Headers, Method, Reply, Request};
use super::negotiate::{self, BodyKind, Chosen, Form};
use super::operations::{Effect, effect};
use super::problem::Problem;
use super::query::Query;
use super::route::{Interaction, route};
use super::store::Store;
use super::{access, capability, prefer, read, seed, write, xml};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// A larger body than this is refused (bytes).
pub const MAX_BODY: usize = 16 << 20;

/// The server: its resources and how it behaves.
pub struct Service {
    base: String,
    root: String,
    token: Option<String>,
    defects: Defects,
    offer: Offer,
    capabilities: capability::Statement,
    store: RwLock<Store>,
    requests: AtomicU64,
}

impl Service {
    /// A server with the resources that it starts with. The base is its URL, such as `http://127.0.0.1:8080/fhir`;
    /// with a token, all but the CapabilityStatement needs it.
    pub fn new(base: &str, token: Option<String>, bundles: Bundles, defects: Defects) -> Service {
        let root = base.splitn(4, '/').nth(3);
        let access = if token.is_some() {
            Access::ByToken
        } else {
            Access::Open
        };
        let offer = Offer { bundles, access };
        Service {
            base: base.to_owned(),
            root: root.map_or_else(String::new, |path| format!("/{path}")),
            token,
            offer,
            capabilities: capability::Statement::new(base, &offer, &defects),
            defects,
            store: RwLock::new(seed::store()),
            requests: AtomicU64::new(0),
        }
    }

    /// Answers a request.
    pub fn handle(&self, request: Request) -> Reply {
        let mut request = request;
        self.defects.change_request(&mut request);
        let own_id = format!(
            "plugfest-{}",
            self.requests.fetch_add(1, Ordering::Relaxed) + 1
        );
        let (interaction, chosen, mut answer) = self.answer(&request);
        let facts = Facts {
            request: &request,
            interaction: interaction.as_ref(),
            base: &self.base,
            chosen,
        };
        self.defects.change_answer(&facts, &mut answer);
        let mut reply = render(&request, chosen, answer);
        access::complete(&request, &own_id, &mut reply);
        self.defects.change_reply(&facts, &mut reply);
        if request.method == Method::Head {
            reply
                .headers
                .set("Content-Length", reply.body.len().to_string());
            reply.body.clear();
        }
        reply
    }

    /// The answer, the interaction that it belongs to, and the form that it takes.
    fn answer(&self, request: &Request) -> (Option<Interaction>, Chosen, Answer) {
        if let Some(preflight) = access::preflight(request) {
            return (None, negotiate::JSON, preflight);
        }
        let query = match Query::parse(&request.query) {
            Ok(query) => query,
            Err(text) => return (None, negotiate::JSON, refused(Problem::bad_request(text))),
        };
        let (chosen, wish) = match negotiate::choose(
            query.get("_format"),
            request.headers.joined("Accept").as_deref(),
        ) {
            Ok(chosen) => (chosen, Ok(())),
            Err(problem) => (negotiate::JSON, Err(problem)),
        };
        let interaction = self.interaction(request);
        let found = interaction.as_ref().ok().cloned();
        let result = interaction.and_then(|interaction| {
            access::demand_token(request, &interaction, self.token.as_deref(), &self.defects)?;
            wish?;
            self.perform(request, interaction, query)
        });
        (found, chosen, result.unwrap_or_else(refused))
    }

    fn interaction(&self, request: &Request) -> Result<Interaction, Problem> {
        let path = request
            .path
            .strip_prefix(&self.root)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let path =
            path.ok_or_else(|| Problem::not_found(format!("the FHIR server is at {}", self.base)))?;
        route(request.method, path.strip_prefix('/').unwrap_or(path))
    }

    fn perform(
        &self,
        request: &Request,
        interaction: Interaction,
        query: Query,
    ) -> Result<Answer, Problem> {
        if interaction == Interaction::Bundle && self.offer.bundles == Bundles::Refused {
            return Err(Problem::new(
                400,
                "not-supported",
                "batches and transactions are not processed here",
            ));
        }
        self.defects.refuse(request, &interaction)?;
        let call = call(request, interaction, query)?;
        let context = Context {
            base: &self.base,
            now: request.received,
            defects: &self.defects,
            standing: Standing::Alone,
            capabilities: &self.capabilities,
        };
        if only_reads(&call.interaction) {
            let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
            return read::perform(&context, &store, &call);
        }
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        write::perform(&context, &mut store, &call)
    }
}

/// Whether an interaction can share the store with others.
fn only_reads(interaction: &Interaction) -> bool {
    match interaction {
        Interaction::Capabilities
        | Interaction::Read(_)
        | Interaction::ReadVersion(..)
        | Interaction::HistoryInstance(_)
        | Interaction::HistoryType(_)
        | Interaction::HistorySystem
        | Interaction::SearchType(_)
        | Interaction::SearchSystem
        | Interaction::SearchCompartment(..) => true,
        Interaction::Operation(..) => effect(interaction) == Effect::None,
        Interaction::Create(_)
        | Interaction::Update(_)
        | Interaction::Patch(_)
        | Interaction::Delete(_)
        | Interaction::ConditionalUpdate(_)
        | Interaction::ConditionalPatch(_)
        | Interaction::ConditionalDelete(_)
        | Interaction::Bundle => false,
    }
}

fn call(request: &Request, interaction: Interaction, mut query: Query) -> Result<Call, Problem> {
    let header = |name: &str| request.headers.get(name).map(str::to_owned);
    let payload = payload(request, &interaction, &mut query)?;
    Ok(Call {
        interaction,
        query,
        payload,
        conditions: Conditions {
            if_match: header("If-Match"),
            if_none_match: request.headers.joined("If-None-Match"),
            if_modified_since: header("If-Modified-Since"),
            if_none_exist: header("If-None-Exist"),
        },
        prefer: prefer::read(request.headers.joined("Prefer").as_deref()),
        safety: if matches!(request.method, Method::Get | Method::Head) {
            Safety::Safe
        } else {
            Safety::Unsafe
        },
    })
}

/// Reads the body: form parameters join those of the URL.
fn payload(
    request: &Request,
    interaction: &Interaction,
    query: &mut Query,
) -> Result<Payload, Problem> {
    if request.body.is_empty()
        || matches!(request.method, Method::Get | Method::Head | Method::Delete)
    {
        return Ok(Payload::None);
    }
    let media_type = request.headers.get("Content-Type");
    let kind = negotiate::body_kind(media_type)?;
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Problem::bad_request("the body is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let searches = matches!(
        interaction,
        Interaction::SearchType(_) | Interaction::SearchSystem | Interaction::SearchCompartment(..)
    );
    let patches = matches!(
        interaction,
        Interaction::Patch(_) | Interaction::ConditionalPatch(_)
    );
    match kind {
        BodyKind::Parameters if searches || matches!(interaction, Interaction::Operation(..)) => {
            query.extend(Query::parse(text).map_err(Problem::bad_request)?);
            Ok(Payload::None)
        }
        BodyKind::Resource(form) if !searches => resource(form, text).map(Payload::Resource),
        BodyKind::JsonPatch if patches => json(text).map(Payload::JsonPatch),
        BodyKind::Parameters | BodyKind::Resource(_) | BodyKind::JsonPatch => {
            Err(negotiate::unsupported(media_type.unwrap_or_default()))
        }
    }
}

fn resource(form: Form, text: &str) -> Result<Json, Problem> {
    match form {
        Form::Json => json(text),
        Form::Xml => xml::read(text),
    }
}

fn json(text: &str) -> Result<Json, Problem> {
    json::parse(text)
        .map_err(|fault| Problem::new(400, "structure", format!("the body is not JSON: {fault}")))
}

fn refused(problem: Problem) -> Answer {
    Answer {
        status: problem.status,
        body: Some(problem.outcome()),
        headers: problem.headers,
    }
}

/// Writes an answer in its form.
fn render(request: &Request, chosen: Chosen, answer: Answer) -> Reply {
    let mut headers: Headers = answer.headers;
    let Some(body) = answer.body else {
        return Reply {
            status: answer.status,
            headers,
            body: Vec::new(),
        };
    };
    let pretty = request.query.contains("_pretty=true");
    let text = match (chosen.form, pretty) {
        (Form::Json, false) => body.compact(),
        (Form::Json, true) => body.pretty(),
        (Form::Xml, pretty) => xml::write(&body, pretty),
    };
    let version = if chosen.versioned {
        "; fhirVersion=4.0"
    } else {
        ""
    };
    headers.set(
        "Content-Type",
        format!("{}{version}; charset=utf-8", chosen.form.media_type()),
    );
    headers.add("Vary", "Accept");
    Reply {
        status: answer.status,
        headers,
        body: text.into_bytes(),
    }
}
