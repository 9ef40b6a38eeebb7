"""What the exchange tells the public in words (公告): an operator's notices, and what follows from acts by itself.

Source: domain rules (g): announcements, halts, rule changes, limit changes, holidays (CQ-I15 Art. 3), whatever may move the
market strongly (CQ-M Art. 20), risk warnings, voluntary cancellations and mergers (CN-M Art. 18, 19). A pure function of an
entry's events, so that the feed and the registry tell the same notices under the same ids, whoever asks and whenever.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from engine.core import events, reasons
from engine.core.auction import BUY_BACK, SALE
from engine.core.commands import AnnounceAuction, AnnounceClosure, AnnounceOpening

CATEGORIES_ZH: Final = {
    "announcement": "公告",
    "material_information": "重大信息",
    "risk_warning": "风险提示",
    "halt": "停复牌",
    "rule_change": "规则变更",
    "calendar": "休市开市",
    "auction": "有偿竞价与回购",
    "registry": "登记事项",
    "listing": "品种上市",
    "correction": "更正",
}


class PublicNotice(msgspec.Struct, frozen=True):
    """One notice. effective_at_ns: UTC, 0 for at once; instrument: its code, "" for none; document: its number, or ""."""

    seq: int
    line: int  # among those of the entry `seq`, from 1
    at_ns: int
    category: str
    instrument: str
    effective_at_ns: int
    document: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str

    @property
    def notice_id(self) -> str:
        """How it is called outside: the same for good."""
        return f"G-{self.seq}-{self.line}"


class Names(Protocol):
    """Who is meant by the numbers of events, as of the entry that is told."""

    def account_name(self, number: int) -> str:
        """Name of an account's holder."""

    def instrument_code(self, number: int) -> str:
        """Code of an instrument."""

    def instrument_units(self, number: int) -> tuple[str, str]:
        """What an instrument's quantities count, in Chinese and English: tonnes of an allowance, else the product's own unit."""

    def auction_code(self, number: int) -> str:
        """Code of a government auction."""

    def auction_instrument(self, number: int) -> int:
        """What is auctioned."""


class _Words(NamedTuple):
    category: str
    title_zh: str
    title_en: str
    body_zh: str = ""
    body_en: str = ""
    instrument: str = ""
    effective_at_ns: int = 0


def public_notices(seq: int, at_ns: int, happened: list[events.Event], names: Names) -> list[PublicNotice]:
    """The notices of one entry, in order; none where it was no act."""
    taken = happened[0] if happened else None
    if type(taken) is not events.ActTaken:
        return []
    return [
        PublicNotice(
            seq, line, at_ns, words.category, words.instrument, words.effective_at_ns, taken.document, words.title_zh,
            words.title_en, words.body_zh, words.body_en,
        )
        for line, words in enumerate(_words(taken, happened, names), 1)
    ]  # fmt: skip


def _words(taken: events.ActTaken, happened: list[events.Event], names: Names) -> Iterator[_Words]:
    for event in happened:
        if (tell := _TOLD.get(type(event))) is not None:
            yield tell(event, taken, names)


def _day(number: int) -> str:
    return f"{number // 10_000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"


def _span(first_day: int, last_day: int) -> tuple[str, str]:
    if first_day == last_day:
        return _day(first_day), _day(first_day)
    return f"{_day(first_day)} 至 {_day(last_day)}", f"{_day(first_day)} to {_day(last_day)}"


def _published(e: events.NoticePublished, taken: events.ActTaken, names: Names) -> _Words:
    instrument = names.instrument_code(e.instrument) if e.instrument else ""
    return _Words(e.category, e.title_zh, e.title_en, e.body_zh, e.body_en, instrument, e.effective_at_ns)


