"""The page beneath axe-core: a script, not a test, since axe-core comes from npm.

    npm install --no-package-lock
    PYTHONPATH=tests python tests/page/accessibility.py

Every tab of the pages of digits, networks without pretraining, tables and documents is looked at, in light and in
dark. Ends with status 1 if axe-core finds a fault that it calls serious or critical.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_digits, load_iris

from deepbelief import RBM, DBNClassifier

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TINY = {"pretrain_epochs": 5, "softmax_epochs": 5, "finetune_epochs": 3, "random_state": 0}


def pages():
    X, y = load_digits(return_X_y=True)
    yield "digits", DBNClassifier((20, 12), **TINY).fit(X[:300] / 16, y[:300]).explore(X[:300] / 16, y[:300])
    for name, settings in {"rectified": {}, "never pretrained": {"pretrain_epochs": 0}}.items():
        net = DBNClassifier((20, 12), activation="relu", **TINY | settings).fit(X[:300] / 16, y[:300])
        yield name, net.explore(X[:300] / 16, y[:300])
    table, kind = load_iris(return_X_y=True, as_frame=True)
    yield "iris", DBNClassifier((8,), **TINY).fit(table, kind).explore(table, kind)
    generator = np.random.default_rng(0)
    columns = {"new": generator.integers(0, 2, 60), "colour": generator.choice(["red", "blue", "green"], 60)}
    stones = pd.DataFrame(columns | {"sold": generator.poisson(3, 60)})
    machine = RBM(5, visible="bernoulli,categorical,poisson", n_iter=5, random_state=0).fit(stones)
    yield "mixed", machine.explore(stones)
    words = pd.DataFrame(generator.poisson(2, (60, 5)), columns=["goal", "match", "vote", "party", "moon"])
    yield "documents", RBM(5, visible="replicated-softmax", n_iter=5, random_state=0).fit(words).explore(words)


def faults(page):
    """Return what axe-core finds, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{fault['impact']}: {fault['id']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def main():
    chromium = os.environ.get("DEEPBELIEF_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    n_faults = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, made in pages():
            path = made.save(Path(folder) / f"{name}.html")
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme)
                page.goto(path.as_uri())
                for tab in page.evaluate("explored.model.tabs"):
                    page.evaluate("tab => explored.change({ tab })", tab)
                    page.wait_for_selector(f"#panel-{tab}:not([hidden])")
                    found = faults(page)
                    n_faults += len(found)
                    print(f"{name}, {scheme}, {tab}: {len(found)} faults", *found, sep="\n  ")
        browser.close()
    sys.exit(1 if n_faults else 0)


if __name__ == "__main__":
    main()
