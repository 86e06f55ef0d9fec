"""A path of distributions from independent units to a machine: what annealing and tempering walk on.

    log f_β(v, h) = −U_visible(v) − U_hidden(h) + β vᵀ W h + (1 − β) (v·s + h·t),   0 ≤ β ≤ 1.

At β = 0 the units are independent and Z₀ has a closed form; at β = 1 they are the machine's. In between the units are
the same ones, and their inputs are scaled by β and shifted by constants. So every unit type can go along the path by
what it answers anyway, and the parameters that say how much units vary stay as they are. No β W is larger than W: where
the machine has a distribution, all of the path has.

At the beginning, the units of both layers have the means that they are asked to have, those over the data as a rule: s
and t are chosen for that. Of all independent units, these are nearest to the machine as far as it has learned the means
of the data (Salakhutdinov & Murray, *On the quantitative analysis of deep belief networks*, ICML 2008, begin with the
base rates of the visible units).
"""

from dataclasses import dataclass

from deepbelief.core.arrays import Array, namespace, product, zeros
from deepbelief.core.logistic import between
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters


@dataclass(frozen=True)
class Path:
    """The distributions between independent units and a machine.

    Where a function takes β it is a number, or a column (n_rows, 1) with a β for each row.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    visible_field, hidden_field : array, shape (n_visible,) and (n_hidden,)
        s and t, the constant inputs of the independent units.
    """

    machine: Machine
    parameters: Parameters
    visible_field: Array
    hidden_field: Array

    @classmethod
    def from_means(cls, machine: Machine, parameters: Parameters, visible_mean: Array, hidden_mean: Array) -> "Path":
        """Return the path that begins at units with these means, (n_visible,) and (n_hidden,), or nearly.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        visible_mean : array, shape (n_visible,)
        hidden_mean : array, shape (n_hidden,)

        Returns
        -------
        Path
        """
        return cls(
            machine,
            parameters,
            machine.visible.inputs_for(parameters.visible, visible_mean),
            machine.hidden.inputs_for(parameters.hidden, hidden_mean),
        )

    def log_base(self) -> float:
        """Return log Z₀.

        Returns
        -------
        float
            In nats.
        """
        visible = self.machine.visible.log_partition(self.parameters.visible, self.visible_field[None])
        hidden = self.machine.hidden.log_partition(self.parameters.hidden, self.hidden_field[None])
        return float(_sum(visible)[0] + _sum(hidden)[0])

    def draw_base(self, n_rows: int, stream: Stream) -> Array:
        """Draw visible states at β = 0: (n_rows, n_visible).

        Parameters
        ----------
        n_rows : int
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        inputs = zeros((n_rows, len(self.visible_field)), self.visible_field) + self.visible_field
        return self.machine.visible.sample(self.parameters.visible, inputs, stream)

    def hidden_inputs(self, beta: Array | float, product_with_v: Array) -> Array:
        """Return the inputs of the hidden units at β, from v W.

        Parameters
        ----------
        beta : float or array, shape (n_rows, 1)
            β, from 0 to 1.
        product_with_v : array, shape (n_rows, n_hidden)
            v W.

        Returns
        -------
        array, shape (n_rows, n_hidden)
        """
        return between(beta, product_with_v, self.hidden_field)

    def draw_hidden(self, beta: Array | float, product_with_v: Array, stream: Stream) -> Array:
        """Draw from p_β(h | v), from v W.

        Parameters
        ----------
        beta : float or array, shape (n_rows, 1)
            β, from 0 to 1.
        product_with_v : array, shape (n_rows, n_hidden)
            v W.
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_hidden)
        """
        parameters = self.parameters.hidden
        return self.machine.hidden.sample_between(parameters, beta, product_with_v, self.hidden_field, stream)

    def draw_visible(self, beta: Array | float, h: Array, stream: Stream) -> Array:
        """Draw from p_β(v | h).

        Parameters
        ----------
        beta : float or array, shape (n_rows, 1)
            β, from 0 to 1.
        h : array, shape (n_rows, n_hidden)
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        inputs = self.machine.visible_inputs(self.parameters, h)
        return self.machine.visible.sample_between(self.parameters.visible, beta, inputs, self.visible_field, stream)

    def log_ratio(self, old: Array | float, new: Array | float, v: Array, product_with_v: Array) -> Array:
        """Return log f_new(v) − log f_old(v), the hidden units summed out, row by row, at float64.

        Parameters
        ----------
        old, new : float or array, shape (n_rows, 1)
            β before and after.
        v : array, shape (n_rows, n_visible)
        product_with_v : array, shape (n_rows, n_hidden)
            v W.

        Returns
        -------
        array of float64, shape (n_rows,)
        """
        change = self.machine.hidden.log_partition_change(
            self.parameters.hidden, old, new, product_with_v, self.hidden_field
        )
        step = old - new if isinstance(old, float) else (old - new)[:, 0]
        return change + step * product(v, self.visible_field)

    def slope(self, beta: Array | float, v: Array, product_with_v: Array) -> Array:
        """Return ∂ log f_β(v)/∂β, the hidden units summed out, row by row, at float64.

        Parameters
        ----------
        beta : float or array, shape (n_rows, 1)
            β, from 0 to 1.
        v : array, shape (n_rows, n_visible)
        product_with_v : array, shape (n_rows, n_hidden)
            v W.

        Returns
        -------
        array of float64, shape (n_rows,)
        """
        means = self.machine.hidden.mean(self.parameters.hidden, self.hidden_inputs(beta, product_with_v))
        return _sum(means * (product_with_v - self.hidden_field)) - product(v, self.visible_field)


def _sum(x: Array) -> Array:
    """Sum over units, at float64."""
    xp = namespace(x)
    return xp.sum(x, -1, dtype=xp.float64)
