"""Unit types on data of which is known what there is to find: a Potts model, topics, a table; and what a step costs.

``python benchmarks/unit_types.py [potts topics table speed torch_speed]`` writes ``results/unit_types.json``, one entry
for each; entries that are not asked for stay as they are. ``torch_speed`` is ``speed`` with ``device="cpu"``.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from deepbelief import RBM
from deepbelief.core.gauge import zero_sum
from deepbelief.core.gradients import ContrastiveDivergence
from deepbelief.core.optimizers import sgd
from deepbelief.core.progress import Pauses
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import start, train
from deepbelief.core.units import Bernoulli, Gaussian, units_named
from deepbelief.estimators.inputs import scaling_of
from deepbelief.estimators.machines import layer_of

RESULTS = Path(__file__).parent / "results" / "unit_types.json"
SEEDS = (0, 1, 2)

# --- a Potts model ----------------------------------------------------------------------------------------------------

N_SITES, N_STATES, N_CONTACTS, RANK, N_SAMPLES, N_SWEEPS = 30, 21, 40, 2, 100_000, 20
STRENGTH = 0.7
POTTS_HIDDEN, POTTS_PASSES, POTTS_RATE, POTTS_DECAY = 120, 16, 0.05, 5e-4


def planted_potts(rng):
    """Return couplings (n_sites, n_sites, n_states, n_states) in the zero-sum gauge, fields, and samples of the model.

    40 of the 435 pairs are coupled, each by a random matrix of rank 2. Samples come from Gibbs chains that start at
    random, all sites in turn, 20 times.
    """
    couplings = np.zeros((N_SITES, N_SITES, N_STATES, N_STATES))
    pairs = [(i, j) for i in range(N_SITES) for j in range(i)]
    contacts = [pairs[k] for k in rng.choice(len(pairs), N_CONTACTS, replace=False)]
    for i, j in contacts:
        left, right = rng.normal(size=(2, N_STATES, RANK))
        coupling = STRENGTH * (left - left.mean(axis=0)) @ (right - right.mean(axis=0)).T / RANK**0.5
        couplings[i, j], couplings[j, i] = coupling, coupling.T
    fields = rng.normal(0, 0.3, (N_SITES, N_STATES)).astype(np.float32)
    tables = couplings.astype(np.float32)
    x = rng.integers(N_STATES, size=(N_SAMPLES, N_SITES))
    neighbours = [[j for j in range(N_SITES) if couplings[i, j].any()] for i in range(N_SITES)]
    for _ in range(N_SWEEPS):
        for i in range(N_SITES):
            field = sum((tables[j, i][x[:, j]] for j in neighbours[i]), np.tile(fields[i], (N_SAMPLES, 1)))
            cumulative = np.cumsum(np.exp(field), axis=1)
            u = rng.random((N_SAMPLES, 1), np.float32)
            x[:, i] = (cumulative < u * cumulative[:, -1:]).sum(axis=1)
    return couplings, fields, x


def couplings_of(rbm):
    """Return the couplings of a machine with Gaussian hidden units, in the zero-sum gauge.

    With these units summed out, log p(v) is a Potts model with the couplings W Wᵀ, exactly.
    """
    layer = layer_of(rbm)
    parameters = zero_sum(layer.machine, layer.parameters)
    order = np.concatenate([np.arange(columns.start, columns.stop) for columns in scaling_of(rbm).columns])
    weights = parameters.weights[order].reshape(N_SITES, N_STATES, -1)
    return np.einsum("iah,jbh->ijab", weights, weights)


def potts(seed):
    """Return how well the couplings of all pairs, and those of the coupled ones, are recovered.

    By persistent chains: contrastive divergence finds the same pairs, but couplings nearly twice too strong.
    """
    couplings, _, x = planted_potts(np.random.default_rng(seed))
    rbm = RBM(
        POTTS_HIDDEN,
        visible="categorical",
        hidden="gaussian",
        gradient="pcd",
        n_iter=POTTS_PASSES,
        batch_size=100,
        learning_rate=POTTS_RATE,
        learning_rate_schedule="linear",
        weight_decay=POTTS_DECAY,
        random_state=seed,
    ).fit(x)
    found = couplings_of(rbm)
    above = np.triu_indices(N_SITES, 1)
    true, found = couplings[above], found[above]
    coupled = np.abs(true).sum(axis=(1, 2)) > 0
    strongest = np.argsort(-np.linalg.norm(found, axis=(1, 2)))[:N_CONTACTS]
    return {
        "correlation": float(np.corrcoef(true.ravel(), found.ravel())[0, 1]),
        "correlation_of_the_coupled": float(np.corrcoef(true[coupled].ravel(), found[coupled].ravel())[0, 1]),
        "contacts_among_the_strongest": float(coupled[strongest].mean()),
    }


# --- topics -----------------------------------------------------------------------------------------------------------

N_TOPICS, N_WORDS, N_DOCUMENTS, SHORTEST, LONGEST, BACKGROUND = 8, 400, 3000, 20, 400, 0.75


def planted_topics(rng):
    """Return documents (counts of words) of one topic each, and the topics.

    A topic prefers a tenth of the words; three of four words of a document come from what all topics share. Lengths are
    log-uniform from 20 to 400 words.
    """
    shared = rng.dirichlet(np.full(N_WORDS, 0.5))
    preferred = np.array([rng.random(N_WORDS) < 0.1 for _ in range(N_TOPICS)]) * rng.random((N_TOPICS, N_WORDS))
    topics = BACKGROUND * shared + (1 - BACKGROUND) * preferred / preferred.sum(axis=1, keepdims=True)
    of_document = rng.integers(N_TOPICS, size=N_DOCUMENTS)
    lengths = np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST), N_DOCUMENTS)).astype(int)
    counts = [rng.multinomial(n, topics[k]) for n, k in zip(lengths, of_document, strict=True)]
    return np.array(counts, float), of_document


def same_topic_nearby(features, topics, n_neighbours=10):
    """Return the share of the nearest other documents, by the cosine, that have the document's own topic."""
    features = features - features.mean(axis=0)
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1)[:, :n_neighbours]
    return float((topics[nearest] == topics[:, None]).mean())


