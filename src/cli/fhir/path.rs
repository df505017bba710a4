//! `plugfest fhir path`: what a FHIRPath expression finds in a resource.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::files;
use super::knowledge::Knowledge;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::{Diagnostic, Place, Source};
use crate::fhir::{Collection, EvaluationError, Expression, ExpressionError, Variables};

/// What to ask of which resource.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Each value is printed on a line, with its place in the resource.\n\n\
    Examples:\n  plugfest fhir path \"name.where(use = 'official').given\" patient.json\n  plugfest fhir path 'Bundle.entry.count()' - < bundle.xml"
)]
pub struct Arguments {
    /// The FHIRPath expression
    expression: String,
    /// A resource in JSON or XML, or `-` for standard input
    file: String,
    #[command(flatten)]
    knowledge: Knowledge,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let text = Source::new("<expression>", arguments.expression.as_str());
    let expression =
        Expression::parse(&arguments.expression).map_err(|error| unparsed(&text, &error))?;
    let resource = files::resource(&arguments.file)?;
    let known = arguments.knowledge.load(console)?;
    let types = &*known.definitions;
    let variables = Variables::new().with_types(types);
    let found = expression
        .evaluate(&resource, &variables)
        .map_err(|error| unvalued(&text, &error))?;
    match arguments.form.format {
        Form::Json => console.print(&out::json(&rows(&found))),
        Form::Text => lines(&found).iter().for_each(|line| console.print(line)),
    }
    Ok(ExitCode::SUCCESS)
}

fn unparsed(text: &std::sync::Arc<Source>, error: &ExpressionError) -> Failure {
    at(text, error.position, &error.message, error.help.as_deref())
}

fn unvalued(text: &std::sync::Arc<Source>, error: &EvaluationError) -> Failure {
    at(text, error.position, &error.message, error.help.as_deref())
}

fn at(
    text: &std::sync::Arc<Source>,
    position: usize,
    message: &str,
    help: Option<&str>,
) -> Failure {
    let diagnostic =
        Diagnostic::error("fhirpath", message).at(&Place::top(text).within(position, 1));
    match help {
        Some(help) => diagnostic.help(help).into(),
        None => diagnostic.into(),
    }
}

fn rows(found: &Collection<'_>) -> Vec<Value> {
    let rows = pairs(found).map(|(text, place)| json!({ "value": text, "place": place }));
    rows.collect()
}

fn lines(found: &Collection<'_>) -> Vec<String> {
    let lines = pairs(found).map(|(text, place)| match place {
        Some(place) => format!("{text}  {place}\n"),
        None => format!("{text}\n"),
    });
    lines.collect()
}

/// Each item's text, with the place of what stands in the resource; what is computed has none.
fn pairs<'f>(found: &'f Collection<'_>) -> impl Iterator<Item = (String, Option<String>)> + 'f {
    let places = found
        .items()
        .iter()
        .map(|item| item.element().map(|element| element.place().to_string()));
    found.texts().into_iter().zip(places)
}