def _halted(e: events.Halted, taken: events.ActTaken, names: Names) -> _Words:
    code = names.instrument_code(e.instrument) if e.instrument else ""
    return _Words(
        "halt",
        f"{code or '全市场'} 暂停交易",
        f"{code or 'The whole market'}: trading is halted",
        "自本公告发布时起暂停交易,撤单不受影响;恢复交易另行公告。",
        "No order is taken from now on; cancels stay possible. The resumption will be announced.",
        code,
    )


def _resumed(e: events.Resumed, taken: events.ActTaken, names: Names) -> _Words:
    code = names.instrument_code(e.instrument) if e.instrument else ""
    return _Words(
        "halt", f"{code or '全市场'} 恢复交易", f"{code or 'The whole market'}: trading is resumed", instrument=code
    )


def _rules_adopted(e: events.RuleBookAdopted, taken: events.ActTaken, names: Names) -> _Words:
    approvals = ", ".join(e.approvals)
    return _Words(
        "rule_change",
        f"交易规则第 {e.version} 版将于 {_day(e.effective_day)} 起施行",
        f"Version {e.version} of the rules takes effect on {_day(e.effective_day)}",
        f"批准文号:{approvals}。涨跌幅、费率等各项变更见 /api/v1/rulebook。",
        f"Approved by {approvals}. Every change (limits, fees and others) stands at /api/v1/rulebook.",
    )


def _rules_in_force(e: events.RuleBookTookEffect, taken: events.ActTaken, names: Names) -> _Words:
    return _Words(
        "rule_change",
        f"交易规则第 {e.version} 版自今日起施行",
        f"Version {e.version} of the rules is in force from today",
    )


def _calendar(e: events.CalendarChanged, taken: events.ActTaken, names: Names) -> _Words:
    zh, en = _span(e.first_day, e.last_day)
    if isinstance(taken.act, AnnounceClosure):
        return _Words("calendar", f"休市公告:{zh}", f"The market is closed: {en}", e.basis, e.basis)
    if isinstance(taken.act, AnnounceOpening):
        return _Words("calendar", f"开市公告:{zh}", f"The market is open: {en}", e.basis, e.basis)
    return _Words("calendar", f"节假日安排:{zh}", f"Holidays and trading days: {en}", e.basis, e.basis)


def _auction_announced(e: events.AuctionAnnounced, taken: events.ActTaken, names: Names) -> _Words:
    t, code = e.terms, names.instrument_code(e.terms.instrument)
    kind_zh, kind_en = _auction_kind(t)
    by_zh, by_en = _auction_holder(t, names.account_name(t.unit_account)) if e.is_named else ("", "")
    unit_zh, unit_en = names.instrument_units(t.instrument)
    return _Words(
        "auction",
        f"{kind_zh}公告 {t.code}",
        f"Notice of {kind_en} {t.code}",
        f"{by_zh}{code} {t.tonnes} {unit_zh},{_day(t.trading_day)} 举行。全部条件见 /api/v1/auctions/{t.code}。",
        f"{t.tonnes} {unit_en} of {code}{by_en}, on {_day(t.trading_day)}. All terms stand at /api/v1/auctions/{t.code}.",
        code,
    )


def _auction_kind(terms: AnnounceAuction) -> tuple[str, str]:
    if terms.unit_account == terms.cash_account:
        return ("单向竞价", "one-way auction") if terms.direction == SALE else ("单向竞价(买入)", "one-way purchase")
    return ("回购", "buy-back") if terms.direction == BUY_BACK else ("有偿竞价", "auction")


def _auction_holder(terms: AnnounceAuction, name: str) -> tuple[str, str]:
    return (f"{name} 出让 ", f" by {name}") if terms.direction == SALE else (f"{name} 受让 ", f" for {name}")


