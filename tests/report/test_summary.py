"""What the page says, before it is a page: the right sections, and numbers that somebody else computes too."""

from dataclasses import replace

import numpy as np
import pytest

from deepbelief.displays.saving import svg
from deepbelief.estimators import DBNClassifier
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.report import summarise
from deepbelief.report.wording import count
from report.subjects import FINDING, RUN, tabular_subject, trained

ALL = [
    *("data", "network", "training", "reconstructions", "units", "activity", "samples", "classification", "mistakes"),
    "making",
]


def names(summary):
    return [section["name"] for section in summary["sections"]]


def blocks(summary, kind):
    return [block for section in summary["sections"] for block in section["blocks"] if block["kind"] == kind]


def bars(summary):
    return blocks(summary, "architecture")[0]["drawings"][0]["bars"]


def figures(summary):
    return [block["name"] for block in blocks(summary, "figure")]


def facts(summary):
    return {name: value for block in blocks(summary, "facts") for name, value in block["items"]}


def numbers(summary):
    return {number["label"]: number["value"] for number in summary["numbers"]}


def test_every_section_and_every_figure(summary):
    assert names(summary) == ALL
    assert figures(summary) == [
        "preview",
        "training",
        "reconstruct",
        "bias",
        "units-layer-1",
        "units-layer-2",
        "units-by-class-layer-2",
        "activations-layer-1",
        "activations-layer-2",
        "samples",
        "chains",
        "completions",
        "moments",
        "components",
        "neighbours",
        "confusion",
        "mistakes",
    ]


def test_it_is_a_plain_dict(summary):
    def check(value):
        if isinstance(value, dict):
            assert all(type(name) is str for name in value)
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                check(item)
        else:
            assert type(value) in (str, int, float, bool), value

    check(summary)


def test_accuracy_is_counted_by_hand(subject, summary):
    images, labels = subject.dataset.images[600:800], subject.dataset.labels[600:800]
    right = int((subject.estimator.predict(images) == labels).sum())
    assert numbers(summary)["accuracy on 200 rows"] == f"{100 * right / 200:.1f}\u202f%"
    assert f"{100 * right / 200:.1f}\u202f% of 200 held-out rows" in summary["lead"]
    most = max(np.bincount(labels)) / 200
    assert f"{100 * most:.1f}" in summary["numbers"][0]["note"]


def test_the_table_is_counted_by_hand(subject, summary):
    images, labels = subject.dataset.images[600:800], subject.dataset.labels[600:800]
    predicted = subject.estimator.predict(images)
    (table,) = [table for table in blocks(summary, "table") if table["columns"][0] == "class"]
    assert table["columns"] == ["class", "precision", "recall", "F1", "rows"]
    recalls = []
    for label, row in zip(range(10), table["rows"], strict=True):
        hits = ((labels == label) & (predicted == label)).sum()
        precision, recall = hits / max((predicted == label).sum(), 1), hits / (labels == label).sum()
        recalls.append(recall)
        assert row[:3] == [str(label), f"{precision:.3f}", f"{recall:.3f}"]
        assert row[4] == str((labels == label).sum())
    by_class, by_row = table["summary_rows"]
    assert by_class[2] == f"{np.mean(recalls):.3f}"
    assert by_row[2] == f"{(predicted == labels).mean():.3f}"  # recall weighted by rows is accuracy
    assert by_class[4] == by_row[4] == "200"