def topics(seed):
    """Return the shares of neighbours of one topic among features of the machine, and among the counts themselves.

    The features are those of documents that the machine was not trained on.
    """
    counts, of_document = planted_topics(np.random.default_rng(seed))
    half = N_DOCUMENTS // 2
    rest, its_topics = counts[half:], of_document[half:]
    found = {"chance": 1 / N_TOPICS}
    for visible in ("replicated-softmax", "poisson"):
        rbm = RBM(50, visible=visible, batch_size="auto", n_iter=100, random_state=seed).fit(counts[:half])
        found[visible] = same_topic_nearby(rbm.transform(rest), its_topics)
    return found | {
        "word_counts": same_topic_nearby(rest, its_topics),
        "word_shares": same_topic_nearby(rest / rest.sum(axis=1, keepdims=True), its_topics),
    }


# --- a mixed table ----------------------------------------------------------------------------------------------------


def planted_table(rng, n_rows=2000):
    """Return a table whose columns follow from one of four hidden kinds of a row, and noise."""
    kind = rng.integers(4, size=n_rows)

    def category(words, fidelity):
        own = np.array(words)[kind % len(words)]
        return np.where(rng.random(n_rows) < fidelity, own, rng.choice(words, n_rows))

    return pd.DataFrame(
        {
            "income": 1000 * (20 + 15 * kind) + rng.normal(0, 6000, n_rows),
            "age": 30 + 8 * np.abs(kind - 1) + rng.normal(0, 4, n_rows),
            "rate": 0.01 * (kind == 2) + rng.normal(0, 0.003, n_rows),
            "owner": rng.random(n_rows) < np.array([0.05, 0.3, 0.7, 0.95])[kind],
            "plan": np.where(rng.random(n_rows) < np.array([0.9, 0.9, 0.1, 0.1])[kind], "basic", "full"),
            "colour": category(["red", "green", "blue", "grey"], 0.8),
            "region": category(["north", "south", "east"], 0.7),
            "noise": rng.choice(["a", "b", "c", "d", "e"], n_rows),
        }
    )


def table(seed):
    """Return how well each column of rows not trained on is told from all others, and what knowing nothing gives.

    The free energies of a row with each value that the column can have give the value's probability given all other
    columns. Numbers have the share of the variance that their conditional mean explains; bits and categories the share
    of rows in which the most probable one is right, beside that of the most frequent one.
    """
    rng = np.random.default_rng(seed)
    frame = planted_table(rng)
    train_rows, test_rows = frame[:1500], frame[1500:].reset_index(drop=True)
    rbm = RBM(30, visible="mixed", batch_size="auto", n_iter=100, random_state=seed).fit(train_rows)
    found = {}
    for feature, name in zip(rbm.features_, frame, strict=True):
        known = train_rows[name]
        candidates = feature.categories or np.linspace(known.min(), known.max(), 61)
        scores = np.stack([-rbm.free_energy(test_rows.assign(**{name: value})) for value in candidates], axis=1)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        true = test_rows[name].to_numpy()
        if feature.categories is None:
            mean = p @ candidates / p.sum(axis=1)
            found[name] = {"explained": float(1 - np.mean((mean - true) ** 2) / np.var(true))}
        else:
            guess = np.array(candidates)[p.argmax(axis=1)]
            usual = float((true == known.mode()[0]).mean())
            found[name] = {"right": float((guess == true).mean()), "most_frequent": usual}
    return found


