"""The page in which a fitted estimator is opened."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.arrays import to_numpy
from deepbelief.core.network import Layers
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.features import Coding
from deepbelief.estimators.fitted import FittedStack, fitted_stack, was_pretrained
from deepbelief.estimators.inputs import VisibleInputMixin
from deepbelief.estimators.labels import labels_for
from deepbelief.estimators.multilabel import checked_matrix_of_labels
from deepbelief.estimators.targets import targets_for
from deepbelief.page import Contents, Page, page_of

LOOKED_AT = 5000  # rows, of which the page picks those that it brings along


class ExploringMixin(VisibleInputMixin):
    """For estimators that can be opened in a page."""

    def explore(
        self,
        X: Data | None = None,
        y: Targets = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
        title: str | None = None,
    ) -> Page:
        """Return a page in which one can draw rows, look at what every layer computes, and sample from the model.

        The page is one HTML file with the weights inside, which needs no server and no network. A notebook shows it;
        ``explore().save("net.html")`` writes it.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), optional
            Rows to choose from in the page, and to look up what turns each unit on.
        y : array-like of shape (n_samples,), optional
            What they are called. Rows without a label have no name.
        image_shape : tuple of (height, width) or (height, width, 3), optional
            How a row is shown. By default as the model file says, or as a square; other rows, and those of tables, are
            controls for each column, and bars.
        feature_names : sequence of str, optional
            Show controls and bars with these names.
        title : str, optional
            What the model is called; by default its class.

        Returns
        -------
        Page
            ``html`` is the file, and ``encoding`` and ``deviation`` say how exact the weights in it are.

        Raises
        ------
        ModelError
            If the model is too large for a page, or has units of a type that is not the library's own.
        DataError
            If X does not fit the model, or `image_shape` or `feature_names` does not fit its features.
        """
        title = title or type(self).__name__
        return page_for(self, X, y, image_shape=image_shape, feature_names=feature_names, title=title)


def page_for(
    estimator: VisibleInputMixin,
    X: Data | None,
    y: Targets,
    *,
    image_shape: tuple[int, ...] | None = None,
    feature_names: Sequence[str] | None = None,
    title: str,
    source: str = "",
    served: bool = False,
) -> Page:
    """Return the page of a fitted estimator, see :meth:`ExploringMixin.explore`; `source` says where X comes from.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or None
        Labels or targets of the rows.
    image_shape : tuple of (height, width), optional
        How a row is shown as a picture.
    feature_names : sequence of str, optional
    title : str
        Headline of the page.
    source : str, default=''
        Where `X` comes from, in words.
    served : bool, default=False
        The page asks its server for the net.

    Returns
    -------
    Page
    """
    check_is_fitted(estimator)
    stack = fitted_stack(estimator)
    shape = _shape(estimator, stack, image_shape, feature_names)
    one = np.ones((1, stack.n_features))
    shift = stack.to_data(0 * one)[0]
    rows = None if X is None else stack.rows(X)
    kept = np.arange(0) if rows is None else np.unique(np.linspace(0, len(rows) - 1, LOOKED_AT).astype(int))
    return page_of(
        Contents(
            title=title,
            layers=stack.layers,
            network=network_in_unit(estimator),
            activation=getattr(estimator, "activation_", "logistic"),
            kind=kind_of(estimator),
            outputs=[str(one) for one in getattr(estimator, "classes_", ())] or _numbers(estimator),
            shift=shift,
            scale=stack.to_data(one)[0] - shift,
            image_shape=shape,
            names=[] if shape is not None else _names(estimator, feature_names),
            groups=[] if shape is not None else _groups(estimator),
            rows=None if rows is None else to_numpy(rows.take(kept)).astype(np.float32),
            labels=None if y is None or rows is None else _label_texts(estimator, y, len(rows), kept),
            source=source,
            pretrained=was_pretrained(estimator),
            n_networks=getattr(estimator, "n_networks_", 1),
        ),
        served,
    )


def _label_texts(estimator: Any, y: Targets, n_rows: int, kept: np.ndarray) -> list[str]:
    if kind_of(estimator) == "numbers":
        values = targets_for(estimator, y, n_rows).reshape(n_rows, -1)[kept]
        return [", ".join(f"{value:.4g}" for value in row) for row in values]
    if kind_of(estimator) == "labels":
        names = np.array([str(one) for one in estimator.classes_], dtype=object)
        return [", ".join(names[row > 0]) for row in checked_matrix_of_labels(y, n_rows)[kept]]
    labels = labels_for(estimator, y, n_rows)
    texts = dict(zip(labels.known.tolist(), map(str, labels.values), strict=True))
    return [texts.get(row, "") for row in kept.tolist()]


def network_in_unit(estimator: Any) -> Layers | None:
    """Return the fine-tuned network, whose numbers are in the unit of the targets; None if there is none.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.

    Returns
    -------
    Layers or None
    """
    if not hasattr(estimator, "coefs_"):
        return None
    *weights, top = estimator.coefs_
    *biases, bias = estimator.intercepts_
    if kind_of(estimator) == "numbers":
        # Numbers in their own unit; variances, which some networks say as well, come after them.
        mean, scale = estimator.target_mean_.ravel(), estimator.target_scale_.ravel()
        top, bias = top[:, : len(mean)] * scale, bias[: len(mean)] * scale + mean
    return Layers((*weights, top), (*biases, bias))


def kind_of(estimator: object) -> str:
    """Return what an estimator predicts: one of several classes, any of several labels, or numbers.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
        Fitted.

    Returns
    -------
    {"classes", "labels", "numbers"}
    """
    if hasattr(estimator, "target_mean_"):
        return "numbers"
    return "labels" if getattr(estimator, "multilabel_", False) else "classes"


def _numbers(estimator: object) -> list[str]:
    n_numbers = np.size(getattr(estimator, "target_mean_", ()))
    table = (getattr(estimator, "metadata_", None) or {}).get("table")
    name = (None if table is None else table.target) or "answer"
    return [name] if n_numbers == 1 else [f"answer {number + 1}" for number in range(n_numbers)]


def _shape(
    estimator: VisibleInputMixin, stack: FittedStack, said: tuple[int, ...] | None, feature_names: Sequence[str] | None
) -> tuple[int, ...] | None:
    """Return the shape of a row as a picture: the one asked for, that of the model file, or a square, or None."""
    about = getattr(estimator, "metadata_", None) or {}
    n_features = stack.n_features
    if said is not None:
        if int(np.prod(said)) != n_features or tuple(said[2:]) not in ((), (3,)):
            size = " × ".join(map(str, said))
            raise DataError(f"images of {size} pixels do not fit {n_features} features; say another image shape")
        return tuple(said)
    if feature_names is not None or about.get("table") is not None or hasattr(estimator, "features_"):
        return None
    if stack.layers[0].machine.visible.bias_share is not None:  # documents, however many words there are
        return None
    if about.get("image_shape") is not None:
        return about["image_shape"]
    side = round(n_features**0.5)
    is_square = side * side == n_features and side > 4 and not hasattr(estimator, "feature_names_in_")
    return (side, side) if is_square else None


def _names(estimator: VisibleInputMixin, said: Sequence[str] | None) -> list[str]:
    table = (getattr(estimator, "metadata_", None) or {}).get("table")
    known = said if said is not None else estimator.visible_names_ if table is None else table.feature_names
    if len(known) != estimator.n_visible_:
        raise DataError(f"feature_names holds {len(known)} names, but the model has {estimator.n_visible_} features.")
    names = [str(name) for name in known]
    if said is None and hasattr(estimator, "features_"):
        coding = Coding(estimator.features_)
        for feature, place in zip(coding.features, coding.columns, strict=True):
            if feature.type == "bernoulli" and feature.categories not in (None, (0, 1)):
                names[place.start] += f"={feature.categories[1]}"  # what it is where the unit is on
    return names


def _groups(estimator: VisibleInputMixin) -> list[slice]:
    """Return the visible units of each categorical column of a table whose categories became columns of numbers."""
    table = (getattr(estimator, "metadata_", None) or {}).get("table")
    if table is None or hasattr(estimator, "features_"):
        return []
    return [place for column, place in table.slices if column.kind == "category"]
