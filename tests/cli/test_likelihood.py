"""likelihood, score, sample and impute on the command line."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.conftest import done, refused, run
from deepbelief import DBN, RBM, load, save

RNG = np.random.default_rng(0)
ROWS = (RNG.random((40, 16)) < np.linspace(0.1, 0.9, 16)).astype(np.float32)


@pytest.fixture
def small(folder):
    """A machine small enough to enumerate, and data."""
    save(RBM(5, n_iter=5, random_state=0).fit(ROWS), "small")
    np.savez("data.npz", X=ROWS)
    return RBM(5, n_iter=5, random_state=0).fit(ROWS)


@pytest.fixture
def large(folder):
    """A machine of 30 units in either layer, and data."""
    rng = np.random.default_rng(1)
    save(RBM.from_parameters(0.15 * rng.normal(size=(30, 30)), rng.normal(size=30), rng.normal(size=30)), "large")
    np.savez("wide.npz", X=(rng.random((50, 30)) < 0.5).astype(np.float32))


def test_the_exact_likelihood(small):
    found = done("likelihood", "small", "data.npz", "--json").json
    expected = small.log_likelihood(ROWS)
    assert found["mean_log_likelihood"] == pytest.approx(expected.mean(), abs=1e-6)
    assert found["standard_error"] == pytest.approx(expected.std() / np.sqrt(40), abs=1e-6)
    assert [estimate["method"] for estimate in found["log_partition"]] == ["exact"]
    assert found["agrees"] is True
    text = done("likelihood", "small", "data.npz").stdout
    assert text.startswith(f"Mean log-likelihood: {expected.mean():.2f} nats (40 rows, standard error")
    assert "by enumeration" in text


def test_both_directions_and_twice_the_temperatures(large):
    outcome = done("likelihood", "large", "wide.npz", "--json")
    estimates = outcome.json["log_partition"]
    assert [estimate["method"] for estimate in estimates] == ["ais", "reverse-ais"] * 2
    assert estimates[2]["n_temperatures"] == 2 * estimates[0]["n_temperatures"]
    assert outcome.json["agrees"] is True
    values = -load("large").free_energy(np.load("wide.npz")["X"]) - estimates[2]["value"]
    assert outcome.json["mean_log_likelihood"] == pytest.approx(values.mean(), abs=1e-4)
    text = done("likelihood", "large", "wide.npz").stdout
    assert "Both directions agree" in text
    assert "bound" not in text
    assert text.count("log Z: ") == 4


def test_a_disagreement_is_said_in_a_sentence(folder, monkeypatch):
    """A glass of spins, and far fewer temperatures than it needs."""
    estimate = RBM.log_partition

    def hurried(rbm, method="auto", n_temperatures=20, **settings):
        return estimate(rbm, method, n_temperatures=n_temperatures, **settings)

    monkeypatch.setattr(RBM, "log_partition", hurried)
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(60, 60))
    save(RBM.from_parameters(weights, np.zeros(60), np.zeros(60), visible="spin", hidden="spin"), "glass")
    np.savez("spins.npz", X=np.sign(rng.normal(size=(20, 60))))
    outcome = run("likelihood", "glass", "spins.npz")
    assert outcome.code == 0
    assert "no more than a guess" in outcome.stdout or "disagree" in outcome.stdout
    assert "bound" not in outcome.stdout


def test_scores_name_the_least_likely_row_first(small, large):
    odd = np.concatenate([ROWS[:10], 1 - ROWS[10:11], ROWS[11:20]])
    np.savez("odd.npz", X=odd)
    lines = done("score", "small", "odd.npz").stdout.splitlines()
    expected = small.log_likelihood(odd)
    assert lines[0] == "row,log_likelihood"
    assert lines[1] == f"11,{expected[10]:.6f}"
    scores = [float(line.split(",")[1]) for line in lines[1:]]
    assert scores == sorted(scores)
    assert sorted(int(line.split(",")[0]) for line in lines[1:]) == list(range(1, 21))
    assert done("score", "large", "wide.npz", "-o", "scores.csv").stdout == "Wrote 50 rows to scores.csv\n"
    lines = Path("scores.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("row,minus_free_energy", 51)
    refused("score", "large", "wide.npz", "-o", "scores.csv", says=("scores.csv", "--force"))


def test_rows_with_holes_are_left_out_of_the_ranking_by_likelihood(small, folder):
    holes = ROWS.copy()
    holes[2, 5] = holes[4, 0] = np.nan
    np.savez("holes.npz", X=holes)
    measured = done("likelihood", "small", "holes.npz", "--json").json
    assert (measured["n_rows"], measured["n_left_out"]) == (38, 2)
    whole = small.log_likelihood(np.delete(ROWS, [2, 4], axis=0))
    assert measured["mean_log_likelihood"] == pytest.approx(whole.mean(), abs=1e-6)
    assert "Left out: 2 rows with a missing value" in done("likelihood", "small", "holes.npz").stdout
    outcome = done("score", "small", "holes.npz")
    assert "Note: 2 rows with a missing value left out; fill them with impute" in outcome.stderr
    scores = dict(line.split(",") for line in outcome.stdout.splitlines()[1:])
    assert sorted(map(int, scores)) == [row for row in range(1, 41) if row not in (3, 5)]
    assert float(scores["40"]) == pytest.approx(small.log_likelihood(ROWS)[39], abs=1e-5)
    assert len(done("score", "small", "holes.npz", "--by", "reconstruction").stdout.splitlines()) == 41
    done("impute", "small", "holes.npz")
    assert len(done("score", "small", "completed.npz").stdout.splitlines()) == 41
    holes[:, 0] = np.nan
    holes[0, 0], holes[0, 1] = 0, np.nan
    np.savez("none.npz", X=holes)
    for command in ("score", "likelihood"):
        refused(command, "small", "none.npz", says=("none.npz: something is missing in every row", "impute"))


def test_rows_whose_values_do_not_go_together_are_farthest_from_their_reconstructions(folder):
    """Each value of the odd row is usual by itself; and the column that is wrong is named."""
    level = np.random.default_rng(0).normal(size=300)
    noise = 0.1 * np.random.default_rng(1).normal(size=(300, 4))
    table = pd.DataFrame(level[:, None] * [1, -2, 30, 4] + noise * [1, 2, 30, 4], columns=["a", "b", "c, d", "e"])
    table.loc[7, ["a", "b", "c, d", "e"]] = [1.5, -3, -45, 6]
    table.to_csv("table.csv", index=False)
    done("train", "table.csv", "--layers", 20, "--set", "pretrain_learning_rate_schedule=linear", "--out", "run")
    lines = done("score", "run", "table.csv", "--by", "reconstruction").stdout.splitlines()
    assert lines[0] == "row,deviation,column"
    assert re.fullmatch(r'8,\d+\.\d{6},"c, d"', lines[1])
    assert sorted(int(line.split(",")[0]) for line in lines[1:]) == list(range(1, 301))
    deviations = np.array([float(line.split(",")[1]) for line in lines[1:]])
    assert np.all(np.diff(deviations) <= 0)
    assert np.mean(deviations**2) == pytest.approx(1, abs=1e-5)
    table[:1].to_csv("one.csv", index=False)
    refused("score", "run", "one.csv", "--by", "reconstruction", says=("one.csv", "there is one row; give more rows"))


def test_deviations_of_images_and_of_other_units(small, large):
    lines = done("score", "large", "wide.npz", "--by", "reconstruction").stdout.splitlines()
    assert (lines[0], len(lines)) == ("row,deviation", 51)
    rbm = RBM(3, visible="categorical", n_iter=2, random_state=0).fit(np.arange(60).reshape(20, 3) % 3)
    save(rbm, "letters")
    np.savez("letters.npz", X=np.arange(30.0).reshape(10, 3) % 3)
    assert done("score", "letters", "letters.npz", "--by", "reconstruction").stdout.startswith("row,deviation\n")


def test_samples_as_a_table_and_as_a_picture(small):
    done("sample", "small", "-n", 7, "--steps", 300, "-o", "drawn.npz", "--seed", 3)
    drawn = np.load("drawn.npz")["X"]
    np.testing.assert_array_equal(drawn, load("small").sample(7, 300, random_state=3))
    done("sample", "small", "-n", 7, "--steps", 300, "-o", "drawn.csv", "--seed", 3)
    table = np.loadtxt("drawn.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table, drawn)
    assert done("sample", "small", "-n", 3, "--tempered").stdout == "Wrote samples.png\n"
    assert Path("samples.png").read_bytes().startswith(b"\x89PNG")
    assert "Warning: These states still depend on" in run("sample", "small", "--steps", 2, "--force").stderr


def test_samples_given_values(small):
    given = np.full((1, 16), np.nan, np.float32)
    given[0, :4] = [1, 0, 1, 0]
    np.savez("given.npz", X=given)
    done("sample", "small", "-n", 5, "--given", "given.npz", "-o", "drawn.npz")
    assert np.all(np.load("drawn.npz")["X"][:, :4] == [1, 0, 1, 0])
    np.savez("whole.npz", X=ROWS[:1])
    refused("sample", "small", "-n", 1, "--given", "whole.npz", says=("whole.npz", "holds no NaN"))


def test_a_classifier_draws_fills_and_scores(trained, folder):
    """Its net does, also a class, and the values that are given stay."""
    done("sample", trained, "-n", 4, "--steps", 50, "-o", "drawn.npz")
    assert np.load("drawn.npz")["X"].shape == (4, 64)
    done("sample", trained, "-n", 4, "--steps", 50, "--label", 3, "-o", "threes.npy")
    np.testing.assert_array_equal(
        np.load("threes.npy"), load("trained/model.safetensors").dbn_.sample(4, 50, label=3, random_state=0)
    )
    refused("sample", trained, "--label", "ten", "-o", "x.npz", says=("ten is none of the classes", "0, 1, 2, 3"))
    given = np.full((1, 64), np.nan, np.float32)
    given[:, 20:30] = 0.25
    np.save("given.npy", given)
    done("sample", trained, "-n", 4, "--label", 3, "--given", "given.npy", "-o", "held.npz")
    assert np.all(np.load("held.npz")["X"][:, 20:30] == 0.25)
    done("impute", trained, "given.npy")
    filled = np.load("completed.npy")
    assert np.isfinite(filled).all()
    assert np.all(filled[:, 20:30] == 0.25)
    assert done("score", trained, "completed.npy").stdout.startswith("row,log_likelihood\n1,")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_holes_are_filled_and_everything_else_stays(small, dtype):
    """All arrays of the file, bit for bit, also what float32 could not hold."""
    holes, labels = ROWS.reshape(40, 4, 4).astype(dtype), np.array(["a", "b"])[np.arange(40) % 2]
    holes[3, 1, 1] = holes[7, 0, 0] = np.nan
    holes[0, 0, 0] = 0.1
    np.savez("holes.npz", X=holes, y=labels, more=np.arange(3))
    assert done("impute", "small", "holes.npz").stdout == "Wrote 40 rows to completed.npz\n"
    completed = np.load("completed.npz")
    known = ~np.isnan(holes)
    assert completed["X"].dtype == dtype
    assert completed["X"].shape == (40, 4, 4)
    np.testing.assert_array_equal(completed["X"][known], holes[known])
    expected = load("small").impute(holes.reshape(40, 16).astype(np.float32)).reshape(40, 4, 4)
    np.testing.assert_array_equal(completed["X"][~known], expected[~known])
    np.testing.assert_array_equal(completed["y"], labels)
    np.testing.assert_array_equal(completed["more"], np.arange(3))
    done("impute", "small", "holes.npz", "-o", "completed.csv")
    assert np.isfinite(np.loadtxt("completed.csv", delimiter=",", skiprows=1)).all()


def test_bad_input_is_one_line(small):
    save(DBN((8, 4), n_iter=1, random_state=0).fit(ROWS), "net")
    refused("likelihood", "net", "data.npz", says=("net", "2 layers", "no likelihood can be computed"))
    refused("sample", "net", "--label", 3, "-o", "x.npz", says=("net", "knows no classes", "leave --label out"))
    np.savez("one.npz", X=np.where(np.eye(1, 16) > 0, np.nan, ROWS[:1]))
    refused("impute", "net", "one.npz", "--tempered", says=("one.npz", "cannot hold values fast"))
    refused("impute", "small", "data.npz", says=("data.npz", "no value is missing"))
    refused("sample", "small", "-o", "x.txt", says=("x.txt", "end it in .npz, .npy or .csv"))
    refused("impute", "small", "data.npz", "-o", "x.png", says=("x.png", "end its name in .npz"))
    np.savez("nan.npz", X=np.full((2, 16), np.nan))
    refused("impute", "small", "nan.npz", says=("nan.npz", "every value is nan"))
    infinite = ROWS.copy()
    infinite[2, 1] = np.inf
    infinite[0, 0] = np.nan
    np.savez("infinite.npz", X=infinite)
    refused("impute", "small", "infinite.npz", says=("infinite.npz", "row 3, column 2", "inf"))
    refused("likelihood", "small", "infinite.npz", says=("row 3, column 2", "inf"))
    Path("completed.npz").write_text("mine")
    np.savez("holes.npz", X=np.where(ROWS > 2, 0, np.where(np.eye(40, 16) > 0, np.nan, ROWS)))
    refused("impute", "small", "holes.npz", says=("completed.npz", "--force"))
    assert Path("completed.npz").read_text() == "mine"
