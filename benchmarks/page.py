"""The page of ``deepbelief explore`` in Chromium: its size, how exact it is, how fast, and whether it reads drawings.

    python benchmarks/page.py MODEL DATA --save --picture docs/images/explore.png

MODEL is one of 784-500-500-10 on MNIST, and DATA its test images. Fifty drawings are made of strokes, five of each
digit, shifted, slanted and scaled; none comes from MNIST. Needs playwright and Chromium.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from deepbelief import datasets, experiment

RESULTS = Path(__file__).parent / "results" / "page.json"
N_IMAGES, N_RENDERINGS = 200, 100

# The strokes of ten digits, as a ball-point pen draws them in a box from (0, 0) to (1, 1).
DIGITS = {
    0: [[(0.5, 0), (0.15, 0.2), (0.05, 0.55), (0.25, 0.95), (0.6, 1), (0.9, 0.7), (0.9, 0.3), (0.7, 0.05), (0.5, 0)]],
    1: [[(0.5, 0), (0.5, 1)]],
    2: [[(0.1, 0.25), (0.3, 0.02), (0.7, 0.02), (0.85, 0.3), (0.6, 0.6), (0.1, 1), (0.9, 1)]],
    3: [[(0.1, 0.1), (0.5, 0), (0.85, 0.2), (0.45, 0.47), (0.9, 0.75), (0.5, 1), (0.1, 0.9)]],
    4: [[(0.25, 0), (0.1, 0.5), (0.9, 0.5)], [(0.75, 0.05), (0.7, 1)]],
    5: [[(0.85, 0), (0.25, 0), (0.2, 0.42), (0.6, 0.38), (0.9, 0.65), (0.65, 0.97), (0.15, 0.95)]],
    6: [[(0.7, 0), (0.3, 0.3), (0.12, 0.7), (0.35, 1), (0.75, 0.95), (0.8, 0.65), (0.5, 0.52), (0.18, 0.7)]],
    7: [[(0.1, 0.05), (0.9, 0.05), (0.55, 0.5), (0.4, 1)]],
    8: [
        [
            (0.75, 0.15),
            (0.45, 0),
            (0.2, 0.2),
            (0.45, 0.45),
            (0.8, 0.75),
            (0.5, 1),
            (0.2, 0.8),
            (0.5, 0.48),
            (0.75, 0.15),
        ]
    ],
    9: [[(0.8, 0.2), (0.5, 0.02), (0.2, 0.25), (0.45, 0.5), (0.8, 0.25), (0.75, 0.6), (0.6, 1)]],
}


def drawings():
    """Return fifty digits with their strokes, each somewhere else on the pad, slanted and scaled in its own way."""
    generator = np.random.default_rng(0)
    made = []
    for digit, strokes in DIGITS.items():
        for _ in range(5):
            width, height = generator.uniform(0.25, 0.5), generator.uniform(0.45, 0.75)
            left, top = generator.uniform(0.05, 0.9 - width), generator.uniform(0.05, 0.95 - height)
            slant = generator.uniform(-0.2, 0.2)
            moved = [
                [[left + width * (x + slant * (0.5 - y)), top + height * y] for x, y in stroke] for stroke in strokes
            ]
            made.append((digit, [{"points": points, "erase": False} for points in moved]))
    return made


def measured(page, estimator, images):
    """Return what one open page does."""
    shown = np.array(page.evaluate("rows => rows.map(row => explored.answerTo(row))", images.tolist()))
    true = estimator.predict_proba(images)
    read = {}
    for is_framed in (True, False):
        right = 0
        for digit, strokes in drawings():
            answer = page.evaluate(
                "([strokes, framed]) => { explored.change({ strokes, framed, base: null }); explored.renderNow();"
                " return Array.from(explored.seen.answer) }",
                [strokes, is_framed],
            )
            right += int(estimator.classes_[int(np.argmax(answer))]) == digit
        read["framed" if is_framed else "as drawn"] = right
    strokes = drawings()[15][1]
    times = page.evaluate(
        """([strokes, n]) => {
            explored.change({ strokes, framed: true });
            return Array.from({ length: n }, () => {
                const begin = performance.now();
                explored.renderNow();
                return performance.now() - begin;
            });
        }""",
        [strokes, N_RENDERINGS],
    )
    return {
        "images": len(images),
        "other_classes": int((shown.argmax(axis=1) != true.argmax(axis=1)).sum()),
        "largest_difference": float(np.abs(shown - true).max()),
        "drawings": len(drawings()),
        "drawings_read": read,
        "milliseconds_per_stroke": {"median": statistics.median(times), "largest": max(times)},
        "first_paint_milliseconds": page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        ),
    }


def dreaming(page, chains):
    """Return how many frames and sweeps a second the page makes while it dreams as fast as it may."""
    page.evaluate(
        "n => explored.change({ tab: 'dream', dream: Object.assign(explored.state.dream, { chains: n, speed: 60 }) })",
        chains,
    )
    return page.evaluate(
        """(seconds) => new Promise((done) => {
            explored.renderNow();
            document.getElementById("dream").click();
            const begin = performance.now();
            const count = () => Number.parseInt(document.getElementById("swept").textContent);
            let frames = 0;
            const before = count();
            const look = () => {
                frames++;
                const passed = (performance.now() - begin) / 1000;
                if (passed < seconds) return requestAnimationFrame(look);
                document.getElementById("dream").click();
                done({ frames_per_second: frames / passed, sweeps_per_second: (count() - before) / passed });
            };
            requestAnimationFrame(look);
        })""",
        4,
    )


def photographed(browser, path, file):
    """Write a picture of the page: a drawn 3, and ten dreams in which that class is held fast."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    page.goto(path.as_uri())
    bends = [(0.36, 200, 450, 0.5, 0.3), (0.38, -90, 165, 0.5, 0.7)]  # radius, from, to, centre
    points = [
        [x + 0.55 * radius * np.cos(angle), y + 0.55 * radius * np.sin(angle)]
        for radius, begin, end, x, y in bends
        for angle in np.radians(np.linspace(begin, end, 24))
    ]
    page.evaluate(
        """points => {
            const { dream } = explored.state;
            Object.assign(dream, { held: 3, chains: 10, speed: 60, firmness: 2 });
            explored.change({ strokes: [{ points, erase: false }], tab: "dream", layer: 1, unit: 7 });
            explored.renderNow();
            document.getElementById("dream").click();
        }""",
        points,
    )
    while page.evaluate("Number.parseInt(document.getElementById('swept').textContent)") < 150:
        page.wait_for_timeout(100)
    page.click("#dream")
    page.select_option("select:has(option[value='3'])", "3")
    page.screenshot(path=file, full_page=True)
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--picture", type=Path, help="write a picture of the page")
    given = parser.parse_args()
    estimator = experiment.open_model(given.model)
    test = datasets.load(given.data, split="test")
    images = test.images[:N_IMAGES]
    made = experiment.explored(given.model, given.data)
    chromium = os.environ.get("DEEPBELIEF_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as engine:
        path = made.save(Path(folder) / "net.html")
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(path.as_uri())
        result = {
            "test_accuracy": estimator.score(test.images, test.labels),
            "layers": page.evaluate("explored.model.sizes"),
            "megabytes": len(made.html) / 1e6,
            "encoding": made.encoding,
            "stated_deviation": made.deviation,
            "stated_reconstruction_deviation": made.reconstruction_deviation,
            **measured(page, estimator, images),
            "dream_of_1": dreaming(page, 1),
            "dream_of_10": dreaming(page, 10),
        }
        if given.picture:
            photographed(browser, path, given.picture)
        browser.close()
    text = json.dumps(result, indent=1)
    print(text)
    if given.save:
        RESULTS.write_text(text + "\n")


if __name__ == "__main__":
    main()
