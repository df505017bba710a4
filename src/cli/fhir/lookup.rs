//! `plugfest fhir lookup`: what is known of a code.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::knowledge::Knowledge;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::fhir::definitions::Canonical;
use crate::fhir::terminology::{CodeRef, CodeStanding, Details, Lookup, Terminology, lookup};

/// The exit code for what cannot be told, as of other commands.
const UNDECIDED: u8 = 3;

/// Which code.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A code that does not exist ends with exit code 1, one of which that cannot be told with 3.\n\n\
    Examples:\n  plugfest fhir lookup http://hl7.org/fhir/administrative-gender male\n  plugfest fhir lookup http://unitsofmeasure.org mg/dL"
)]
pub struct Arguments {
    /// The code system's address, with `|version` where it matters
    system: String,
    /// The code
    code: String,
    #[command(flatten)]
    knowledge: Knowledge,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let known = arguments.knowledge.load(console)?;
    let system = Canonical::of(&arguments.system);
    let code = CodeRef {
        system: Some(system.url),
        version: system.version,
        code: &arguments.code,
        display: None,
    };
    let found = match lookup(&known.packaged, &code) {
        Lookup::Undecided(_) => asked(&*known.terminology, &code),
        found @ (Lookup::Found(_) | Lookup::Unknown(_)) => found,
    };
    if let Form::Json = arguments.form.format {
        console.print(&out::json(&object(&found)));
    }
    match (&found, arguments.form.format) {
        (Lookup::Found(details), Form::Text) => console.print(&text(details)),
        (Lookup::Unknown(why) | Lookup::Undecided(why), Form::Text) => {
            let message = format!("`{}`: {why}", arguments.code);
            console.diagnose(&[Diagnostic::warning("no-input", message)]);
        }
        (Lookup::Found(_) | Lookup::Unknown(_) | Lookup::Undecided(_), Form::Json) => {}
    }
    Ok(match found {
        Lookup::Found(_) => ExitCode::SUCCESS,
        Lookup::Unknown(_) => ExitCode::from(1),
        Lookup::Undecided(_) => ExitCode::from(UNDECIDED),
    })
}

/// A terminology server knows less of a code than a package, but more than nothing.
fn asked(terminology: &dyn Terminology, code: &CodeRef<'_>) -> Lookup {
    match terminology.standing(code) {
        CodeStanding::Known(known) => Lookup::Found(Box::new(Details {
            code: code.code.to_owned(),
            system: code.system.unwrap_or_default().to_owned(),
            title: code.system.unwrap_or_default().to_owned(),
            display: known.display,
            status: match known.is_inactive {
                true => "inactive",
                false => "active",
            },
            is_abstract: known.is_abstract,
            ..Details::default()
        })),
        CodeStanding::Unknown(why) => Lookup::Unknown(why),
        CodeStanding::Undecided(why) => Lookup::Undecided(why),
    }
}

fn text(details: &Details) -> String {
    let version = details.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(", version {version}"));
    let mut rows = vec![
        ("code".to_owned(), details.code.clone()),
        (
            "system".to_owned(),
            format!("{} ({}{version})", details.title, details.system),
        ),
        ("status".to_owned(), details.status.to_owned()),
    ];
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            rows.push((name.to_owned(), value.to_owned()));
        }
    };
    add("display", details.display.as_deref().unwrap_or_default());
    add(
        "definition",
        details.definition.as_deref().unwrap_or_default(),
    );
    for (language, name) in &details.designations {
        add(language.as_deref().unwrap_or("also"), name);
    }
    for (name, value) in &details.properties {
        add(name, value);
    }
    add("above", &details.parents.join(", "));
    add("below", &details.children.join(", "));
    out::table(
        ["PROPERTY", "VALUE"],
        rows.into_iter().map(|(name, value)| [name, value]),
    )
}

fn object(found: &Lookup) -> Value {
    let details = match found {
        Lookup::Found(details) => details,
        Lookup::Unknown(why) => return json!({ "standing": "unknown", "reason": why }),
        Lookup::Undecided(why) => return json!({ "standing": "undecided", "reason": why }),
    };
    let designations = details.designations.iter();
    let designations =
        designations.map(|(language, value)| json!({ "language": language, "value": value }));
    let properties = details.properties.iter();
    let properties = properties.map(|(code, value)| json!({ "code": code, "value": value }));
    json!({
        "standing": "known",
        "system": details.system,
        "version": details.version,
        "title": details.title,
        "code": details.code,
        "display": details.display,
        "definition": details.definition,
        "status": details.status,
        "abstract": details.is_abstract,
        "designations": designations.collect::<Vec<_>>(),
        "properties": properties.collect::<Vec<_>>(),
        "parents": details.parents,
        "children": details.children,
    })
}