def test_the_network_is_drawn_with_its_sizes(summary):
    (block,) = blocks(summary, "architecture")
    for drawing, length in zip(block["drawings"], ("height", "width"), strict=True):  # across, and for a phone upright
        assert [bar["size"] for bar in drawing["bars"]] == ["64", "16", "9", "10"]
        assert [bar["name"] for bar in drawing["bars"]] == ["pixels", "hidden layer 1", "hidden layer 2", "classes"]
        lengths = [bar[length] for bar in drawing["bars"]]
        assert lengths[0] / lengths[1] == pytest.approx(2, abs=0.05)  # √64 / √16
        weights = [ribbon["weights"] for ribbon in drawing["ribbons"]]
        assert weights == ["1\u202f024 weights", "144 weights", "90 weights"]
    wide, upright = block["drawings"]
    assert [bar["x"] for bar in wide["bars"]] == sorted(bar["x"] for bar in wide["bars"])
    assert [bar["y"] for bar in upright["bars"]] == sorted((bar["y"] for bar in upright["bars"]), reverse=True)
    assert upright["width"] == 324
    assert numbers(summary)["units"] == "64 – 16 – 9 – 10"
    notes = [number["note"] for number in summary["numbers"]]
    assert "1\u202f293 weights and biases" in notes  # 1024 + 144 + 90 and 16 + 9 + 10


def test_steps_are_shown_where_the_record_names_them(undrawn, subject):
    assert "Steps that were taken" not in [block["title"] for block in blocks(summarise(subject), "facts")]
    steps = ["kernel (numpy)", "kernel (numpy)", "plain: no kernel for dropout"]
    phases = [{**phase, "steps": one} for phase, one in zip(RUN["phases"], steps, strict=True)]
    said = facts(summarise(replace(subject, run={**RUN, "phases": phases})))
    assert said["pretraining of layer 2"] == "kernel (numpy)"
    assert said["fine-tuning of the whole network"] == "plain: no kernel for dropout"


def test_what_was_run(subject, summary):
    assert [block["text"] for block in blocks(summary, "command")] == [RUN["command"]]
    (phases,) = [table for table in blocks(summary, "table") if table["columns"][0] == "phase"]
    assert phases["rows"] == [
        ["pretraining of layer 1", "2", "1 min 1 s"],
        ["pretraining of layer 2", "2", "0.2 s"],
        ["fine-tuning of the whole network", "3", "1 h 1 min"],
    ]
    assert phases["summary_rows"] == [["together", "7", "1 h 2 min"]]
    said = facts(summary)
    assert (said["layers"], said["seed"], said["numpy"]) == ("16,9", "5", "2.1.0")
    assert (said["Fingerprint"], said["Rows"]) == (subject.dataset.fingerprint, "1\u202f797")
    assert said["Features"] == "64 (images of 8 × 8 pixels)"
    assert numbers(summary)["rows learned from"] == "1\u202f500"
    assert numbers(summary)["training time"] == "1 h 2 min"


def learned(subject, rows):
    """The same subject, of which it is known which rows the net learned from."""
    return replace(subject, learned_from=LearnedRows.of(subject.dataset.row_hashes[rows]))


def test_rows_that_were_learned_from_are_told_from_the_others(undrawn, subject):
    images, labels = subject.dataset.images[700:800], subject.dataset.labels[700:800]
    share = f"{100 * (subject.estimator.predict(images) == labels).mean():.1f}\u202f%"
    summary = summarise(learned(subject, np.arange(700)))
    assert f"It learned from 100 of them, and names {share} of the other 100 correctly." in summary["lead"]
    assert numbers(summary)["accuracy on 100 rows not learned from"] == share
    assert "accuracy on 200 rows" in numbers(summary)
    assert facts(summary)["Learned from"] == "700 of 1\u202f797 rows"
    assert summary["heading"] == "What a deep belief net makes of"
    assert summarise(learned(subject, np.arange(1000)))["heading"] == "What a deep belief net learned from"


def test_where_all_rows_were_learned_from_there_are_no_others(undrawn, subject):
    summary = summarise(learned(subject, np.arange(1797)))
    assert "It learned from all of them, so that this does not tell what to expect on new rows." in summary["lead"]
    assert not [label for label in numbers(summary) if "not learned from" in label]


