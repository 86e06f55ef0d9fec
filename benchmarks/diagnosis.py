#!/usr/bin/env python3
"""Count what the diagnosis finds in runs broken on purpose, and what it finds in healthy ones.

    python benchmarks/diagnosis.py [--mnist DIR] [--out benchmarks/results/diagnosis.json] [--only WORDS ...]

Every run is made with three seeds. A broken run is a hit when the finding that its fault calls for is among those made;
a healthy run with any finding, or with the warning of ``fit`` that nothing was learned, is a false alarm. The advice of
all findings of a run is searched for words that contradict each other. MNIST's runs are left out without --mnist; with
--only, the other kinds stay as they are in the file.
"""

import argparse
import json
import re
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

from diagnosis_kinds import BROKEN, HEALTHY, Run, mnist_kinds
from diagnosis_runs import Findings

from deepbelief.core.finding import Finding

SEEDS = (0, 1, 2)
OPPOSITES = {"lower": "higher", "higher": "lower", "fewer": "more", "more": "fewer", "less": "more"}
CHANGES = re.compile(
    r"\b(lower|higher|fewer|more|less) (learning rate|fine-tuning rate|softmax rate|passes|hidden units|weight decay)"
)


def made(run: Run) -> list[Findings]:
    """Make a run with every seed and return what was found."""
    return [run(seed) for seed in SEEDS]


def names(findings: Findings) -> list[str]:
    """Return findings by name."""
    return [finding.name if isinstance(finding, Finding) else finding for finding in findings]


def contradictions(findings: Findings) -> list[str]:
    """Return pairs of findings whose advice pulls in opposite directions."""
    advised = [(one.name, CHANGES.findall(one.advice)) for one in findings if isinstance(one, Finding)]
    return [
        f"{name} and {other}: {what}"
        for (name, changes), (other, other_changes) in combinations(advised, 2)
        for direction, what in changes
        if (OPPOSITES[direction], what) in other_changes
    ]


def summary(broken: dict[str, Any], healthy: dict[str, Any]) -> dict[str, Any]:
    """Return the counts over all runs, and what they are made of."""
    runs = [(kind, set(run["expected"]), found) for kind, run in broken.items() for found in run["found"]]
    missed = [f"{kind}: {found}" for kind, expected, found in runs if not expected & set(found)]
    quiet = [(kind, found) for kind, runs_of_kind in healthy.items() for found in runs_of_kind]
    alarms = [f"{kind}: {found}" for kind, found in quiet if found]
    opposed = [one for run in broken.values() for one in run["contradictions"]]
    print(f"\nHits: {len(runs) - len(missed)} of {len(runs)} broken runs; missed: {missed or 'none'}")
    print(f"False alarms: {len(alarms)} of {len(quiet)} healthy runs: {alarms or 'none'}")
    print(f"Contradictions: {opposed or 'none'}")
    return {
        "seeds": SEEDS,
        "hits": len(runs) - len(missed),
        "broken_runs": len(runs),
        "false_alarms": len(alarms),
        "healthy_runs": len(quiet),
        "contradictions": len(opposed),
        "broken": broken,
        "healthy": healthy,
    }


def main() -> None:
    """Make all runs, print and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's IDX files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "diagnosis.json")
    parser.add_argument("--only", nargs="+", metavar="WORDS", help="kinds with any of these in their names")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # inputs outside [0, 1] are meant

    on_mnist = mnist_kinds(arguments.mnist) if arguments.mnist else ({}, {})
    kinds, quiet = BROKEN | on_mnist[0], HEALTHY | on_mnist[1]
    known = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.only else {"broken": {}, "healthy": {}}
    broken, healthy = known["broken"], known["healthy"]
    for kind in kinds | quiet:
        if arguments.only and not any(words in kind for words in arguments.only):
            continue
        if kind in kinds:
            expected, run = kinds[kind]
            found = made(run)
            broken[kind] = {
                "expected": sorted(expected),
                "found": [names(findings) for findings in found],
                "contradictions": [one for findings in found for one in contradictions(findings)],
            }
            print(kind, broken[kind], flush=True)
        else:
            healthy[kind] = [names(findings) for findings in made(quiet[kind])]
            print(kind, healthy[kind], flush=True)
    if not arguments.mnist:
        print("MNIST was left out; name its folder with --mnist")
    result = summary(broken, healthy)
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
