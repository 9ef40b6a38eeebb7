"""Codes and numbers of accounts, instruments and auctions, folded from events: what a report needs to be written."""

from typing import Final, final

from engine.core import events
from engine.core.rulebook import RuleBook
from engine.view import MarketView


@final
class InstrumentName:
    """An instrument's code and tick."""

    __slots__ = ("code", "tick_fen")

    def __init__(self, code: str, tick_fen: int) -> None:
        self.code: Final = code
        self.tick_fen: Final = tick_fen


class Directory:
    """Names of what exists. Numbers are the market's; an unknown one gives 0 or an empty text."""

    def __init__(self) -> None:
        self.accounts: dict[int, str] = {}
        self.instruments: dict[int, InstrumentName] = {}
        self._account_numbers: dict[str, int] = {}
        self._instrument_numbers: dict[str, int] = {}
        self._auctions: dict[int, str] = {}
        self._auction_numbers: dict[str, int] = {}
        self.rulebook: RuleBook | None = None

    def load(self, view: MarketView) -> None:
        """Take over what the market holds."""
        self.rulebook = view.rulebook()
        for account in view.accounts():
            self._add_account(account.number, account.code)
        for instrument in view.instruments():
            self._add_instrument(instrument.number, instrument.code, instrument.tick_fen)
        for auction in view.auctions():
            self._add_auction(auction.number, auction.terms.code)

    def on_account(self, event: events.AccountOpened) -> None:
        """An account was opened."""
        self._add_account(event.account, event.code)

    def on_instrument(self, event: events.InstrumentListed) -> None:
        """An instrument was listed."""
        self._add_instrument(event.instrument, event.code, event.tick_fen)

    def on_auction(self, event: events.AuctionAnnounced) -> None:
        """An auction was announced."""
        self._add_auction(event.auction, event.terms.code)

    def _add_auction(self, number: int, code: str) -> None:
        self._auctions[number] = code
        self._auction_numbers[code] = number

    def _add_account(self, number: int, code: str) -> None:
        self.accounts[number] = code
        self._account_numbers[code] = number

    def _add_instrument(self, number: int, code: str, tick_fen: int) -> None:
        self.instruments[number] = InstrumentName(code, tick_fen)
        self._instrument_numbers[code] = number

    def account_number(self, code: str) -> int:
        """Number of an account, 0 if there is none."""
        return self._account_numbers.get(code, 0)

    def account_code(self, number: int) -> str:
        """Code of an account."""
        return self.accounts.get(number, "")

    def instrument_number(self, code: str) -> int:
        """Number of an instrument, 0 if there is none."""
        return self._instrument_numbers.get(code, 0)

    def instrument_code(self, number: int) -> str:
        """Code of an instrument."""
        found = self.instruments.get(number)
        return found.code if found is not None else ""

    def instrument_tick_fen(self, number: int) -> int:
        """Tick of an instrument, 0 if there is none."""
        found = self.instruments.get(number)
        return found.tick_fen if found is not None else 0

    def auction_number(self, code: str) -> int:
        """Number of an auction, 0 if there is none."""
        return self._auction_numbers.get(code, 0)

    def auction_code(self, number: int) -> str:
        """Code of an auction."""
        return self._auctions.get(number, "")

    def product_tick_fen(self, product: str) -> int:
        """Tick of a product of the rule book, 0 if there is none."""
        if self.rulebook is None or product not in self.rulebook.products:
            return 0
        return self.rulebook.products[product].tick_fen
