//! Content negotiation: which form a reply has, and what a body is.

use super::problem::Problem;

/// The two forms of a resource that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the form of that name")]
pub enum Form {
    Json,
    Xml,
}

impl Form {
    /// The media type of the form.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/fhir+json",
            Form::Xml => "application/fhir+xml",
        }
    }

    /// The form that a media type or a short code stands for.
    pub fn named(name: &str) -> Option<Form> {
        match name.to_ascii_lowercase().as_str() {
            "application/fhir+json" | "application/json" | "text/json" | "json" => Some(Form::Json),
            "application/fhir+xml" | "application/xml" | "text/xml" | "xml" => Some(Form::Xml),
            _ => None,
        }
    }
}

/// What a request body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A resource in one of the forms.
    Resource(Form),
    /// A JSON Patch document.
    JsonPatch,
    /// Form parameters.
    Parameters,
}

/// The form that a reply takes, and whether the client named the FHIR version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The form.
    pub form: Form,
    /// The client asked for `fhirVersion=4.0`, so the reply says it too.
    pub versioned: bool,
}

/// One media type with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaType {
    /// `type/subtype` in lower case.
    pub name: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads a media type; what is malformed simply matches nothing later.
    pub fn read(text: &str) -> MediaType {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let parameters = parts.filter_map(|part| part.split_once('='));
        let parameters = parameters.map(|(key, value)| {
            (
                key.trim().to_ascii_lowercase(),
                value.trim().trim_matches('"').to_owned(),
            )
        });
        MediaType {
            name,
            parameters: parameters.collect(),
        }
    }

    /// The value of a parameter, by its lower-case name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn quality(&self) -> f32 {
        self.parameter("q")
            .map_or(1.0, |text| text.parse().unwrap_or(0.0))
    }

    fn version_fits(&self) -> bool {
        self.parameter("fhirversion")
            .is_none_or(|version| version == "4.0" || version.starts_with("4.0."))
    }
}

/// Chooses the form of a reply: `_format` before `Accept`, then the highest quality, then the more specific range.
///
/// # Errors
/// 406 when nothing that is asked for can be given.
pub fn choose(format: Option<&str>, accept: Option<&str>) -> Result<Chosen, Problem> {
    if let Some(format) = format.filter(|format| !format.is_empty()) {
        // A plus that was not escaped arrives as a blank.
        let wanted = MediaType::read(&format.replace(' ', "+"));
        return fitting(&wanted).ok_or_else(|| not_acceptable(format));
    }
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Ok(JSON);
    };
    let ranges: Vec<MediaType> = accept.split(',').map(MediaType::read).collect();
    let best = [Form::Xml, Form::Json]
        .into_iter()
        .filter_map(|form| rate(form, &ranges));
    let best = best.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
    best.map(|(_, _, chosen)| chosen)
        .ok_or_else(|| not_acceptable(accept))
}

/// What a body of that Content-Type is.
///
/// # Errors
/// 415 when the server does not read it.
pub fn body_kind(content_type: Option<&str>) -> Result<BodyKind, Problem> {
    let Some(text) = content_type else {
        return Err(unsupported("no media type"));
    };
    let media = MediaType::read(text);
    let utf8 = media
        .parameter("charset")
        .is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    if !utf8 || !media.version_fits() {
        return Err(unsupported(text));
    }
    match media.name.as_str() {
        "application/json-patch+json" => Ok(BodyKind::JsonPatch),
        "application/x-www-form-urlencoded" => Ok(BodyKind::Parameters),
        name if name.contains('/') => Form::named(name)
            .map(BodyKind::Resource)
            .ok_or_else(|| unsupported(text)),
        _ => Err(unsupported(text)),
    }
}

/// The reply's form when the client states no wish.
pub const JSON: Chosen = Chosen {
    form: Form::Json,
    versioned: false,
};