# --- speed ------------------------------------------------------------------------------------------------------------

N_VISIBLE, N_HIDDEN, BATCH, N_STEPS, N_ROUNDS, UNKNOWN = 784, 500, 100, 20, 7, 0.3
SPEEDS = [
    ("gaussian", "bernoulli"),
    ("gaussian-learned-variance", "bernoulli"),
    ("spin", "bernoulli"),
    ("binomial(16)", "bernoulli"),
    ("poisson", "bernoulli"),
    ("relu", "bernoulli"),
    ("categorical(4)", "bernoulli"),
    ("replicated-softmax(800)", "bernoulli"),
    ("bernoulli", "gaussian"),
    ("bernoulli", "spin"),
    ("bernoulli", "relu"),
    ("bernoulli", "poisson"),
    ("bernoulli", "categorical(4)"),
    ("bernoulli", "binomial(3)"),
]


def values(units, rng):
    """Return rows that visible units of a type take."""
    nothing = np.zeros((N_STEPS * BATCH, N_VISIBLE), np.float32)
    parameters = units.neutral(N_VISIBLE, nothing)
    drawn = units.sample(parameters, nothing, RandomStreams(int(rng.integers(1000))).stream("rows"))
    return drawn.astype(np.float32)


def seconds(machine, rows):
    """Return the median processor time from one step to the next, which others on the machine hardly change."""
    ends = []

    def look():
        ends.append(time.process_time())
        return False

    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(1e-5), Constant(0.5), 0.0), 1, BATCH, centred=True)
    streams = RandomStreams(0)
    state = start(machine, rows, N_HIDDEN, recipe, streams)
    list(train(machine, rows, state, recipe, streams, pauses=Pauses(pause=look)))
    return float(np.median(np.diff(ends)))


def speed(device="numpy"):
    """Return the time of a step of each pair of types, over that of binary units in the same round: median, quartiles.

    Binary units take the steps that users get, which are those of a kernel. They are also timed on rows with weights,
    with holes (30 % of all values), and with both.
    """
    rng = np.random.default_rng(0)
    named = {"gaussian": Gaussian()} | {name: units_named(name) for pair in SPEEDS for name in pair}

    def rows_of(x, **about):
        return Rows(x, device=device, **about).moved()

    cases = {f"{a} - {b}": (Machine(named[a], named[b]), rows_of(values(named[a], rng))) for a, b in SPEEDS}
    plain, x = Machine(), values(Bernoulli(), rng)
    holes = np.where(rng.random(x.shape) < UNKNOWN, np.float32(np.nan), x)
    known, weights = {"stand_in": np.full(N_VISIBLE, 0.5)}, {"weights": rng.random(len(x)) + 0.1}
    cases["weights"] = plain, rows_of(x, **weights)
    cases["holes"] = plain, rows_of(holes, **known)
    cases["holes and weights"] = plain, rows_of(holes, **known, **weights)
    beside, ratios = rows_of(x), {name: [] for name in cases}
    for _ in range(N_ROUNDS):
        for name, (machine, rows) in cases.items():
            ratios[name].append(seconds(machine, rows) / seconds(plain, beside))
    return {
        name: dict(zip(("lower", "median", "upper"), map(float, np.quantile(found, [0.25, 0.5, 0.75])), strict=True))
        for name, found in ratios.items()
    }


QUESTIONS = {"potts": potts, "topics": topics, "table": table}
DEVICES = {"speed": "numpy", "torch_speed": "cpu"}


def main():
    """Answer the questions that are asked for, and keep the other answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="*", default=[*QUESTIONS, *DEVICES])
    warnings.simplefilter("ignore", ConvergenceWarning)
    for question in parser.parse_args().questions:
        answer = (
            speed(DEVICES[question])
            if question in DEVICES
            else {f"seed {seed}": QUESTIONS[question](seed) for seed in SEEDS}
        )
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(results | {question: answer}, indent=1) + "\n")
        print(json.dumps({question: answer}, indent=1), flush=True)


if __name__ == "__main__":
    main()