def _auction_reported(e: events.AuctionReported, taken: events.ActTaken, names: Names) -> _Words:
    code = names.auction_code(e.auction)
    unit_zh, unit_en = names.instrument_units(names.auction_instrument(e.auction))
    return _Words(
        "auction",
        f"竞价结果 {code}",
        f"Result of auction {code}",
        f"成交 {e.tonnes} {unit_zh},申报 {e.bid_tonnes} {unit_zh},参与 {e.bidders} 家,中标 {e.winners} 家。"
        f"价格见 /api/v1/auctions/{code}。",
        f"{e.tonnes} {unit_en} awarded of {e.bid_tonnes} {unit_en} bid; {e.bidders} bidders, {e.winners} winners. "
        f"The price stands at /api/v1/auctions/{code}.",
    )


def _auction_canceled(e: events.AuctionCanceled, taken: events.ActTaken, names: Names) -> _Words:
    code, why = names.auction_code(e.auction), reasons.BY_NUMBER[e.reason]
    return _Words("auction", f"竞价取消 {code}", f"Auction {code} is canceled", why.zh, why.en)


def _merged(e: events.AccountMerged, taken: events.ActTaken, names: Names) -> _Words:
    account, successor = names.account_name(e.account), names.account_name(e.successor)
    return _Words(
        "registry",
        f"单位合并:{account} 并入 {successor}",
        f"Merger: {account} into {successor}",
        "配额、履约义务及交易账户一并承继。",
        "Allowances, obligations and the trading account go to the successor.",
    )


def _split(e: events.AccountSplit, taken: events.ActTaken, names: Names) -> _Words:
    account = names.account_name(e.account)
    successors = [names.account_name(number) for number in e.successors]
    return _Words(
        "registry",
        f"单位分立:{account} 分立为 {'、'.join(successors)}",
        f"Split of {account} into {', '.join(successors)}",
        "配额及履约义务按经确认的份额承继。",
        "Allowances and obligations go to the successors in the parts that were confirmed.",
    )


def _canceled(e: events.UnitsCanceled, taken: events.ActTaken, names: Names) -> _Words:
    code, name = names.instrument_code(e.instrument), names.account_name(e.account)
    zh, en = ("自愿注销", "Voluntary cancellation") if e.kind == "voluntary" else ("预留注销", "Reserve canceled")
    unit_zh, unit_en = names.instrument_units(e.instrument)
    return _Words(
        "registry",
        f"{zh}:{name} {code} {e.tonnes} {unit_zh}",
        f"{en}: {name}, {e.tonnes} {unit_en} of {code}",
        instrument=code,
    )


def _listed(e: events.InstrumentListed, taken: events.ActTaken, names: Names) -> _Words:
    return _Words("listing", f"{e.code} {e.name_zh} 上市", f"{e.code} {e.name_en} is listed", instrument=e.code)


def _corrected(e: events.BulletinCorrected, taken: events.ActTaken, names: Names) -> _Words:
    return _Words("correction", f"{e.period} 公报更正", f"The bulletin of {e.period} is corrected", e.basis, e.basis)


def _report(e: events.ReportPublished, taken: events.ActTaken, names: Names) -> _Words:
    return _Words(
        "announcement", f"监测报告 {e.subject}", f"Monitor's report on {e.subject}",
        f"全文见 /api/v1/monitor-reports/{e.sha256}.json。", f"It stands at /api/v1/monitor-reports/{e.sha256}.json.",
    )  # fmt: skip


_TOLD: Final[dict[type[events.Event], Callable[[Any, events.ActTaken, Names], _Words]]] = {
    events.NoticePublished: _published,
    events.Halted: _halted,
    events.Resumed: _resumed,
    events.RuleBookAdopted: _rules_adopted,
    events.RuleBookTookEffect: _rules_in_force,
    events.CalendarChanged: _calendar,
    events.AuctionAnnounced: _auction_announced,
    events.AuctionReported: _auction_reported,
    events.AuctionCanceled: _auction_canceled,
    events.AccountMerged: _merged,
    events.AccountSplit: _split,
    events.UnitsCanceled: _canceled,
    events.InstrumentListed: _listed,
    events.BulletinCorrected: _corrected,
    events.ReportPublished: _report,
}
TOLD: Final = frozenset(_TOLD)
