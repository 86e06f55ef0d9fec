"""setup.py: each compiler gets the flags that it knows, and what could not be compiled is written down."""

import platform
import re
import runpy
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import pytest
import setuptools
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

from deepbelief.core import native

SETUP = Path(__file__).parents[3] / "setup.py"  # the package may be installed elsewhere


@pytest.fixture
def arguments(monkeypatch):
    """Return a function that runs setup.py for a platform, and returns what it asks setuptools for."""

    def asked(platform_name="linux-x86_64"):
        given = {}
        monkeypatch.setattr(sysconfig, "get_platform", lambda: platform_name)
        monkeypatch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
        runpy.run_path(str(SETUP))
        return given

    return asked


@pytest.fixture
def build(arguments, monkeypatch, tmp_path):
    """Return a function that builds with a compiler of some kind, and returns the extensions; in `tmp_path`."""
    given = arguments()

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
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(native, "NOTE", note(tmp_path))
    said = "loops in C: no avx512 and no avx2, since cc failed when the package was installed"
    assert native.description().endswith(said)


@pytest.mark.parametrize(
    "platform_name, expected",
    [
        ("linux-x86_64", {"avx512", "avx2"}),
        ("win-amd64", {"avx512", "avx2"}),
        ("linux-aarch64", {"neon"}),
        ("macosx-11.0-arm64", set()),
        ("linux-i686", set()),
    ],
)
def test_each_processor_gets_its_loops(arguments, monkeypatch, platform_name, expected):
    extensions = arguments(platform_name)["ext_modules"]
    assert {extension.name.rpartition(".")[2] for extension in extensions} == expected
    monkeypatch.setenv("DEEPBELIEF_LOOPS", "no")
    assert arguments(platform_name)["ext_modules"] == []


def test_one_build_serves_all_versions_of_python(arguments, monkeypatch):
    """But a free-threaded Python, which has no limited API."""
    given = arguments()
    assert all(extension.py_limited_api for extension in given["ext_modules"])
    assert given["options"] == {"bdist_wheel": {"py_limited_api": "cp311"}}
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: int(name == "Py_GIL_DISABLED"))
    given = arguments()
    assert not any(extension.py_limited_api or extension.define_macros for extension in given["ext_modules"])
    assert given["options"] == {}


def test_the_loops_name_their_compiler(loops, monkeypatch):
    monkeypatch.setattr(native, "module", loops)
    name = loops.__name__.rpartition(".")[2]
    assert re.match(rf"kernels: {name}, compiled by (GCC|Clang) \d+\.\d+", native.description())


def test_other_processors_have_no_loops(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert native.missing() == "there are none for arm64"


def test_a_package_without_loops_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(native, "NOTE", tmp_path / native.NOTE.name)
    monkeypatch.setattr(native, "module", None)
    said = "kernels: numpy; loops in C: this package was built without them, or this processor lacks avx2"
    assert native.description() == said
