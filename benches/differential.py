#!/usr/bin/env python3
"""Compares `plugfest fhir validate` with the official FHIR validator on mutated resources.

Real resources of the corpus in ../shared are changed in one place each (an element dropped, renamed, retyped, emptied or
doubled; a bad code, date, address, number, narrative or extension), both validators look at them, and what they say is
compared: valid or invalid, leaving out errors that rest on terminology or on the network.

    SUTS_HOME=… ../shared/suts/java-validator.sh install && … start
    python3 benches/differential.py --seed 7 --count 300 --set r4 [--set ukcore --set gpconnect]

Nothing that is downloaded or made here is committed. Everything is derived from the seed, so a run can be repeated.
"""

import argparse
import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
PERF = SHARED / "data/fhir/perf"

SETS = {
    # name: (files, Java version, our version, packages)
    "r4": (["r4-official-examples.ndjson", "synthea-r4-resources.ndjson"], "4.0", "R4", []),
    "ukcore": (["uk-examples-r4.ndjson"], "4.0", "R4", ["fhir.r4.ukcore.stu2#2.0.2"]),
    "gpconnect": (["gpconnect-examples-stu3.ndjson"], "3.0", "STU3", ["gpc.stu3.fhir-assets#1.1.3"]),
}

# Messages of the official validator that rest on terminology, on the network, or on packages that it could not load.
ELSEWHERE = re.compile(
    r"terminolog|value ?set|code ?system|unknown code|display name|not found in the value|codings? provided|"
    r"no code provided|could not be (found|resolved),? so|unable to (connect|resolve)|tx\.fhir|cannot be (validated|checked)|"
    r"system uri could not be determined|ucum|mime|currency|bcp|language|example urls are not allowed",
    re.IGNORECASE,
)


def paths_of(node, path=()):
    """Every place below a resource, outermost first."""
    if isinstance(node, dict):
        for key in list(node):
            yield path + (key,)
            yield from paths_of(node[key], path + (key,))
    elif isinstance(node, list):
        for at in range(len(node)):
            yield path + (at,)
            yield from paths_of(node[at], path + (at,))


def parent_of(root, path):
    here = root
    for step in path[:-1]:
        here = here[step]
    return here


def drop(root, path, pick):
    del parent_of(root, path)[path[-1]]


def rename(root, path, pick):
    if not isinstance(path[-1], str):
        return False
    holder = parent_of(root, path)
    holder[path[-1] + pick.choice(["x", "s", "_", "X"])] = holder.pop(path[-1])


def retype(root, path, pick):
    holder = parent_of(root, path)
    value = holder[path[-1]]
    others = [7, "text", True, {"value": "text"}, ["text"], 1.5]
    holder[path[-1]] = pick.choice([other for other in others if type(other) is not type(value)])


def empty(root, path, pick):
    parent_of(root, path)[path[-1]] = pick.choice(["", {}, [], None])


def double(root, path, pick):
    holder = parent_of(root, path)
    value = holder[path[-1]]
    if isinstance(holder, list):
        holder.append(copy.deepcopy(value))
    elif isinstance(value, list) and value:
        value.append(copy.deepcopy(value[0]))
    else:
        holder[path[-1]] = [value, copy.deepcopy(value)]


def text_as(words, wanted):
    def change(root, path, pick):
        holder = parent_of(root, path)
        if not isinstance(holder[path[-1]], str) or not wanted(path, holder[path[-1]]):
            return False
        holder[path[-1]] = pick.choice(words)
    return change


DATE = re.compile(r"^\d{4}-\d\d")
bad_date = text_as(["2020-13-01", "2021-02-30", "20-01-01", "2020-1-1", "2020-01-01T10:00", "2020-01-01T25:00:00Z", "yesterday", "2020-01-01 10:00:00", "1599-00-00"],
                   lambda path, value: bool(DATE.match(value)))
bad_code = text_as([" active", "no such code", "ACTIVE", "activ", "a  b", "x\ty"],
                   lambda path, value: path[-1] in ("status", "code", "use", "gender", "intent", "type", "mode", "priority", "unit"))
