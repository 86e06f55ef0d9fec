"""setup.py: each compiler gets the flags that it knows, and what could not be compiled is written down."""

import platform
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import setuptools
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

import deepbelief
from deepbelief.core import native

SETUP = Path(deepbelief.__file__).parents[2] / "setup.py"


@pytest.fixture
def build(monkeypatch, tmp_path):
    """Return a function that builds with a compiler of some kind, and returns the extensions; in `tmp_path`."""
    given = {}
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
    runpy.run_path(str(SETUP))

    def compile_all(command):
        for extension in given["ext_modules"]:
            try:
                command.build_extension(extension)
            except CompileError:
                assert extension.optional  # so that setuptools goes on

    def built(kind, fails=False):
        def compiled(command, extension):
            if fails:
                raise CompileError("exit status 1")

        monkeypatch.setattr(build_ext, "run", compile_all)
        monkeypatch.setattr(build_ext, "build_extension", compiled)
        command = given["cmdclass"]["build_ext"](setuptools.Distribution())
        command.compiler = SimpleNamespace(compiler_type=kind, compiler=["cc"])
        command.inplace, command.build_lib = False, str(tmp_path)
        command.run()
        return given["ext_modules"]

    return built


def note(folder):
    return folder / "deepbelief" / "core" / "native" / native.NOTE.name


def test_gcc_and_clang_get_flags_and_leave_no_note(build, tmp_path):
    note(tmp_path).parent.mkdir(parents=True)
    note(tmp_path).write_text("of an earlier try")
    by_name = {extension.name.rpartition(".")[2]: extension.extra_compile_args for extension in build("unix")}
    assert by_name.keys() == {"avx512", "avx2"}
    assert all({"-std=gnu11", "-pthread", "-mfma"} <= set(flags) for flags in by_name.values())
    assert "-mavx512f" in by_name["avx512"]
    assert "-mno-avx512f" in by_name["avx2"]
    assert not note(tmp_path).exists()


def test_another_compiler_gets_none_of_their_flags(build, tmp_path):
    assert [extension.extra_compile_args for extension in build("msvc")] == [[], []]
    said = "no avx512 and no avx2, since they need GCC or Clang, and the compiler here is msvc"
    assert note(tmp_path).read_text() == said


def test_a_compiler_that_fails_is_named_where_the_kernels_are(build, tmp_path, monkeypatch):
    build("unix", fails=True)
    monkeypatch.setattr(native, "NOTE", note(tmp_path))
    assert native.missing() == "no avx512 and no avx2, since cc failed when the package was installed"


def test_other_processors_have_no_loops(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert native.missing() == "there are none for arm64"
