"""Labels: which rows have one, and which classes there are.

* A missing value (None, NaN, pd.NA) is no label: its row counts as unlabelled.
* So does a row with the label that the setting `unlabelled` names. ``"auto"`` names −1, among numbers and among words,
  where NumPy writes it "-1"; but where −1 and 1 are the only labels they are the two classes, as in every other
  classifier, and where the classes are known already, −1 is one if it is among them.
* ``unlabelled=None`` says that every row to learn from has a label: −1 is one like the others, and a missing value is
  refused.
* A warning says how many rows count as unlabelled by ``"auto"`` where −1 may be a class: if all other labels are 0 or
  1, if another one is negative, or if it is the word "-1".
* Numbers and booleans may come as objects. Numbers among words are refused.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import check_classification_targets

from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Targets
from deepbelief.estimators.label_arrays import column, is_mark, is_missing, require_scalars, shown, typed
from deepbelief.spelling import alike

UNLABELLED = -1


@dataclass(frozen=True, eq=False)
class Labels:
    """Which rows have a label, and which.

    Parameters
    ----------
    known : ndarray of int, shape (n_known,)
        Indices of the rows that have one, in order.
    values : ndarray, shape (n_known,)
        Their labels.
    n_rows : int
        Of all rows.
    mark : number, str or None
        The label that marks rows without one, if any does.
    n_marked : int
        Rows marked with it; the other unlabelled rows hold missing values.
    is_doubtful : bool
        Whether nobody said that the mark is one, and it may be a class.
    """

    known: np.ndarray
    values: np.ndarray
    n_rows: int
    mark: object = None
    n_marked: int = 0
    is_doubtful: bool = False

    @property
    def classes(self) -> np.ndarray:
        """The different labels, sorted."""
        return np.unique(self.values)

    @property
    def n_unlabelled(self) -> int:
        """The number of rows that have no label."""
        return self.n_rows - len(self.known)

    def codes(self, classes: np.ndarray) -> np.ndarray:
        """Return the index of each label among `classes`, which are sorted and hold them all.

        Parameters
        ----------
        classes : ndarray of shape (n_classes,)

        Returns
        -------
        ndarray of int, shape (n_labelled,)
        """
        return np.searchsorted(classes, self.values)

    def all_codes(self, classes: np.ndarray) -> np.ndarray:
        """Return the index of the label of every row among `classes`, −1 for rows without a label.

        Parameters
        ----------
        classes : ndarray of shape (n_classes,)

        Returns
        -------
        ndarray of int, shape (n_rows,)
        """
        codes = np.full(self.n_rows, -1)
        codes[self.known] = self.codes(classes)
        return codes

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return the labels of some rows, all of which have one.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.values[np.searchsorted(self.known, rows)]

    def among(self, classes: np.ndarray) -> "Labels":
        """Return the same without the rows whose label is none of `classes`.

        Parameters
        ----------
        classes : ndarray of shape (n_classes,)

        Returns
        -------
        Labels
        """
        chosen = np.isin(self.values, classes)
        return replace(self, known=self.known[chosen], values=self.values[chosen])

    def require_some(self, source: str = "", otherwise: str = "") -> None:
        """Refuse rows that all have no label.

        Parameters
        ----------
        source : str, default=""
            Where the labels come from, to begin the sentence with; "" for an argument ``y``.
        otherwise : str, default=""
            What else can be done than labelling rows, to end the sentence with.

        Raises
        ------
        DataError
        """
        if len(self.known):
            return
        found = [shown(self.mark)] if self.n_marked else []
        found += ["missing"] if self.n_unlabelled > self.n_marked else []
        no_row = f"{source}: no row has" if source else "No row of y has"
        raise DataError(
            f"{no_row} a label (all are {' or '.join(found)}, which marks unlabelled rows); label some rows{otherwise}."
        )

    def require_classes(self, source: str = "") -> None:
        """Refuse fewer than two classes; see :meth:`require_some`.

        Parameters
        ----------
        source : str, default=''
            What messages begin with, such as the name of a file.

        Raises
        ------
        DataError
            If there are fewer than two classes.
        """
        self.require_some(source)
        marked = f" ({self._marked}; {self._if_class})" if self.n_marked else ""
        _require_two(self.classes, f"{source}:" if source else "y holds", f"add rows of another class{marked}")

    def warn_if_doubtful(self) -> None:
        """Say how many rows count as unlabelled, if the mark may be a class, and which classes may be the same one."""
        pair = alike(str(one) for one in self.classes) if self.classes.dtype.kind in "UO" else None
        if pair is not None:
            warnings.warn(
                f"The classes {shown(pair[0])} and {shown(pair[1])} differ in upper and lower case or in spaces only, "
                "and are learned as two; if they are one, write them in the same way.",
                UserWarning,
                stacklevel=2,
            )
        if self.is_doubtful:
            classes = self.classes
            warnings.warn(
                f"{self._marked}, and the classes go from {shown(classes[0])} to {shown(classes[-1])}; "
                f"{self._if_class}; if not, unlabelled={self.mark!r} ends this warning.",
                UserWarning,
                stacklevel=2,
            )

    @property
    def _marked(self) -> str:
        rows = "1 row labelled {} counts" if self.n_marked == 1 else f"{self.n_marked} rows labelled {{}} count"
        return rows.format(shown(self.mark)) + " as unlabelled"

    @property
    def _if_class(self) -> str:
        """What to do if the mark is a class."""
        first = "" if self.n_marked == self.n_unlabelled else "leave out the rows whose label is missing and "
        return f"if {shown(self.mark)} is a class, {first}set unlabelled=None"


@contextmanager
def many_classes_allowed() -> Iterator[None]:
    """Keep scikit-learn from warning that few rows with many classes look like a regression."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        yield


