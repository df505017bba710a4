//! A job: packs, a supplier and options, from the command line or from the header of a run file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fhir::packages::PackageArguments;
use super::knowledge::{self, Brought};
use super::out::Failure;
use super::packs::{self, Loaded};
use crate::diag::{Diagnostic, Source};
use crate::judge::{self, CaseVerdicts, Interner, Recorded};
use crate::model::Instant;
use crate::pack::Pack;
use crate::plan::{Access, Context, Facts, Plan, Selection};
use crate::report::view;
use crate::results::{FORMAT, Footer, Header, PackRef, RunOptions, VerdictLine, verdict_line};
use crate::score::{Exit, must_support, score};
use crate::store::RunFolder;
use crate::supplier::{Day, Patient, Supplier, Vault};

/// Packs, a supplier and options.
pub struct Job {
    /// The packs, in the order in which they were named.
    pub packs: Vec<(Arc<Pack>, Option<String>)>,
    /// Who is tested.
    pub supplier: Supplier,
    /// What was asked for.
    pub options: RunOptions,
    /// The seed.
    pub seed: String,
    /// When the run started.
    pub started: Instant,
    /// The FHIR packages of each pack, in the same order.
    pub brought: Vec<Brought>,
    /// What has changed since the run was recorded.
    pub notes: Vec<String>,
}

/// What each pack wants of FHIR packages.
///
/// # Errors
/// As [`knowledge::bring`].
pub fn bring_all(
    packs: &[(Arc<Pack>, Option<String>)],
    arguments: &PackageArguments,
    started: Instant,
) -> Result<Vec<Brought>, Failure> {
    packs
        .iter()
        .map(|(pack, _)| knowledge::bring(pack, arguments, started))
        .collect()
}

/// How a run ended, for its report.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The footer of its run file.
    pub footer: Footer,
    /// How many times it was started.
    pub attempts: u32,
}

impl Job {
    /// The job of a stored run: its packs and FHIR packages are found again, and a change since is noted.
    ///
    /// # Errors
    /// A pack that cannot be found or read, a header that does not fit.
    pub fn of_header(header: &Header, arguments: &PackageArguments) -> Result<Self, Failure> {
        let mut notes = Vec::new();
        let mut packs = Vec::new();
        for reference in &header.packs {
            let Loaded { pack, path } =
                packs::load(reference.path.as_deref().unwrap_or(&reference.pack))?;
            if pack.digest != reference.digest {
                notes.push(format!(
                    "the pack `{}` has changed since the run: it was {}, it is {}",
                    reference.pack, reference.digest, pack.digest
                ));
            }
            packs.push((Arc::new(pack), path));
        }
        let supplier = serde_json::from_value(header.supplier.clone()).map_err(|error| {
            Diagnostic::error(
                "run-file",
                format!("the supplier in the header cannot be read: {error}"),
            )
        })?;
        let options = header.options.clone();
        let arguments = arguments.after(&options.packages, &options.package_folders);
        let brought = bring_all(&packs, &arguments, header.started)?;
        notes.extend(knowledge::changes(
            &header.fhir_packages,
            &knowledge::record(&brought),
        ));
        Ok(Self {
            packs,
            supplier,
            options,
            seed: header.seed.clone(),
            started: header.started,
            brought,
            notes,
        })
    }

    /// The header of its run file.
    ///
    /// # Errors
    /// A supplier that is no JSON, which does not happen.
    pub fn header(&self) -> Result<Header, io::Error> {
        let packs = self.packs.iter().map(|(pack, path)| PackRef {
            pack: pack.id.to_string(),
            version: pack.version.clone(),
            digest: pack.digest.clone(),
            path: path.clone(),
        });
        Ok(Header {
            format: FORMAT,
            plugfest: env!("CARGO_PKG_VERSION").into(),
            started: self.started,
            seed: self.seed.clone(),
            supplier: serde_json::to_value(&self.supplier)?,
            packs: packs.collect(),
            fhir_packages: knowledge::record(&self.brought),
            options: self.options.clone(),
        })
    }

    /// One plan for each pack.
    ///
    /// # Errors
    /// An id or level that no pack knows, a pack for which the supplier has no endpoint.
    pub fn plans(&self) -> Result<Vec<Arc<Plan>>, Failure> {
        let selection = self.selection()?;
        let plans = self.packs.iter().zip(&self.brought);
        let plans = plans.map(|((pack, _), brought)| {
            let facts = self.facts(pack)?;
            let context = Context::new(pack, &facts, &self.seed, selection.access)
                .knowing(brought.knowledge.clone());
            Ok(Arc::new(Plan::new(
                pack.clone(),
                context,
                &facts,
                &selection,
            )))
        });
        let plans: Vec<Arc<Plan>> = plans.collect::<Result<_, Failure>>()?;
        if plans.iter().all(|plan| plan.cases.is_empty()) {
            return Err(Diagnostic::error(
                "empty",
                "there is nothing to run: the packs have no scenarios",
            )
            .into());
        }
        Ok(plans)
    }

