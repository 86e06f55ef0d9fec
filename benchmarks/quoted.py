#!/usr/bin/env python3
"""The numbers that the README and the guides quote, taken from the committed results.

    python benchmarks/quoted.py            # write them into the pages
    python benchmarks/quoted.py --check    # say where a page disagrees with a result

A table stands in its page between ``<!-- quoted: NAME -->`` and ``<!-- end of NAME -->``. A sentence stands there as it
is; here is its pattern, in which {} stands for each number. A test runs the check.
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import few_labels
import zoo_table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
NUMBER = r"[+−-]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"


def result(name: str) -> Any:
    """Return a committed result."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def shares(values: list[float]) -> str:
    """Return mean ± standard deviation, without a leading zero; a spread of less than half a thousandth is left out."""
    mean, spread = statistics.fmean(values), statistics.pstdev(values)
    text = f"{mean:.3f}" + (f" ± {spread:.3f}" if spread >= 0.0005 else "")
    return re.sub(r"\b0\.", ".", text)


def anomalies() -> str:
    """Return the table of areas under the ROC curve."""
    lines = [
        "| data | RBM, −F(v) | RBM, reconstruction | isolation forest | Gaussian mixture |",
        "|---|---|---|---|---|",
    ]
    for data, found in result("anomalies").items():
        lines.append(f"| {data} | " + " | ".join(shares(values) for values in found.values()) + " |")
    return "\n".join(lines)


COMPLETERS = {
    "mean image": "the mean image",
    "RBM 500": "RBM, 500 units",
    "DBN 500-300": "DBN, 500 and 300 units",
}


def completed_digits() -> str:
    """Return the table of half-covered digits."""
    lines = [
        "| filled in by | mean squared error over covered pixels | seconds of CPU, fitting and filling |",
        "|---|---|---|",
    ]
    for name, found in result("completion")["digits"].items():
        seconds = [f"{found[key]:.0f}" for key in ("cpu_seconds_fitting", "cpu_seconds_filling") if key in found]
        lines.append(f"| {COMPLETERS[name]} | {found['error']:.4f} | ".replace(" 0.", " .") + ", ".join(seconds) + " |")
    return "\n".join(lines)


def completed_table() -> str:
    """Return the table of a table with holes."""
    lines = ["| filled in by | numbers | words |", "|---|---|---|"]
    for name, found in result("completion")["table"].items():
        ours = name.replace("RBM 50", 'RBM, `visible="mixed"`, 50 units')
        lines.append(f"| {ours} | {shares(found['numbers'])} | {shares(found['words'])} |")
    return "\n".join(lines)


def record() -> str:
    """Return the table of machines that were trained for their likelihood."""
    lines = [
        "| seed | log Z upwards, downwards | fixed test set, with log Z upwards, downwards | three fresh draws | "
        "training rows |",
        "|---|---|---|---|---|",
    ]
    for run in result("record")["runs"]:
        ways = ", ".join(f"{run[way]['value']:.2f} ± {run[way]['standard_error']:.2f}" for way in ("up", "down"))
        fixed = f"**{run['fixed']:.2f}**, {run['fixed_by_the_way_down']:.2f}"
        fresh = ", ".join(f"{nats:.2f}" for nats in run["fresh"])
        cells = (ways, fixed, fresh, f"{run['training_rows']:.2f}")
        lines.append(f"| {run['seed']} | " + " | ".join(cells).replace("-", "−") + " |")
    return "\n".join(lines)


POSTS = {
    "dnn": "97 % (all 42,000 rows)",
    "svm": "failed",
    "knn": "96 %",
    "knn-scaled": "93 %",
    "logistic": "88-89 %",
    "logistic-scaled": "89-90 %",
}


