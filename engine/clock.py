"""The time: nanoseconds since 1970, UTC. Only the sequencer reads it, and hands it to the core inside each entry."""

import time
from collections.abc import Callable

Clock = Callable[[], int]

wall_ns: Clock = time.time_ns
