"""``deepbelief train --watch``: an address, or a sentence."""

import pytest
from click.testing import CliRunner

from deepbelief import report
from deepbelief.cli.main import deepbelief
from deepbelief.watch import bound


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Train three units on digits in a folder of its own, without a report, and return what was said."""
    monkeypatch.setattr(report, "write_run_report", lambda training, with_page: "")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    def run(*options):
        epochs = [f"--{phase}-epochs=1" for phase in ("pretrain", "softmax", "finetune")]
        words = ["train", "digits", "--layers=3", *epochs, "--out", str(tmp_path / "run"), *options]
        return CliRunner().invoke(deepbelief, words)

    run.out = tmp_path / "run"
    return run


def test_without_a_browser_the_address_is_printed(train, server, monkeypatch):
    monkeypatch.setattr("deepbelief.watch.check_installed", lambda option: None)
    monkeypatch.setattr("deepbelief.cli.watching.sys.platform", "linux")
    monkeypatch.setattr("webbrowser.open", lambda url: pytest.fail("there is no screen"))
    done = train("--watch")
    assert done.exit_code == 0, done.output
    assert "To watch, open this in a browser: http://127.0.0.1/\n" in done.stderr
    assert server[0].last["state"] == "over"
    assert len(server[0].last["epochs"]) == 3


def test_a_browser_is_opened_where_there_is_a_screen(train, server, monkeypatch):
    opened = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("deepbelief.watch.check_installed", lambda option: None)
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    assert "Watch it: http://127.0.0.1/\n" in train("--watch").stderr
    assert opened == ["http://127.0.0.1/"]


def test_a_port_in_use_is_one_sentence_and_nothing_is_begun(train, monkeypatch):
    monkeypatch.setattr("deepbelief.watch.check_installed", lambda option: None)
    with bound(0) as other:
        port = other.getsockname()[1]
        done = train("--watch", f"--watch-port={port}")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: port {port} cannot be used by --watch")
    assert done.stderr.count("\n") == 1
    assert not train.out.exists()


def test_without_starlette_there_is_a_sentence_and_nothing_is_begun(train, monkeypatch):
    monkeypatch.setattr("deepbelief.watch.watching.importlib.util.find_spec", lambda name: None)
    done = train("--watch")
    assert done.exit_code == 1
    assert "pip install 'deepbelief[serve]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not train.out.exists()
