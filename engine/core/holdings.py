"""How the units of a position move outside trading: what every registry act is made of."""

from engine.core.state import Account, Instrument


def move_available(account: Account, instrument: Instrument, tonnes: int) -> None:
    """Change available units (and what retention is measured on)."""
    position = account.position(instrument.number)
    position.available += tonnes
    if instrument.is_allowance:
        account.allowances_available += tonnes
    assert position.available >= 0
