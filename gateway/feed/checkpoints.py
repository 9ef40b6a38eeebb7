"""The channel `checkpoints`: each signed checkpoint as it is made, so that many keep what no one can take back."""

from typing import Final

from msgspec import structs

from engine.title import CheckpointRow
from gateway.feed.channel import Channel
from gateway.feed.messages import CheckpointData

CHANNEL: Final = "checkpoints"
NONE_YET: Final = CheckpointData(None, None, None, None, None, None)


class CheckpointFeed:
    """Says each checkpoint once; a snapshot is the newest."""

    def __init__(self, ring_messages_max: int, ring_bytes_max: int) -> None:
        self.channel = Channel(CHANNEL, ring_messages_max, ring_bytes_max)
        self._newest = NONE_YET
        self._news: list[CheckpointData] = []

    def load(self, row: CheckpointRow) -> None:
        """Take a checkpoint; one that was made before this process is only the snapshot's."""
        self._newest = CheckpointData(
            row.number, row.seq, row.chain, row.sha256, row.body.decode(), row.signature.hex()
        )

    def tell(self, row: CheckpointRow) -> None:
        """A new checkpoint."""
        self.load(row)
        self._news.append(self._newest)

    def flush(self, ts: str, said: list[tuple[str, bytes]]) -> None:
        """Say what is new."""
        news, self._news = self._news, []
        said += [self.channel.say("update", ts, each) for each in news]

    def snapshot(self, ts: str, epoch: int) -> bytes:
        """The newest checkpoint."""
        return self.channel.snapshot(ts, structs.replace(self._newest, epoch=epoch))
