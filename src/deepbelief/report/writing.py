"""Reports and pictures as files."""

import re
from dataclasses import asdict
from pathlib import Path

from deepbelief import experiment
from deepbelief.displays import Display
from deepbelief.displays.saving import pdf, png, svg
from deepbelief.errors import ModelError
from deepbelief.experiment import outputs
from deepbelief.experiment.exploring import explored_run
from deepbelief.report.comparison import summarise_comparison
from deepbelief.report.pictures import pictures
from deepbelief.report.render import render
from deepbelief.report.subject import Subject, subject_of_training
from deepbelief.report.summary import summarise

_OURS = re.compile(
    r"preview|training|reconstruct|bias|(units|units-by-class|activations)-layer-\d+|confusion|mistakes|"
    r"samples|chains|completions|moments|components|neighbours|predictions|unlikely"
)
FORMATS = (".png", ".svg", ".pdf")


def write_report(path: Path, subject: Subject, force: bool, page: str = "") -> None:
    """Write the report as one HTML file, `page` is the name of the one beside it in which the net is opened.

    Raises
    ------
    OSError
        If the file exists and `force` is not set, or it cannot be written.
    """
    outputs.check_output_file(path, force)
    outputs.write_text(path, render(summarise(subject) | {"page": page}), force)


def write_comparison(path: Path, result: experiment.ComparisonResult, force: bool) -> None:
    """Write the page of a comparison as one HTML file.

    Raises
    ------
    OSError
        If the file exists and `force` is not set, or it cannot be written.
    """
    outputs.write_text(path, render(summarise_comparison(asdict(result))), force)


def write_run_report(training: experiment.Training, with_page: bool = True) -> str:
    """Write the report, its figures and the page of the net into the directory of a run that has just ended.

    They take the place of those of an earlier run there.

    Returns
    -------
    str
        Why there is no page of the net though it was wanted; "" where there is one, or none was wanted.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    subject, page, why_not = subject_of_training(training), "", ""
    write_figures(training.out / outputs.FIGURES_FOLDER, subject)
    path = training.out / outputs.PAGE_FILE
    try:
        if with_page:
            outputs.write_text(path, explored_run(training).html, force=True)
            page = path.name
    except ModelError as error:  # too large, or of units that a page cannot compute
        why_not = str(error)
    if not page:
        path.unlink(missing_ok=True)  # that of an earlier run is not of this net
    write_report(training.out / outputs.REPORT_FILE, subject, force=True, page=page)
    return why_not


def write_figures(folder: Path, subject: Subject) -> None:
    """Write every picture of a report into a folder as PNG, in place of those of an earlier report.

    Raises
    ------
    OSError
        If the folder or a file in it cannot be written.
    """
    folder.mkdir(exist_ok=True)
    written = set()
    for picture in pictures(subject):
        path = folder / f"{picture.name}.png"
        outputs.write_bytes(path, png(picture.display), force=True)
        written.add(path)
    for path in folder.glob("*.png"):
        # An earlier network had more layers, or labels: its pictures are not of this one.
        if path not in written and _OURS.fullmatch(path.stem):
            path.unlink()


def check_format(path: Path) -> None:
    """Refuse a picture file whose name does not end in a known format.

    Raises
    ------
    ValueError
    """
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path}: the name of a picture ends in {', '.join(FORMATS)}; choose one of them with -o")


def picture_bytes(display: Display, path: Path) -> bytes:
    """Return a picture as the bytes of a file, in the format that the file's name ends in."""
    suffix = path.suffix.lower()
    if suffix == ".svg":
        return svg(display).encode()
    return pdf(display) if suffix == ".pdf" else png(display)
