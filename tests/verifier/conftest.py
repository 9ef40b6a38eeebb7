"""One rich market, made once; each test edits a copy of its own."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.verifier import market


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder as the exchange left it; nobody may change it."""
    folder = tmp_path_factory.mktemp("market") / "data"
    asyncio.run(market.make(folder))
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A copy to edit."""
    return Path(shutil.copytree(made, tmp_path / "data"))