def checked_labels(
    y: Targets, n_rows: int, unlabelled: object = "auto", classes: np.ndarray | None = None, *, name: str = "y"
) -> Labels:
    """Return the labels of `n_rows` rows to learn from, if these labels are classes.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    n_rows : int
    unlabelled : "auto", number, str or None
        Which label marks rows without one; this module's head has the rules.
    classes : ndarray, optional
        The classes, sorted, where they are known already.
    name : str, default="y"
        What users call `y`.

    Returns
    -------
    Labels

    Raises
    ------
    ValueError
        If `y` is missing, is no vector of classes, has another length than the data, mixes words and numbers, has no
        label where all rows should have one, or names classes by words where they are numbers or the other way round.
    """
    labels = read_labels(y, n_rows, unlabelled, classes, name=name)
    _require_names(labels, name)
    if unlabelled is None and labels.n_unlabelled:
        row = np.setdiff1d(np.arange(n_rows), labels.known)[0]
        raise DataError(
            f"{name} has no label at row {row}, but unlabelled=None says that every row has one; label it or leave it "
            "out."
        )
    return labels


def read_labels(
    y: Targets, n_rows: int, unlabelled: object = "auto", classes: np.ndarray | None = None, *, name: str = "y"
) -> Labels:
    """Return what `y` says of `n_rows` rows, numbers of any kind included; see :func:`checked_labels`.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    n_rows : int
        The number of rows.
    unlabelled : "auto", number, str or None, default="auto"
        What marks a row without a label.
    classes : ndarray of shape (n_classes,), optional
        The classes that are known already.
    name : str, default='y'
        What messages call it.

    Returns
    -------
    Labels
    """
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None; mark rows without a label with -1."
        )
    y = column(y, name)
    if len(y) != n_rows:
        raise DataError(f"X has {n_rows} rows, but {name} has {len(y)} labels; give one for each row.")
    rows = np.flatnonzero(~is_missing(y))
    present = y[rows]
    require_scalars(present, rows, name)
    mark = _mark(present, classes) if unlabelled == "auto" else unlabelled
    marked = is_mark(present, mark)
    known = rows[~marked]
    values = typed(present[~marked], known, name)
    if classes is not None:
        _require_same_kind(values, classes)
    undecided = unlabelled == "auto" and classes is None
    is_doubtful = undecided and _may_be_a_class(present[marked], values)
    return Labels(known, values, n_rows, mark, int(marked.sum()), is_doubtful)


def labels_for(estimator: object, y: Targets, n_rows: int) -> Labels:
    """Return the labels of rows to measure a fitted estimator on, by its classes and its setting of `unlabelled`.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Fitted.
    y : array-like of shape (n_rows,)
    n_rows : int

    Returns
    -------
    Labels

    Raises
    ------
    ValueError
        See :func:`checked_labels`.
    """
    labels = read_labels(y, n_rows, getattr(estimator, "unlabelled", "auto"), getattr(estimator, "classes_", None))
    _require_names(labels, "y")
    return labels


def checked_classes(classes: ArrayLike, unlabelled: object) -> np.ndarray:
    """Return the classes that a user names, sorted.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
    unlabelled : "auto", number, str or None

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If there are fewer than two, or one of them marks rows without a label.
    """
    named = checked_labels(classes, np.size(np.asarray(classes, dtype=object)), None, name="classes").classes
    if unlabelled not in ("auto", None) and is_mark(named, unlabelled).any():
        raise DataError(
            f"classes holds {shown(unlabelled)}, which marks rows without a label (unlabelled={unlabelled!r}); leave "
            "it out, or set unlabelled=None."
        )
    _require_two(named, "classes holds", "name all classes that will ever come")
    return named


def _require_names(labels: Labels, name: str) -> None:
    """Refuse numbers that name no classes."""
    if labels.values.dtype.kind == "f" and np.isinf(labels.values).any():
        row = labels.known[np.isinf(labels.values)][0]
        raise DataError(f"Input {name} contains infinity at row {row}; correct that label, or leave the row out.")
    if len(labels.values):
        with many_classes_allowed():
            check_classification_targets(labels.values)


def _mark(present: np.ndarray, classes: np.ndarray | None) -> int | None:
    """Return −1 if it marks rows without a label."""
    if classes is not None:
        return None if {-1, "-1"} & set(classes.tolist()) else UNLABELLED
    return None if set(present.tolist()) in ({-1, 1}, {"-1", "1"}) else UNLABELLED


def _require_same_kind(values: np.ndarray, classes: np.ndarray) -> None:
    if len(values) and (values.dtype.kind in "OU") != (classes.dtype.kind in "OU"):
        raise DataError(
            f"labels like {shown(values[0])} cannot be compared with the model's classes, like {shown(classes[0])}; "
            "use one kind of label"
        )


def _may_be_a_class(marked: np.ndarray, values: np.ndarray) -> bool:
    """Tell whether −1, which marks some rows, looks like a class beside the other labels."""
    if len(marked) == 0 or len(values) == 0:
        return False
    if values.dtype.kind in "OU":
        return any(isinstance(label, str) for label in marked)
    return values.dtype.kind in "iuf" and bool(values.min() < 0 or values.max() <= 1)


def _require_two(classes: np.ndarray, holds: str, advice: str) -> None:
    if len(classes) < 2:
        found = f"one class only, {shown(classes[0])}" if len(classes) else "no class"
        raise DataError(f"{holds} {found}; a classifier needs rows of at least two classes; {advice}.")
