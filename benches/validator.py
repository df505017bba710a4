#!/usr/bin/env python3
"""Measures `plugfest fhir validate`, beside the official FHIR validator where it is installed, on the same files in one run.

    cargo build --release
    python3 benches/validator.py [--official ../shared/suts/java-validator.sh] [--runs 9] [--files 300]

Files come from ../shared/data/fhir/perf. Wall-clock time, CPU time and peak memory are those of whole processes, as the
operating system accounts for them; figures are medians over the runs. docs/performance.md keeps those of the last release.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
PERF = SHARED / "data/fhir/perf"
UKCORE = SHARED / "data/fhir/packages/fhir.r4.ukcore.stu2-2.0.2.tgz"


# A process starts with its parent's memory as its peak, so a small one starts what is measured.
STARTER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - started
print(json.dumps([wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""


def measure(command, runs, env=None):
    """Medians of wall seconds, CPU seconds and peak MB over runs of one process."""
    rows = []
    for _ in range(runs):
        told = subprocess.run([sys.executable, "-c", STARTER, *command], capture_output=True, text=True, env=env, check=True)
        *row, code = json.loads(told.stdout)
        rows.append(row)
        if code not in (0, 1, 3):
            sys.exit(f"{command[:4]} ended with {code}")
    return [statistics.median(column) for column in zip(*rows)]


def say(what, figures, count=None):
    wall, cpu, memory = figures
    rate = f"   {count / wall:10,.0f}/s" if count else ""
    print(f"{what:58} {wall * 1000:10.1f} ms  {cpu * 1000:10.1f} ms CPU  {memory:7.1f} MB{rate}", flush=True)
    return wall


def resources(name):
    return [line for line in (PERF / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugfest", type=Path, default=ROOT / "target/release/plugfest")
    parser.add_argument("--official", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--files", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench(arguments, Path(folder))


def bench(arguments, folder):
    validate = [str(arguments.plugfest), "fhir", "validate", "--format", "ndjson", "--quiet"]
    synthea = resources("synthea-r4-resources.ndjson")
    patients = [line for line in synthea if '"resourceType":"Patient"' in line[:200].replace(" ", "")]
    patient = folder / "patient.json"
    patient.write_text(patients[0], encoding="utf-8")
    many = folder / "patients.ndjson"
    repeated = (patients * (20_000 // len(patients) + 1))[:20_000]
    many.write_text("\n".join(repeated), encoding="utf-8")
    home = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}

    cold = say("one Patient, cold", measure([*validate, str(patient)], arguments.runs, home))
    first = []
    for _ in range(3):
        shutil.rmtree(folder / "cache", ignore_errors=True)
        first.append(measure([*validate, "--package", str(UKCORE), str(patient)], 1, home))
    say("one Patient with UK Core, nothing compiled yet", [statistics.median(column) for column in zip(*first)])
    say("one Patient with UK Core, compiled", measure([*validate, "--package", str(UKCORE), str(patient)], arguments.runs, home))
    one = measure([*validate, "--jobs", "1", str(many)], 3, home)
    say("20,000 Synthea Patients, one core", one, len(repeated))
    corpus = [str(PERF / name) for name in ("r4-official-examples.ndjson", "uk-examples-r4.ndjson", "synthea-r4-resources.ndjson")]
    count = sum(len(resources(Path(name).name)) for name in corpus)
    say(f"corpus, R4: {count:,} resources, one core", measure([*validate, "--jobs", "1", *corpus], 3, home), count)
    gpconnect = PERF / "gpconnect-examples-stu3.ndjson"
    say("corpus, STU3: 40 resources, one core", measure([*validate, "--fhir", "STU3", "--jobs", "1", str(gpconnect)], 3, home), 40)
    say(f"corpus, R4: {count:,} resources, all cores", measure([*validate, *corpus], 3, home), count)
    bundles = sorted((PERF / "synthea-bundles").glob("*.json"))
    say(f"{len(bundles)} Synthea bundles, one core", measure([*validate, "--jobs", "1", *map(str, bundles)], 3, home))
    linked = folder / "linked.json"
    linked.write_text(json.dumps(linked_bundle(10_000)), encoding="utf-8")
    say("one Bundle with 10,000 references", measure([*validate, "--jobs", "1", str(linked)], 3, home))
    if arguments.official:
        beside(arguments, folder, validate, patient, cold, home)


def linked_bundle(count):
    """Observations that all name one Patient and their predecessor."""
    entries = [{"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000000", "resource": {"resourceType": "Patient", "id": "p"}}]
    for at in range(1, count // 2 + 1):
        entries.append({
            "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{at:012}",
            "resource": {
                "resourceType": "Observation", "id": f"o{at}", "status": "final",
                "code": {"text": "made"}, "subject": {"reference": entries[0]["fullUrl"]},
                "derivedFrom": [{"reference": entries[at - 1]["fullUrl"]}] if at > 1 else [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}],
            },
        })
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def beside(arguments, folder, validate, patient, cold, home):
    """The official validator on the same files: one alone, and many in one process."""
    official = ["bash", str(arguments.official), "run"]
    options = ["-version", "4.0", "-tx", "n/a", "-output", str(folder / "outcome.json")]
    theirs = say("official validator: one Patient, cold", measure([*official, str(patient), *options], 1))
    files = folder / "files"
    files.mkdir()
    lines = resources("synthea-r4-resources.ndjson") + resources("r4-official-examples.ndjson")
    step = max(1, len(lines) // arguments.files)
    for at, line in enumerate(lines[::step][: arguments.files]):
        (files / f"{at:05}.json").write_text(line, encoding="utf-8")
    names = sorted(map(str, files.glob("*.json")))
    theirs_many = say(f"official validator: {len(names)} files", measure([*official, *names, *options], 1))
    ours_many = say(f"plugfest: the same {len(names)} files", measure([*validate, *names], arguments.runs, home))
    one = measure([*validate, names[0]], arguments.runs, home)[0]
    warm = (theirs_many - theirs) / (len(names) - 1) / max((ours_many - one) / (len(names) - 1), 1e-9)
    print(f"cold: {theirs / cold:,.0f} times faster; for each further file: {warm:,.0f} times faster")


if __name__ == "__main__":
    main()
