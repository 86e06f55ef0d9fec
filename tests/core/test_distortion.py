"""Pictures that are distorted: against SciPy's interpolation, and one distortion at a time against its formula."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage

from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.distortion import Distortion
from deepbelief.core.randomness import RandomStreams

STILL = Distortion(9, 12, shift=0, rotation=0, slant=0, scale=0, elastic=0)
PICTURES = np.random.default_rng(0).random((40, 9 * 12)).astype(np.float32)
ROWS, COLUMNS = np.indices((9, 12))


def stream():
    return RandomStreams(4).stream("distortion")


def test_values_between_pixels_are_those_of_scipy(device):
    """Linear interpolation, and the border's values beyond it, to 1e-5."""
    distortion = Distortion(9, 12)
    rows, columns = distortion.places(40, stream())
    shown = to_numpy(distortion(to_device(PICTURES, device), stream())).reshape(40, 9, 12)
    for picture, row, column, one in zip(PICTURES.reshape(40, 9, 12), rows, columns, shown, strict=True):
        expected = scipy.ndimage.map_coordinates(picture, [row, column], order=1, mode="nearest")
        np.testing.assert_allclose(one, expected, atol=1e-5)


def test_without_distortion_a_picture_is_itself():
    np.testing.assert_allclose(STILL(PICTURES, stream()), PICTURES, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 12), (9, 1), (1, 1)])
def test_pictures_of_one_line(size):
    height, width = size
    pictures = PICTURES[:, : height * width]
    shown = Distortion(height, width)(pictures, stream())
    assert shown.shape == pictures.shape
    assert np.isfinite(shown).all()
    assert pictures.min() <= shown.min() <= shown.max() <= pictures.max()


def test_a_shift_moves_all_pixels_by_the_same():
    """Uniformly up to a share of height and width: over 4,000 pictures the variance is share²/3, within 6 %."""
    share = 0.25
    rows, columns = replace(STILL, shift=share).places(4000, stream())
    for places, still, size in ((rows, ROWS, 9), (columns, COLUMNS, 12)):
        moves = (places - still) / size
        np.testing.assert_allclose(moves, np.broadcast_to(moves[:, :1, :1], moves.shape), atol=1e-5)
        assert abs(moves).max() <= share + 1e-5
        np.testing.assert_allclose(moves[:, 0, 0].var(), share**2 / 3, rtol=0.06)


def test_a_rotation_keeps_distances_and_the_middle():
    rows, columns = replace(STILL, rotation=0.5).places(50, stream())
    distances = (rows - 4) ** 2 + (columns - 5.5) ** 2
    np.testing.assert_allclose(
        distances, np.broadcast_to((ROWS - 4) ** 2 + (COLUMNS - 5.5) ** 2, distances.shape), rtol=1e-4
    )
    angles = np.arctan2(columns[:, 0, 0] - 5.5, rows[:, 0, 0] - 4) - np.arctan2(-5.5, -4)
    assert 0.3 < abs(angles).max() <= 0.5 + 1e-5


def test_a_slant_moves_lines_to_the_side():
    """Each line by its distance from the middle one; uniformly up to the share, so with the variance share²/3."""
    rows, columns = replace(STILL, slant=0.4).places(4000, stream())
    np.testing.assert_allclose(rows, np.broadcast_to(ROWS, rows.shape), atol=1e-5)
    slants = (columns - COLUMNS)[:, -1, 0] / 4
    np.testing.assert_allclose(columns - COLUMNS, slants[:, None, None] * (ROWS - 4), atol=1e-5)
    assert abs(slants).max() <= 0.4 + 1e-5
    np.testing.assert_allclose(slants.var(), 0.4**2 / 3, rtol=0.06)


def test_a_change_of_size_is_one_of_each_direction():
    rows, columns = replace(STILL, scale=0.2).places(50, stream())
    for places, still, middle in ((rows, ROWS, 4), (columns, COLUMNS, 5.5)):
        factors = (places - middle)[:, -1, -1] / (still - middle)[-1, -1]
        np.testing.assert_allclose(places - middle, factors[:, None, None] * (still - middle), atol=1e-5)
        assert 0.1 < abs(factors - 1).max() <= 0.2 + 1e-5


def test_the_elastic_field_is_smooth_and_has_its_deviation():
    """Over 4,000 pictures: the deviation within 4 %, and neighbours alike as the filter says, within 0.02."""
    distortion = replace(STILL, elastic=0.1, smoothness=0.25)
    rows, columns = distortion.places(4000, stream())
    for places, still, size in ((rows, ROWS, 9), (columns, COLUMNS, 12)):
        field = (places - still) / size
        np.testing.assert_allclose(field.std(axis=0), 0.1, rtol=0.04)
        impulse = np.zeros(41)
        impulse[20] = 1
        kernel = scipy.ndimage.gaussian_filter1d(impulse, 12 * 0.25, mode="constant", truncate=6)
        expected = (kernel[1:] * kernel[:-1]).sum() / (kernel**2).sum()
        found = np.corrcoef(field[:, 4, 5], field[:, 4, 6])[0, 1]
        assert found == pytest.approx(expected, abs=0.02)
