"""How the engine's process runs: its limits. What the market's rules are stands in the rule book."""

from typing import Literal

import msgspec

from engine.journal.journal import SEGMENT_BYTES_MAX

Disk = Literal["auto", "inline", "thread"]


class EngineSettings(msgspec.Struct, frozen=True):
    """Limits of the sequencer, the journal and the snapshots.

    inbox_commands_max: commands that may wait; above it new orders are refused, while everything else (cancels, operator
    acts) still finds inbox_reserve_max places. batch_commands_max: commands behind one disk write, which also bounds how
    long one turn holds the event loop. snapshot_every: entries after which a snapshot is
    taken in the middle of a day; one is taken at each close. disk: write journal batches inline
    in the event loop, in a thread, or as measured at the start (inline where a sync's median is below inline_sync_ns_max).
    """

    inbox_commands_max: int = 65_536
    inbox_reserve_max: int = 8_192
    batch_commands_max: int = 4_096
    snapshot_every: int = 2_000_000
    segment_bytes_max: int = SEGMENT_BYTES_MAX
    disk: Disk = "auto"
    inline_sync_ns_max: int = 500_000
