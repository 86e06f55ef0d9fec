"""The loops in C (src/deepbelief/core/native), once for each instruction set; all else is in pyproject.toml.

They are optional: where there is no compiler for them, or another processor, the package installs without them, and
NumPy does their work.
"""

import platform

from setuptools import Extension, setup

NATIVE = "src/deepbelief/core/native"
INSTRUCTIONS = {"avx512": ["-mavx512f", "-mavx2", "-mfma"], "avx2": ["-mavx2", "-mfma", "-mno-avx512f"]}

extensions = [
    Extension(
        f"deepbelief.core.native.{name}",
        [f"{NATIVE}/{name}.c"],
        depends=[
            f"{NATIVE}/{header}.h"
            for header in ("matrix", "module", "parallel", "products", "random", "rows", "tiles", "vectors")
        ],
        extra_compile_args=["-std=gnu11", "-O3", "-ffp-contract=fast", "-g0", "-pthread", *flags],
        extra_link_args=["-pthread", "-lm"],
        optional=True,
    )
    for name, flags in INSTRUCTIONS.items()
]

setup(ext_modules=extensions if platform.machine() in ("x86_64", "AMD64") else [])
