"""What a trained network came to, as one page to look at and to send on: summarise → render → write.

Rules of this room:

* `summary` turns a subject, and `comparison` a comparison, into a plain dict: strings, numbers, lists. Every number is
  computed and worded there or below; a template only places it.
* What comes from data (class names, file names, the records that `reading` checks) reaches the page through autoescape,
  or as text of an SVG that matplotlib escaped. Nothing else is marked as safe.
* The page is one file that asks nothing of anybody: no script, no font, no address.
"""

from deepbelief.report.comparison import summarise_comparison
from deepbelief.report.reading import read_comparison
from deepbelief.report.render import render
from deepbelief.report.subject import Subject, subject_of_pair, subject_of_training
from deepbelief.report.summary import summarise
from deepbelief.report.writing import write_comparison, write_figures, write_report, write_run_report

__all__ = [
    "Subject",
    "read_comparison",
    "render",
    "subject_of_pair",
    "subject_of_training",
    "summarise",
    "summarise_comparison",
    "write_comparison",
    "write_figures",
    "write_report",
    "write_run_report",
]
