//! `plugfest pack show`.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::coverage;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::cli::packs;
use crate::model::AreaId;
use crate::pack::{Coverage, Pack};

/// Which pack.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  plugfest pack show fhir-r4-rest\n  plugfest pack show fhir-r4-rest --verbose     and every requirement\n  \
    plugfest explain FHIR-CONC-001                one requirement in full"
)]
pub struct Arguments {
    /// A pack's id or folder
    pack: String,
    /// Also every requirement, with how many checks verify it
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let pack = packs::load(&arguments.pack)?.pack;
    let mut text = match arguments.form.format {
        Form::Text => page(&pack),
        Form::Json => out::json(&object(&pack)),
    };
    if arguments.verbose && arguments.form.format == Form::Text {
        text += &coverage::requirements(&pack);
    }
    console.print(&text);
    Ok(ExitCode::SUCCESS)
}

fn page(pack: &Pack) -> String {
    let mut page = format!("{} {}: {}\n", pack.id, pack.version, pack.title);
    page += &section("", &[out::wrapped(&pack.about, "")]);
    page += &section("", &[facts(pack)]);
    page += &section("Areas", &[areas(pack)]);
    page += &section("Levels", &levels(pack));
    let values = pack.values.iter();
    let values =
        values.map(|(name, value)| [name.clone(), value.default.clone(), value.about.clone()]);
    page += &section("Values that a supplier file may set", &lines(values));
    let claims = pack.claims.iter();
    let claims = claims.map(|(name, about)| [name.clone(), String::new(), about.clone()]);
    page += &section("Claims that a supplier may make or not", &lines(claims));
    page
}

/// A part of the page; nothing where it would be empty.
fn section(title: &str, paragraphs: &[String]) -> String {
    let text = paragraphs.concat();
    match (text.trim().is_empty(), title.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("\n{text}"),
        (false, false) => format!("\n{title}\n{text}"),
    }
}

fn facts(pack: &Pack) -> String {
    let role = |id| match pack.roles.get(id) {
        Some(title) => format!("{id} ({title})"),
        None => format!("{id}"),
    };
    let coverage = Coverage::of(pack);
    let standard = &pack.standard;
    let rows = [
        [
            "standard",
            &format!("{} {}, {}", standard.name, standard.version, standard.url),
        ],
        ["tested role", &role(&pack.subject)],
        ["played by plugfest", &role(&pack.driver)],
        ["endpoint", &pack.endpoint],
        [
            "requirements",
            &format!(
                "{}: {} verified by {} checks, {} not tested for a reason",
                coverage.requirements, coverage.verified, coverage.checks, coverage.not_tested
            ),
        ],
        ["scenarios", &pack.scenarios.len().to_string()],
        ["licence", &pack.licence],
        ["digest", &pack.digest],
    ];
    let width = rows
        .iter()
        .map(|[name, _]| name.len())
        .max()
        .unwrap_or_default();
    let filled = rows.iter().filter(|[_, value]| !value.is_empty());
    filled
        .map(|[name, value]| format!("{name:width$}  {value}\n"))
        .collect()
}

fn areas(pack: &Pack) -> String {
    let rows = pack.areas.iter().map(|(id, title)| {
        let [listed, verified] = count(pack, id).map(|count| count.to_string());
        [format!("  {id}"), listed, verified, title.clone()]
    });
    out::table(["  AREA", "REQUIREMENTS", "VERIFIED", "TITLE"], rows)
}

/// How many requirements an area has, and how many of them a check verifies.
fn count(pack: &Pack, area: &AreaId) -> [usize; 2] {
    let coverage = Coverage::of(pack);
    let rows = pack.requirements.iter().filter(|row| row.area == *area);
    let verified = rows
        .clone()
        .filter(|row| coverage.by_requirement.contains_key(&row.id));
    [rows.clone().count(), verified.count()]
}

fn levels(pack: &Pack) -> Vec<String> {
    let levels = pack.levels.iter();
    levels
        .map(|level| {
            format!(
                "  {}: {}, {} requirements\n",
                level.id,
                level.title,
                level.requirements.len()
            )
        })
        .collect()
}

/// `  name = default: about`, the default left out where it is empty.
fn lines(rows: impl Iterator<Item = [String; 3]>) -> Vec<String> {
    let line = |[name, default, about]: [String; 3]| {
        let mut line = format!("  {name}");
        if !default.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(line, " = {default}");
        }
        format!("{line}: {about}\n")
    };
    rows.map(line).collect()
}

fn object(pack: &Pack) -> Value {
    let standard = &pack.standard;
    let areas = pack.areas.iter().map(|(id, title)| {
        let [requirements, verified] = count(pack, id);
        json!({ "id": id, "title": title, "requirements": requirements, "verified": verified })
    });
    let levels = pack.levels.iter();
    let levels = levels.map(
        |level| json!({ "id": level.id, "title": level.title, "requirements": level.requirements }),
    );
    let values = pack.values.iter();
    let values = values.map(
        |(name, value)| json!({ "name": name, "default": value.default, "about": value.about }),
    );
    json!({
        "pack": pack.id,
        "version": pack.version,
        "title": pack.title,
        "about": pack.about,
        "licence": pack.licence,
        "digest": pack.digest,
        "standard": { "name": standard.name, "version": standard.version, "url": standard.url },
        "roles": pack.roles,
        "subject": pack.subject,
        "driver": pack.driver,
        "endpoint": pack.endpoint,
        "areas": areas.collect::<Vec<_>>(),
        "levels": levels.collect::<Vec<_>>(),
        "values": values.collect::<Vec<_>>(),
        "claims": pack.claims,
        "scenarios": pack.scenarios.len(),
        "coverage": Coverage::of(pack),
    })
}