/// 415 with what was sent.
pub fn unsupported(what: &str) -> Problem {
    let text = format!(
        "a body of {} is not supported here",
        super::primitive::shortened(what)
    );
    Problem::new(415, "not-supported", text)
        .with("Accept", "application/fhir+json, application/fhir+xml")
}

fn not_acceptable(wish: &str) -> Problem {
    Problem::new(
        406,
        "not-supported",
        format!("`{}` cannot be given", super::primitive::shortened(wish)),
    )
}

fn fitting(media: &MediaType) -> Option<Chosen> {
    let form = Form::named(&media.name).filter(|_| media.version_fits())?;
    Some(Chosen {
        form,
        versioned: media.parameter("fhirversion").is_some(),
    })
}

/// How much the client wants a form: its quality, and the place of the range that decides (more specific ranges first).
fn rate(form: Form, ranges: &[MediaType]) -> Option<(f32, (u8, usize), Chosen)> {
    let deciding = ranges.iter().enumerate().filter_map(|(place, range)| {
        let rank = match range.name.as_str() {
            name if name == form.media_type() => 0,
            name if Form::named(name) == Some(form) => 1,
            "application/*" => 2,
            "*/*" => 3,
            _ => return None,
        };
        range.version_fits().then_some(((rank, place), range))
    });
    let (order, range) = deciding.min_by_key(|(order, _)| *order)?;
    let quality = range.quality();
    let chosen = Chosen {
        form,
        versioned: range.parameter("fhirversion").is_some(),
    };
    (quality > 0.0).then_some((
        quality,
        if order.0 < 2 { (0, order.1) } else { order },
        chosen,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(format: Option<&str>, accept: &str) -> Option<Form> {
        choose(format, Some(accept)).ok().map(|chosen| chosen.form)
    }

    #[test]
    fn the_accept_header_is_weighed() {
        for (accept, wanted) in [
            (
                "application/fhir+xml;q=0.2, application/fhir+json;q=0.9",
                Some(Form::Json),
            ),
            (
                "application/fhir+json;q=0.2, application/fhir+xml;q=0.9",
                Some(Form::Xml),
            ),
            (
                "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
                Some(Form::Xml),
            ),
            ("application/xml", Some(Form::Xml)),
            ("text/json", Some(Form::Json)),
            ("*/*", Some(Form::Json)),
            ("application/fhir+xml, */*", Some(Form::Xml)),
            ("application/fhir+json;q=0, */*", Some(Form::Xml)),
            ("image/png", None),
            ("application/fhir+json; fhirVersion=1.0", None),
            ("application/fhir+json; fhirVersion=4.0", Some(Form::Json)),
            ("Application/FHIR+JSON", Some(Form::Json)),
            ("", Some(Form::Json)),
        ] {
            assert_eq!(form(None, accept), wanted, "{accept}");
        }
    }

    #[test]
    fn format_comes_before_accept() {
        for (format, wanted) in [
            ("json", Some(Form::Json)),
            ("text/xml", Some(Form::Xml)),
            ("application/fhir xml", Some(Form::Xml)),
            ("ttl", None),
        ] {
            assert_eq!(
                form(Some(format), "application/fhir+json"),
                wanted,
                "{format}"
            );
        }
    }

    #[test]
    fn bodies_are_told_apart() {
        let kind = |text| body_kind(Some(text)).map_err(|problem| problem.status);
        assert_eq!(
            kind("application/fhir+json; charset=UTF-8; fhirVersion=4.0"),
            Ok(BodyKind::Resource(Form::Json))
        );
        assert_eq!(kind("application/json-patch+json"), Ok(BodyKind::JsonPatch));
        assert_eq!(kind("text/plain"), Err(415));
        assert_eq!(kind("json"), Err(415));
        assert_eq!(kind("application/fhir+json; charset=latin1"), Err(415));
        assert_eq!(kind("application/fhir+json; fhirVersion=3.0"), Err(415));
        assert!(body_kind(None).is_err());
    }
}
