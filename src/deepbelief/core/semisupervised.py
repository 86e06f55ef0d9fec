"""Fine-tuning with few labels: unlabelled rows add a consistency loss.

The network ends in a softmax. Each step sees a batch of labelled rows, and a larger one of all rows, which count in two
ways:

* *Virtual adversarial training* (Miyato, Maeda, Koyama & Ishii 2016): the network shall answer the same when a row is
  moved a little in the direction in which its answer changes most. No label is needed for that. The answer it is held
  to is sharpened, so that it makes up its mind (entropy minimisation, Grandvalet & Bengio 2004). If the recipe says so,
  mixtures of rows (:mod:`~deepbelief.core.mixing`) are held to the mixture of these answers.
* *Guessed labels* (:mod:`~deepbelief.core.propagation`) in the beginning, when the network's own answers are worth
  little; their weight falls to zero over the first part of training, so that it ends free of their errors.
"""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from deepbelief.core import kernels
from deepbelief.core.adversarial import adversarial, sharpened
from deepbelief.core.arrays import Array, like, namespace, to_numpy
from deepbelief.core.ascent import Carry, PlainSteps, Steps, ascend, update_ratio
from deepbelief.core.batch import Batch
from deepbelief.core.centring import Centre, centred_network
from deepbelief.core.devices import compiled
from deepbelief.core.finetuning import Pass, no_sums, passes, summed, truth_of
from deepbelief.core.mixing import mixed
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import decay_of
from deepbelief.core.parallel import ALONE, Part
from deepbelief.core.phases import NETWORK, Place
from deepbelief.core.progress import NO_PAUSES, Epoch, Midway, Pauses, State, resume_epoch
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import Consistency, FineTuning
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Linear

GUIDED, SHARPENING = 0.3, 2.0  # share of training in which guessed labels count, ever less; power of the answers
# The same where rows are mixed too, as chosen on held-out rows of MNIST, see docs/decisions/0030-few-labels.md.
GUIDED_MIXED, SHARPENING_MIXED = 0.1, 1.5
WARM_UP = 0.1  # share of training in which the adversarial term rises to its full weight
UNLABELLED_SHARE = 2  # rows of all kinds in a step, for each labelled one


@dataclass(frozen=True)
class Unlabelled:
    """What fine-tuning knows of rows without a label.

    Parameters
    ----------
    rows : Rows, shape (n_rows, n_features)
        All rows, labelled or not. The label of each is its guessed class, −1 where there is no guess.
    radius : float
        How far a row is moved.
    """

    rows: Rows
    radius: float


def finetune_semisupervised(
    network: Network,
    labelled: Rows,
    unlabelled: Unlabelled,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    *,
    place: Place = NETWORK,
    held_out: Rows | None = None,
    pauses: Pauses = NO_PAUSES,
) -> Generator[Epoch | Midway, None, State]:
    """Train a network on labelled and unlabelled rows, one pass over all rows at a time.

    Parameters
    ----------
    network : Network
    labelled : Rows, shape (n_labelled, n_features)
        With labels.
    unlabelled : Unlabelled
    state : State
        With :class:`~deepbelief.core.network.Layers` as parameters.
    recipe : FineTuning
        `batch_size` counts labelled rows; twice as many of all rows join them. Dropout is not used.
    streams : RandomStreams
    place : Place
        See :func:`~deepbelief.core.finetuning.finetune`.
    held_out : Rows, optional
        See :func:`~deepbelief.core.finetuning.finetune`.
    pauses : Pauses

    Yields
    ------
    Epoch, Midway
        As from :func:`~deepbelief.core.finetuning.finetune`; `loss` and `accuracy` are over the labelled rows seen.

    Returns
    -------
    State
        The last one.

    Raises
    ------
    DivergedError
        When a parameter is no longer a finite number.
    """
    begin = state.epoch

    def one_pass(state: State) -> Pass:
        trained = (state.epoch - begin) / recipe.n_epochs
        return _one_epoch(network, labelled, unlabelled, state, recipe, streams, trained, place, pauses)

    return (yield from passes(one_pass, network, unlabelled.rows, state, recipe.n_epochs, place, held_out, pauses))


