"""The command ``deepbelief``."""

import os
import signal
import sys
import threading

import click

from deepbelief import __version__
from deepbelief.cli import streams
from deepbelief.cli.compare import compare
from deepbelief.cli.diagnose import diagnose
from deepbelief.cli.errors import Commands
from deepbelief.cli.evaluate import evaluate
from deepbelief.cli.explore import explore
from deepbelief.cli.export import export
from deepbelief.cli.fetch import fetch
from deepbelief.cli.likelihood import likelihood
from deepbelief.cli.predict import predict
from deepbelief.cli.preview import preview
from deepbelief.cli.probe import probe
from deepbelief.cli.reconstruct import reconstruct
from deepbelief.cli.report import report
from deepbelief.cli.sample import impute, sample
from deepbelief.cli.score import score
from deepbelief.cli.train import train
from deepbelief.cli.transform import transform

VERSION_HELP = "Show the version, and what the steps are computed with."


def _say_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from deepbelief.core import native

        click.echo(f"deepbelief, version {__version__} ({native.description()})")
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help=VERSION_HELP)
def deepbelief() -> None:
    """Train deep belief networks, see what they learned, measure them, and label images with them.

    DATA is the word digits (small images of digits that come with scikit-learn), or a path: a table (CSV in any
    dialect, Parquet, Feather), an .npz, .npy or .mat file, libsvm's format, a folder of pictures or of MNIST's IDX
    files. deepbelief preview DATA says what it is taken for. MODEL is the directory of a run, or a model file.
    """


for command in (
    *(train, evaluate, predict, compare, preview, reconstruct, probe, diagnose, report, explore),
    *(transform, export, sample, impute, score, likelihood, fetch),
):
    deepbelief.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit status."""
    streams.make_usable()
    # Pictures go to files: a backend that wants a screen, or does not exist, is of no use and may do harm.
    os.environ.pop("MPLBACKEND", None)
    try:
        deepbelief(prog_name="deepbelief")
    except SystemExit as leaving:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one Ctrl-C more would only show where in Python it fell
        if any(thread.daemon for thread in threading.enumerate()):
            # Interrupted while a model is fitted in compiled code, which hears no signal: Python's own way of ending
            # would abort on that thread.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(leaving.code if isinstance(leaving.code, int) else 1)
        raise
