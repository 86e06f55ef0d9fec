"""The gradient of one step of fine-tuning, with what keeps the network from learning its rows by heart."""

from deepbelief.core.adversarial import adversarial
from deepbelief.core.arrays import Array, cast, namespace, zeros
from deepbelief.core.devices import compiled
from deepbelief.core.mixing import mixed
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
        Pointing uphill; where rows are moved or mixed, of all losses together.
    answers : array, shape (n_rows, n_outputs)
        At the rows, not at moved or mixed ones.
    """
    if recipe.distortion is not None:
        x = recipe.distortion(x, stream)
    if recipe.input_noise:
        x = x + recipe.input_noise * stream.normal(tuple(x.shape), x)
    directions = stream.normal(tuple(x.shape), x) if recipe.radius else None
    portions = stream.uniform((len(x), 1), x) if recipe.mixup else None
    if directions is not None or portions is not None:
        formula = compiled(_gradient_with_others, x)
        return formula(network, layers, x, truth, shares, recipe.radius, directions, portions)
    shapes = [tuple(x.shape), *((len(x), bias.shape[0]) for bias in layers.biases[:-1])]
    rates = [recipe.input_dropout] + [recipe.dropout] * len(network.hidden)
    masks = [_dropout_mask(rate, shape, x, stream) for rate, shape in zip(rates, shapes, strict=True)]
    return network.gradient(layers, x, truth, masks, shares)


def _gradient_with_others(
    network: Network,
    layers: Layers,
    x: Array,
    truth: Array,
    shares: Array | None,
    radius: float,
    directions: Array | None,
    portions: Array | None,
) -> tuple[Layers, Array]:
    """Return the sum of the gradients at rows, at moved ones and at mixed ones, and the answers at the rows."""
    rows, targets = [x], [truth]
    if directions is not None:
        moved, said = adversarial(network, layers, x, radius, directions)
        rows.append(moved)
        targets.append(said)
    if portions is not None:
        rows.append(mixed(x, portions))
        targets.append(mixed(truth, portions))
    xp, n = namespace(x), len(x)
    weights = zeros((n,), x) + 1 / n if shares is None else shares
    step, answers = network.gradient(
        layers,
        xp.concatenate(rows),
        xp.concatenate(targets),
        row_weights=xp.concatenate([weights] * len(rows)),
        parts=[slice(n * part, n * (part + 1)) for part in range(len(rows))],
    )
    return step, answers[:n]


def _dropout_mask(rate: float, shape: tuple[int, ...], other: Array, noise: Stream) -> Array | None:
    """Zero for a share `rate` of the units; the others are scaled up so that the mean input stays the same."""
    if rate == 0:
        return None
    return cast(noise.uniform(shape, other) >= rate, other) / (1 - rate)