def test_where_no_measured_row_was_learned_from_nothing_is_said(undrawn, subject, summary):
    known = summarise(learned(subject, np.arange(600)))
    assert known["lead"] == summary["lead"]
    assert known["numbers"] == summary["numbers"]
    assert facts(known)["Learned from"] == "600 of 1\u202f797 rows"
    assert facts(summary)["Learned from"] == "unknown"
    assert "  " not in summary["lead"]


def test_of_a_sample_it_is_said_that_it_is_one(undrawn, subject):
    hashes = np.sort(subject.dataset.row_hashes[:700])[:400]
    subject = replace(subject, learned_from=LearnedRows(hashes, 700))
    looked_up = subject.dataset.row_hashes[600:800] <= hashes[-1]
    n_learned, n_others = looked_up[:100].sum(), looked_up[100:].sum()
    about = round(200 * n_learned / (n_learned + n_others))
    summary = summarise(subject)
    assert f"It learned from about {about} of them, and names " in summary["lead"]
    assert f" of {n_others} others correctly." in summary["lead"]
    assert f"accuracy on {n_others} rows not learned from" in numbers(summary)
    assert facts(summary)["Learned from"].startswith("about ")
    none = replace(subject, learned_from=LearnedRows(np.array([0], np.uint64), 700))
    assert facts(summarise(none))["Learned from"].startswith("unknown, ")


def test_without_the_record_of_a_run_the_model_speaks_for_itself(undrawn, subject):
    summary = summarise(replace(subject, run=None))
    assert blocks(summary, "command") == []
    assert "training time" not in numbers(summary)
    assert facts(summary)["hidden layer sizes"] == "16,9"
    assert facts(summary)["pretrain epochs"] == "2"


def test_without_labels_there_is_nothing_that_needs_them(undrawn, subject):
    bare = replace(subject, dataset=replace(subject.dataset, labels=None), rows=np.arange(0))
    summary = summarise(bare)
    assert names(summary) == [name for name in ALL if name not in ("classification", "mistakes")]
    assert not {"confusion", "mistakes", "units-by-class-layer-2"} & set(figures(summary))
    assert "accuracy" not in str(numbers(summary))
    assert "correctly" not in summary["lead"]


def test_nothing_held_out_is_the_same(undrawn, subject):
    summary = summarise(replace(subject, rows=np.arange(0)))
    assert "classification" not in names(summary)
    assert "reconstruct" in figures(summary)


def test_a_model_without_history_has_no_curves(undrawn, subject):
    classifier = trained(subject.dataset.images[:200], subject.dataset.labels[:200], (8,))
    classifier.history_ = []
    assert "training" not in names(summarise(replace(subject, estimator=classifier)))


def test_what_was_not_pretrained_is_not_said_to_be(undrawn, subject, summary):
    def notes(summary):
        return [bar["note"] for bar in bars(summary)]

    assert notes(summary)[1:3] == ["pretrained, fine-tuned"] * 2
    assert "without looking at labels" in summary["lead"]
    assert {part["text"] for part in summary["sections"]} == {""}
    images, labels = subject.dataset.images[:200], subject.dataset.labels[:200]
    shallow = DBNClassifier((8,), pretrain_epochs=0, softmax_epochs=2, finetune_epochs=0, random_state=0)
    summary = summarise(replace(subject, estimator=shallow.fit(images, labels)))
    assert notes(summary)[1] == "random weights"
    assert "not pretrained" in summary["lead"]
    assert texts(summary, "random weights") == {"The units, which did not learn"}


def texts(summary, words):
    return {part["title"] for part in summary["sections"] if words in part["text"]}


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_without_pretraining_the_units_of_the_network_are_shown(undrawn, subject, activation):
    images, labels = subject.dataset.images[:200], subject.dataset.labels[:200]
    settings = {"activation": activation, "pretrain_epochs": 0, "softmax_epochs": 0, "finetune_epochs": 3}
    network = DBNClassifier((9, 8), **settings, random_state=0).fit(images, labels)
    summary = summarise(replace(subject, estimator=network))
    assert texts(summary, "the units of the network itself") == {"What the units have learned"}
    drawn = [name for name in figures(summary) if name not in ("preview", "training", "confusion", "mistakes")]
    assert drawn == ["units-layer-1", "units-layer-2", "units-by-class-layer-2"]
    assert [bar["note"] for bar in bars(summary)][1:3] == ["from labels alone"] * 2
    assert summary["invitation"] == "Draw, and look inside."
    assert "samples" not in names(summary)
    assert "No label" not in str(blocks(summary, "figure"))


