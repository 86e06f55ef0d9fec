"""The gradient of one step of fine-tuning, with what keeps the network from learning its rows by heart."""

from deepbelief.core.adversarial import adversarial
from deepbelief.core.arrays import Array, cast, namespace, zeros
from deepbelief.core.devices import compiled
from deepbelief.core.network import Layers, Network
from deepbelief.core.randomness import Stream
from deepbelief.core.recipes import FineTuning


def regularized_gradient(
    network: Network,
    layers: Layers,
    x: Array,
    truth: Array,
    shares: Array | None,
    recipe: FineTuning,
    stream: Stream,
) -> tuple[Layers, Array]:
    """Return the gradient of minus the mean loss, of rows as the recipe changes them.

    Parameters
    ----------
    network : Network
    layers : Layers
    x : array, shape (n_rows, n_features)
    truth : array, shape (n_rows, n_targets)
    shares : array, shape (n_rows,), optional
        What each row adds to the mean; None if all add the same.
    recipe : FineTuning
    stream : Stream
        Of all that is random in a step.

    Returns
    -------
    gradient : Layers
        Pointing uphill; where rows are moved, of both losses together.
    answers : array, shape (n_rows, n_outputs)
        At the rows, not at moved ones.
    """
    if recipe.distortion is not None:
        x = recipe.distortion(x, stream)
    if recipe.input_noise:
        x = x + recipe.input_noise * stream.normal(tuple(x.shape), x)
    if recipe.radius:
        formula = compiled(_gradient_at_both, x)
        return formula(network, layers, x, truth, shares, recipe.radius, stream.normal(tuple(x.shape), x))
    shapes = [tuple(x.shape), *((len(x), bias.shape[0]) for bias in layers.biases[:-1])]
    rates = [recipe.input_dropout] + [recipe.dropout] * len(network.hidden)
    masks = [_dropout_mask(rate, shape, x, stream) for rate, shape in zip(rates, shapes, strict=True)]
    return network.gradient(layers, x, truth, masks, shares)


def _gradient_at_both(
    network: Network,
    layers: Layers,
    x: Array,
    truth: Array,
    shares: Array | None,
    radius: float,
    directions: Array,
) -> tuple[Layers, Array]:
    """Return the sum of the gradients at rows and at moved ones, and the answers at the rows."""
    moved, said = adversarial(network, layers, x, radius, directions)
    xp, n = namespace(x), len(x)
    weights = zeros((n,), x) + 1 / n if shares is None else shares
    step, answers = network.gradient(
        layers,
        xp.concatenate([x, moved]),
        xp.concatenate([truth, said]),
        row_weights=xp.concatenate([weights, weights]),
        parts=(slice(n), slice(n, None)),
    )
    return step, answers[:n]


def _dropout_mask(rate: float, shape: tuple[int, ...], other: Array, noise: Stream) -> Array | None:
    """Zero for a share `rate` of the units; the others are scaled up so that the mean input stays the same."""
    if rate == 0:
        return None
    return cast(noise.uniform(shape, other) >= rate, other) / (1 - rate)
