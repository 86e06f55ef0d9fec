"""The results of the zoo as a Markdown table, and what they come to."""

from statistics import fmean, pstdev
from typing import Any

CLOSE = 2.0  # points behind the better baseline that are still as good
AT_CHANCE = 0.02  # above one over the number of classes
HEAD = (
    "| data | what it is | logistic regression | MLP | boosted trees | DBNClassifier | points beside the better of LR "
    "and MLP | RBM features + LR | warnings |\n|---|---|---|---|---|---|---|---|---|"
)


def table(results: dict[str, Any]) -> str:
    """Return a line for each set: balanced accuracies in per cent, mean over the seeds (± standard deviation)."""
    lines = [row(name, record) for name, record in results["sets"].items()]
    return "\n".join([HEAD, *lines]) + "\n\n† The constants of the defaults were chosen with a look at these sets."


def row(name: str, record: dict[str, Any]) -> str:
    trials, ahead = record["trials"], difference(record)
    size = f"{record['rows']} × {record['features']}, {record['classes']} classes{', sparse' * record['sparse']}"
    cells = [
        name + " †" * record["tuned"],
        f"{record['about']} {size}",
        *(percent(trials.get(method)) for method in ("logistic", "mlp", "boosting")),
        percent(trials.get("dbn"), spread=True),
        "" if ahead is None else f"{ahead:+.1f}".replace("-", "−"),
        percent(trials.get("rbm-features")),
        ", ".join(sorted({text.partition(":")[0] for t in trials.get("dbn", []) for text in t["warnings"]})),
    ]
    return "| " + " | ".join(cells) + " |"


def mean(trials: list[dict[str, Any]]) -> float:
    """Return the mean balanced accuracy in per cent."""
    return 100 * fmean(t["score"] for t in trials)


def percent(trials: list[dict[str, Any]] | None, *, spread: bool = False) -> str:
    if not trials:
        return ""
    deviation = 100 * pstdev(t["score"] for t in trials)
    return f"{mean(trials):.1f}" + (f" ± {deviation:.1f}" if spread else "")


def preset_table(results: dict[str, Any]) -> str:
    """Return balanced accuracies of ``--preset accurate`` beside the defaults, on the sets where both were measured."""
    lines = ["| data | `accurate` | `posts` |", "|---|---|---|"]
    for name, record in results["sets"].items():
        trials = record["trials"]
        if "dbn-accurate" in trials:
            cells = (percent(trials[method], spread=True) for method in ("dbn-accurate", "dbn"))
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def difference(record: dict[str, Any]) -> float | None:
    """Return by how many points the classifier is ahead of the better of logistic regression and MLP."""
    trials = record["trials"]
    if not {"logistic", "mlp", "dbn"} <= trials.keys():
        return None
    return mean(trials["dbn"]) - max(mean(trials["logistic"]), mean(trials["mlp"]))


def silent_chance(record: dict[str, Any]) -> int:
    """Return how many fits ended at chance and did not say so: a UserWarning is about the data, not about learning."""
    limit = 1 / record["classes"] + AT_CHANCE
    return sum(
        t["score"] <= limit and all(text.startswith("UserWarning:") for text in t["warnings"])
        for t in record["trials"].get("dbn", [])
    )


def summary(results: dict[str, Any]) -> str:
    """Return on how many sets the classifier is as good, ahead, or at chance without a word."""
    differences = {name: d for name, record in results["sets"].items() if (d := difference(record)) is not None}
    if not differences:
        return f"{len(results['sets'])} sets; DBNClassifier or its baselines have not been measured yet."
    behind = sorted((d, name) for name, d in differences.items() if d < -CLOSE)
    silent = [name for name, record in results["sets"].items() if silent_chance(record)]
    lines = [
        f"{len(differences)} sets: within {CLOSE:g} points of the better of logistic regression and MLP, or ahead, on "
        f"{len(differences) - len(behind)}; ahead on {sum(d > 0 for d in differences.values())}.",
        "Behind: " + (", ".join(f"{name} ({d:+.1f})".replace("-", "−") for d, name in behind) or "none") + ".",
        "At chance without a warning with one seed or more: " + (", ".join(silent) or "none") + ".",
    ]
    return "\n".join(lines)
