"""What ``--preset`` stands for: settings of the network, which those that are given on their own overrule.

A preset is one network, or several of which the one is taken that does best on rows that it has not learned from, see
:mod:`deepbelief.experiment.choosing`. All but the sizes of layers follow the data, see ``DBNClassifier``; a setting
that the network of a task does not have is left out there. This module imports nothing that is slow, so that
``deepbelief --help`` can use it.
"""

from typing import Any

Network = dict[str, Any]

POSTS: Network = {}  # the recipe of the posts is what the estimators do by default
FAST: Network = {
    "hidden_layer_sizes": (200,),
    "pretrain_epochs": 5,
    "softmax_epochs": 5,
    "output_epochs": 5,
    "finetune_epochs": 5,
}
SMOOTH: Network = {"adversarial_radius": "auto"}
NORMALISED: Network = SMOOTH | {
    "hidden_layer_sizes": (1000, 500),
    "pretrain_epochs": 10,
    "batch_normalization": True,
    "finetune_optimizer": "adam",
}
DEEP_LAYERS: Network = NORMALISED | {"hidden_layer_sizes": (1200, 600, 300, 150), "activation": "relu"}
DEEP_FEW_LABELS: Network = DEEP_LAYERS | {"mixup": True}
DEEP: Network = DEEP_LAYERS | {
    "pretrain_epochs": 0,  # with so many labels, pretraining brings nothing; see docs/guide/records.md
    "softmax_epochs": 0,
    "finetune_learning_rate": 0.002,  # as published (Miyato et al. 2016); "auto" is for pretrained layers
    "n_networks": 3,  # three short trainings are better than one that takes as long; see decision 0022
}

PRESETS = ("fast", "posts", "accurate")
MANY_ROWS = 10_000  # enough for a deep network, and too many for the trainings of three others beside it


def networks(preset: str, n_labelled: int, n_rows: int) -> tuple[Network, ...]:
    """Return the networks that a preset may stand for; all but the first have to be better to be taken.

    Parameters
    ----------
    preset : {"fast", "posts", "accurate"}
    n_labelled, n_rows : int
        Rows of which it is known what is to be predicted, and all rows to learn from.

    Returns
    -------
    tuple of dict
    """
    if preset != "accurate":
        return (FAST if preset == "fast" else POSTS,)
    if 2 * n_labelled <= n_rows:  # too few labels to compare networks; the unlabelled rows regularise this one
        is_deep = n_labelled > 0 and n_rows >= MANY_ROWS
        return (DEEP_FEW_LABELS if is_deep else NORMALISED,)
    return (POSTS, DEEP) if n_labelled >= MANY_ROWS else (POSTS, SMOOTH, NORMALISED)


HELP = (
    "Settings to begin with: fast is a small net and few passes, for a first look; posts is the default; accurate "
    "compares two or three networks on rows that they have not learned from, and trains the best: with 10,000 rows "
    "and more this may be three deep networks of rectified units, without pretraining, whose mean is the answer; with"
    " fewer rows networks with adversarial smoothing and batch normalisation stand beside that of posts; with few "
    "labels it trains such a network at once, from pretrained layers. On MNIST it takes seven times as long, on small"
    " tables ten times or more. --set and the options of single settings overrule it."
)
