"""Compiles the hot modules of the engine with mypyc where a C compiler is present; everything else is in pyproject.toml.

Without a compiler, or with YUTAN_PURE=1, the same source runs as plain Python. `engine/compiled.py` says which modules are
hot and refuses a compiled form of other source than the one beside it.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "engine"))  # not the package: importing that would check what is about to be built
from compiled import HOT, digest_of, source_of  # noqa: E402

PACKAGES = sorted({module.partition(".")[0] for module in HOT})
BUILT = ROOT / "engine" / "core" / "_built.json"
# Taken before compiling: a source that is edited meanwhile must not pass for the one that was compiled.
COMPILED_FROM = {module: digest_of(module) for module in HOT}


def has_compiler() -> bool:
    """Whether there is anything to compile C with."""
    return any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang"))


def hot_extensions() -> list[Extension]:
    """The hot modules as one group, so that calls between them are plain C calls."""
    if os.environ.get("YUTAN_PURE", "") not in ("", "0") or not has_compiler():
        return []
    from mypyc.build import mypycify

    sources = [str(source_of(module).relative_to(ROOT)) for module in HOT]
    extensions = mypycify(["--strict", "--ignore-missing-imports", *sources], opt_level="3", group_name="yutan")
    for extension in extensions:
        extension.optional = True
        if os.name == "posix":
            # Nobody replaces our functions at load time, so the compiler may inline them and call them directly.
            extension.extra_compile_args.extend(("-fno-semantic-interposition", "-fno-plt"))
    return extensions


class BuildHot(build_ext):
    """Builds all or nothing, and records what the build was made from."""

    def run(self) -> None:
        BUILT.unlink(missing_ok=True)
        for stale in [
            *(found for package in PACKAGES for found in ROOT.glob(f"{package}/**/*.so")),
            *ROOT.glob("*__mypyc*.so"),
        ]:
            stale.unlink()
        super().run()
        made = [Path(self.get_ext_fullpath(extension.name)) for extension in self.extensions]
        targets = [BUILT] if self.inplace else [Path(self.build_lib) / "engine" / "core" / "_built.json"]
        if made and all(path.exists() for path in made):
            for target in targets:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(json.dumps(COMPILED_FROM, indent=1) + "\n")
        else:
            for path in made:
                path.unlink(missing_ok=True)


setup(ext_modules=hot_extensions(), cmdclass={"build_ext": BuildHot})