def compare() -> str:
    """Return the table of the comparison on Kaggle's rows; times as multiples of all that k-NN takes."""
    found = result("compare_kaggle")
    times = {m["model"]: [m["runs"][0][f"seconds_{step}"] for step in ("fit", "predict")] for m in found["models"]}
    unit, best = sum(times["knn"]), found["models"][0]["model"]
    p_values = {
        other: pair["p_corrected"]
        for pair in found["pairs"]
        for one, other in ((pair["first"], pair["second"]), (pair["second"], pair["first"]))
        if one == best
    }
    lines = [
        "| model | post | accuracy | 95 % interval | F1 | all runs | against the best | fit | predict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for model in found["models"]:
        name = model["model"]
        n_runs, (low, high) = len(model["runs"]), model["interval"]
        runs = f"{100 * model['mean_accuracy']:.2f} ± {100 * model['spread']:.2f} ({n_runs})" if n_runs > 1 else ""
        p = "best" if name == best else "p < 0.001" if p_values[name] < 0.001 else f"p = {p_values[name]:.3f}"
        cells = (
            f"`{name}`",
            POSTS.get(name, ""),
            f"**{100 * model['accuracy']:.2f} %**",
            f"{100 * low:.2f}-{100 * high:.2f}",
            f"{model['f1']:.4f}",
            runs,
            p,
            *(f"{seconds / unit:.1f}" for seconds in times[name]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def regression() -> str:
    """Return the table of the regressors, as the benchmark wrote it."""
    text = (RESULTS / "regression.md").read_text(encoding="utf-8")
    return text[text.index("| table") :].strip()


def walk(name: str) -> str:
    """Return the table of one of the six walks: accuracy, or R² of the patients."""
    found = result("walks")[name]
    measure = "R²" if name == "patients" else "accuracy"
    rows = {
        "the commands": "commands",
        "network, all rows": "network",
        "boosted trees": "boosted trees",
        "ridge regression" if name == "patients" else "logistic regression": "line",
    }
    lines = [f"| {measure} on the {found['n_test']} rows to measure on | |", "|---|---|"]
    for label, key in rows.items():
        spread = f" ± {found[key]['sd']:.3f}" if found[key]["n"] > 1 else ""
        lines.append(f"| {label} | {found[key]['mean']:.3f}{spread} |")
    return "\n".join(lines)


def walk_sensors() -> str:
    """Return the table of the places of the broken rows."""
    lines = ["| places of the eight broken rows among 1,500, the most unusual first | |", "|---|---|"]
    for way, places in result("walks")["sensors"]["rank_of_broken_rows"].items():
        label = f"network {way}" if way.startswith("by ") else BESIDE.get(way, way)
        lines.append(f"| {label} | {', '.join(map(str, places))} |")
    return "\n".join(lines)


BESIDE = {"normal distribution": "one normal distribution (Mahalanobis distance)"}
WALKS = ("penguins", "patients", "pieces", "words", "survey")
TABLES = {
    "anomalies": ("docs/guide/distribution.md", anomalies),
    "compare": ("docs/guide/compare.md", compare),
    "completed_digits": ("docs/guide/distribution.md", completed_digits),
    "completed_table": ("docs/guide/distribution.md", completed_table),
    "few_labels": ("docs/guide/few-labels.md", lambda: few_labels.table(result("few_labels")["records"])),
    "record": ("docs/guide/distribution.md", record),
    "regression": ("docs/guide/targets.md", regression),
    "walk_sensors": ("docs/guide/walks.md", walk_sensors),
    **{f"walk_{name}": ("docs/guide/walks.md", partial(walk, name)) for name in WALKS},
    "zoo_preset": ("docs/guide/records.md", lambda: zoo_table.preset_table(result("zoo"))),
    "zoo": ("docs/guide/your-data.md", lambda: zoo_table.table(result("zoo"))),
}


def sentences() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield page, pattern and numbers of each sentence that quotes a result."""
    few = result("few_labels")["records"]
    error = {name: few_labels.spread_of(few, name, 100)[0] for name in few_labels.NAMES}
    dbn, spread, svm = error["dbn"], error["label-spreading"], error["svm"]
    few_words = "the test error is {} %; label spreading alone has {} %, a support vector machine {} %"
    yield "README.md", few_words, (f"{dbn:.1f}", f"{spread:.1f}", f"{svm:.1f}")
    worth = "docs/questions/when-is-it-worth-it.md"
    few_words = "the network has {} % test error with 100 labels of MNIST, an SVM on the pixels {} %"
    yield worth, few_words, (f"{dbn:.2f}", f"{svm:.2f}")

    words = "is {} % from random weights, {} % from a pretrained net, and {} % if fine-tuning uses the unlabelled rows"
    yield worth, words, tuple(f"{error[name]:.2f}" for name in ("random-weights", "dbn-labels-only", "dbn"))

    gpu = result("few_labels_gpu")["errors"]
    numbers = [
        f"{of(gpu[f'{n} labels, rate 0.8']):.2f}" for n in (100, 1000) for of in (statistics.fmean, statistics.stdev)
    ]
    words = "give {} ± {} at 100 labels and {} ± {} at 1,000"
    yield "docs/guide/few-labels.md", words, tuple(numbers)

    recipe = result("kaggle_recipe")
    seeds = [f"{100 * run['accuracy']:.2f}" for run in recipe["runs"]]
    mean = f"{100 * recipe['accuracy_mean']:.2f}"
    yield "README.md", "**{} %** (seeds 0–2: {}, {}, {})", (mean, *seeds)
    yield "docs/guide/kaggle.md", "**{} %** on average (seeds 0 to 2: {}, {}, {} %", (mean, *seeds)
    ratios = sorted(run["ratio"] for run in recipe["runs"])
    yield (
        "README.md",
        "busy with other work | | {} ({}–{}) |",
        tuple(f"{r:.2f}" for r in (ratios[1], ratios[0], ratios[2])),
    )

    models = {m["model"]: f"{100 * m['accuracy']:.2f}" for m in result("compare_kaggle")["models"]}
    yield worth, "{} % beside {} % on MNIST with 21,000 rows", (models["svm"], models["dnn"])
    random = result("compare_random")["models"][0]
    words = "gives {} % for seed 0, and {} ± {} % over three seeds"
    numbers = [f"{100 * random[key]:.2f}" for key in ("accuracy", "mean_accuracy", "spread")]
    yield "docs/guide/compare.md", words, tuple(numbers)

    four = tuple(f"{float(models[name]):.1f}" for name in ("logistic", "svm", "knn", "dnn"))
    yield "docs/guide/kaggle.md", "[What comes out](compare.md): {}, {}, {} and {} %", four

    found = result("likelihood")
    runs, ways = found["runs"], ("up", "down")
    words = (
        "published log Z = {} for a machine with 500 hidden units, and {} nats on their binarised test set. With {} "
        "temperatures and 100 chains, deepbelief finds log Z = {} ± {}, {} ± {} and {} ± {} upwards, and {} ± {}, "
        "{} ± {} and {} ± {} downwards (seeds 0 to 2). On average that makes {} and {} nats. One thread took {} and {} "
        "seconds of the processor, {} times as long as the matrix products upwards"
    )
    of_runs = [run[way][key] for way in ways for run in runs for key in ("log_partition", "standard_error")]
    means = [statistics.fmean(run[way]["mean_test_log_likelihood"] for run in runs) for way in ways]
    numbers = [f"{number:.2f}".replace("-", "−") for number in (*found["published"].values(), *of_runs, *means)]
    numbers.insert(2, f"{found['n_temperatures']:,}")
    numbers += [f"{statistics.fmean(run[way]['processor_seconds'] for run in runs):.0f}" for way in ways]
    ratios = [run["up"]["processor_seconds"] / run["processor_seconds_of_products_up"] for run in runs]
    yield "docs/guide/distribution.md", words, (*numbers, f"{statistics.fmean(ratios):.2f}")

    runs = result("ising")["runs"]
    words = "come within {} nats of the true log-likelihood of test rows at temperature 1.5, {} at 2.27 and {} at 3.5"
    short_by = [max(run["short_by"] for run in runs if run["temperature"] == t) for t in (1.5, 2.27, 3.5)]
    yield "docs/guide/distribution.md", words, tuple(f"{short:.3f}" for short in short_by)
    off = {
        method: max(abs(run[method][f"{of}_errors_off"]) for run in runs for of in ("energy", "abs_magnetisation"))
        for method in ("gibbs", "tempered")
    }
    words = (
        "Energy and magnetisation of tempered samples lie within {} standard errors of the exact ones, those of plain "
        "chains within {}"
    )
    yield "docs/guide/distribution.md", words, (f"{off['tempered']:.1f}", f"{off['gibbs']:.1f}")

    speed_ups = result("parallel")["batches"]
    numbers = []
    for rows in ("1000", "100"):
        a, b, c = sorted(speed_ups[rows]["speed_up"])
        numbers += [f"{x:.2f}" for x in (b, a, c)]
    words = "{} times as fast with batches of 1,000 rows ({}–{}), and {} times with batches of 100 rows ({}–{})"
    yield "docs/guide/scaling.md", words, tuple(numbers)

    page = result("page")
    words = "The page has {} MB. Of 200 test images none gets another class than in Python"
    yield "docs/guide/seeing.md", words, (f"{page['megabytes']:.1f}",)
    drawn = page["drawings_read"]
    words = "{} are read rightly. If they are not brought into the frame of the data, {} are"
    yield "docs/guide/seeing.md", words, (str(drawn["framed"]), str(drawn["as drawn"]))

    found = result("diagnosis")
    quiet = sum(not findings for runs in found["healthy"].values() for findings in runs)
    words = "They were tried on {} runs that were broken on purpose"
    yield "docs/guide/seeing.md", words, (str(found["broken_runs"]),)
    yield "docs/guide/seeing.md", "{} of them have no finding", (str(quiet),)

    kills = result("kill_loop")
    yield "docs/reliability.md", "| SIGKILLs | {} |", (str(kills["kills"]),)
    yield "docs/reliability.md", "| models compared with undisturbed ones | {} |", (str(kills["models compared"]),)

    differences = {name: d for name, r in result("zoo")["sets"].items() if (d := zoo_table.difference(r)) is not None}
    near = sum(d >= -zoo_table.CLOSE for d in differences.values())
    ahead = sum(d > 0 for d in differences.values())
    words = (
        "On {} of {} sets `DBNClassifier` is within two points of the better of logistic regression and MLPClassifier, "
        "or ahead; on {} it is ahead"
    )
    yield "docs/guide/your-data.md", words, (str(near), str(len(differences)), str(ahead))


def pattern(words: str) -> re.Pattern[str]:
    """Return what finds a sentence, wherever its lines break."""
    text = r"\s+".join(re.escape(word).replace(r"\{\}", f"({NUMBER})") for word in words.split())
    return re.compile(text)


def quoted(text: str, page: str) -> str:
    """Return a page with the numbers of the results."""
    for name, (home, table) in TABLES.items():
        if home == page:
            start, end = f"<!-- quoted: {name} -->\n", f"\n<!-- end of {name} -->"
            head, found, rest = text.partition(start)
            _, closed, tail = rest.partition(end)
            if not found or not closed:
                raise SystemExit(f"{page}: the marks of the table {name} are missing")
            text = head + start + table() + end + tail
    for home, words, numbers in sentences():
        if home == page:
            match = pattern(words).search(text)
            if match is None:
                raise SystemExit(f"{page}: there is no sentence “{words}”; change it in benchmarks/quoted.py too")
            for group in range(len(numbers), 0, -1):
                begin, end_ = match.span(group)
                text = text[:begin] + numbers[group - 1] + text[end_:]
    return text


def pages() -> list[str]:
    """Return the pages that quote something."""
    return sorted({home for home, _ in TABLES.values()} | {home for home, _, _ in sentences()})


def disagreements() -> list[str]:
    """Return a line for each page that does not say what the results say."""
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in pages()}
    return [
        f"{page}: python benchmarks/quoted.py mends it" for page, text in texts.items() if quoted(text, page) != text
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        sys.exit("\n".join(disagreements()) or 0)
    for page in pages():
        (ROOT / page).write_text(quoted((ROOT / page).read_text(encoding="utf-8"), page), encoding="utf-8")
