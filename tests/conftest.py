"""What all tests share: a run that has failed says so and ends."""

import os
import sys
import threading
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Iterator[None]:
    """End where a test that failed has left a store open: the store's thread would keep the process for ever."""
    status = yield
    main = threading.main_thread()
    waiting = [thread.name for thread in threading.enumerate() if thread is not main and not thread.daemon]
    if waiting:
        sys.stdout.flush()
        print(f"left open by a test: {', '.join(waiting)}", file=sys.stderr, flush=True)
        os._exit(int(status or 0) or 1)
    return status
