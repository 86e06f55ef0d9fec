"""A training state taken apart and put together again; and an epoch that is taken up in its middle."""

import json
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.checkpoint import put_together, taken_apart
from deepbelief.core.gradients import PersistentContrastiveDivergence
from deepbelief.core.optimizers import sgd
from deepbelief.core.progress import Midway, Pauses
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import start, train
from deepbelief.core.units import Bernoulli
from deepbelief.errors import ModelError

MACHINE, STREAMS = Machine(Bernoulli(), Bernoulli()), RandomStreams(0)
RECIPE = Recipe(PersistentContrastiveDivergence(), sgd(Constant(0.1), Constant(0.9), 0.001), 2, batch_size=4)
ROWS = Rows(np.random.default_rng(0).random((18, 5), dtype=np.float32))
START = start(MACHINE, ROWS, 3, RECIPE, STREAMS)


def records(pauses):
    return list(train(MACHINE, ROWS, START, RECIPE, STREAMS, pauses=pauses))


def as_json(state, name="it"):
    """A state that went through a file."""
    described, arrays = taken_apart(state, name)
    return json.loads(json.dumps(described)), {path: array.copy() for path, array in arrays.items()}


def test_training_stops_between_steps_where_it_is_asked_to():
    all_records = records(Pauses(pause=lambda: True))
    assert [isinstance(record, Midway) for record in all_records] == 2 * [True, True, True, True, False]
    assert [record.state.partial_epoch.step for record in all_records[:4]] == [1, 2, 3, 4]


def test_from_every_step_training_goes_on_to_the_same_state():
    *_, whole = records(Pauses())
    for midway in records(Pauses(pause=lambda: True))[:-1]:
        again = put_together(*as_json(midway.state), "it", START)
        *_, last = records(Pauses(resume=lambda place, beginning, again=again: again))
        assert last.metrics == whole.metrics
        _, arrays = taken_apart(last.state, "it")
        for path, array in taken_apart(whole.state, "it")[1].items():
            np.testing.assert_array_equal(arrays[path], array)


def test_what_does_not_fit_the_plan_is_refused():
    described, arrays = as_json(START)
    for path, array in arrays.items():
        missing = {name: other for name, other in arrays.items() if name != path}
        for other in (missing, arrays | {path: array[:1]}, arrays | {path: array.astype(float)}):
            with pytest.raises(ModelError, match="does not fit the model"):
                put_together(described, other, "it", START)


def test_the_middle_of_another_epoch_is_refused():
    middle = records(Pauses(pause=lambda: True))[0].state
    for changes in ({"step": 5}, {"streams": ()}, {"streams": middle.partial_epoch.streams * 2}, {"carried": {}}):
        wrong = replace(middle, partial_epoch=replace(middle.partial_epoch, **changes))
        with pytest.raises(ModelError, match="another kind of epoch"):
            records(Pauses(resume=lambda place, beginning, wrong=wrong: wrong))


def test_a_stream_goes_where_another_one_is():
    one, other = STREAMS.stream("one"), STREAMS.stream("other")
    for _ in range(3):
        one.generator.integers(2**32, dtype=np.uint32)  # uses half a word
        other.state = json.loads(json.dumps(one.state))
        np.testing.assert_array_equal(one.choice(9, 5), other.choice(9, 5))
        assert one.state == other.state
