#!/usr/bin/env python3
"""Measures plugfest, beside hurl where it is on the PATH, on the same server with the same requests.

    cargo build --release
    python3 benches/compare.py [--plugfest target/release/plugfest] [--hurl hurl] [--exchanges 20000] [--runs 5]

The server is `plugfest serve fhir-r4` on the loopback address. Figures are medians over the runs, taken in turn (A B A B …), as
the operating system accounts for each finished process. docs/performance.md explains them and keeps those of the last release.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKS = """      - status: 200
      - header: { name: Content-Type, media-type: application/fhir+json }
      - json: { path: $.resourceType, equals: Patient }
      - json: { path: $.id, exists: true }
      - json: { path: $.active, exists: true }
"""
ASSERTS = """HTTP 200
[Asserts]
header "Content-Type" contains "application/fhir+json"
jsonpath "$.resourceType" == "Patient"
jsonpath "$.id" exists
jsonpath "$.active" exists
"""


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, Path(folder))
        try:
            bench.start()
            bench.one_step()
            bench.default_run()
            bench.throughput(1)
            bench.throughput(2)
            bench.long_run()
        finally:
            bench.stop()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugfest", default="target/release/plugfest")
    parser.add_argument("--hurl", default=shutil.which("hurl"))
    parser.add_argument("--exchanges", type=int, default=20_000)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.plugfest = str(Path(arguments.plugfest).resolve())
        self.server = None

    def start(self):
        command = [self.plugfest, "serve", "fhir-r4", "--listen", "127.0.0.1:0"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = self.server.stdout.readline().strip()
        body = '{"resourceType":"Patient","active":true,"name":[{"family":"Benchmark"}]}'
        created = subprocess.run(
            ["curl", "-s", "-X", "POST", "-H", "Content-Type: application/fhir+json", "-d", body, f"{self.base}/Patient"],
            capture_output=True, text=True, check=True)
        self.path = f"/Patient/{json.loads(created.stdout)['id']}"
        print(f"binary {os.path.getsize(self.plugfest) / 1e6:.1f} MB")
        print(f"server {self.base}, resource {self.path}, {os.cpu_count()} cores")

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def scenario(self, name, rows):
        each = ""
        if rows > 1:
            (self.folder / "fixtures").mkdir(exist_ok=True)
            self.write(f"fixtures/{name}.csv", "name\n" + "".join(f"row-{row}\n" for row in range(rows)))
            each = f"each: {{ case: fixtures/{name}.csv }}\n"
        text = f"plugfest: 1\nscenario: {name}\ntitle: a patient is read\n{each}steps:\n  - name: read\n    send: {{ http: {{ get: {self.path}, headers: {{ Accept: application/fhir+json }} }} }}\n    checks:\n{CHECKS}"
        return self.write(f"{name}.yaml", text)

    def ours(self, scenario, *options, out="out", formats="json"):
        command = [self.plugfest, "run", scenario, "--target", self.base, "--out", str(self.folder / out), "--format", formats, "--quiet"]
        return command + list(options)

    def hurl_file(self, name, entries):
        entry = f"GET {self.base}{self.path}\nAccept: application/fhir+json\n{ASSERTS}\n"
        return self.write(f"{name}.hurl", entry * entries)

    def one_step(self):
        commands = {"plugfest": self.ours(self.scenario("one", 1))}
        if self.arguments.hurl:
            commands["hurl"] = [self.arguments.hurl, "--test", self.hurl_file("one", 1)]
        report("one step, start to exit", self.in_turn(commands, 20), 1)

    def default_run(self):
        command = [self.plugfest, "run", "fhir-r4-rest", "--out", str(self.folder / "default"), "--quiet"]
        report("default run, embedded supplier, html and json", self.in_turn({"plugfest": command}, self.arguments.runs), None)

    def throughput(self, jobs):
        count = self.arguments.exchanges
        commands = {"plugfest": self.ours(self.scenario("many", count), "--jobs", str(jobs))}
        if self.arguments.hurl:
            # hurl runs files side by side, so there are as many files as can keep all its jobs busy.
            files = [self.hurl_file(f"many-{number}", count // 20) for number in range(20)]
            commands["hurl"] = [self.arguments.hurl, "--test", "--jobs", str(jobs), "--report-json", str(self.folder / "hurl-json"), *files]
            shutil.rmtree(self.folder / "hurl-json", ignore_errors=True)
        report(f"{count} exchanges, 5 assertions each, evidence recorded, --jobs {jobs}", self.in_turn(commands, self.arguments.runs), count)

    def long_run(self):
        count = self.arguments.long
        scenario = self.scenario("long", count)
        figures = self.in_turn({"plugfest": self.ours(scenario, "--jobs", "2", out="long", formats="json")}, 1)
        report(f"{count} exchanges with {5 * count} verdicts", figures, count)
        text = Path(scenario).read_text().replace(CHECKS, CHECKS.splitlines()[0] + "\n")
        Path(scenario).write_text(text)
        figures = self.in_turn({"plugfest": self.ours(scenario, "--jobs", "2", out="long", formats="json")}, 1)
        report(f"{count} exchanges with {count} verdicts", figures, count)
        again = [self.plugfest, "report", str(self.folder / "long"), "--quiet", "--format"]
        figures = self.in_turn({"html,json,junit": again + ["html,json,junit"], "judged only": again + ["github"]}, self.arguments.runs)
        report(f"reports of {count} verdicts, read and judged again first", figures, None)

    def in_turn(self, commands, runs):
        figures = {name: [] for name in commands}
        for command in commands.values():
            measure(command)
        for _ in range(runs):
            for name, command in commands.items():
                figures[name].append(measure(command))
        return figures


def measure(command):
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        sys.exit(f"{command} ended with {process.returncode}")
    wall = time.perf_counter() - started
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(title, figures, count):
    print(f"\n{title}")
    for name, rows in figures.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*rows))
        line = f"  {name:16} wall {wall:8.4f} s   cpu {cpu:8.4f} s   peak {memory:7.1f} MB"
        if count and count > 1:
            line += f"   {count / wall:8.0f} exchanges/s   {cpu / count * 1e6:6.1f} µs cpu each"
        print(line)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
