"""Block offers (大宗协议申报) of the day as data: who offers what to whom, and how each offer ended.

An offer that has ended is kept until the next day opens, so that a confirmation that comes again gets its answer and
the day's volume can be told. What happens to offers is in `block_trading`.
"""

from typing import Final

OPEN: Final = 0
TRADED: Final = 1
ENDED: Final = 2

COUNTERPARTIES_MAX: Final = 50  # accounts that one offer may be addressed to
OPEN_OFFERS_MAX: Final = 100  # of one account
OFFERS_A_DAY_MAX: Final = 1_000  # made by one account, ended ones included


class Offer:
    """One offer. `side` is the offerer's; `counterparties` are those who may still confirm it.

    answers: the offer that this one counters; trade and confirmer: 0 until it is taken; reason: why it ended.
    """

    __slots__ = (
        "account",
        "addressed",
        "answers",
        "client_offer_id",
        "confirmer",
        "counterparties",
        "instrument",
        "number",
        "price_ticks",
        "reason",
        "side",
        "status",
        "tonnes",
        "trade",
    )

    def __init__(
        self,
        number: int,
        account: int,
        instrument: int,
        side: int,
        price_ticks: int,
        tonnes: int,
        counterparties: tuple[int, ...],
        client_offer_id: str,
        answers: int,
    ) -> None:
        self.number = number
        self.account = account
        self.instrument = instrument
        self.side = side
        self.price_ticks = price_ticks
        self.tonnes = tonnes
        self.addressed = counterparties
        self.counterparties = list(counterparties)
        self.client_offer_id = client_offer_id
        self.answers = answers
        self.status = OPEN
        self.reason = 0
        self.trade = 0
        self.confirmer = 0

    def is_same(self, other: "Offer") -> bool:
        """Whether two requests ask for the same offer."""
        return (self.instrument, self.side, self.price_ticks, self.tonnes, self.addressed, self.answers) == (
            other.instrument,
            other.side,
            other.price_ticks,
            other.tonnes,
            other.addressed,
            other.answers,
        )


class Blocks:
    """The day's offers by number, by who made them and by whom they are for; and whether the window is open."""

    __slots__ = ("is_window_open", "made", "numbers", "offers", "received")

    def __init__(self) -> None:
        self.is_window_open = False
        self.offers: dict[int, Offer] = {}
        self.made: dict[int, list[Offer]] = {}
        self.received: dict[int, list[Offer]] = {}
        self.numbers: dict[tuple[int, str], int] = {}  # (account, client offer id) -> offer

    def add(self, offer: Offer) -> None:
        """Take in a new offer."""
        self.offers[offer.number] = offer
        self.made.setdefault(offer.account, []).append(offer)
        for account in offer.addressed:
            self.received.setdefault(account, []).append(offer)
        self.numbers[offer.account, offer.client_offer_id] = offer.number

    def forget(self) -> None:
        """A new day: offers of the last one are gone."""
        assert not self.open_offers(), "all offers end with their day"
        self.offers.clear()
        self.made.clear()
        self.received.clear()
        self.numbers.clear()

    def open_offers(self) -> list[Offer]:
        """What is still open, oldest first."""
        return [offer for offer in self.offers.values() if offer.status == OPEN]

    def open_by(self, account: int) -> list[Offer]:
        """The account's own open offers, oldest first."""
        return [offer for offer in self.made.get(account, []) if offer.status == OPEN]

    def trades_in(self, instrument: int) -> list[Offer]:
        """The day's block trades in an instrument, by the order of their offers."""
        return [offer for offer in self.offers.values() if offer.trade and offer.instrument == instrument]
