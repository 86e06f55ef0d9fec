"""``deepbelief export``."""

import sys
from pathlib import Path

import pytest

from cli.conftest import done, refused


def test_without_onnx_a_sentence_says_what_to_install(trained, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    refused("export", trained, says=("needs onnx", "pip install onnx"))
    assert not Path("net.onnx").exists()


def test_a_model_is_written_as_a_graph(trained, folder):
    pytest.importorskip(
        "onnxruntime", reason="graphs are computed by onnxruntime, which is not installed", exc_type=ImportError
    )
    assert done("export", trained).stdout == "Wrote net.onnx: predictions, 0.0 MB\n"
    assert done("export", trained, "--depth", "1", "--force").stdout == "Wrote net.onnx: features, 0.0 MB\n"
    refused("export", trained, says=("net.onnx", "the file exists"))
    refused("export", trained, "--depth", "9", "--force", says=("there is no layer 9",))
