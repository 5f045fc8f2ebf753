#!/usr/bin/env python3
"""Runs the test files of LanceDB's own clients against a server of ours, and writes the table of docs/compatibility.md.

    client_tests.py run CLIENT TESTS URL OUT FILE...    e.g. run python-0.40.0 lancedb/python/python/tests http://127.0.0.1:10024 out test_query
    client_tests.py report CLIENT OUT...                what passed, what is excluded and why, what failed; 1 if under 95 %
    client_tests.py table CLIENT OUT...                 the same into docs/compatibility.md

CLIENT names a file CLIENT.excluded beside this one: tests that cannot apply to a remote table, under the reason of each.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "compatibility.md"
WANTED = 0.95


def run(client, tests, url, out, files):
    out = pathlib.Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, LANCELOT_URL=url)
    for file in files:
        if client.startswith("python"):
            environment["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
            command = [sys.executable, "-m", "pytest", "-p", "redirect", "-q", "--timeout", "20", "--no-header", "--tb=short"]
            command += ["-p", "no:cacheprovider", "-o", "asyncio_mode=auto", f"--junitxml={out / file}.xml", f"{file}.py"]
            where = tests
        else:
            environment["LANCEDB_TESTS"] = str(pathlib.Path(tests).resolve())
            environment.setdefault("LANCEDB_PACKAGE", os.path.abspath("node_modules/@lancedb/lancedb"))
            command = ["node", "node_modules/.bin/jest", "--config", str(HERE / "jest.config.js"), "--forceExit", "--json"]
            command += [f"--outputFile={out / file}.json", f"__test__/{file}.test.ts"]
            where = "."
        with open(out / f"{file}.log", "w") as log:
            subprocess.run(command, cwd=where, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
        print((out / f"{file}.log").read_text().rstrip().splitlines()[-1])


def outcomes(folders):
    """For each file: name of test -> None, or why it failed. Tests that skip themselves are left out."""
    found = {}
    for result in sorted(path for folder in folders for path in pathlib.Path(folder).glob("*")):
        if result.suffix == ".xml":
            cases = found.setdefault(result.stem, {})
            for case in ElementTree.parse(result).iter("testcase"):
                if case.find("skipped") is not None:
                    continue
                failure = case.find("failure") if case.find("failure") is not None else case.find("error")
                group = case.get("classname").rpartition(".")[2]
                name = case.get("name") if group.startswith("test_") else f"{group}.{case.get('name')}"
                cases[name] = None if failure is None else (failure.get("message") or "") + "\n" + (failure.text or "")
        elif result.suffix == ".json":
            cases = found.setdefault(result.stem, {})
            again = collections.Counter()
            for suite in json.loads(result.read_text())["testResults"]:
                for case in suite["assertionResults"]:
                    if case["status"] not in ("passed", "failed"):
                        continue
                    # The suites run once for each version of Arrow, under the same names.
                    name = case["fullName"]
                    again[name] += 1
                    name += f"[{again[name]}]" if again[name] > 1 else ""
                    cases[name] = None if case["status"] == "passed" else "\n".join(case["failureMessages"])
    return found


def exclusions(client):
    reasons, reason = {}, None
    for line in (HERE / f"{client}.excluded").read_text().splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line.strip():
            reasons[line.strip()] = reason
    return reasons


def why_excluded(reasons, file, name):
    without_parameters = re.sub(r"\[.*\]$", "", name)
    return reasons.get(f"{file}::{name}") or reasons.get(f"{file}::{without_parameters}")


def judge(client, folders):
    reasons = exclusions(client)
    rows, why, failed = [], collections.Counter(), []
    for file, cases in outcomes(folders).items():
        passed = excluded = 0
        for name, failure in cases.items():
            reason = why_excluded(reasons, file, name)
            if failure is None:
                passed += 1
                if reason:
                    print(f"passes, though excluded: {file}::{name}", file=sys.stderr)
            elif reason:
                excluded += 1
                why[reason] += 1
            else:
                failed.append((f"{file}::{name}", failure))
        rows.append((file, passed, excluded, len(cases) - passed - excluded))
    rows.append(("together", *(sum(row[i] for row in rows) for i in (1, 2, 3))))
    return rows, why, failed


def markdown(client, rows, why, failed):
    lines = [f"| {client} | Passed | Excluded | Failed | Passed of what applies |", "|---|---|---|---|---|"]
    lines += [f"| {file} | {p} of {p + e + f} | {e} | {f} | {100 * p // max(1, p + f)} % |" for file, p, e, f in rows]
    lines += ["", "Excluded:", ""] + [f"- {count}: {reason}" for reason, count in why.most_common()]
    if failed:
        lines += ["", "Failed: " + ", ".join(f"`{name.partition('::')[2]}`" for name, _ in failed) + "."]
    return "\n".join(lines)


def main(command, client, *rest):
    if command == "run":
        tests, url, out, *files = rest
        run(client, tests, url, out, files)
        return 0
    rows, why, failed = judge(client, rest)
    text = markdown(client, rows, why, failed)
    if command == "table":
        begin, end = f"<!-- {client} -->\n", f"\n<!-- end of {client} -->"
        page = PAGE.read_text()
        before, _, after = page.partition(begin)
        PAGE.write_text(before + begin + text + end + after.partition(end)[2])
        return 0
    print(text)
    for name, failure in failed:
        errors = [line for line in failure.splitlines() if line.startswith("E ")] or failure.splitlines()
        print(f"{name}: {errors[0][:300]}")
    _, passed, _, open_ = rows[-1]
    return 0 if passed >= WANTED * (passed + open_) else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
