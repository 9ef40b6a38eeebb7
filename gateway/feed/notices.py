"""The channel `notices`: what the exchange tells the public in words (公告), as it happens."""

from collections.abc import Sequence
from typing import Final

from engine.core import events
from engine.public_notices import CATEGORIES_ZH, PublicNotice, public_notices
from engine.view import MarketView
from gateway.feed.channel import Channel
from gateway.feed.messages import NoticesData, NoticeView
from gateway.protocol.times import time_text

CHANNEL: Final = "notices"
SNAPSHOT_ROWS_MAX: Final = 100


def notice_view(notice: PublicNotice) -> NoticeView:
    """A notice on the wire."""
    return NoticeView(
        notice.notice_id,
        time_text(notice.at_ns),
        notice.category,
        CATEGORIES_ZH[notice.category],
        notice.instrument or None,
        time_text(notice.effective_at_ns) if notice.effective_at_ns else None,
        notice.document,
        notice.title_zh,
        notice.title_en,
        notice.body_zh,
        notice.body_en,
    )


class _Names:
    """Who is meant: every batch is applied before it is told."""

    def __init__(self, view: MarketView) -> None:
        self._view = view

    def account_name(self, number: int) -> str:
        found = self._view.account(number)
        return found.name if found is not None else ""

    def instrument_code(self, number: int) -> str:
        found = self._view.instrument(number)
        return found.code if found is not None else ""

    def instrument_units(self, number: int) -> tuple[str, str]:
        found = self._view.instrument(number)
        return (found.unit_zh, found.unit_en) if found is not None else ("", "")

    def auction_instrument(self, number: int) -> int:
        found = self._view.auction(number)
        return found.terms.instrument if found is not None else 0

    def auction_code(self, number: int) -> str:
        found = self._view.auction(number)
        return found.terms.code if found is not None else ""


class NoticeFeed:
    """Folds acts into notices, said in order. `past`: the newest that were told before, oldest first."""

    def __init__(self, past: Sequence[PublicNotice], ring_messages_max: int, ring_bytes_max: int) -> None:
        self.channel = Channel(CHANNEL, ring_messages_max, ring_bytes_max)
        self._told = {notice.notice_id: notice_view(notice) for notice in past[-SNAPSHOT_ROWS_MAX:]}
        self._news: list[NoticeView] = []

    def on_act(self, seq: int, at_ns: int, happened: list[events.Event], view: MarketView) -> bool:
        """Note what an act tells; returns whether it tells anything. What a replay brings again is known."""
        found = [notice_view(notice) for notice in public_notices(seq, at_ns, happened, _Names(view))]
        news = [notice for notice in found if notice.notice_id not in self._told]
        for notice in news:
            self._told[notice.notice_id] = notice
            if len(self._told) > SNAPSHOT_ROWS_MAX:
                del self._told[next(iter(self._told))]
        self._news += news
        return bool(news)

    def flush(self, ts: str, said: list[tuple[str, bytes]]) -> None:
        """Say what is new."""
        news, self._news = self._news, []
        said += [self.channel.say("update", ts, each) for each in news]

    def snapshot(self, ts: str, epoch: int) -> bytes:
        """The newest notices."""
        return self.channel.snapshot(ts, NoticesData(list(reversed(self._told.values())), epoch))
