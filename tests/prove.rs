//! The mutation proof of every embedded pack that has a reference supplier, and its published table.
//!
//! With `PLUGFEST_BLESS=1` the table and the record are written anew instead of compared.

use std::path::Path;
use std::sync::Arc;

use plugfest::pack::{Pack, Part};
use plugfest::prove::{Proof, prove};
use plugfest::serve::SUPPLIERS;
use plugfest::store::folder;

fn main() {
    let mut tests = Vec::new();
    for supplier in SUPPLIERS {
        for pack in supplier.packs {
            tests.push(libtest_mimic::Trial::test(
                format!("{pack} is proved against {}", supplier.name),
                move || check(pack),
            ));
        }
    }
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), tests).exit();
}

fn check(name: &str) -> Result<(), libtest_mimic::Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pack_folder = root.join("scenarios").join(name);
    let files = folder(&pack_folder).map_err(|problem| problem.message)?;
    let pack = Arc::new(
        Pack::load(files, Part::Whole)
            .map_err(|problems| format!("{} mistakes in the pack", problems.len()))?,
    );
    let supplier = SUPPLIERS
        .iter()
        .find(|row| row.packs.contains(&name))
        .ok_or("it has a supplier")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let proof = runtime.block_on(prove(
        &pack,
        supplier,
        plugfest::cli::prove_transport,
        |_| {},
    ))?;
    published(
        &proof,
        &pack_folder.join("proof.json"),
        &proof.record().text(),
    )?;
    published(
        &proof,
        &root.join("docs/proof").join(format!("{name}.md")),
        &plugfest::cli::proof_page(&proof),
    )?;
    if proof.holds() {
        return Ok(());
    }
    let unproved = proof.unproved.iter().map(|check| {
        format!(
            "unproved: {} › {} › {}",
            check.scenario, check.step, check.check
        )
    });
    let lines: Vec<String> = unproved.chain(proof.problems.iter().cloned()).collect();
    Err(format!(
        "{} of {} checks proved by {} defects\n{}",
        proof.proved,
        proof.checks,
        proof.defects,
        lines.join("\n")
    )
    .into())
}

/// What is published is what was measured.
fn published(proof: &Proof, path: &Path, text: &str) -> Result<(), libtest_mimic::Failed> {
    if std::env::var_os("PLUGFEST_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().ok_or("it lies in a folder")?)?;
        std::fs::write(path, text)?;
        return Ok(());
    }
    // How many checks notice a defect may differ by one where clocks are in play; what was proved may not.
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let closing = text.lines().rev().find(|line| line.contains("proved"));
    let rows = proof.rows.iter().map(|row| row.id.as_str());
    let whole = path.extension().is_some_and(|ending| ending == "json") && known == text;
    let page = closing.is_some_and(|line| known.contains(line))
        && rows.clone().all(|id| known.contains(&format!("| {id} ")));
    if whole || (path.extension().is_some_and(|ending| ending == "md") && page) {
        return Ok(());
    }
    Err(format!(
        "{} is not the proof of {} as it is now: run with PLUGFEST_BLESS=1",
        path.display(),
        proof.pack
    )
    .into())
}
