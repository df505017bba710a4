//! `plugfest fhir validate`: which resources are valid, which are not, and what nobody can tell.

mod inputs;
mod line;
mod output;

use std::process::ExitCode;
use std::thread;

use clap::{Args, ValueEnum};

use super::knowledge::Knowledge;
use crate::cli::out::{Console, Failure};
use crate::cli::progress;
use crate::fhir::validate::{Options, UnknownExtensions, Validator};
use crate::store;
use inputs::{Input, Inputs};
use line::Line;
use output::Writer;

/// What to validate, and against what.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Everything that can be decided is decided here: nothing is fetched unless `--registry` or `--tx` says from where. What cannot be \
    decided (a profile that is not at hand, a code of SNOMED CT without a terminology server) is said, and counts neither as right nor as wrong.\n\n\
    The exit code is 0 where no resource has an error, 1 where one has, 2 where the command line or an input is wrong, and 3 where there is no error but a \
    required binding, a profile or an invariant is undecided.\n\n\
    Examples:\n  plugfest fhir validate patient.json\n  plugfest fhir validate --package fhir.r4.ukcore.stu2#2.0.2 records/\n  \
    plugfest fhir validate --format ndjson export.ndjson > outcomes.ndjson\n  cat bundle.xml | plugfest fhir validate --fhir STU3 -"
)]
pub struct Arguments {
    /// Files, folders, patterns such as `out/**/*.json`, or `-` for standard input; a `.ndjson` file holds one resource a line
    #[arg(required = true)]
    files: Vec<String>,
    #[command(flatten)]
    knowledge: Knowledge,
    /// Validate against this profile too, besides what each resource claims
    #[arg(long, value_name = "URL")]
    profile: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// How many resources at once; as many as there are cores, unless said
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// A constraint key that does not count, such as `dom-6`
    #[arg(long, value_name = "KEY")]
    ignore: Vec<String>,
    /// Count breaches of best-practice advice as warnings
    #[arg(long)]
    best_practice: bool,
    /// Refuse extensions whose definition is not at hand, instead of leaving them undecided
    #[arg(long)]
    refuse_unknown_extensions: bool,
    /// Refuse addresses of examples, such as `http://example.org/`
    #[arg(long)]
    refuse_examples: bool,
    /// Show hints, too
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One array
    Json,
    /// One object a line and resource
    Ndjson,
    /// For code scanning services
    Sarif,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let inputs = Inputs::find(&arguments.files)?;
    let known = arguments.knowledge.load(console)?;
    let options = Options {
        best_practice: arguments.best_practice,
        allow_examples: !arguments.refuse_examples,
        unknown_extensions: match arguments.refuse_unknown_extensions {
            true => UnknownExtensions::Refused,
            false => UnknownExtensions::Undecided,
        },
        clock: Some(store::now().to_string()),
        ignored_constraints: arguments.ignore.iter().cloned().collect(),
        ..Options::default()
    };
    let validator = Validator::new(known.definitions, known.terminology, options);
    let profiles: Vec<&str> = arguments.profile.iter().map(String::as_str).collect();
    let bar = progress::bar(inputs.files(), "files", console);
    let mut writer = Writer::new(arguments.format, arguments.verbose, *console);
    let look = |input: Result<Input, Failure>| {
        let input = input?;
        Ok(Line::of(
            input.name,
            input.line,
            &input.body,
            validator.validate_bytes(&input.body, &profiles),
        ))
    };
    let mut problem = None;
    super::ordered::each(
        arguments.jobs(),
        inputs.bodies(&bar),
        look,
        |line: Result<Line, Failure>| match line {
            Ok(line) => bar.suspend(|| writer.write(line)),
            Err(failure) => problem = problem.take().or(Some(failure)),
        },
    );
    bar.finish_and_clear();
    match problem {
        Some(failure) => Err(failure),
        None => Ok(writer.finish()),
    }
}

impl Arguments {
    fn jobs(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(cores).clamp(1, 256)
    }
}
