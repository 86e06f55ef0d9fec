"""Originals beside what comes back from each depth."""

import numpy as np
import pytest
import scipy.sparse

from deepbelief import RBM
from deepbelief.displays import ReconstructionDisplay


def test_what_comes_back_is_what_the_estimator_reconstructs(dbn, digits):
    X, _ = digits
    display = ReconstructionDisplay.from_estimator(dbn, X, n_images=4)
    rows = X[[0, 100, 199, 299]]  # evenly spaced
    np.testing.assert_array_equal(display.originals, rows)
    assert display.depths == (1, 2, 3)
    for index, depth in enumerate(display.depths):
        expected = dbn.reconstruct(rows, depth=depth)
        np.testing.assert_allclose(display.reconstructions[index], expected, rtol=1e-12)
        np.testing.assert_allclose(display.errors[index], ((rows - expected) ** 2).mean(axis=1))


def test_of_a_classifier_and_of_an_rbm(classifier, digits):
    X, _ = digits
    display = ReconstructionDisplay.from_estimator(classifier, X, n_images=300, depths=[2])
    np.testing.assert_allclose(display.reconstructions[0], classifier.dbn_.reconstruct(X, depth=2), rtol=1e-12)
    rbm = classifier.dbn_.rbms_[0]
    np.testing.assert_allclose(
        ReconstructionDisplay.from_estimator(rbm, X, n_images=300).reconstructions[0], rbm.reconstruct(X), rtol=1e-12
    )


@pytest.mark.filterwarnings("ignore:Bernoulli visible units")
@pytest.mark.parametrize("visible", ["auto", "bernoulli"])
def test_at_the_scale_of_the_data(digits, visible):
    X = digits[0] * 255
    rbm = RBM(20, n_iter=2, random_state=0, visible=visible).fit(X)
    display = ReconstructionDisplay.from_estimator(rbm, scipy.sparse.csr_array(X), n_images=300, untrained=True)
    np.testing.assert_allclose(display.originals, X, atol=1e-4)
    np.testing.assert_allclose(display.reconstructions[0], rbm.reconstruct(X), rtol=1e-6)
    assert display.untrained_.max() > 100


def test_an_untrained_stack_returns_noise(dbn, digits):
    X, _ = digits
    display, same = (ReconstructionDisplay.from_estimator(dbn, X, untrained=True) for _ in range(2))
    other = ReconstructionDisplay.from_estimator(dbn, X, untrained=True, random_state=1)
    assert display.untrained_.shape == display.reconstructions.shape
    assert display.untrained_errors_.mean() > 2 * display.errors.mean()
    np.testing.assert_array_equal(display.untrained_, same.untrained_)
    assert not np.array_equal(display.untrained_, other.untrained_)


def test_tiles_headings_and_errors(dbn, digits, ax, words, mosaic):
    display = ReconstructionDisplay.from_estimator(dbn, digits[0], n_images=3, depths=(1, 3), untrained=True).plot(ax)
    tiles = display._tiles()
    assert len(tiles.values) == 3 * 5
    np.testing.assert_array_equal(tiles.values[5], display.originals[1])
    np.testing.assert_array_equal(tiles.values[7], display.reconstructions[1, 1])
    np.testing.assert_array_equal(tiles.values[8], display.untrained_[0, 1])
    headings = ["original", "from\nlayer 1", "from\nlayer 3", "untrained\nlayer 1", "untrained\nlayer 3"]
    written = words(ax)
    assert written[1:16] == headings * 3
    assert written[16:21] == ["", *(f"{e:.3g}" for e in [*display.errors[:, 0], *display.untrained_errors_[:, 0]])]
    assert np.isfinite(mosaic(ax)).sum() == 15 * 64


@pytest.mark.parametrize("n_images", [4, 7, 10, 20])
def test_many_images_are_wider_than_tall(dbn, digits, n_images):
    width, height = ReconstructionDisplay.from_estimator(dbn, digits[0], n_images=n_images, depths=(1, 2)).size()
    assert width > height


def test_frame(dbn, digits):
    display = ReconstructionDisplay.from_estimator(dbn, digits[0], n_images=2, untrained=True)
    frame = display.frame()
    assert len(frame) == 2 * (1 + 3 + 3)
    second = frame[(frame.kind == "reconstruction") & (frame.depth == 2)]
    np.testing.assert_allclose(second.error, display.errors[1])
    np.testing.assert_allclose(second.filter(like="feature_"), display.reconstructions[1])


@pytest.mark.parametrize("depths", [[0], [4], [1, 9], [True]])
def test_a_depth_beyond_the_stack(dbn, digits, depths):
    with pytest.raises(ValueError, match=f"layer={depths[-1]} is not between 1 and 3, the number of layers"):
        ReconstructionDisplay.from_estimator(dbn, digits[0], depths=depths)


def test_no_depth_and_no_image(dbn, digits):
    with pytest.raises(ValueError, match="depths is empty"):
        ReconstructionDisplay.from_estimator(dbn, digits[0], depths=[])
    with pytest.raises(ValueError, match="n_images=0"):
        ReconstructionDisplay.from_estimator(dbn, digits[0], n_images=0)
