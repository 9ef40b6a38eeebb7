"""What the crash tests share."""

import asyncio
from pathlib import Path

import pytest

from tests.crash import faults
from tests.crash.market import Founded, establish


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a process' disk fail; skips where there is no C compiler to build it."""
    library = faults.build(tmp_path_factory.mktemp("fault"))
    if library is None:
        pytest.skip("no C compiler: the failing disk cannot be built")
    return library


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A market to take copies of; made once."""
    return asyncio.run(establish(tmp_path_factory.mktemp("founded") / "exchange"))
