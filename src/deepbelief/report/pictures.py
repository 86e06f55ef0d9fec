"""The pictures of a report, in their order: which display, of which rows, and the words that go with it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepbelief import displays
from deepbelief.datasets.dataset import square_shape
from deepbelief.displays.choosing import choose_form
from deepbelief.experiment import Scores
from deepbelief.report.picture import Picture, Tiles
from deepbelief.report.sample_pictures import sample_pictures
from deepbelief.report.subject import Subject

MOST_CLASSES = 30  # rows of units by class before the picture is longer than anybody looks
GRID = 72  # units, as in the posts: 6 × 12


def pictures(subject: Subject) -> Iterator[Picture]:
    """Yield every picture that the subject has the data for."""
    depths = range(1, len(subject.rbms) + 1)
    tiles = tile_settings(subject)
    yield _preview(subject, tiles)
    if subject.estimator.history_:
        yield _training(subject)
    if subject.pretrained:
        yield _reconstructions(subject, tiles)
        yield _bias(subject, tiles)
        yield _units(subject, tiles)
    yield from (_exciting(subject, layer, tiles) for layer in depths if layer > 1 or not subject.pretrained)
    if subject.is_classifier and 2 <= len(np.unique(subject.truth)) <= MOST_CLASSES:
        yield _units_by_class(subject, len(depths), tiles)
    if subject.pretrained:
        yield from (_activations(subject, layer) for layer in depths)
        yield from sample_pictures(subject, tiles)
    if subject.is_classifier and len(subject.rows):
        yield _confusion(subject)
        yield _mistakes(subject, tiles)
    if subject.is_regressor and len(subject.rows):
        yield _predictions(subject)
    if subject.unlikely is not None:
        yield _unlikely(subject, subject.unlikely, tiles)


def image_shape(subject: Subject) -> tuple[int, ...] | None:
    """Return the height and width of a row as an image, and 3 if it is in colour; None if rows are no images."""
    metadata = getattr(subject.estimator, "metadata_", {})
    said = subject.image_shape or metadata.get("image_shape") or subject.dataset.image_shape
    if not said and subject.dataset.schema is not None:
        return None
    return tuple(said) if said else square_shape(subject.dataset.images.shape[1])


def tile_settings(subject: Subject) -> Tiles:
    """Return how a row is drawn: as an image, or as bars with the names of the features, or their numbers."""
    shape = image_shape(subject)
    if shape is not None:
        return {"image_shape": shape}
    named = getattr(subject.estimator, "feature_names_in_", subject.dataset.feature_names)
    if named is None:
        named = [f"feature {number}" for number in range(1, subject.dataset.images.shape[1] + 1)]
    return {"feature_names": list(named)}


def _preview(subject: Subject, tiles: Tiles) -> Picture:
    data = subject.dataset
    labels: dict[str, Any] = (
        {"y": data.labels, "unlabelled": subject.estimator.unlabelled} if subject.is_classifier else {}
    )
    return Picture(
        "preview",
        "data",
        "A sample of the data",
        displays.PreviewDisplay.from_data(data.images, estimator=subject.estimator, **labels, **tiles),
        "Rows drawn at random, evenly from all classes where there are labels; the label stands above.",
        *_signs_of_data(tiles),
    )


def _signs_of_data(tiles: Tiles) -> tuple[str, str]:
    if "image_shape" not in tiles:
        return "rows of one class resemble each other.", "a feature that never changes, or one with a few huge values."
    return (
        "every picture can be read, and its label is right.",
        "pictures are turned, torn, inverted or blank: then the file was read in another shape than it was written.",
    )


def _training(subject: Subject) -> Picture:
    learned = "target" if subject.is_regressor else "labels"
    is_network = subject.is_classifier or subject.is_regressor
    learns = "Each layer learns to redraw what it is shown, one after the other."
    if is_network:
        learns = f"Each layer first learns to redraw what it is shown; then the network learns the {learned}."
    good = (
        "errors and losses fall and level off, the dashed lines stay close to the solid ones, and the difference of "
        "free energies, where it is shown, stays near zero. The log-likelihood, where it is measured, rises. Without "
        "rows held out, the free energy itself is shown. "
        "Whether that rises or falls says little: its zero moves with the weights."
    )
    slowly = (
        " In fine-tuning the loss may rise slowly, because the weight decay grows; look at the accuracy then."
        if subject.is_classifier
        else ""
    )
    bad = (
        "a line that never falls (the layer learns nothing), that jumps (the learning rate is too high), or a dashed "
        "line that turns away from the solid one (overfitting: the net learns its rows by heart). A difference of free "
        "energies that keeps growing says the same of a layer."
    )
    if not subject.pretrained:
        learns = f"The network learns the {learned}."
        good = "losses and errors fall and level off, and the dashed lines stay close to the solid ones."
        bad = (
            "a line that never falls (the network learns nothing), that jumps (the learning rate is too high), or a "
            "dashed line that turns away from the solid one (overfitting: the network learns its rows by heart)."
        )
    good += slowly
    display = displays.TrainingDisplay.from_estimator(subject.estimator)
    several = " At a solid grey line another network begins." if subject.n_networks > 1 else ""
    words = f"{learns} Dashed lines are rows that were held out.{several}"
    return Picture("training", "training", "Epoch by epoch", display, words, good, bad)


def _reconstructions(subject: Subject, tiles: Tiles) -> Picture:
    return Picture(
        "reconstruct",
        "reconstruct",
        "Up through the layers and down again",
        displays.ReconstructionDisplay.from_estimator(subject.estimator, subject.images, untrained=True, **tiles),
        "Each row is sent up to a layer and drawn again from what that layer knows of it. The same through a stack "
        "that was never trained stands beside it for contrast.",
        "the reconstruction is a somewhat smoother copy, still itself two layers up.",
        "noise (the layer learned nothing), or the same picture for every row (it learned only their mean).",
    )


def _bias(subject: Subject, tiles: Tiles) -> Picture:
    return Picture(
        "bias",
        "probe",
        "With all hidden units off",
        displays.BiasProbeDisplay.from_estimator(subject.estimator, subject.dataset.images, **tiles),
        "What the net draws when no hidden unit speaks: what the biases alone have learned, from each layer down. r is "
        "its correlation with the mean image.",
        "it resembles the mean image: the biases carry what all rows share, and leave the differences to the units.",
        "no resemblance, or a blank.",
    )


def _units(subject: Subject, tiles: Tiles) -> Picture:
    display = displays.UnitProbeDisplay.from_estimator(subject.estimator, n_units=GRID, **tiles)
    return Picture(
        "units-layer-1",
        "probe",
        "Single units of layer 1",
        display,
        f"One unit switched on, less what the biases draw: {_which(display)}. {_signs_of_changes(tiles)}",
        "strokes, edges and patches with a blue and an orange side and quiet borders, each different."
        if "image_shape" in tiles
        else "a few features at a time, each unit different.",
        "even noise (not learned), blanks (dead units), or many tiles alike (units that do the same work).",
    )


def _exciting(subject: Subject, layer: int, tiles: Tiles) -> Picture:
    display = displays.UnitProbeDisplay.from_estimator(
        subject.estimator,
        subject.images,
        layer=layer,
        n_units=GRID,
        view="excites",
        finetuned=not subject.pretrained,
        **tiles,
    )
    return Picture(
        f"units-layer-{layer}",
        "probe",
        f"What turns on single units of layer {layer}",
        display,
        "How the mean row changes as a unit becomes more active: what the rows that turn it on have, and the others do "
        f"not, of {_which(display)}. {_signs_of_changes(tiles, 'there is more of', 'there is less of')}",
        "parts that several rows have in common: an arc, a stem, a loop, with orange where such rows have nothing."
        if "image_shape" in tiles
        else "a few features at a time, each unit different.",
        "even noise (units that respond to nothing), or many tiles alike (units that do the same work).",
    )


def _which(display: displays.UnitProbeDisplay) -> str:
    size = display.n_units
    return f"all {size} units" if size <= GRID else f"the first {GRID} of {size} units"


def _signs_of_changes(tiles: Tiles, adds: str = "the unit adds", takes: str = "it takes away") -> str:
    """Say how a change is drawn."""
    if "image_shape" not in tiles:
        return f"A bar to the right is what {adds}, one to the left is what {takes}."
    if len(tiles["image_shape"]) == 3:
        return f"Bright is what {adds}, dark is what {takes}, grey is what stays."
    return f"Blue is what {adds}, orange is what {takes}; what stays has no colour."


def _units_by_class(subject: Subject, layer: int, tiles: Tiles) -> Picture:
    finetuned = not subject.pretrained
    view = "alone" if layer == 1 and not finetuned else "excites"
    display = displays.UnitProbeDisplay.by_class(
        subject.estimator, subject.images, subject.truth, layer=layer, view=view, finetuned=finetuned, **tiles
    )
    by_labels = "No label was used to learn these units." if subject.pretrained else ""
    return Picture(
        f"units-by-class-layer-{layer}",
        "probe",
        f"Which units of layer {layer} speak for which class",
        display,
        "One line for each class: the units that are more active for it than for the others, the strongest first. The "
        f"number is by how much. {by_labels}".strip(),
        "parts of the class can be recognised, and the numbers are well above zero.",
        "numbers near zero: the layer does not tell the classes apart.",
    )


def _activations(subject: Subject, layer: int) -> Picture:
    return Picture(
        f"activations-layer-{layer}",
        "activations",
        f"Layer {layer} at work",
        displays.ActivationDisplay.from_estimator(subject.estimator, subject.images, layer=layer),
        "How strongly each unit responds to a mini-batch (a line for each row, a column for each unit), how these "
        "probabilities, the weights, and one more step of training are distributed.",
        "an irregular texture, in which some columns may be darker than others; weights around zero; a step about a "
        "thousandth of the weights.",
        "columns that are evenly black or white from top to bottom (units never on, or always), rows that are so from "
        "left to right (they excite everything, or nothing), or all the same grey (units that respond to nothing).",
    )


def _predictions(subject: Subject) -> Picture:
    low, high = subject.interval or (None, None)
    lines = "" if low is None else " A line is the 90 % interval of its row."
    return Picture(
        "predictions",
        "regression",
        "Predicted beside true",
        displays.PredictionsDisplay(subject.truth, subject.predicted, low, high),
        f"A point for each of the {subject.measured_on}, the true number across and the predicted one up.{lines}",
        "points along the diagonal, as close to it everywhere.",
        "a flat cloud (the net says the mean), or a bend (it errs in one direction at the ends).",
    )


def _unlikely(subject: Subject, unlikely: Scores, tiles: Tiles) -> Picture:
    rows = np.array(unlikely.rows) - 1
    images = subject.dataset.images[rows]
    form = choose_form(images.shape[1], tiles.get("image_shape"), tiles.get("feature_names"), subject.estimator)
    names = np.array([f"row {row + 1}" for row in rows])
    return Picture(
        "unlikely",
        "unlikely",
        "The least likely rows",
        displays.PreviewDisplay(images, names, rows, form, min(len(rows), 5)),
        "The rows that the bottom layer finds least likely, the least likely first: hardly any others are like them.",
        "rows that are rare, or that are wrong and can be corrected.",
        "rows like all others: the net has not learned what is usual.",
    )


def _confusion(subject: Subject) -> Picture:
    classes = np.union1d(subject.estimator.classes_, subject.truth)
    display = displays.ConfusionDisplay.from_predictions(subject.truth, subject.predicted, labels=classes)
    return Picture(
        "confusion",
        "classification",
        "What is taken for what",
        display,
        f"A line for each true class, a column for each answer, counted in {subject.measured_on}.",
        "numbers on the diagonal only.",
        "a busy cell beside it: two classes that the net confuses; a busy column: an answer given too often.",
    )


def _mistakes(subject: Subject, tiles: Tiles) -> Picture:
    words = (
        "The rows where the net was most sure of a wrong answer: the true class, the answer, and its probability.",
        "rows that you would have to look at twice, or whose label is wrong.",
        "rows that anybody could name.",
    )
    return Picture(
        "mistakes",
        "mistakes",
        "The most confident mistakes",
        displays.MistakesDisplay.from_estimator(subject.estimator, subject.images, subject.truth, **tiles),
        *(words if (subject.truth != subject.predicted).any() else ("There are none to look at.",)),
    )