    fn selection(&self) -> Result<Selection, Failure> {
        let level = self
            .options
            .level
            .as_deref()
            .map(|level| self.level(level))
            .transpose()?;
        let access = if self.options.read_only {
            Access::ReadOnly
        } else {
            Access::ReadWrite
        };
        let selection = Selection {
            only: self.options.only.clone(),
            level,
            access,
        };
        for stranger in &selection.only {
            let unknown = |pack: &Arc<Pack>| selection.strangers(pack).contains(&stranger.as_str());
            if self.packs.iter().all(|(pack, _)| unknown(pack)) {
                let known = self.packs.iter().flat_map(|(pack, _)| {
                    let scenarios = pack.scenarios.iter().map(|scenario| scenario.id.as_str());
                    scenarios.chain(pack.requirements.iter().map(|row| row.id.as_str()))
                });
                let message = format!("`{stranger}` is no scenario, requirement or area here");
                return Err(Diagnostic::error("usage", message)
                    .suggest(stranger, known)
                    .into());
            }
        }
        Ok(selection)
    }

    fn level(&self, wanted: &str) -> Result<crate::model::LevelId, Failure> {
        let levels = || self.packs.iter().flat_map(|(pack, _)| &pack.levels);
        if let Some(level) = levels().find(|level| level.id.as_str() == wanted) {
            return Ok(level.id.clone());
        }
        let diagnostic = Diagnostic::error(
            "unknown-level",
            format!("no pack here has the level `{wanted}`"),
        );
        Err(diagnostic
            .suggest(wanted, levels().map(|level| level.id.as_str()))
            .into())
    }

    fn facts(&self, pack: &Pack) -> Result<Facts, Failure> {
        let Some((_, system)) = self.supplier.system_for(&pack.id, &pack.subject) else {
            let message = format!(
                "no system of the supplier plays `{}/{}`",
                pack.id, pack.subject
            );
            return Err(Diagnostic::error("no-endpoint", message).into());
        };
        let endpoints = system.endpoints_for(&[&pack.endpoint]);
        if !endpoints.iter().any(|(name, _)| *name == pack.endpoint) {
            let message = format!(
                "the system that plays `{}/{}` has no endpoint `{}`",
                pack.id, pack.subject, pack.endpoint
            );
            return Err(Diagnostic::error("no-endpoint", message).into());
        }
        let claims = self.supplier.claims_for(&pack.id);
        // Who says nothing offers everything, but does not say how the endpoint stands.
        let makes = |claim: &&String| match claims {
            Some(claims) => claims.make(claim),
            None => !pack.stated_claims.contains(*claim),
        };
        let made = pack.claims.keys().filter(makes).cloned().collect();
        let known = self
            .supplier
            .patients
            .iter()
            .filter_map(|(name, patient)| match patient {
                Patient::Number(number) => Some((name.clone(), number.clone())),
                Patient::None(_) => None,
            });
        Ok(Facts {
            claims: Some(made),
            level: claims
                .and_then(|claims| claims.level.as_ref())
                .map(ToString::to_string),
            values: self.supplier.values.clone(),
            patients: known.collect(),
            endpoints,
        })
    }

    /// What every report shows, and the exit code.
    pub fn report(
        &self,
        plans: &[Arc<Plan>],
        verdicts: Vec<Vec<CaseVerdicts>>,
        recorded: &dyn Recorded,
        ending: Ending,
    ) -> (view::Report, Exit) {
        let known: Vec<_> = self
            .supplier
            .deviations
            .iter()
            .chain(&self.options.deviations)
            .cloned()
            .collect();
        let day = Day::of(self.started);
        let scored: Vec<_> = plans
            .iter()
            .zip(verdicts)
            .map(|(plan, verdicts)| score(plan, verdicts, &known, day))
            .collect();
        let exit = scored
            .iter()
            .map(|scored| scored.exit)
            .max()
            .unwrap_or(Exit::Undetermined);
        let packs = scored
            .into_iter()
            .zip(plans)
            .map(|(scored, plan)| view::Pack {
                must_support: must_support(plan, recorded),
                ..scored.pack
            });
        let packs: Vec<view::Pack> = packs.collect();
        let report = view::Report {
            plugfest: env!("CARGO_PKG_VERSION").into(),
            supplier: self.supplier_view(plans),
            run: self.run_view(plans, &ending),
            notes: self.all_notes(&packs, &ending),
            packs,
        };
        (report, exit)
    }

