"""Files without a screen, and SVG that may stand in a page beside others."""

import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from deepbelief.displays import (
    ActivationDisplay,
    BiasProbeDisplay,
    Column,
    ConfusionDisplay,
    MistakesDisplay,
    PreviewDisplay,
    ReconstructionDisplay,
    TrainingDisplay,
    UnitProbeDisplay,
)
from deepbelief.displays.saving import pdf, png, svg

MARKUP = '<b>&"x"</b>'


@pytest.fixture(scope="module")
def displays(classifier, digits):
    """One of each kind."""
    X, y = digits
    return [
        PreviewDisplay.from_data(X, y),
        ReconstructionDisplay.from_estimator(classifier, X, untrained=True),
        BiasProbeDisplay.from_estimator(classifier, X),
        UnitProbeDisplay.from_estimator(classifier, scale="shared"),
        UnitProbeDisplay.by_class(classifier, X, y),
        TrainingDisplay.from_estimator(classifier),
        ActivationDisplay.from_estimator(classifier, X),
        ConfusionDisplay.from_estimator(classifier, X, y),
        MistakesDisplay.from_estimator(classifier, X, y),
    ]


@pytest.fixture(scope="module")
def sources(displays):
    """Each of them as SVG, for one page."""
    return [svg(display, f"figure-{index}") for index, display in enumerate(displays)]


def test_every_display_becomes_a_file(displays, sources):
    for display, source in zip(displays, sources, strict=True):
        assert png(display, dpi=50).startswith(b"\x89PNG")
        assert ElementTree.fromstring(source).tag == "{http://www.w3.org/2000/svg}svg"
    assert pdf(displays[0]).startswith(b"%PDF")


def test_ids_of_one_page_are_unique_and_references_lead_somewhere(sources):
    page = "".join(sources)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    references = re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', page)
    assert references
    assert {a or b for a, b in references} <= set(ids)


def test_the_ink_is_the_pages(sources):
    for source in sources:
        assert 'fill="currentColor"' in source
        assert "#010203" not in source
        assert "#ffffff" not in source.split("<text")[0]  # no background
    assert "stroke: currentColor" in sources[5]


def test_nothing_reaches_out_of_the_element(sources):
    source = sources[1]
    assert "<style" not in source
    assert "<metadata" not in source
    assert source.startswith("<svg")
    hrefs = re.findall(r'href="([^"]{1,12})', source)
    assert hrefs
    assert all(href.startswith(("data:image", "#")) for href in hrefs)


def test_every_display_is_drawn_for_a_narrower_place(displays):
    for display in displays:
        narrow = display.within(3.4)
        assert narrow.size()[0] <= 3.9  # of a row that has to stay one
        assert ElementTree.fromstring(svg(narrow)).tag.endswith("svg")
        assert display.size() == display.within(100).size()


def test_what_a_dark_page_draws_in_other_colours_has_a_class(sources):
    assert sources[0].count('class="ink"') == 1  # data
    assert sources[3].count('class="changes"') == 2  # units, and their scale
    assert sources[6].count('class="ink"') == 2  # activities, and their scale


def test_the_same_display_gives_the_same_characters(displays):
    assert svg(displays[2]) == svg(displays[2])
    assert svg(displays[5]) == svg(displays[5])
    assert png(displays[2]) == png(displays[2])


def test_pixels_stay_pixels_and_text_stays_text(displays, sources):
    source = sources[0]
    assert source.count("<image") == 1
    assert "image-rendering:pixelated" in source
    mosaic = displays[0]._tiles().geometry
    assert f'width="{round(mosaic.size[0] / mosaic.step)}' in source
    assert source.count("<text") == 40


def test_markup_in_names_stays_text(digits):
    X, y = digits
    labels = np.where(y == 0, MARKUP, "$x^2$")
    source = svg(PreviewDisplay.from_data(X, labels, n_images=2))
    texts = [element.text for element in ElementTree.fromstring(source).iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(texts) == ["$x^2$", MARKUP]
    assert "<b>" not in source
    matrix = svg(ConfusionDisplay.from_predictions([MARKUP, "ü\x00"], ["ü\x00", MARKUP]), 'a "prefix" <b>')
    ElementTree.fromstring(matrix)
    assert "<b>" not in matrix


def test_names_of_features_stay_text(digits):
    names = [MARKUP, *(f"$x_{index}$" for index in range(63))]
    source = svg(PreviewDisplay.from_data(digits[0], feature_names=names, n_images=2))
    texts = [element.text for element in ElementTree.fromstring(source).iter("{http://www.w3.org/2000/svg}text")]
    assert len(set(texts) & set(names)) == 30
    assert set(texts) - set(names) == {"The 30 of 64 features with the longest bars"}


def test_several_in_one_column(displays, ax):
    column = Column([displays[2], displays[3]]).plot(ax)
    assert len(column.axes_) == 2
    assert column.size() == (
        max(displays[2].size()[0], displays[3].size()[0]),
        displays[2].size()[1] + displays[3].size()[1],
    )
    assert len(column.frame()) == len(displays[2].frame()) + len(displays[3].frame())
    assert png(column).startswith(b"\x89PNG")


def run(code, **environment):
    """Run `code` in a process of its own, without a screen."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"}
    env = {name: value for name, value in os.environ.items() if name not in hidden} | environment
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)


def test_saving_does_not_import_pyplot_and_needs_no_screen():
    done = run(
        "import sys, numpy as np\n"
        "from deepbelief.displays import PreviewDisplay, TrainingDisplay\n"
        "from deepbelief.displays.saving import pdf, png, svg\n"
        "assert 'matplotlib.figure' not in sys.modules\n"
        "for save in (png, svg, pdf): save(PreviewDisplay.from_data(np.eye(4)))\n"
        "save(TrainingDisplay([{'phase': 'softmax', 'epoch': 1, 'loss': 1.0}]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n",
        MPLBACKEND="TkAgg",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_confusion_needs_no_screen_either():
    done = run(
        "from deepbelief.displays import ConfusionDisplay\n"
        "from deepbelief.displays.saving import png\n"
        "png(ConfusionDisplay.from_predictions([0, 1], [0, 1]))\n",
        MPLBACKEND="TkAgg",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_window_without_a_screen_is_refused_in_a_sentence():
    done = run(
        "import matplotlib, numpy as np\n"
        "from deepbelief.displays import PreviewDisplay\n"
        "matplotlib.rcParams['backend_fallback'] = False\n"  # by itself, matplotlib would take Agg
        "matplotlib.rcParams['backend'] = 'TkAgg'\n"
        "try: PreviewDisplay.from_data(np.eye(4)).plot()\n"
        "except RuntimeError as error: print(error)\n",
    )
    assert done.stdout.startswith("matplotlib cannot open a window here (")
    assert "set MPLBACKEND=Agg, hand plot() an ax, or write a file with deepbelief.displays.saving" in done.stdout


def test_plot_without_axes_opens_a_figure_of_the_right_size(displays):
    done = run(
        "import numpy as np\n"
        "from deepbelief.displays import PreviewDisplay\n"
        "display = PreviewDisplay.from_data(np.eye(4))\n"
        "assert display.plot() is display\n"
        "assert np.allclose(display.figure_.get_size_inches(), display.size())\n"
        "assert display.axes_.shape == (1,)\n",
        MPLBACKEND="Agg",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_frame_without_pandas_is_refused_in_a_sentence(displays, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for display in displays:
        with pytest.raises(ImportError, match="pandas, which is not installed; pip install pandas"):
            display.frame()
