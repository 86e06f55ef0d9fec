"""The walks of the guide: their commands are commands with these options, and their tables say what was measured."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from deepbelief.cli.main import deepbelief

ROOT = Path(__file__).parent.parent
WALKS = (ROOT / "docs" / "guide" / "walks.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^deepbelief (.+)$", WALKS, flags=re.MULTILINE)
RESULTS = json.loads((ROOT / "benchmarks" / "results" / "walks.json").read_text(encoding="utf-8"))
SECTIONS = {
    "penguins": "words and holes",
    "patients": "number to predict",
    "pieces": "colour pictures",
    "words": "Counts of words",
    "survey": "Categories of a survey",
}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_taken_as_it_is_written(line):
    name, *arguments = shlex.split(line)
    with click.Context(deepbelief) as above:
        command = deepbelief.get_command(above, name)
        assert command is not None
        assert command.make_context(name, arguments, parent=above).params


def test_each_walk_previews_trains_looks_and_uses():
    for walk in (*SECTIONS, "sensors"):
        done = {line.split()[0] for line in COMMANDS if walk in line}
        assert {"preview", "train"} < done


@pytest.mark.parametrize("walk", SECTIONS)
def test_the_tables_say_what_was_measured(walk):
    text = next(part for part in WALKS.split("\n## ") if part.partition("\n")[0].endswith(SECTIONS[walk]))
    rows = dict(re.findall(r"^\| ([a-z ]+) \| ([-\d.± ]+) \|$", text, flags=re.MULTILINE))
    line = "ridge regression" if walk == "patients" else "logistic regression"
    for name, key in (("network", "network"), ("boosted trees", "boosted trees"), (line, "line")):
        found = RESULTS[walk][key]
        spread = f" ± {found['sd']:.3f}" if found["n"] > 1 else ""
        assert rows[name] == f"{found['mean']:.3f}{spread}"


def test_the_ranks_are_those_that_were_measured():
    ranks = RESULTS["sensors"]["rank_of_broken_rows"]
    assert len(ranks) == 8
    for way, places in ranks.items():
        name = f"network {way}" if way.startswith("by ") else way
        assert re.search(rf"^\| .*{name}.* \| {', '.join(map(str, places))} \|$", WALKS, flags=re.MULTILINE)
