"""The restricted Boltzmann machine over any two unit types.

``E(v, h) = U_visible(v) + U_hidden(h) − vᵀ W h`` (Smolensky 1986; Hinton 2002, eq. 1, for Bernoulli units). Given one
layer, the units of the other are independent, and all that a layer needs to know of the other is its input: ``v W`` for
the hidden units, ``h Wᵀ`` for the visible ones.
"""

from dataclasses import dataclass, replace

from deepbelief.core.arrays import Array, namespace, product
from deepbelief.core.randomness import Stream
from deepbelief.core.units import Activity, Bernoulli, UnitParameters, Units, average


@dataclass(frozen=True)
class Parameters:
    """What a machine learns; also the shape of a gradient and of a velocity.

    Parameters
    ----------
    weights : array, shape (n_visible, n_hidden)
    visible, hidden : dict of array
        What the unit types of either layer need; shapes (n_visible,) and (n_hidden,).
    """

    weights: Array
    visible: UnitParameters
    hidden: UnitParameters


@dataclass(frozen=True)
class Machine:
    """A restricted Boltzmann machine: two unit types and the formulas that join them.

    Parameters
    ----------
    visible, hidden : Units
        The types of the two layers.

    Raises
    ------
    ValueError
        If units of these types have no distribution together, whatever the parameters.
    """

    visible: Units = Bernoulli()
    hidden: Units = Bernoulli()

    def __post_init__(self) -> None:
        for needy, layer, other, other_layer in (
            (self.visible, "visible", self.hidden, "hidden"),
            (self.hidden, "hidden", self.visible, "visible"),
        ):
            if needy.needs_bounded and not other.is_bounded:
                raise ValueError(
                    f"{type(needy).__name__} {layer} units have a distribution only where the {other_layer} units have "
                    f"a smallest and a largest value, which {type(other).__name__} units have not: take "
                    f"{other_layer}='bernoulli'."
                )

    def initial(
        self, data_mean: Array, data_variance: Array, n_hidden: int, stream: Stream, weight_scale: float = 0.01
    ) -> Parameters:
        """Return parameters to start from: random weights, visible units matched to the data.

        Hinton (2010), §8. Hidden biases make up for the mean of the data: the input of a hidden unit is that of a unit
        at rest on average, wherever the zeros of the data lie.

        Parameters
        ----------
        data_mean, data_variance : array, shape (n_visible,)
        n_hidden : int
        stream : Stream
        weight_scale : float
            Standard deviation of the weights.

        Returns
        -------
        Parameters
        """
        weights = weight_scale * stream.normal((data_mean.shape[0], n_hidden), data_mean)
        hidden = self.hidden.at_rest(n_hidden, data_mean)
        counts = self.bias_counts(data_mean)
        counts = counts + (counts == 0)  # documents without a word leave the biases as they are
        return Parameters(
            weights=weights,
            visible=self.visible.matched(data_mean, data_variance),
            hidden=hidden | {"bias": (hidden["bias"] - product(weights.T, data_mean)) / counts},
        )

    def given(self, v: Array) -> "Machine":
        """Return the machine for some rows, whose visible units may depend on them, as on the lengths of documents.

        Parameters
        ----------
        v : array, shape (n_rows, n_visible)

        Returns
        -------
        Machine
        """
        visible = self.visible.given(v)
        return self if visible is self.visible else replace(self, visible=visible)

    def for_sum(self, parameters: Parameters, total: float) -> tuple["Machine", Parameters]:
        """Return the machine of documents of one length, in which hidden biases count once, and its parameters.

        Each length has a partition function of its own.

        Parameters
        ----------
        parameters : Parameters
        total : float
            The number of words.

        Returns
        -------
        machine : Machine
        parameters : Parameters
        """
        share = self.visible.bias_share or 1 / total
        hidden = parameters.hidden | {"bias": parameters.hidden["bias"] * (share * total)}
        return replace(self, visible=self.visible.fitted(total)), replace(parameters, hidden=hidden)

    def bias_counts(self, v: Array) -> Array | float:
        """Return how many times the hidden biases count in each row: (…, n_visible) → (…, 1), or 1 for all.

        Parameters
        ----------
        v : array, shape (..., n_visible)

        Returns
        -------
        array, shape (..., 1), or float
        """
        share = self.visible.bias_share
        return 1.0 if share is None else share * namespace(v).sum(v, axis=-1, keepdims=True)

    def energy(self, parameters: Parameters, v: Array, h: Array) -> Array:
        """Return E(v, h), row by row.

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)
        h : array, shape (n_rows, n_hidden)

        Returns
        -------
        array, shape (n_rows,)
        """
        interaction = namespace(v).sum(self.hidden_inputs(parameters, v) * h, axis=-1)
        return self.visible.potential(parameters.visible, v) + self.hidden.potential(parameters.hidden, h) - interaction

    def free_energy(self, parameters: Parameters, v: Array) -> Array:
        """Return F(v) = −log ∫ exp(−E(v, h)) dh, row by row: p(v) = exp(−F(v)) / Z.

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)

        Returns
        -------
        array, shape (n_rows,)
        """
        gamma = self.hidden.log_partition(parameters.hidden, self.hidden_inputs(parameters, v))
        return self.visible.potential(parameters.visible, v) - namespace(v).sum(gamma, axis=-1)

    def hidden_inputs(self, parameters: Parameters, v: Array) -> Array:
        """Return the inputs of the hidden units, v W: (n_rows, n_visible) → (n_rows, n_hidden).

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)

        Returns
        -------
        array, shape (n_rows, n_hidden)
        """
        inputs = product(v, parameters.weights)
        if self.visible.bias_share is None:
            return inputs
        return inputs + (self.bias_counts(v) - 1) * parameters.hidden["bias"]  # which units add once themselves

    def visible_inputs(self, parameters: Parameters, h: Array) -> Array:
        """Return the inputs of the visible units, h Wᵀ: (n_rows, n_hidden) → (n_rows, n_visible).

        Parameters
        ----------
        parameters : Parameters
        h : array, shape (n_rows, n_hidden)

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        return product(h, parameters.weights.T)

    def forward(self, parameters: Parameters, v: Array) -> Array:
        """Return E[h | v]: (n_rows, n_visible) → (n_rows, n_hidden).

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)

        Returns
        -------
        array, shape (n_rows, n_hidden)

        Examples
        --------
        >>> import numpy as np
        >>> from deepbelief.core.rbm import Machine, Parameters
        >>> machine = Machine()
        >>> parameters = Parameters(np.zeros((3, 2)), {"bias": np.zeros(3)}, {"bias": np.zeros(2)})
        >>> machine.forward(parameters, np.ones((1, 3))).tolist()
        [[0.5, 0.5]]
        """
        return self.hidden.mean(parameters.hidden, self.hidden_inputs(parameters, v))

    def reverse(self, parameters: Parameters, h: Array) -> Array:
        """Return E[v | h]: (n_rows, n_hidden) → (n_rows, n_visible).

        Parameters
        ----------
        parameters : Parameters
        h : array, shape (n_rows, n_hidden)

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        return self.visible.mean(parameters.visible, self.visible_inputs(parameters, h))

    def reconstruct(self, parameters: Parameters, v: Array) -> Array:
        """Return the reverse pass of the forward pass: (n_rows, n_visible) → (n_rows, n_visible).

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        return self.given(v).reverse(parameters, self.forward(parameters, v))

    def sample_hidden(self, parameters: Parameters, v: Array, stream: Stream) -> Array:
        """Draw from p(h | v): (n_rows, n_visible) → (n_rows, n_hidden).

        Parameters
        ----------
        parameters : Parameters
        v : array, shape (n_rows, n_visible)
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_hidden)
        """
        return self.hidden.sample(parameters.hidden, self.hidden_inputs(parameters, v), stream)

    def sample_visible(self, parameters: Parameters, h: Array, stream: Stream) -> Array:
        """Draw from p(v | h): (n_rows, n_hidden) → (n_rows, n_visible).

        Parameters
        ----------
        parameters : Parameters
        h : array, shape (n_rows, n_hidden)
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_visible)
        """
        return self.visible.sample(parameters.visible, self.visible_inputs(parameters, h), stream)

    def statistics(
        self,
        parameters: Parameters,
        visible: Activity,
        hidden: Activity,
        row_weights: Array | None = None,
    ) -> Parameters:
        """Return the average over rows of −∂E/∂parameters, shaped like the parameters.

        The gradient of the log-likelihood is this average under the data minus the same under the model.

        Parameters
        ----------
        parameters : Parameters
        visible, hidden : Activity
            Of as many rows.
        row_weights : array, shape (n_rows,), optional
            A weighted sum with these weights instead of the average.

        Returns
        -------
        Parameters
        """
        h = hidden.values
        weighted = h / h.shape[0] if row_weights is None else h * row_weights[:, None]
        of_hidden = self.hidden.statistics(parameters.hidden, hidden, row_weights)
        if self.visible.bias_share is not None:
            of_hidden |= {"bias": average(self.bias_counts(visible.values) * h, row_weights)}
        return Parameters(
            weights=product(visible.values.T, weighted),
            visible=self.visible.statistics(parameters.visible, visible, row_weights),
            hidden=of_hidden,
        )
