"""A training that is watched is the training that it would have been."""

import itertools
import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from deepbelief import load
from deepbelief.experiment import Training, TrainingSettings
from deepbelief.experiment.watching import Onlooker
from deepbelief.watch import Watch, bound, check_installed

NETWORK = {
    "hidden_layer_sizes": (12, 8), "pretrain_epochs": 3, "softmax_epochs": 2, "finetune_epochs": 2,
    "batch_size": 100,
}  # fmt: skip


def training(out, **network):
    return Training(TrainingSettings("digits", out=out, network=NETWORK | network))


def weights(out):
    net = load(out / "model.safetensors")
    return [*net.coefs_, *net.intercepts_, *(rbm.components_ for rbm in net.dbn_.rbms_)]


def texts(board):
    """Whatever is put on a board, from now on."""
    put, found = board.put, []
    board.put = lambda text, last=False: (found.append(json.loads(text)), put(text, last))
    return found


def test_the_model_is_the_same_bit_for_bit(server, tmp_path):
    with training(tmp_path / "alone") as run:
        for _ in run:
            pass
    with training(tmp_path / "watched") as run, Watch(run, bound(0)) as watch:
        sent = texts(server[0].board)
        records = list(watch.along())
    assert len(records) == 3 + 3 + 2 + 2
    for alone, watched in zip(weights(tmp_path / "alone"), weights(tmp_path / "watched"), strict=True):
        np.testing.assert_array_equal(alone, watched)
    assert [len(seen["epochs"]) for seen in sent] == list(range(1, 11))
    assert [seen["view"].get("layer", "network") for seen in sent] == [1, 1, 1, 2, 2, 2, *["network"] * 4]
    assert server[0].last["state"] == "over"
    assert sent[0]["epochs"][0]["place"] == "layer 1"
    assert sent[-1]["epochs"][-1]["validation_accuracy"] == records[-1].metrics["validation_accuracy"]


def test_pictures_are_those_of_the_layer_that_learns(tmp_path):
    from deepbelief.core.inspection import exciting_images, unit_images
    from deepbelief.core.stack import down, up

    with training(tmp_path / "run") as run:
        onlooker = Onlooker(run)
        for record in run:
            onlooker.noticed(record)
            view = onlooker.view()
            if record.phase == "pretrain" and record.epoch == 3:
                x = onlooker.rows.take(slice(None))
                layers = onlooker.layers
                expected = (
                    unit_images(layers, np.arange(12)) if record.layer == 0 else exciting_images(x, up(layers, x))
                )
                np.testing.assert_allclose(view.units, expected, atol=1e-6)
                np.testing.assert_allclose(view.reconstructions, down(layers, up(layers, view.rows)), atol=1e-6)
                assert view.layer == record.layer + 1
    for layer, rbm in zip(onlooker.layers, run.estimator.dbn_.rbms_, strict=True):
        np.testing.assert_array_equal(np.asarray(layer.parameters.weights).T, rbm.components_)


def test_a_network_that_learns_is_seen_with_what_it_answers(tmp_path):
    from deepbelief.core.inspection import unit_images
    from deepbelief.core.stack import Layer

    with training(tmp_path / "run") as run:
        onlooker, begin = Onlooker(run), None
        for record in run:
            onlooker.noticed(record)
            if record.phase == "pretrain":
                continue
            view, first, units = onlooker.view(), onlooker.layers[0], np.arange(12)
            weights = run.estimator.coefs_[0]
            begin = weights.copy() if begin is None else begin
            now, before = (Layer(first.machine, replace(first.parameters, weights=one)) for one in (weights, begin))
            np.testing.assert_allclose(view.units, unit_images([now], units), atol=1e-6)
            np.testing.assert_allclose(view.units - view.changes, unit_images([before], units), atol=1e-6)
            assert view.moved == pytest.approx(np.linalg.norm(weights - begin) / np.linalg.norm(begin))
            assert (view.moved > 0) == (record.phase == "finetune")
            assert view.are_held_out
            assert view.confusion.sum() == len(run.held_out)
            right = np.trace(view.confusion) / len(run.held_out)
            assert right == pytest.approx(record.metrics["validation_accuracy"])
            probabilities = run.estimator.predict_proba(view.rows)  # which are shares of the range already
            np.testing.assert_allclose(view.answers[: len(view.rows)], probabilities, atol=1e-5)


