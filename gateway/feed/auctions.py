"""What the public may know of auctions (有偿竞价, 回购, 单向竞价): the notice, then the result in its two steps.

Nothing here has ever seen a bid: notices and results carry all there is, and the confidential reserve stays out.
Source: domain rules (g): volume and price within 5 minutes of the window's end, the rest within 15; both come at once here.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from engine.core import events, reasons
from engine.core.commands import AnnounceAuction
from engine.core.events import EXTREMES_BIDDERS_MIN, STATISTICS_BIDDERS_MIN, AuctionMeasured, AuctionReported
from engine.view import AuctionView as AuctionState
from engine.view import MarketView
from gateway.feed.channel import Channel
from gateway.feed.messages import AuctionNews, AuctionsData
from gateway.protocol.auction_wire import AuctionResult, AuctionView, CarriedVolume
from gateway.protocol.prices import fixed_text, money_text, price_text
from gateway.protocol.times import day_text, time_text

CHANNEL: Final = "auctions"
SNAPSHOT_ROWS_MAX: Final = 100


def notice_view(
    terms: AnnounceAuction,
    cap_tonnes: int,
    status: str,
    instrument: str,
    tick_fen: int,
    carried: Sequence[tuple[str, int]],
    held_by: str,
) -> AuctionView:
    """A notice as everyone may see it."""
    shown = AuctionView(
        terms.code,
        status,
        terms.direction,
        terms.method,
        instrument,
        terms.tonnes,
        day_text(terms.trading_day),
        price_text(terms.limit_ticks, tick_fen) if terms.limit_ticks else None,
        terms.reserve_ticks > 0,
        list(terms.categories),
        len(terms.bidders),
        terms.bid_tonnes_min,
        terms.lot_tonnes,
        cap_tonnes,
        terms.withdrawable,
        terms.tie,
        terms.undersubscribed,
        terms.closes_market,
        terms.use_restricted,
        terms.fee_ppm,
        terms.notice,
        money_text(terms.budget_fen) if terms.budget_fen else "",
        time_text(terms.opens_at_ns) if terms.opens_at_ns else "",
        time_text(terms.closes_at_ns) if terms.closes_at_ns else "",
    )
    shown.carry_over = terms.carry_over
    shown.carried = [CarriedVolume(code, tonnes) for code, tonnes in carried]
    if held_by != shown.held_by:
        shown.held_by = held_by
    shown.seller_fee_ppm = terms.seller_fee_ppm
    shown.buyer_fee_ppm = terms.buyer_fee_ppm
    return shown


def result_view(result: AuctionReported, direction: str, tick_fen: int) -> AuctionResult:
    """Both steps of a result; a single bid can not be told from it."""

    def price(ticks: int) -> str | None:
        return price_text(ticks, tick_fen) if ticks else None

    is_shown = result.bidders >= EXTREMES_BIDDERS_MIN
    shown = AuctionResult(
        price(result.price_ticks),
        result.tonnes,
        result.bid_tonnes,
        result.bidders,
        result.winners,
        money_text(result.revenue_fen),
        money_text(result.cover_hundredths),
        price(result.low_ticks) if is_shown else None,
        price(result.high_ticks) if is_shown else None,
        result.carry_tonnes,
    )
    if result.applicant_fee_fen:
        fees = money_text(result.applicant_fee_fen)
        if direction == "sale":
            shown.seller_fees = fees
        else:
            shown.buyer_fees = fees
    return shown


def add_statistics(shown: AuctionResult, measured: AuctionMeasured, tick_fen: int) -> None:
    """Add result 3, where there are so many bidders that no bid can be told from it."""
    if shown.bidders < STATISTICS_BIDDERS_MIN:
        return
    for name, value in statistics_of(measured, tick_fen).items():
        setattr(shown, name, value)


def statistics_of(measured: AuctionMeasured, tick_fen: int) -> dict[str, str]:
    """Result 3 in words of the wire: prices with four decimals, tonnes with two."""
    prices = {
        "mean_bid": measured.price_mean,
        "median_bid": measured.price_median,
        "bid_deviation": measured.price_deviation,
    }
    tonnes = {
        "bid_per_bidder_mean": measured.bid_mean,
        "bid_per_bidder_deviation": measured.bid_deviation,
        "won_per_bidder_mean": measured.won_mean,
        "won_per_bidder_deviation": measured.won_deviation,
    }
    return {
        **{name: fixed_text(value * tick_fen, 4) for name, value in prices.items()},
        **{name: fixed_text(value, 2) for name, value in tonnes.items()},
    }


def public_auction(view: MarketView, found: AuctionState) -> AuctionView:
    """An auction of the market as everyone may see it."""
    instrument = view.instrument(found.terms.instrument)
    assert instrument is not None, "an auction's instrument is listed"
    shown = notice_view(
        found.terms, found.cap_tonnes, found.status, instrument.code, instrument.tick_fen, found.carried, found.held_by
    )
    shown.to_carry_over = found.carry_tonnes
    if found.result is not None:
        shown.result = result_view(found.result, found.terms.direction, instrument.tick_fen)
        if found.measured is not None:
            add_statistics(shown.result, found.measured, instrument.tick_fen)
    if found.reason:
        shown.reason = reasons.BY_NUMBER[found.reason].name
    return shown


class _Known(msgspec.Struct):
    """What the feed keeps of an auction."""

    shown: AuctionView
    tick_fen: int


class AuctionFeed:
    """The channel `auctions`: folds the events of auctions into news, said in order."""

    def __init__(self, ring_messages_max: int, ring_bytes_max: int) -> None:
        self.channel = Channel(CHANNEL, ring_messages_max, ring_bytes_max)
        self._known: dict[int, _Known] = {}
        self._news: list[AuctionNews] = []

    def load(self, view: MarketView) -> None:
        """Take over what the market knows."""
        for found in view.auctions():
            instrument = view.instrument(found.terms.instrument)
            assert instrument is not None, "an auction's instrument is listed"
            self._known[found.number] = _Known(public_auction(view, found), instrument.tick_fen)

    @property
    def has_news(self) -> bool:
        """Whether something waits to be said."""
        return bool(self._news)

    def announced(self, event: events.AuctionAnnounced, instrument: str, tick_fen: int, held_by: str) -> None:
        """The notice is out."""
        carried = []
        for earlier, tonnes in event.carried:
            before = self._known[earlier].shown
            before.to_carry_over -= tonnes
            carried.append((before.auction, tonnes))
        shown = notice_view(event.terms, event.cap_tonnes, "announced", instrument, tick_fen, carried, held_by)
        self._known[event.auction] = _Known(shown, tick_fen)
        self._news.append(AuctionNews("notice", shown.auction, notice=msgspec.structs.replace(shown)))

    def opened(self, event: events.AuctionOpened) -> None:
        """The window is open."""
        shown = self._known[event.auction].shown
        shown.status = "open"
        self._news.append(AuctionNews("opened", shown.auction))

    def cleared(self, event: events.AuctionCleared) -> None:
        """Result 1."""
        known = self._known[event.auction]
        known.shown.status = "cleared"
        price = price_text(event.price_ticks, known.tick_fen) if event.price_ticks else None
        self._news.append(AuctionNews("result_1", known.shown.auction, price=price, quantity=event.tonnes))

    def reported(self, event: events.AuctionReported) -> None:
        """Result 2."""
        known = self._known[event.auction]
        known.shown.result = result_view(event, known.shown.direction, known.tick_fen)
        known.shown.to_carry_over = event.carry_tonnes
        self._news.append(
            AuctionNews("result_2", known.shown.auction, result=msgspec.structs.replace(known.shown.result))
        )

    def measured(self, event: events.AuctionMeasured) -> None:
        """Result 3."""
        known = self._known[event.auction]
        assert known.shown.result is not None, "result 2 comes first"
        if known.shown.result.bidders >= STATISTICS_BIDDERS_MIN:
            add_statistics(known.shown.result, event, known.tick_fen)
            self._news.append(AuctionNews("result_3", known.shown.auction, result=known.shown.result))

    def canceled(self, event: events.AuctionCanceled) -> None:
        """The auction is off."""
        shown = self._known[event.auction].shown
        shown.status, shown.reason = "canceled", reasons.BY_NUMBER[event.reason].name
        shown.to_carry_over = event.carry_tonnes
        self._news.append(AuctionNews("canceled", shown.auction, reason=shown.reason))

    def flush(self, ts: str, said: list[tuple[str, bytes]]) -> None:
        """Say what is new."""
        news, self._news = self._news, []
        said += [self.channel.say("update", ts, each) for each in news]

    def snapshot(self, ts: str, epoch: int) -> bytes:
        """The newest auctions."""
        newest = [known.shown for _, known in sorted(self._known.items(), reverse=True)[:SNAPSHOT_ROWS_MAX]]
        return self.channel.snapshot(ts, AuctionsData(newest, epoch))
