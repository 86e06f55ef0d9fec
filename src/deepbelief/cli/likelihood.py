"""``deepbelief likelihood``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepbelief.cli.options import data_argument, echo_json, json_option, model_argument, seed_option

if TYPE_CHECKING:
    from deepbelief.experiment import Likelihood

_WAYS = {"exact": "by enumeration", "ais": "up from independent units", "reverse-ais": "down from samples"}


@click.command()
@model_argument
@data_argument
@seed_option("Of the chains; another number gives another estimate.")
@json_option
def likelihood(model: Path, data: str, seed: int, as_json: bool) -> None:
    """Say how probable DATA are under MODEL, which has one layer.

    Prints the mean log-likelihood in nats. Its partition function is exact for small machines, with up to 22 binary
    units in a layer. For others it is estimated by annealed importance sampling in both directions, and again with
    twice the temperatures, which takes minutes; a sentence says whether the estimates agree.
    """
    from deepbelief import experiment

    found = experiment.likelihood(model, data, seed)
    if as_json:
        echo_json(found)
        return
    click.echo(_text(found))


def _text(found: "Likelihood") -> str:
    lines = [
        f"Mean log-likelihood: {found.mean_log_likelihood:.2f} nats ({found.n_rows} rows, standard error of their "
        f"choice {found.standard_error:.2f})",
    ]
    if found.n_left_out:
        rows = "1 row" if found.n_left_out == 1 else f"{found.n_left_out} rows"
        lines.append(f"Left out: {rows} with a missing value; impute fills them")
    lines.append("")
    for estimate in found.log_partition:
        line = f"log Z: {estimate.value:.2f}, {_WAYS[estimate.method]}"
        if estimate.n_chains:
            line += (
                f" (standard error {estimate.standard_error:.2f}; {estimate.n_temperatures} temperatures, "
                f"{estimate.effective_sample_size:.0f} of {estimate.n_chains} chains count)"
            )
        lines.append(line)
    return "\n".join([*lines, "", found.verdict])
