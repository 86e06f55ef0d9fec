"""``deepbelief explore``."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from cli.conftest import done, refused, run
from deepbelief.page import packing
from deepbelief.watch import bound


def test_a_model_is_opened_in_a_page_of_one_file(trained, folder):
    outcome = done("explore", trained, "digits")
    assert outcome.stdout == "Wrote net.html: 0.3 MB, with weights of 32-bit floats\n"
    html = Path("net.html").read_text(encoding="utf-8")
    assert html.count("<script") == 2
    assert "default-src 'none'" in html
    assert "http" not in html.replace("http-equiv", "")
    refused("explore", trained, says=("net.html", "the file exists", "--force"))
    done("explore", trained, "--force")
    assert len(Path("net.html").read_text(encoding="utf-8")) < len(html)  # without the rows


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("--image-shape", "3x5"), "images of 3 × 5 pixels do not fit 64 features; say another image shape"),
        (("mnist.npz",), "trained on images of 64 pixels"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(trained, folder, arguments, says):
    import numpy as np

    np.savez("mnist.npz", X=np.zeros((2, 784)))
    refused("explore", trained, *arguments, says=(says,))
    assert not Path("net.html").exists()


def test_a_net_that_is_too_large_is_refused_with_its_size(trained, folder, monkeypatch):
    monkeypatch.setattr(packing, "MOST_BYTES", 1000)
    refused("explore", trained, says=("the page of this net would have 0 MB", "deepbelief explore --serve shows it"))
    monkeypatch.setattr(packing, "SERVED_BYTES", 1000)
    refused("explore", trained, says=("would have 0 MB in a browser", "explore a net of fewer units"))


@pytest.fixture
def servers(monkeypatch):
    """Servers that end at once, in the place of those that need starlette; of a machine without a screen."""
    made, module = [], ModuleType("deepbelief.watch.net_server")

    class NetServer(SimpleNamespace):
        def __init__(self, page, listening):
            super().__init__(page=page, listening=listening, url="http://127.0.0.1/", has_ended=False)
            made.append(self)

        def wait(self):
            raise KeyboardInterrupt

        def end(self):
            self.has_ended = True

    module.NetServer = NetServer
    monkeypatch.setitem(sys.modules, "deepbelief.watch.net_server", module)
    monkeypatch.setattr("deepbelief.watch.check_installed", lambda option: None)
    monkeypatch.setattr("deepbelief.cli.watching.sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_a_net_is_served_until_ctrl_c(trained, folder, monkeypatch, servers):
    monkeypatch.setattr(packing, "MOST_BYTES", 1000)
    outcome = done("explore", trained, "digits", "--serve")
    assert (
        "The page asks for a net of 0.2 MB, with weights of 32-bit floats. Ctrl-C ends its server.\n" in outcome.stderr
    )
    assert outcome.stderr.endswith("Open this in a browser: http://127.0.0.1/\n")
    assert servers[0].has_ended
    assert not Path("net.html").exists()


def test_what_cannot_be_served_is_refused_in_a_sentence(trained, folder, monkeypatch, servers):
    with monkeypatch.context() as patch:
        patch.setattr(packing, "SERVED_BYTES", 1000)
        refused("explore", trained, "--serve", says=("would have 0 MB in a browser", "explore a net of fewer units"))
    assert "leave one of them out" in run("explore", trained, "--serve", "-o", "other.html").stderr
    with bound(0) as other:
        port = other.getsockname()[1]
        refused("explore", trained, "--serve", "--serve-port", port, says=(f"port {port} cannot be used by --serve",))


def test_without_starlette_nothing_is_served(trained, folder, monkeypatch):
    monkeypatch.setattr("deepbelief.watch.watching.importlib.util.find_spec", lambda name: None)
    refused("explore", trained, "--serve", says=("--serve needs starlette and uvicorn", "deepbelief[serve]"))


def test_units_that_the_page_cannot_compute_are_refused_by_name(folder, monkeypatch):
    import numpy as np

    import deepbelief
    from deepbelief.core.units import Poisson
    from deepbelief.page import contents

    monkeypatch.delitem(contents._TYPES, Poisson)
    rbm = deepbelief.RBM(4, visible="poisson", n_iter=1, random_state=0)
    deepbelief.save(rbm.fit(np.random.default_rng(0).poisson(3, (30, 6))), "counts.model")
    refused("explore", "counts.model", says=("counts.model: the visible units of this model are of the type Poisson",))


def test_the_page_computes_every_type_of_units():
    from deepbelief.core.units import UNITS
    from deepbelief.page import contents

    assert {type(units) for units in UNITS.values()} == set(contents._TYPES)