bad_uri = text_as(["not a uri", "http://", "urn:uuid:123", "urn:oid:9.x", "http://exa mple.org/x", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"],
                  lambda path, value: ":" in value and path[-1] in ("system", "url", "reference", "profile", "fullUrl", "uri", "canonical"))
bad_reference = text_as(["Patient", "Patient/", "/Patient/1", "#nobody", "Nothing/1", "Patient/a b"],
                        lambda path, value: path[-1] == "reference")


def bad_number(root, path, pick):
    holder = parent_of(root, path)
    value = holder[path[-1]]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    holder[path[-1]] = pick.choice([-1, 99999999999, 1.5, "12", -0.5])


def narrative(root, path, pick):
    text = root.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    if not isinstance(div, str):
        root["text"] = {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Made</p></div>"}
        div = root["text"]["div"]
    inside = pick.choice(["<script>alert(1)</script>", "<p onclick=\"x()\">Hello</p>", "<form></form>", "<p>", "&nosuch;", "<blink>x</blink>", "<a href=\"javascript:x()\">x</a>", ""])
    at = div.find(">") + 1
    root["text"]["div"] = div[:at] + inside + div[at:] if inside else pick.choice(["", "<div></div>", "text", "<p>no div</p>"])


def extension(root, path, pick):
    holder = root
    for step in path:
        holder = holder[step]
    if not isinstance(holder, dict):
        return False
    holder.setdefault(pick.choice(["extension", "modifierExtension"]), []).append(pick.choice([
        {"url": "http://example.org/unknown", "valueString": "x"},
        {"url": "relative", "valueString": "x"},
        {"valueString": "x"},
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueString": "x"},
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"},
        {"url": "http://example.org/both", "valueString": "x", "extension": [{"url": "a", "valueString": "b"}]},
    ]))


MUTATIONS = [drop, rename, retype, empty, double, bad_code, bad_date, bad_uri, bad_reference, bad_number, narrative, extension]


def mutant(resource, pick):
    """One changed copy, and what was done; every tenth stays as it is."""
    if pick.random() < 0.1:
        return copy.deepcopy(resource), "as it is", ""
    for _ in range(60):
        made = copy.deepcopy(resource)
        places = [path for path in paths_of(made) if path != ("resourceType",)]
        if not places:
            break
        path, how = pick.choice(places), pick.choice(MUTATIONS)
        try:
            if how(made, path, pick) is not False:
                return made, how.__name__ if how.__name__ != "change" else "bad text", ".".join(map(str, path))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
    return copy.deepcopy(resource), "as it is", ""


def read(names):
    lines = [line for name in names for line in (PERF / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [json.loads(line) for line in lines if len(line) < 60_000]


def official(files, version, packages, out):
    """The official validator's errors by file name: those that do not rest on terminology or the network."""
    command = [str(SHARED / "suts/java-validator.sh"), "run", *map(str, files), "-version", version, "-tx", "n/a", "-output", str(out)]
    for package in packages:
        command += ["-ig", package]
    if not out.exists():
        subprocess.run(["bash", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    outcome = json.loads(out.read_text(encoding="utf-8"))
    outcomes = [entry["resource"] for entry in outcome.get("entry", [])] if outcome["resourceType"] == "Bundle" else [outcome]
    errors = {}
    for found in outcomes:
        name = next((e["valueString"] for e in found.get("extension", []) if e["url"].endswith("operationoutcome-file")), None)
        name = Path(name).name if name else files[0].name
        graves = [issue for issue in found.get("issue", []) if issue["severity"] in ("fatal", "error")]
        texts = [(issue.get("details", {}).get("text", ""), ", ".join(issue.get("expression", []))) for issue in graves]
        errors[name] = [f"{text} @ {where}" for text, where in texts if not ELSEWHERE.search(text)]
    return errors


def ours(binary, folder, version, packages):
    command = [str(binary), "fhir", "validate", str(folder), "--fhir", version, "--format", "ndjson", "--quiet"]
    for package in packages:
        name, number = package.split("#")
        command += ["--package", str(SHARED / f"data/fhir/packages/{name}-{number}.tgz")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode in (2, 4):
        sys.exit(found.stderr)
    errors = {}
    for line in found.stdout.splitlines():
        record = json.loads(line)
        graves = [issue for issue in record["issues"] if issue["severity"] in ("fatal", "error") and issue["kind"] not in ("undecided", "binding")]
        errors[Path(record["file"]).name] = [f"{issue['message']} @ {issue['expression']}" for issue in graves]
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--set", action="append", choices=SETS, dest="sets")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/plugfest")
    parser.add_argument("--keep", type=Path, help="where to keep the mutants and both outcomes; an outcome of the official validator that is kept there is not made again")
    parser.add_argument("--official-only", action="store_true", help="only make the official validator's outcomes, for later")
    parser.add_argument("--show", type=int, default=40, help="how many disagreements to print")
    arguments = parser.parse_args()
    total, agreed = 0, 0
    for name in arguments.sets or list(SETS):
        files, java_version, version, packages = SETS[name]
        pick = random.Random(f"{arguments.seed}/{name}")
        corpus = read(files)
        folder = Path(arguments.keep or tempfile.mkdtemp()) / f"{name}-{arguments.seed}"
        mutants = folder / "mutants"
        mutants.mkdir(parents=True, exist_ok=True)
        done = {}
        for at in range(arguments.count):
            made, how, where = mutant(pick.choice(corpus), pick)
            file = mutants / f"{at:05}.json"
            file.write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
            done[file.name] = (how, where, made.get("resourceType"))
        theirs = official(sorted(mutants.glob("*.json")), java_version, packages, folder / "official.json")
        if arguments.official_only:
            print(f"{name}: {len(theirs)} outcomes of the official validator in {folder}")
            continue
        mine = ours(arguments.binary, mutants, version, packages)
        (folder / "both.json").write_text(json.dumps({"official": theirs, "ours": mine, "mutations": done}, indent=1))
        differing, kinds = [], Counter()
        for file, (how, where, kind) in done.items():
            left, right = theirs.get(file), mine.get(file)
            if left is None or right is None:
                differing.append((file, how, where, kind, ["no outcome"], right or []))
            elif bool(left) != bool(right):
                differing.append((file, how, where, kind, left, right))
                kinds["missed" if left else "accused"] += 1
        count = len(done)
        total, agreed = total + count, agreed + count - len(differing)
        print(f"{name}: {count - len(differing)} of {count} agree ({100 * (count - len(differing)) / count:.1f} %), {dict(kinds)}, seed {arguments.seed}")
        for file, how, where, kind, left, right in differing[: arguments.show]:
            print(f"  {file} {kind}: {how} {where}\n      official: {left[:2]}\n      ours:     {right[:2]}")
    if total:
        print(f"all: {agreed} of {total} agree ({100 * agreed / total:.1f} %)")


if __name__ == "__main__":
    main()