    fn all_notes(&self, packs: &[view::Pack], ending: &Ending) -> Vec<String> {
        let mut notes = self.notes.clone();
        let brought = self.brought.iter().flat_map(|brought| &brought.notes);
        for note in brought {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes.extend(self.supplier.notes());
        if self.options.embedded.is_some() {
            notes.push(
                "the run was against plugfest's own reference supplier, not against a product"
                    .into(),
            );
        }
        notes.extend(
            ending
                .footer
                .stopped
                .iter()
                .map(|reason| format!("the run was stopped: {reason}")),
        );
        notes.extend(expired(packs));
        notes
    }

    fn supplier_view(&self, plans: &[Arc<Plan>]) -> view::Supplier {
        let identity = &self.supplier.supplier;
        let endpoints = plans.iter().flat_map(|plan| plan.context.endpoints.iter());
        view::Supplier {
            id: identity.id.to_string(),
            name: identity.name.clone(),
            product: identity.product.clone(),
            version: identity.version.clone(),
            endpoints: endpoints.cloned().collect(),
        }
    }

    fn run_view(&self, plans: &[Arc<Plan>], ending: &Ending) -> view::Run {
        let cases = plans.iter().map(|plan| plan.running()).sum::<usize>();
        view::Run {
            started: self.started.to_string(),
            finished: ending.footer.finished.to_string(),
            state: ending.footer.state,
            seed: self.seed.clone(),
            exchanges: ending.footer.exchanges,
            cases: u32::try_from(cases).unwrap_or(u32::MAX),
            options: self.option_words(),
            assurance: self.options.run_by,
            attempts: ending.attempts,
        }
    }

    fn option_words(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .options
            .only
            .iter()
            .map(|id| format!("--only {id}"))
            .collect();
        words.extend(
            self.options
                .level
                .iter()
                .map(|level| format!("--level {level}")),
        );
        if self.options.read_only {
            words.push("--read-only".into());
        }
        words
    }
}

fn expired(packs: &[view::Pack]) -> Vec<String> {
    let rows = packs.iter().flat_map(|pack| &pack.requirements);
    let expired = rows.filter_map(|row| {
        row.deviation
            .as_ref()
            .filter(|deviation| deviation.expired)
            .map(|deviation| (row, deviation))
    });
    expired
        .map(|(row, deviation)| {
            format!(
                "the known deviation from {} ended on {}",
                row.id, deviation.until
            )
        })
        .collect()
}

/// The lines of all verdicts, in the plans' order.
pub fn verdict_lines<'a>(
    plans: &'a [Arc<Plan>],
    verdicts: &'a [Vec<CaseVerdicts>],
) -> impl Iterator<Item = VerdictLine> + 'a {
    plans.iter().zip(verdicts).flat_map(|(plan, verdicts)| {
        plan.cases
            .iter()
            .zip(verdicts)
            .flat_map(|(case, verdicts)| {
                let steps = &case.scenario.script.steps;
                let name = move |index: usize| steps.get(index).map_or("", |step| &step.name);
                case.checks()
                    .zip(&verdicts.verdicts)
                    .map(move |((index, check), verdict)| {
                        verdict_line(&case.id, name(index), check, verdict)
                    })
            })
    })
}

/// Judges a stored run again.
pub fn judge_again(plans: &[Arc<Plan>], folder: &RunFolder) -> Vec<Vec<CaseVerdicts>> {
    let judge = |plan: &Arc<Plan>| {
        let mut verdicts = Vec::with_capacity(plan.cases.len());
        let mut texts = Interner::default();
        judge::judge(plan, folder, |_, case| verdicts.push(texts.share(case)));
        verdicts
    };
    plans.iter().map(judge).collect()
}

/// Reads a supplier file.
///
/// # Errors
/// That it cannot be read, or everything that is wrong with it.
pub fn supplier_file(path: &Path) -> Result<Supplier, Failure> {
    Ok(Supplier::read(&source(path)?)?)
}

/// A file's text under its name.
///
/// # Errors
/// `missing-file` with the system's reason.
pub fn source(path: &Path) -> Result<Arc<Source>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Diagnostic::error(
            "missing-file",
            format!("`{}` cannot be read: {error}", path.display()),
        )
    })?;
    Ok(Source::new(path.to_string_lossy(), text))
}

/// The real environment and the files beside the supplier file.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The supplier file's folder.
    pub folder: PathBuf,
}

impl Vault for Surroundings {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.folder.join(path)).map_err(|error| error.to_string())
    }
}
