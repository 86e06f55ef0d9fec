"""What ``--preset`` stands for: settings of the network, which those that are given on their own overrule.

All but the sizes of layers follow the data, see ``DBNClassifier``; a setting that the network of a task does not have
is left out there. This module imports nothing that is slow, so that ``deepbelief --help`` can use it.
"""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "fast": {
        "hidden_layer_sizes": (200,),
        "pretrain_epochs": 5,
        "softmax_epochs": 5,
        "output_epochs": 5,
        "finetune_epochs": 5,
    },
    "posts": {},  # the recipe of the posts is what the estimators do by default
    "accurate": {
        "hidden_layer_sizes": (1000, 500),
        "pretrain_epochs": 10,
        "adversarial_radius": "auto",
        "batch_normalization": True,
        "finetune_optimizer": "adam",
    },
}

HELP = (
    "Settings to begin with: fast is a small net and few passes, for a first look; posts is the default; accurate has "
    "larger layers, batch normalisation and adversarial smoothing, and takes about five times as long. It is for many "
    "rows with little noise; on small tables the default is often better. --set and the options of single settings "
    "overrule it."
)