def test_several_networks_are_said_to_be_several(undrawn, subject):
    """The drawing has the sizes of one; the zeros between them are no weights."""
    images, labels = subject.dataset.images[:200], subject.dataset.labels[:200]
    settings = {"pretrain_epochs": 0, "softmax_epochs": 0, "finetune_epochs": 2, "n_networks": 3, "random_state": 0}
    summary = summarise(replace(subject, estimator=DBNClassifier((9, 8), **settings).fit(images, labels)))
    assert [bar["size"] for bar in bars(summary)] == ["64", "9", "8", "10"]
    assert bars(summary)[-1]["note"] == "mean of 3 networks"
    n_parameters = 3 * (65 * 9 + 10 * 8 + 8 * 10) + 10
    notes = [number["note"] for number in summary["numbers"]]
    assert f"3 networks, {count(n_parameters)} weights and biases" in notes
    shown = [str(block) for block in blocks(summary, "figure") if block["name"] == "units-layer-1"]
    assert "of all 27 units" in shown[0]


def test_findings_come_as_sentences(undrawn, subject, summary):
    assert summary["findings"] == []
    assert "The diagnosis found nothing wrong." in summary["lead"]
    broken = summarise(replace(subject, findings=(FINDING,)))
    assert broken["findings"] == [
        {
            "name": "dead hidden units",
            "where": "layer 1",
            "advice": "Half of the layer is unused: lower the learning rate.",
            "evidence": "50 % of the units are never on, more than 10 %.",
            "source": FINDING.source,
        }
    ]
    assert broken["findings_title"] == "The diagnosis has 1 finding"
    assert "nothing wrong" not in broken["lead"]


@pytest.mark.parametrize("n_features", [5, 61])
def test_tables_are_drawn_as_bars(monkeypatch, n_features):
    monkeypatch.setattr(
        "deepbelief.report.blocks.svg", lambda display, name: svg(display, name) if "preview" in name else "<svg/>"
    )
    summary = summarise(tabular_subject(n_features))
    assert bars(summary)[0]["name"] == "features"
    (preview,) = [block for block in blocks(summary, "figure") if block["name"] == "preview"]
    assert all("feature 3" in drawing["svg"] for drawing in preview["drawings"])
    (units,) = [block for block in blocks(summary, "figure") if block["name"] == "units-layer-1"]
    assert "bar to the right" in units["text"]
    assert "Blue" not in units["text"]
    assert facts(summary)["Features"] == str(n_features)


def test_the_shape_that_somebody_says_makes_pictures(undrawn):
    said = replace(tabular_subject(6), image_shape=(2, 3))
    below = bars(summarise(said))[0]
    assert (below["name"], below["note"]) == ("pixels", "2 × 3")


def test_classes_that_the_model_never_saw(undrawn, subject):
    labels = subject.dataset.labels.copy()
    labels[700:] = 77
    summary = summarise(replace(subject, dataset=replace(subject.dataset, labels=labels)))
    (table,) = [table for table in blocks(summary, "table") if table["columns"][0] == "class"]
    assert table["rows"][-1] == ["77", "0.000", "0.000", "0.000", "100"]


def test_one_class_only_has_no_units_by_class(undrawn, subject):
    rows = np.flatnonzero(subject.dataset.labels == 3)[:20]
    assert "units-by-class-layer-2" not in figures(summarise(replace(subject, rows=rows)))