def _one_epoch(
    network: Network,
    labelled: Rows,
    unlabelled: Unlabelled,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    trained: float,
    place: Place,
    pauses: Pauses,
) -> Pass:
    draws, noise = streams.stream("labelled", state.epoch), streams.stream("directions", state.epoch)
    batch_size = min(recipe.batch_size, len(unlabelled.rows))  # labelled rows are drawn, however few there are
    n_steps = -(-len(unlabelled.rows) // (UNLABELLED_SHARE * batch_size))
    step = 0 if state.partial_epoch is None else state.partial_epoch.step
    decay = decay_of(recipe.optimizer)
    guided, sharpening = (GUIDED_MIXED, SHARPENING_MIXED) if recipe.mixup else (GUIDED, SHARPENING)
    trust_at, guidance_at = Linear(0.0, 1.0, WARM_UP), Linear(1.0, 0.0, guided)

    def shares_at(epoch: float) -> tuple[float, float]:
        """Return how much moved and mixed rows and guessed labels count."""
        now = trained + (epoch - state.epoch) / recipe.n_epochs
        return trust_at(now), guidance_at(now)

    consistency = Consistency(unlabelled.radius, recipe.mixup, sharpening, shares_at)

    def gradient(layers: Layers, batch: Batch, sums: Carry, part: Part) -> tuple[Layers, Carry]:
        nonlocal step
        trust, guidance = shares_at(state.epoch + step / n_steps)
        step += 1
        known = labelled.batch(draws.choice(len(labelled), batch_size))
        truth = truth_of(network, known.labels, layers)
        directions = noise.normal(tuple(batch.v.shape), batch.v)
        portions = noise.uniform((len(batch), 1), batch.v) if recipe.mixup else None
        weights = [_weights(known)] + (2 if recipe.mixup else 1) * [trust * _weights(batch)]
        guesses, guessed = np.asarray(batch.labels), None
        if guidance > 0 and (guesses >= 0).any():
            weights.append(guidance * (guesses >= 0) * _weights(batch))
            guessed = truth_of(network, guesses, layers)
        shares = like(np.concatenate([each / len(each) for each in weights]), batch.v)
        formula = compiled(_gradient_of_all, batch.v)
        step_up, said = formula(
            network,
            layers,
            known.v,
            truth,
            batch.v,
            guessed,
            shares,
            unlabelled.radius,
            sharpening,
            directions,
            portions,
        )
        if centre:
            step_up = centred_network(step_up, centre, decay)
        return step_up, summed(network.output, sums, said, truth, known.weights)

    order = streams.stream("order", state.epoch).permutation(len(unlabelled.rows))
    begin = no_sums(state.parameters)
    if recipe.centred and not state.parameters.gains:
        begin |= Centre.of_network(network, state.parameters, unlabelled.rows).named()
    done, carried = resume_epoch(state.partial_epoch, n_steps, (draws, noise), begin)
    centre, sums = Centre.split(carried)
    n_all = UNLABELLED_SHARE * batch_size
    steps: Steps | kernels.NoKernel = kernels.semisupervised_steps(
        network,
        recipe,
        labelled,
        unlabelled.rows,
        order,
        (batch_size, n_all),
        state,
        sums,
        centre,
        consistency,
        (draws, noise),
    )
    if isinstance(steps, kernels.NoKernel):
        steps = PlainSteps(gradient, recipe.optimizer, unlabelled.rows, order, state, sums, ALONE, steps.reason)
    result = yield from ascend(
        steps,
        state,
        done,
        len(order),
        n_all,
        place,
        draws=(draws, noise),
        pauses=pauses,
        fixed=centre.named() if centre else {},
        group=ALONE,  # each process goes through all of it: few labels need little time
        precision=recipe.execution.precision,
    )
    n_seen = n_steps * batch_size
    metrics = {
        "loss": float(result.carried["loss"]) / n_seen,
        network.output.measured: float(result.carried["measured"]) / n_seen,
        "update_ratio": update_ratio(result.last, result.parameters.weights),
    }
    return State(result.parameters, result.optimizer, None, state.epoch + 1), metrics, steps.name


def _gradient_of_all(
    network: Network,
    layers: Layers,
    known: Array,
    truth: Array,
    x: Array,
    guessed: Array | None,
    shares: Array,
    radius: float,
    sharpening: float,
    directions: Array,
    portions: Array | None,
) -> tuple[Layers, Array]:
    """Return the gradient at labelled rows, at others that are moved and mixed, and at those with guessed labels.

    `shares` says what each of these rows, one kind after the other, adds to the sum. The answers are those at the
    labelled rows.
    """
    moved, said = adversarial(network, layers, x, radius, directions)
    held = sharpened(said, sharpening)
    rows, targets = [known, moved], [truth, held]
    if portions is not None:
        rows.append(mixed(x, portions))
        targets.append(mixed(held, portions))
    if guessed is not None:
        rows.append(x)
        targets.append(guessed)
    ends = list(accumulate((len(each) for each in rows), initial=0))
    xp = namespace(x)
    step, answers = network.gradient(
        layers,
        xp.concatenate(rows),
        xp.concatenate(targets),
        row_weights=shares,
        parts=[slice(first, last) for first, last in pairwise(ends)],
    )
    return step, answers[: len(known)]


def _weights(batch: Batch) -> np.ndarray:
    return np.ones(len(batch)) if batch.weights is None else to_numpy(batch.weights)