def test_of_several_networks_the_first_is_seen(tmp_path):
    """The others join it when they are done: until then there is nothing to look at but how far they are."""
    with training(tmp_path / "run", n_networks=2) as run:
        onlooker, seen = Onlooker(run), set()
        for record in run:
            onlooker.noticed(record)
            if record.phase != "pretrain":
                seen.add((record.network, onlooker.view() is not None))
        assert seen == {(0, True), (1, False)}
        assert run.estimator.n_networks_ == 2


def test_a_network_of_numbers_is_seen_with_what_it_predicts(server, tmp_path):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(80, 3))
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(price=100 + X @ [5, 1, 0])
    table.to_csv(tmp_path / "prices.csv", index=False)
    network = {"output_epochs" if name == "softmax_epochs" else name: value for name, value in NETWORK.items()}
    reading = {"target": "price", "task": "regress"}
    settings = TrainingSettings(
        str(tmp_path / "prices.csv"), out=tmp_path / "run", network=network, reading=reading, validation_fraction=0
    )
    with Training(settings) as run, Watch(run, bound(0)) as watch:
        sent = texts(server[0].board)
        list(watch.along())
    view = sent[-1]["view"]
    assert not view["heldOut"]
    points = np.array(sorted(view["points"]))
    order = np.argsort(table["price"].to_numpy())
    np.testing.assert_allclose(points[:, 0], table["price"].to_numpy()[order], atol=1e-3)
    np.testing.assert_allclose(points[:, 1], run.estimator.predict(X)[order], atol=1e-3)
    assert view["truth"] == pytest.approx([number for number, _ in view["points"][:12]], abs=1e-4)


def test_looking_takes_a_share_of_the_time_at_most(server, tmp_path, monkeypatch):
    clock, looks = itertools.count(), []
    monkeypatch.setattr("deepbelief.watch.watching.SHARE", 0.25)
    monkeypatch.setattr("deepbelief.watch.watching.time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr("deepbelief.watch.watching.Onlooker.view", lambda self: looks.append(len(self.records)))
    with training(tmp_path / "run", pretrain_epochs=8) as run, Watch(run, bound(0)) as watch:
        list(watch.along())
    # A look takes 1 on this clock, and so does an epoch without one: there are 4 after it, but for the end of a phase.
    assert looks == [1, 6, 8, 13, 16, 18, 20]


def test_findings_arise_with_the_epochs(tmp_path):
    with training(tmp_path / "run", pretrain_learning_rate=1e-7) as run:
        onlooker = Onlooker(run)
        for record in run:
            onlooker.noticed(record)
            if record.phase == "pretrain" and record.epoch == 3:
                assert "identical-reconstructions" in [finding.name for finding in onlooker.view().findings]


def test_pause_waits_and_go_on_goes_on(server, tmp_path):
    with training(tmp_path / "run") as run, Watch(run, bound(0)) as watch:
        sent = texts(server[0].board)
        epochs = watch.along()
        next(epochs)
        server[0].ask("pause")
        assert sent[-1]["state"] == "paused"
        others = []
        thread = threading.Thread(target=lambda: others.extend(epochs))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert others == []
        server[0].ask("resume")
        thread.join(120)
        assert len(others) == 9


def test_stop_keeps_what_was_learned(server, tmp_path):
    out = tmp_path / "run"

    def train_and_stop():
        with training(out) as run, Watch(run, bound(0)) as watch:
            for record in watch.along():
                if record.epoch == 2:
                    server[0].ask("pause")
                    server[0].ask("stop")

    with pytest.raises(KeyboardInterrupt):
        train_and_stop()
    assert server[0].last["state"] == "stopped"
    assert (out / "checkpoint").is_dir()
    with Training(TrainingSettings("digits", out=out, network=NETWORK), resume=True) as run:
        assert len(list(run)) == 8


def test_what_a_page_asks_for_beyond_its_buttons_is_nothing(server, tmp_path):
    with training(tmp_path / "run") as run, Watch(run, bound(0)):
        server[0].ask("../etc")
        assert run.stopping is False


def test_names_reach_the_page_as_text(server, tmp_path):
    source = tmp_path / "<img src=x onerror=alert(1)>.csv"
    source.write_text("a,b,species\n" + "1,2,x\n2,1,y\n" * 20)
    with Training(TrainingSettings(str(source), out=tmp_path / "run", network=NETWORK)) as run, Watch(run, bound(0)):
        html = server[0].html
    assert "<img" not in html
    assert "\\u003cimg src=x" in html
    assert "connect-src 'self'" in html


def test_without_a_server_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"--watch needs starlette and uvicorn.*pip install 'deepbelief\[serve\]'"):
        check_installed()
