"""The recipes of docs/guide/ecosystem.md run as they stand, each section in an empty folder, where its library is."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "guide" / "ecosystem.md").read_text(encoding="utf-8")
FIRST, *SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
LIBRARIES = {
    "scikit-learn's callbacks": "sklearn.callback",
    "Optuna": "optuna",
    "skops": "skops",
    "ONNX": "onnxruntime",
    "polars": "polars",
    "MLflow": "mlflow",
    "A model card": "huggingface_hub",
}


def code(text):
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL))


def test_every_section_with_code_is_run():
    with_code = [section for section in SECTIONS if code(section)]
    assert len(with_code) == len(LIBRARIES)
    assert all(section.startswith(name) for section, name in zip(with_code, LIBRARIES, strict=True))


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.filterwarnings("ignore")
def test_the_recipe_works(name, tmp_path, monkeypatch):
    library = LIBRARIES[name]
    pytest.importorskip(
        library, reason=f"the recipe of the guide needs {library}, which is not installed", exc_type=ImportError
    )
    monkeypatch.chdir(tmp_path)
    (section,) = (section for section in SECTIONS if section.startswith(name))
    found = {}
    exec(compile(code(FIRST) + "\n" + code(section), f"ecosystem.md: {name}", "exec"), found)
    CLAIMS[name](found)


CLAIMS = {
    "scikit-learn's callbacks": lambda found: check(
        len(found["scores"]) > 5 and found["scores"][-1] > 0.5 and len(found["rbm"].history_) < 50
    ),
    "Optuna": lambda found: check(
        {trial.state.name for trial in found["study"].trials} == {"COMPLETE", "PRUNED"}
        and found["study"].best_value > 0.5
    ),
    "skops": lambda found: check(len(found["types"]) > 0),
    "ONNX": lambda found: check(found["found"].shape == (400, 10)),
    "polars": lambda found: check(type(found["features"]).__module__.startswith("polars")),
    "MLflow": lambda found: check(
        any(metric.startswith("finetune.") for metric in found["mlflow"].get_run(found["run"].info.run_id).data.metrics)
    ),
    "A model card": lambda found: check(found["card"].data.license == "mit" and Path("README.md").exists()),
}


def check(holds):
    assert holds
