"""How each column of a table is set in the page, and the row that it begins with.

The kinds of controls: ``"number"`` is a slider, ``"count"`` a stepper of whole numbers, ``"switch"`` one of two values,
``"choice"`` one of several categories, and ``"words"`` the words of a document, all in one.
"""

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.units import Bernoulli, Binomial, Categorical, Mixed, Poisson, ReplicatedSoftmax, Spin
from deepbelief.page.contents import Contents

_ROUNDING = 1e-4  # of a 0 or 1 that was standardised, and is data again


def controls_of(contents: Contents) -> list[JsonObject]:
    """Return a control for each column, in the order of the visible units.

    Parameters
    ----------
    contents : Contents
        Of a table.

    Returns
    -------
    list of dict
        Each with the kind of the control, its name, and its first visible unit; a choice also has the names of its
        options, one for each unit, a switch its two values, and a count the highest.
    """
    data = None if contents.rows is None else contents.data(contents.rows)
    is_mixed = isinstance(contents.layers[0].machine.visible, Mixed)
    groups = {group.start: group for group in contents.groups}
    grouped = {unit for group in contents.groups for unit in range(group.start, group.stop)}
    found: list[JsonObject] = []
    for units, place in contents.blocks:
        if isinstance(units, ReplicatedSoftmax):
            return [{"kind": "words", "name": "words", "first": 0}]
        if isinstance(units, Categorical):
            steps = range(place.start, place.stop, units.n_states)
            found += [_choice(contents, slice(first, first + units.n_states)) for first in steps]
            continue
        for unit in range(place.start, place.stop):
            if unit in groups:
                found.append(_choice(contents, groups[unit]))
            if unit in grouped:
                continue
            about: JsonObject = {"kind": "number"}
            if isinstance(units, Spin):
                about = {"kind": "switch", "values": [-1, 1]}
            elif isinstance(units, Poisson | Binomial):
                about = {"kind": "count", "most": units.n_trials if isinstance(units, Binomial) else None}
            elif (is_mixed and isinstance(units, Bernoulli)) or (data is not None and _are_bits(data[:, unit])):
                about = {"kind": "switch", "values": [0, 1]}
            found.append(about | {"name": contents.names[unit], "first": unit})
    return found


def typical(contents: Contents, controls: list[JsonObject]) -> list[float]:
    """Return a row of data to begin with: means, of which those that no row could have are brought to what one could.

    Parameters
    ----------
    contents : Contents
    controls : list of dict
        From :func:`controls_of`.

    Returns
    -------
    list of float
    """
    data = contents.data(contents.alone[0] if contents.rows is None else contents.rows.mean(axis=0))
    for control in controls:
        first = control["first"]
        if control["kind"] == "choice":
            options = slice(first, first + len(control["options"]))
            data[options] = np.arange(options.start, options.stop) == options.start + data[options].argmax()
        elif control["kind"] == "switch":
            low, high = control["values"]
            data[first] = high if data[first] > (low + high) / 2 else low
        elif control["kind"] == "count":
            data[first] = np.round(data[first])
        elif control["kind"] == "words":
            data = np.round(data) if contents.rows is None else contents.data(contents.rows[0])
    return [float(value) for value in data]


def _are_bits(values: np.ndarray) -> bool:
    return bool((np.minimum(abs(values), abs(values - 1)) < _ROUNDING).all())


def _choice(contents: Contents, group: slice) -> JsonObject:
    """Return a choice, named by what the names of its units have in common: ``colour`` of ``colour=red``."""
    names = [contents.names[unit] for unit in range(group.start, group.stop)]
    column, is_named, _ = names[0].partition("=")
    if not is_named or not all(name.startswith(f"{column}=") for name in names):
        return {"kind": "choice", "name": f"{names[0]} …", "first": group.start, "options": names}
    options = [name[len(column) + 1 :] for name in names]
    return {"kind": "choice", "name": column, "first": group.start, "options": options}
