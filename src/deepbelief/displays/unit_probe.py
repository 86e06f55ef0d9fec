"""What single hidden units stand for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from deepbelief.core import inspection
from deepbelief.displays.bars import Bars
from deepbelief.displays.base import check_choice, check_count, pandas, plain
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, Picture, feature_columns
from deepbelief.displays.stacks import check_layer
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.displays.unit_views import VIEWS, seen_units, unit_images
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.labels import labels_for

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

ORDERS = ("index", "activity", "distinct")
SCALES = ("unit", "shared")


class UnitProbeDisplay(TileDisplay):
    """What single hidden units stand for, as changes of a row: blue = more, orange = less.

    Parameters
    ----------
    images : ndarray of shape (n_shown, n_features)
        Of each unit, at the scale of the data, see `view`.
    units : ndarray of int, shape (n_shown,)
    form : Picture or Bars
    layer : int
        Counted from 1.
    n_units : int
        How many units the layer has.
    scale : {"unit", "shared"}
        Full blue and full orange are ± the largest change of each unit, or of all units.
    order : {"index", "activity", "distinct"}
        How the units were chosen, for the title.
    classes : ndarray of shape (n_classes,), optional
        One row of units for each.
    drives : ndarray of shape (n_shown,), optional
        How much more each unit is on for the class of its row.
    view : {"alone", "context", "excites"}
        What each unit adds to the bias image when it alone is on; what it adds, on average, to what comes down from
        rows of data, whose other units are as they are; or how the mean row changes with the activity of the unit.
    finetuned : bool
        The units are those of the fine-tuned network.
    """

    def __init__(
        self,
        images: np.ndarray,
        units: np.ndarray,
        form: Form,
        layer: int,
        n_units: int,
        scale: str = "unit",
        order: str = "index",
        classes: np.ndarray | None = None,
        drives: np.ndarray | None = None,
        view: str = "alone",
        finetuned: bool = False,
    ) -> None:
        check_choice("scale", scale, SCALES)
        self.images = images
        self.units = units
        self.form = form
        self.layer = layer
        self.n_units = n_units
        self.scale = scale
        self.order = order
        self.classes = classes
        self.drives = drives
        self.view = view
        self.finetuned = finetuned

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data | None = None,
        *,
        layer: int = 1,
        units: ArrayLike | None = None,
        order: str = "index",
        n_units: int = 72,
        scale: str = "unit",
        view: str = "alone",
        finetuned: bool = False,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Probe some units of a layer.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor
            Fitted; of a network, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_samples, n_features), optional
            Needed for ``order="activity"``, and for all views but ``"alone"``.
        layer : int, default=1
            Counted from 1, the layer next to the data.
        units : sequence of int, optional
            These units, whatever `order` and `n_units` say.
        order : {"index", "activity", "distinct"}, default="index"
            The first units, those that are most on for X, or those whose images resemble each other least.
        n_units : int, default=72
        scale : {"unit", "shared"}, default="unit"
            Full blue and full orange are ± the largest change of each unit, or of all units.
        view : {"alone", "context", "excites"}, default="alone"
            What a unit adds when it alone is on; what it adds among the other units, as rows of X turn them on; or
            how the mean row changes when the activity of the unit rises by a standard deviation. In layers above
            the first, a unit alone is no usual message: there, the others show more.
        finetuned : bool, default=False
            Look at the units of the fine-tuned network instead, which has no way down to the data: `view` must be
            ``"excites"``.
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        UnitProbeDisplay

        Raises
        ------
        ValueError
            If the layer or a unit does not exist, X is missing or does not fit, or a fine-tuned network has no such
            view.
        """
        stack = seen_units(estimator, view, finetuned)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        layer = check_layer(stack, layer)
        check_choice("order", order, ORDERS)
        check_count("n_units", n_units)
        rows = None if X is None else stack.rows(X)
        everyone = np.arange(stack.n_units(layer))
        if units is not None:
            chosen = _checked_units(units, layer, len(everyone))
        elif order == "activity":
            if rows is None:
                raise ValueError('order="activity" needs X, the rows to measure the activity on.')
            chosen = inspection.most_active(stack.activations(rows, layer), n_units)
        elif order == "distinct":
            chosen = inspection.most_distinct(unit_images(stack, layer, everyone, view, rows), n_units)
        else:
            chosen = everyone[:n_units]
        how = order if units is None else "index"
        images = unit_images(stack, layer, chosen, view, rows)
        return cls(images, chosen, form, layer, len(everyone), scale, how, view=view, finetuned=finetuned)

    @classmethod
    def by_class(
        cls,
        estimator: "Estimator",
        X: Data,
        y: Targets,
        *,
        layer: int = 1,
        n_per_class: int = 8,
        scale: str = "unit",
        view: str = "alone",
        finetuned: bool = False,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Probe, for each class, the units that are most on for it compared with the other classes.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor
            Fitted; of a network, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Class labels; rows without one are left out, see `unlabelled` of :class:`~deepbelief.DBNClassifier`.
        layer : int, default=1
            Counted from 1, the layer next to the data.
        n_per_class : int, default=8
        scale : {"unit", "shared"}, default="unit"
            Full blue and full orange are ± the largest change of each unit, or of all units.
        view : {"alone", "context", "excites"}, default="alone"
            What a unit adds when it alone is on; what it adds among the other units, as rows of X turn them on; or
            how the mean row changes when the activity of the unit rises by a standard deviation. In layers above
            the first, a unit alone is no usual message: there, the others show more.
        finetuned : bool, default=False
            Look at the units of the fine-tuned network instead, which has no way down to the data: `view` must be
            ``"excites"``.
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        UnitProbeDisplay

        Raises
        ------
        ValueError
            If the layer does not exist, X or y does not fit, or a fine-tuned network has no such view.
        """
        stack = seen_units(estimator, view, finetuned)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        layer = check_layer(stack, layer)
        rows = stack.rows(X)
        labels = labels_for(estimator, y, len(rows))
        classes = labels.classes
        if len(classes) < 2:
            raise DataError("y holds fewer than two classes to compare; label rows of at least two.")
        on = stack.activations(rows.subset(labels.known), layer)
        drive = inspection.class_drive(on, labels.values, classes)
        chosen = np.stack([inspection.strongest(row, check_count("n_per_class", n_per_class)) for row in drive])
        drives = np.take_along_axis(drive, chosen, axis=1).ravel()
        images = unit_images(stack, layer, chosen.ravel(), view, rows)
        return cls(
            images, chosen.ravel(), form, layer, stack.n_units(layer), scale, "index", classes, drives, view, finetuned
        )

    def frame(self) -> "DataFrame":
        table: dict[str, Any] = {"unit": self.units}
        if self.classes is not None and self.drives is not None:
            table = {"class": np.repeat(self.classes, len(self.units) // len(self.classes)), **table}
            table["drive"] = self.drives
        return pandas().DataFrame(table | feature_columns(self.form, self.images))

    def _tiles(self) -> Tiles:
        values = self.form.placed_changes(self.images)
        sizes = np.nan_to_num(np.abs(values)).max(axis=1, keepdims=True)
        limit = float(sizes.max()) or 1.0
        if self.scale == "unit":
            values, limit = values / np.where(sizes > 0, sizes, 1), 1.0
        shared = self.scale == "shared"
        how = {"activity": "the most active ", "distinct": "the most distinct "}.get(self.order, "")
        whose = f"layer {self.layer}{' of the network' * self.finetuned}"
        about = f"{whose}: {how}{len(self.units)} of {self.n_units} units, {VIEWS[self.view]}"
        about += (
            f"; bars reach ±{limit:.2g}{' standard deviations' * self.form.has_scales}"
            if shared and isinstance(self.form, Bars)
            else ""
        )
        notes: Sequence[str] = ()
        labels: Sequence[str] = ()
        n_columns = _columns(len(self.units))
        if self.classes is not None and self.drives is not None:
            n_columns = len(self.units) // len(self.classes)
            labels = [plain(one, 16) for one in self.classes]
            notes = [f"{drive:+.2f}" for drive in self.drives]
            about = f"{whose}: the units most on for each class, and how much more than for the others"
        form = replace(self.form, of_changes=True) if isinstance(self.form, Picture) else self.form
        return Tiles(
            values,
            form,
            n_columns,
            (-limit, limit),
            title=about,
            titles=[str(unit) for unit in self.units],
            notes=notes,
            row_labels=labels,
            inches=0.75 if len(self.units) > 24 else 1.0,
            scale_label="change of the data" if shared and isinstance(self.form, Picture) else "",
        )


def _columns(n_tiles: int) -> int:
    return 12 if n_tiles > 24 else min(n_tiles, 6)


def _checked_units(units: ArrayLike, layer: int, n_units: int) -> np.ndarray:
    numbers = np.asarray(units)
    if numbers.ndim != 1 or len(numbers) == 0 or numbers.dtype.kind not in "iu":
        raise ValueError(f"units={units!r} is not a list of one or more unit numbers.")
    beyond = numbers[(numbers < 0) | (numbers >= n_units)]
    if len(beyond):
        raise ValueError(f"units holds {beyond[0]}, but layer {layer} has the units 0 to {n_units - 1}.")
    return numbers
