"""What turns codes of the wire into the market's numbers and back, and how a field that means nothing is refused."""

from typing import Protocol

from engine.core import reasons


class Names(Protocol):
    """Codes <-> numbers of the market; 0 or an empty text for what is unknown."""

    def account_number(self, code: str) -> int:
        """Number of an account."""

    def account_code(self, number: int) -> str:
        """Code of an account."""

    def instrument_number(self, code: str) -> int:
        """Number of an instrument."""

    def instrument_code(self, number: int) -> str:
        """Code of an instrument."""

    def product_tick_fen(self, product: str) -> int:
        """Tick of a product."""

    def instrument_tick_fen(self, number: int) -> int:
        """Tick of an instrument."""

    def auction_number(self, code: str) -> int:
        """Number of a government auction."""

    def auction_code(self, number: int) -> str:
        """Code of a government auction."""


class FieldRefused(ValueError):
    """A field of an act means nothing; carries the catalogue number and the field."""

    def __init__(self, reason: int, field: str) -> None:
        super().__init__(f"{field}: {reasons.BY_NUMBER[reason].name}")
        self.reason = reason
        self.field = field
