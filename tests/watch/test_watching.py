"""A training that is watched is the training that it would have been."""

import json
import threading

import numpy as np
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
    assert [seen["view"]["layer"] for seen in sent] == [1, 1, 1, 2, 2, 2, 2, 2, 2, 2]
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
        assert view is None  # fine-tuning changes the network, not the layers that were pretrained
    for layer, rbm in zip(onlooker.layers, run.estimator.dbn_.rbms_, strict=True):
        np.testing.assert_array_equal(np.asarray(layer.parameters.weights).T, rbm.components_)


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
