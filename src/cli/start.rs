//! `plugfest` without a word: where to start.

use std::process::ExitCode;

use super::out::{Console, Failure, WRONG_INPUT};

/// What somebody may want who has just installed plugfest.
const PAGE: &str = "\
plugfest proves, in public, that a health-IT product follows the interoperability standards that it claims.

  plugfest run fhir-r4-rest                              try it: tests the reference supplier that plugfest brings along
  plugfest run fhir-r4-rest --target https://…/fhir      test a server
  plugfest supplier init fhir-r4-rest --out acme.yaml    write down who is tested, then: run … --supplier acme.yaml
  plugfest pack list                                     which standards can be tested
  plugfest pack show fhir-r4-rest                        what is asked, and what is not
  plugfest explain verdicts                              what the words of a report mean

`plugfest help` lists all commands, `plugfest COMMAND --help` says how one is used.
";

/// Shows the page. It was no command, so it is no success.
pub fn run(console: &Console) -> Result<ExitCode, Failure> {
    console.tell(PAGE.trim_end());
    Ok(ExitCode::from(WRONG_INPUT))
}
