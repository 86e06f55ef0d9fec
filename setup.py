"""The loops in C (src/deepbelief/core/native), once for each instruction set; all else is in pyproject.toml.

They are optional: where there is no compiler for them, or another processor, the package installs without them, and
NumPy does their work. What could not be compiled, and why, is written beside them: ``deepbelief --version`` says it.

They are compiled against Python's limited API, so one wheel serves Python 3.11 and all that follow. With
``DEEPBELIEF_LOOPS=no`` in the environment, the wheel holds no loops and serves every platform.
"""

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

NATIVE = "src/deepbelief/core/native"
NOTE = "not_compiled.txt"
AVX = {"avx512": ["-mavx512f", "-mavx2", "-mfma"], "avx2": ["-mavx2", "-mfma", "-mno-avx512f"]}
INSTRUCTIONS = {"x86_64": AVX, "amd64": AVX, "aarch64": {"neon": []}}  # macOS calls the last one arm64: it has none
# The loops are written with vector extensions that GCC and Clang have, which are "unix", or on Windows "mingw32".
GNU = ("unix", "mingw32")
FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=fast", "-g0", "-pthread"]


class BuildLoops(build_ext):
    """Compiles with the flags that the compiler knows, and leaves a note where that fails."""

    def run(self):
        """Compile, and write down what failed."""
        self.problems = {}  # names of extensions by what was wrong
        for one_version in Path(NATIVE).glob("*.cpython-*") if self.inplace and IS_LIMITED else ():
            one_version.unlink()  # Python would prefer these, of an older build, to those for all versions
        super().run()
        folder = Path(NATIVE if self.inplace else Path(self.build_lib, *Path(NATIVE).parts[1:]))
        if self.problems:
            folder.mkdir(parents=True, exist_ok=True)
            lines = [f"no {' and no '.join(names)}, since {problem}" for problem, names in self.problems.items()]
            (folder / NOTE).write_text("; ".join(lines), encoding="utf-8")
        else:
            (folder / NOTE).unlink(missing_ok=True)

    def build_extension(self, ext):
        """Compile for one instruction set."""
        kind, name = self.compiler.compiler_type, ext.name.rpartition(".")[2]
        problem = f"they need GCC or Clang, and the compiler here is {kind}"
        try:
            if kind not in GNU:
                raise CompileError(problem)
            problem = f"{self.compiler.compiler[0]} failed when the package was installed"
            ext.extra_compile_args = [*FLAGS, *SETS[name]]
            ext.extra_link_args = ["-pthread", "-lm"]
            super().build_extension(ext)
        except Exception:
            self.problems.setdefault(problem, []).append(name)
            raise  # setuptools warns and goes on, since the extension is optional


# The processor that is compiled for, which a cross-compiler's user sets in _PYTHON_HOST_PLATFORM.
PROCESSOR = sysconfig.get_platform().rpartition("-")[2]
SETS = {} if os.environ.get("DEEPBELIEF_LOOPS") == "no" else INSTRUCTIONS.get(PROCESSOR, {})
IS_LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")  # a free-threaded Python has no limited API

setup(
    ext_modules=[
        Extension(
            f"deepbelief.core.native.{name}",
            [f"{NATIVE}/{name}.c"],
            depends=[str(header) for header in sorted(Path(NATIVE).glob("*.h"))],
            define_macros=[("Py_LIMITED_API", "0x030B0000")] if IS_LIMITED else [],
            py_limited_api=IS_LIMITED,
            optional=True,
        )
        for name in SETS
    ],
    cmdclass={"build_ext": BuildLoops},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if IS_LIMITED else {},
)
