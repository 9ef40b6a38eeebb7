"""What acts of the registry would change: units canceled, set apart, released, moved, and accounts merged and split.

Balances change as members trade, so units and cash are shown as what is added and taken away, and as they stand only
where they are set apart.
"""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.view import Encumbrance, MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text

_APART: Final = {
    "freeze": ("司法冻结", "Frozen"),
    "pledge": ("质押", "Pledged"),
    "withdrawn": ("转出至登记账户", "Withdrawn to the registry account"),
}
_STATES: Final = {"available": "可用", "locked": "T+N 锁定", "use_restricted": "仅限本单位清缴"}
Rows = Iterator[EffectRow]


def _named(account: int, view: MarketView) -> str:
    found = view.account(account)
    return "" if found is None else f"{found.code} {found.name}"


def _moved(account: int, instrument: int, tonnes: int, names: Names) -> EffectRow:
    code = names.instrument_code(instrument)
    return EffectRow(names.account_code(account), f"{code} 数量", f"Units of {code}", "", f"{tonnes:+d}")


def cancel(act: commands.CancelUnits, view: MarketView, names: Names) -> Rows:
    """Units that are gone for good."""
    yield _moved(act.account, act.instrument, -act.tonnes, names)


def encumber(act: commands.EncumberUnits, view: MarketView, names: Names) -> Rows:
    """How many units of the kind are set apart."""
    zh, en = _APART.get(act.kind, (act.kind, act.kind))
    code = names.instrument_code(act.instrument)
    before = sum(
        found.tonnes
        for found in view.encumbrances(act.account)
        if (found.instrument, found.kind) == (act.instrument, act.kind)
    )
    yield EffectRow(
        names.account_code(act.account), f"{code} {zh}", f"{en}, {code}", str(before), str(before + act.tonnes)
    )


def _encumbrance(number: int, view: MarketView) -> Encumbrance | None:
    return next((found for found in view.encumbrances(0) if found.number == number), None)


def _left(found: Encumbrance, tonnes: int, names: Names) -> EffectRow:
    zh, en = _APART.get(found.kind, (found.kind, found.kind))
    subject, code = f"N-{found.number} {names.account_code(found.account)}", names.instrument_code(found.instrument)
    return EffectRow(subject, f"{code} {zh}", f"{en}, {code}", str(found.tonnes), str(found.tonnes - tonnes))


def release(act: commands.ReleaseUnits, view: MarketView, names: Names) -> Rows:
    """What stays set apart; the rest may be traded again, or surrendered where it is only for that."""
    found = _encumbrance(act.encumbrance, view)
    if found is not None:
        yield _left(found, act.tonnes, names)
        zh, en = ("可清缴", "Free to surrender") if found.use_restricted else ("可交易", "Free to trade")
        yield EffectRow(names.account_code(found.account), zh, en, "", f"+{act.tonnes}")


def enforce(act: commands.EnforceEncumbrance, view: MarketView, names: Names) -> Rows:
    """What stays set apart, and who gets the rest."""
    found = _encumbrance(act.encumbrance, view)
    if found is not None:
        yield _left(found, act.tonnes, names)
        yield _moved(act.to_account, found.instrument, act.tonnes, names)


def transfer(act: commands.TransferUnits, view: MarketView, names: Names) -> Rows:
    """From whom to whom."""
    yield _moved(act.account, act.instrument, -act.tonnes, names)
    yield _moved(act.to_account, act.instrument, act.tonnes, names)


def merge(act: commands.MergeAccounts, view: MarketView, names: Names) -> Rows:
    """The account that ends, and what its successor takes over."""
    yield EffectRow(_named(act.account, view), "账户", "Account", "正常 open", "终止 closed for good")
    subject = _named(act.to_account, view)
    yield EffectRow(subject, "承继全部资产与义务", "Takes over all it has and owes", "", _named(act.account, view))
    years = "、".join(str(found.year) for found in view.compliance(act.account))
    if years:
        yield EffectRow(subject, "承继履约年度", "Takes over compliance years", "", years)
    apart = "、".join(f"N-{found.number}" for found in view.encumbrances(act.account))
    if apart:
        yield EffectRow(subject, "承继冻结与质押", "Takes over what is frozen and pledged", "", apart)


def split(act: commands.SplitAccount, view: MarketView, names: Names) -> Rows:
    """What each successor gets; what no part names stays."""
    for part in act.parts:
        subject = _named(part.to_account, view)
        if part.cash_fen:
            yield EffectRow(subject, "资金(元)", "Cash (CNY)", "", f"+{money_text(part.cash_fen)}")
        for instrument, state, tonnes in part.units:
            code = names.instrument_code(instrument)
            label = f"{code} {_STATES.get(state, state)}"
            yield EffectRow(subject, label, f"{code}, {state.replace('_', ' ')}", "", f"+{tonnes}")
        for year in part.years:
            for zh, en, tonnes in (
                ("免费配额", "free allocation", year.free),
                ("有偿配额", "paid allowances", year.paid),
                ("核定排放", "verified emissions", year.emissions),
                ("已清缴", "surrendered", year.surrendered),
            ):
                if tonnes:
                    yield EffectRow(subject, f"{year.year} {zh}", f"{year.year} {en}", "", f"+{tonnes}")
