"""The loops in C (src/deepbelief/core/native), once for each instruction set; all else is in pyproject.toml.

They are optional: where there is no compiler for them, or another processor, the package installs without them, and
NumPy does their work. What could not be compiled, and why, is written beside them: ``deepbelief --version`` says it.
"""

import platform
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

NATIVE = "src/deepbelief/core/native"
NOTE = "not_compiled.txt"
INSTRUCTIONS = {"avx512": ["-mavx512f", "-mavx2", "-mfma"], "avx2": ["-mavx2", "-mfma", "-mno-avx512f"]}
# The loops are written with vector extensions that GCC and Clang have, which are "unix", or on Windows "mingw32".
GNU = ("unix", "mingw32")
FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=fast", "-g0", "-pthread"]


class BuildLoops(build_ext):
    """Compiles with the flags that the compiler knows, and leaves a note where that fails."""

    def run(self):
        """Compile, and write down what failed."""
        self.problems = {}  # names of extensions by what was wrong
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
            ext.extra_compile_args = [*FLAGS, *INSTRUCTIONS[name]]
            ext.extra_link_args = ["-pthread", "-lm"]
            super().build_extension(ext)
        except Exception:
            self.problems.setdefault(problem, []).append(name)
            raise  # setuptools warns and goes on, since the extension is optional


extensions = [
    Extension(
        f"deepbelief.core.native.{name}",
        [f"{NATIVE}/{name}.c"],
        depends=[
            f"{NATIVE}/{header}.h"
            for header in ("arguments", "matrix", "module", "parallel", "path", "products", "rows", "tiles", "vectors")
        ],
        optional=True,
    )
    for name in INSTRUCTIONS
]

setup(
    ext_modules=extensions if platform.machine() in ("x86_64", "AMD64") else [],
    cmdclass={"build_ext": BuildLoops},
)
