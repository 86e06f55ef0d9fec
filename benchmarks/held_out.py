#!/usr/bin/env python3
"""Compare settings of the posts' recipe on rows that are held out of MNIST's training images.

    python benchmarks/held_out.py MNIST SEED [--device cuda] [--pretrain JSON] [--finetune JSON ...]

with settings such as {"finetune_learning_rate": 0.8}.

A net 784-500-500 is pretrained on the first 40,000 training images and fine-tuned once with each of the settings; the
accuracy is that on the last 10,000. MNIST's test images are not looked at. One line of JSON is printed. Runs of several
seeds can share a GPU. results/held_out.jsonl holds those by which the rate and the first biases were chosen, on one
NVIDIA H100; `rest` is the probability with which hidden units started to be on, and `old` the code before gradients
were centred.
"""

import argparse
import json

from deepbelief import DBN, DBNClassifier
from deepbelief.datasets import load

LEARNED, HELD_OUT = slice(0, 40_000), slice(50_000, 60_000)


def main() -> None:
    """Pretrain once, fine-tune with each of the settings, and print the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", help="folder with MNIST's IDX files")
    parser.add_argument("seed", type=int)
    parser.add_argument("--device", default="numpy")
    parser.add_argument("--pretrain", type=json.loads, default={}, help="settings of DBN, as JSON")
    parser.add_argument("--finetune", type=json.loads, nargs="+", default=[{}], help="settings of DBNClassifier")
    arguments = parser.parse_args()
    data = load(arguments.mnist, split="train")
    net = DBN(random_state=arguments.seed, device=arguments.device, **arguments.pretrain).fit(data.images[LEARNED])
    accuracies = {}
    for settings in arguments.finetune:
        classifier = DBNClassifier.from_dbn(net, random_state=arguments.seed, **settings)
        classifier.fit(data.images[LEARNED], data.labels[LEARNED])
        accuracies[json.dumps(settings)] = classifier.score(data.images[HELD_OUT], data.labels[HELD_OUT])
    print(json.dumps({"seed": arguments.seed, "pretrain": arguments.pretrain, "accuracy": accuracies}))


if __name__ == "__main__":
    main()
