"""What an act would change, as a person reads it: each thing with how it stands and how it would stand.

Only what is slow to change is shown with its state of now, so that a difference that was read stays true while members trade.
Acts that are not here say all in their own fields.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import msgspec

from engine.core import commands, phases, rulebook, rulewords
from engine.title import Title
from engine.view import ComplianceView, MarketView
from gateway.protocol import acts
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text
from gateway.protocol.times import day_text

AHEAD: Final = "preallocation"
RESERVE: Final = "reserve"
_OWN_ACCOUNTS: Final = {0: "total", -3: "fees", -4: "reserve"}
_Rows = Iterator[EffectRow]
_Issue = tuple[int, int, str, int]


async def effect(act: commands.AnyAct, view: MarketView, names: Names, title: Title) -> list[EffectRow]:
    """The rows of one act, as things stand now; none where its fields say everything."""
    if type(act) is commands.PublishBulletin:
        return [row async for row in _publishing(act, title)]
    found = _EFFECTS.get(type(act))
    return [] if found is None else list(found(act, view, names))


async def _publishing(act: commands.PublishBulletin, title: Title) -> Any:
    made = [(day_text(row.trading_day), row.sha256, row.published) for row in await title.bulletins()]
    made += [(f"{row.period} v{row.version}", row.sha256, row.published) for row in await title.publications()]
    known = [(name, is_published) for name, sha256, is_published in made if sha256 == act.sha256]
    for name, is_published in known:
        before = "已公布 published" if is_published else "未公布 not published"
        yield EffectRow(name, "公报", "Bulletin", before, "已公布 published")
    if not known:
        yield EffectRow(day_text(act.trading_day), "公报", "Bulletin", "无此内容 no such content", "")


# ---- allocation and compliance ----------------------------------------------------------------------------


def _year_of(view: MarketView, account: int, year: int) -> ComplianceView | None:
    return next((found for found in view.compliance(account) if found.year == year), None)


def _issues(view: MarketView, names: Names, year: int, issues: tuple[_Issue, ...]) -> _Rows:
    plan = dict(view.allocation_plans()).get(year)
    reserved = sum(tonnes for _, _, kind, tonnes in issues if kind == RESERVE)
    allocated = sum(tonnes for _, _, kind, tonnes in issues if kind != RESERVE)
    for label_zh, label_en, issued, more, whole in (
        ("年度已发放", "Issued of the year", plan.allocated if plan else 0, allocated, plan.total - plan.reserve if plan else 0),
        ("年度政府预留已发放", "Issued of the reserve", plan.reserved if plan else 0, reserved, plan.reserve if plan else 0),
    ):  # fmt: skip
        of_whole = f" / {whole}" if plan is not None and plan.is_set else ""
        if more:
            yield EffectRow(str(year), label_zh, label_en, f"{issued}{of_whole}", f"{issued + more}{of_whole}")
    held: dict[tuple[int, str], int] = {}
    for account, _, kind, tonnes in issues:
        held[account, kind] = held.get((account, kind), 0) + tonnes
    for (account, kind), tonnes in held.items():
        now = _year_of(view, account, year)
        label_zh, label_en, before = {
            "free": ("免费配额", "Free allocation", now.free if now else 0),
            "paid": ("有偿配额", "Paid allowances", now.paid if now else 0),
            AHEAD: ("预分配配额", "Preallocation", now.preallocated if now else 0),
        }.get(kind, ("政府预留配额", "Reserve", 0))
        shown = "" if kind == RESERVE else str(before)
        yield EffectRow(names.account_code(account), label_zh, label_en, shown, str(before + tonnes))


def _import_allocations(act: commands.ImportAllocations, view: MarketView, names: Names) -> _Rows:
    return _issues(view, names, act.year, act.issues)


def _allocate(act: commands.AllocateUnits, view: MarketView, names: Names) -> _Rows:
    return _issues(view, names, act.year, ((act.account, act.instrument, act.kind, act.tonnes),))


def _plan(act: commands.SetAllocationPlan, view: MarketView, names: Names) -> _Rows:
    plan = dict(view.allocation_plans()).get(act.year)
    is_set = plan is not None and plan.is_set
    for label_zh, label_en, before, after in (
        ("总量", "Total", str(plan.total) if plan and is_set else "", str(act.total)),
        ("政府预留", "Reserve", str(plan.reserve) if plan and is_set else "", str(act.reserve)),
        ("依据", "Document", plan.basis if plan and is_set else "", act.basis),
    ):
        yield EffectRow(str(act.year), label_zh, label_en, before, after)


def _emissions(act: commands.ImportEmissions, view: MarketView, names: Names) -> _Rows:
    for account, tonnes, _ in act.rows:
        now = _year_of(view, account, act.year)
        before = "" if now is None or now.emissions < 0 else str(now.emissions)
        yield EffectRow(names.account_code(account), "核定排放", "Verified emissions", before, str(tonnes))


def _surrender(act: commands.SurrenderUnits, view: MarketView, names: Names) -> _Rows:
    now, code = _year_of(view, act.account, act.year), names.account_code(act.account)
    before = now.surrendered if now else 0
    yield EffectRow(code, f"{act.year} 已清缴", f"Surrendered for {act.year}", str(before), str(before + act.tonnes))


# ---- the day ----------------------------------------------------------------------------------------------


def _phase_words(phase: int) -> str:
    return f"{phases.NAMES_ZH[phase]} {phases.NAMES[phase]}"


def _trading(act: commands.Halt | commands.Resume, view: MarketView, names: Names) -> _Rows:
    instrument = view.instrument(act.instrument) if act.instrument else None
    is_halted = view.day().halted if instrument is None else instrument.halted
    words = {True: "暂停 halted", False: "正常 not halted"}
    subject = "全市场 market" if instrument is None else instrument.code
    yield EffectRow(subject, "交易", "Trading", words[is_halted], words[type(act) is commands.Halt])


def _change_phase(act: commands.ChangePhase, view: MarketView, names: Names) -> _Rows:
    day = view.day()
    yield EffectRow(day_text(day.trading_day), "阶段", "Phase", _phase_words(day.phase), _phase_words(act.phase))


def _open_day(act: commands.OpenDay, view: MarketView, names: Names) -> _Rows:
    yield EffectRow("", "交易日", "Trading day", day_text(view.day().trading_day), day_text(act.trading_day))


def _adopt_rulebook(act: commands.AdoptRuleBook, view: MarketView, names: Names) -> _Rows:
    for change in rulewords.changes(view.rulebook(), rulebook.parse(act.rulebook)):
        words = rulewords.words_of(change.rule)
        yield EffectRow(change.rule, words.zh, words.en, _value_text(change.before), _value_text(change.after))


def _value_text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


# ---- the bank ---------------------------------------------------------------------------------------------


def _bank_file(act: commands.ImportBankFile, view: MarketView, names: Names) -> _Rows:
    file, _ = view.bank()
    before = "" if file is None else f"{day_text(file.trading_day)} {file.sha256[:12]}"
    yield EffectRow("", "银行文件", "The bank's file", before, f"{day_text(act.trading_day)} {act.sha256[:12]}")
    told = dict(act.balances)
    for account in view.accounts():
        owned, closing = account.free_fen + account.held_fen, told.get(account.number, 0)
        if owned != closing:
            row = EffectRow(account.code, "账面与银行", "Ledger and bank", money_text(owned), money_text(closing))
            yield row


def _bank_break(act: commands.ResolveBankBreak, view: MarketView, names: Names) -> _Rows:
    for found in view.bank()[1]:
        if found.number == act.bank_break:
            account = _OWN_ACCOUNTS.get(found.account) or names.account_code(found.account)
            subject = f"D-{found.number} {account}"
            yield EffectRow(subject, "差异状态", "State of the difference", found.state, act.remedy)
            if act.remedy == "corrected":
                ledger, bank = money_text(found.ledger_fen), money_text(found.bank_fen)
                yield EffectRow(subject, "账面余额", "Balance in the ledger", ledger, bank)


def _deposit(act: commands.DepositCash, view: MarketView, names: Names) -> _Rows:
    yield EffectRow(names.account_code(act.account), "入金", "Cash in", "", f"+{money_text(act.amount_fen)}")


def _withdraw(act: commands.WithdrawCash, view: MarketView, names: Names) -> _Rows:
    yield EffectRow(names.account_code(act.account), "出金", "Cash out", "", f"-{money_text(act.amount_fen)}")


# ---- restrictions -----------------------------------------------------------------------------------------


def _scope(account: int, view: MarketView) -> int:
    found = view.account(account)
    return 0 if found is None else found.restriction


def _scope_row(account: int, before: int, after: int, names: Names) -> EffectRow:
    texts = ["、".join(acts.scope_words(scope)) or "无 none" for scope in (before, after)]
    return EffectRow(names.account_code(account), "限制范围", "Restricted", *texts)


def _restrict(act: commands.Restrict, view: MarketView, names: Names) -> _Rows:
    before = _scope(act.account, view)
    yield _scope_row(act.account, before, before | act.scope, names)


def _lift(act: commands.LiftRestriction, view: MarketView, names: Names) -> _Rows:
    before = _scope(act.account, view)
    kept = 0
    for row in view.supervision().restrictions:
        if act.restriction and row.account == act.account and row.status == "in_force":
            kept |= row.left & ~act.scope if row.number == act.restriction else row.left
    yield _scope_row(act.account, before, kept if act.restriction else before & ~act.scope, names)


_Effect = Callable[[Any, MarketView, Names], _Rows]
_EFFECTS: Final[dict[type[commands.Act], _Effect]] = {
    commands.ImportAllocations: cast(_Effect, _import_allocations),
    commands.AllocateUnits: _allocate,
    commands.SetAllocationPlan: _plan,
    commands.ImportEmissions: _emissions,
    commands.SurrenderUnits: _surrender,
    commands.Halt: _trading,
    commands.Resume: _trading,
    commands.ChangePhase: _change_phase,
    commands.OpenDay: _open_day,
    commands.AdoptRuleBook: _adopt_rulebook,
    commands.ImportBankFile: _bank_file,
    commands.ResolveBankBreak: _bank_break,
    commands.DepositCash: _deposit,
    commands.WithdrawCash: _withdraw,
    commands.Restrict: _restrict,
    commands.LiftRestriction: _lift,
}
