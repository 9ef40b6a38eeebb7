"""One running exchange for a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.kit import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    running = await House.start(tmp_path)
    yield running
    await running.stop()
