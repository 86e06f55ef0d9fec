"""How the settings of a network are written on the command line.

A setting is declared once, in the signature and the constraints of ``DBNClassifier``, and ``--set NAME=VALUE`` takes
every one of them. Those that are changed often have an option of their own as well: they are named here. This module
imports nothing that is slow, so that ``deepbelief --help`` can use it.
"""

import os
import re
import shlex
from typing import Any

OPTIONS = {
    "hidden_layer_sizes": "--layers",
    "pretrain_epochs": "--pretrain-epochs",
    "softmax_epochs": "--softmax-epochs",
    "finetune_epochs": "--finetune-epochs",
    "batch_size": "--batch-size",
    "visible": "--visible",
    "pretrain_learning_rate": "--pretrain-learning-rate",
    "finetune_learning_rate": "--finetune-learning-rate",
    "device": "--device",
    "precision": "--precision",
}

# What else the library's messages advise to set; ``learning_rate`` is what an RBM calls that of pretraining.
_TYPED = {name: f"{option} " for name, option in OPTIONS.items()}
_TYPED |= {name: f"--set {name}=" for name in ("semi_supervised", "unlabelled", "early_stopping", "dropout")}
_TYPED["learning_rate"] = "--pretrain-learning-rate "
_SETTING = re.compile(
    rf"(?<![\w./-])(set )?({'|'.join(_TYPED)})="  # set visible=
    r"""('[^']*'|"[^"]*"|True|False|None|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"""  # 'gaussian'
    r"(?!\.?\w|/)"  # and not the beginning of a file's name
)


def written(value: Any) -> str:
    """Return the text that means a value on the command line: none, true, 500,500."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(written, value)) if isinstance(value, list | tuple) else str(value)


def typed(name: str, value: Any) -> str:
    """Return what gives a setting a value: ``--layers=500,500``, ``--set=momentum=0.8``."""
    return f"{OPTIONS.get(name, f'--set={name}')}={written(value)}"


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
        return ("use " if verb else "") + _TYPED[name] + (value[1:-1] if value[0] in "'\"" else value.lower())

    return _SETTING.sub(option, text)
