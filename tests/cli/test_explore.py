"""``deepbelief explore``."""

from pathlib import Path

import pytest

from cli.conftest import done, refused
from deepbelief.page import packing


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
    refused("explore", trained, says=("the page of this net would have 0 MB", "explore a net of fewer units"))


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
