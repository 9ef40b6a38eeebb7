"""What the crash tests share."""

from pathlib import Path

import pytest

from tests.crash import faults


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a process' disk fail; skips where there is no C compiler to build it."""
    library = faults.build(tmp_path_factory.mktemp("fault"))
    if library is None:
        pytest.skip("no C compiler: the failing disk cannot be built")
    return library
