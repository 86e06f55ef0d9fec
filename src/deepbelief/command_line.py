"""How the settings of a network are written on the command line.

A setting is declared once, in the signature and the constraints of ``DBNClassifier``, and ``--set NAME=VALUE`` takes
every one of them. Those that are changed often have an option of their own as well: they are declared here. This module
imports nothing that is slow, so that ``deepbelief --help`` can use it.
"""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.annotations import Settings


@dataclass(frozen=True)
class Option:
    """How a setting is written on the command line.

    Parameters
    ----------
    flag : str
        Such as ``--layers``.
    metavar : str
        What stands for its value in the help.
    help : str
        What it means. Of a setting of the network, ``{}`` stands for all that it takes.
    """

    flag: str
    metavar: str
    help: str


OPTIONS = {
    "hidden_layer_sizes": Option(
        "--layers", "SIZES", "Hidden units of each layer, from the bottom up, separated by commas."
    ),
    "pretrain_epochs": Option(
        "--pretrain-epochs", "N", "Passes over all rows, labelled or not, that pretrain each layer."
    ),
    "softmax_epochs": Option(
        "--softmax-epochs", "N", "Passes over the labelled rows that train the softmax layer alone."
    ),
    "finetune_epochs": Option(
        "--finetune-epochs",
        "N",
        "Passes that fine-tune the whole network: over the labelled rows, or all if most have no label.",
    ),
    "batch_size": Option("--batch-size", "N", "Rows in one step; auto takes fewer where there are few."),
    "visible": Option("--visible", "KIND", "Type of the units that see the data: {}."),
    "pretrain_learning_rate": Option("--pretrain-learning-rate", "RATE", "Size of the steps that pretrain a layer."),
    "finetune_learning_rate": Option(
        "--finetune-learning-rate",
        "RATE",
        "Size of the steps that fine-tune the whole network, at their beginning.",
    ),
    "device": Option("--device", "NAME", "Where to compute: numpy, or a torch device such as cpu or cuda."),
    "precision": Option(
        "--precision", "KIND", "Of torch's products while training: {}; high allows TensorFloat32, medium bfloat16."
    ),
}

_ALIASES = {"learning_rate": "pretrain_learning_rate"}  # what an RBM calls a setting of the network
_SETTING = re.compile(
    r"(?<![\w./=-])(set )?([a-z_]+)="  # set visible=
    r"""('[^']*'|"[^"]*"|True|False|None|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"""  # 'gaussian'
    r"(?!\.?\w|/)"  # and not the beginning of a file's name
)

_OF_SAMPLES = {"method='tempered'": "--tempered", "with n_steps": "with --steps"}  # what sample calls them


def written(value: object) -> str:
    """Return the text that means a value on the command line: none, true, 500,500."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(written, value)) if isinstance(value, list | tuple) else str(value)


def difference(settings: Settings, others: Settings) -> str:
    """Return the settings that are not the same in `others`, as ``--set`` takes them."""
    return " ".join(f"{name}={written(value)}" for name, value in settings.items() if others.get(name) != value)


def note_on_several(networks: Sequence[Settings]) -> str:
    """Return what must be known of networks that were compared, if one of them stands for several that are alike."""
    if all(network.get("n_networks", 1) == 1 for network in networks):
        return ""
    return "Of several networks that are alike (n_networks), one was measured."


def typed(name: str, value: object) -> str:
    """Return what gives a setting a value: ``--layers=500,500``, ``--set=momentum=0.8``."""
    return f"{OPTIONS[name].flag if name in OPTIONS else f'--set={name}'}={written(value)}"


def read_as(reading: Settings) -> list[str]:
    """Return what is typed so that data are read like this: ``--target=price``, ``--drop=name``, ``--drop=id``."""
    typed_so = []
    for name, value in reading.items():
        option = f"--{name.replace('_', '-')}"
        if name == "image_size":
            typed_so.append(f"{option}={value[0]}x{value[1]}")
        elif value is True:
            typed_so.append(option)
        else:
            typed_so += [f"{option}={one}" for one in ((value,) if isinstance(value, str) else value)]
    return typed_so


def shell_line(*arguments: str) -> str:
    """Return a command as it can be pasted into a shell: one line, also of names that are no text."""
    return " ".join(map(_quoted, arguments))


def _quoted(argument: str) -> str:
    if argument.isprintable():
        return shlex.quote(argument)
    letters = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\{byte:03o}" for byte in os.fsencode(argument)
    )
    return f"$'{''.join(letters)}'"


def in_options(text: str) -> str:
    """Return a message of the library with options where it names settings, so that its advice can be followed.

    ``visible='gaussian'`` becomes ``--visible gaussian``, and ``set unlabelled=None`` becomes
    ``use --set unlabelled=none``.
    """

    def option(found: re.Match[str]) -> str:
        verb, name, value = found.groups()
        name = _ALIASES.get(name, name)
        if name in OPTIONS:
            begin = f"{OPTIONS[name].flag} "
        elif _is_setting(name):
            begin = f"--set {name}="
        else:
            return found.group()
        return ("use " if verb else "") + begin + (value[1:-1] if value[0] in "'\"" else value.lower())

    for setting, flag in _OF_SAMPLES.items():
        text = text.replace(setting, flag)
    return _SETTING.sub(option, text)


def _is_setting(name: str) -> bool:
    """Tell whether ``--set`` takes this name."""
    from deepbelief.estimators.declared import DEFAULTS  # slow to import, and hardly ever needed

    return name in DEFAULTS
