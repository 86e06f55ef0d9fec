"""What the command line calls the settings of a network."""

import pytest

from deepbelief.command_line import OPTIONS, in_options, note_on_several, typed, written
from deepbelief.core.devices import check_precision
from deepbelief.estimators.declared import DEFAULTS


def test_every_option_is_one_of_a_setting_and_of_both_commands():
    from deepbelief.cli.compare import compare
    from deepbelief.cli.train import train

    assert set(OPTIONS) <= set(DEFAULTS)
    for command in (train, compare):
        there = {option.name: option.opts for option in command.params}
        assert {name: there[name] for name in OPTIONS} == {name: [option.flag] for name, option in OPTIONS.items()}
        assert there["assigned"] == ["--set"]


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("hidden_layer_sizes", (500, 20), "--layers=500,20"),
        ("hidden_layer_sizes", [500], "--layers=500"),
        ("visible", "gaussian", "--visible=gaussian"),
        ("pretrain_learning_rate", 1e-05, "--pretrain-learning-rate=1e-05"),
        ("momentum", 0.8, "--set=momentum=0.8"),
        ("semi_supervised", False, "--set=semi_supervised=false"),
        ("unlabelled", None, "--set=unlabelled=none"),
    ],
)
def test_what_is_typed_for_a_value(name, value, text):
    assert typed(name, value) == text


def test_advice_on_samples_names_the_options_of_sample():
    said = in_options("take more sweeps with n_steps, or method='tempered'.")
    assert said == "take more sweeps with --steps, or --tempered."


def test_values_are_written_as_they_are_read():
    assert [written(value) for value in (None, True, False, 3, 0.1, "auto", (1, 2))] == [
        *("none", "true", "false", "3", "0.1", "auto", "1,2")
    ]


@pytest.mark.parametrize(
    "said, in_words_of_the_command_line",
    [
        ("use visible='gaussian' on standardised features", "use --visible gaussian on standardised features"),
        ('(use visible="auto"), which scales.', "(use --visible auto), which scales."),
        ("semi_supervised=False leaves them out.", "--set semi_supervised=false leaves them out."),
        ("set unlabelled=None; if not, unlabelled=-1", "use --set unlabelled=none; if not, --set unlabelled=-1"),
        ("try learning_rate=0.01.", "try --pretrain-learning-rate 0.01."),
        ("try finetune_learning_rate=1e-3; or", "try --finetune-learning-rate 1e-3; or"),
        ("dropout=0.5", "--set dropout=0.5"),
        ("pretrain_epochs=30, batch_size=10", "--pretrain-epochs 30, --batch-size 10"),
    ],
)
def test_advice_names_options(said, in_words_of_the_command_line):
    assert in_options(said) == in_words_of_the_command_line


@pytest.mark.parametrize(
    "text",
    [
        "visible=gaussian.npz: no such file",
        "device=1.npz: no such file",
        "device=1/x: no such file",
        "runs/visible='x'",
        "the setting visible, and invisible='gaussian'",
        "a lower learning rate",
        "checkpoint=None",
    ],
)
def test_what_is_no_advice_stays(text):
    assert in_options(text) == text


def test_a_message_of_the_library_is_translated():
    with pytest.raises(ValueError, match="precision='medium' needs") as refusal:
        check_precision("medium", "numpy")
    assert in_options(str(refusal.value)).startswith("--precision medium needs a torch device, such as 'cpu'")


@pytest.mark.parametrize("networks, said", [([{}, {"n_networks": 1}], False), ([{}, {"n_networks": 3}], True)])
def test_a_network_that_stands_for_several_is_said_to(networks, said):
    assert bool(note_on_several(networks)) == said
