"""Networks that were never pretrained, of tables, documents and numbers; and how it is known that they were not."""

import re

import numpy as np
import pandas as pd

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor
from deepbelief.estimators.fitted import was_pretrained
from page.digit_net import TINY, digit_net, some_digits
from page.opening import ROUNDING, seen


def test_tables_documents_and_numbers_open_too(opened):
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"height": generator.normal(170, 9, 80), "weight": generator.normal(70, 9, 80), "same": 1.0})
    settings = TINY | {"pretrain_epochs": 0}
    tall = (table["height"] > 2 * table["weight"] + 30).astype(int)
    people = DBNClassifier((6, 4), activation="relu", **settings).fit(table, tall)
    page = opened(people.explore(table, tall).html, "phone", fragment="#row=3&layer=2")
    assert "more or less of a feature" in page.locator(".unit").inner_text()
    assert np.abs(seen(page, "answer") - people.predict_proba(table.iloc[2:3])).max() < ROUNDING
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    words = pd.DataFrame(generator.poisson(2, (60, 5)), columns=["goal", "match", "vote", "party", "moon"])
    kind = (words["goal"] > words["vote"]).astype(int)
    texts = DBNClassifier((6,), visible="replicated-softmax", **settings).fit(words, kind)
    page = opened(texts.explore(words, kind).html, fragment="#row=3")
    assert "more or less of a word" in page.locator(".unit").inner_text()
    assert np.abs(seen(page, "answer") - texts.predict_proba(words.iloc[2:3])).max() < ROUNDING
    numbers = {name: value for name, value in settings.items() if name != "softmax_epochs"}
    regressor = DBNRegressor((6,), output_epochs=5, **numbers).fit(table, table["height"] * 2)
    page = opened(regressor.explore(table, table["height"] * 2).html, fragment="#row=3&on=1.1")
    assert re.fullmatch(r"Switched, it changes answer from [\d.]+ to [\d.]+\.", page.locator(".effect").inner_text())


def test_who_was_pretrained():
    data = some_digits()
    assert was_pretrained(digit_net(6))
    assert not was_pretrained(digit_net(6, pretrain_epochs=0))
    assert was_pretrained(RBM(9, n_iter=40, random_state=0).fit(data[0]))
    net = DBN((9,), n_iter=40, random_state=0).fit(data[0])
    assert was_pretrained(net)
    assert was_pretrained(DBNClassifier.from_dbn(net, softmax_epochs=1, finetune_epochs=1).fit(*data))
