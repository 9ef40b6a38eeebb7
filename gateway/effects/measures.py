"""What acts of supervision, of kill switches and of disputes would change."""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.view import MarketView
from gateway.credit import credit_rows
from gateway.protocol import acts
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text
from gateway.protocol.times import day_text

MARKET: Final = "market"
INSTRUMENT: Final = "instrument"
PARTICIPANT: Final = "participant"
ACCOUNT: Final = "account"
_KINDS: Final = {
    MARKET: "全市场 market",
    INSTRUMENT: "品种 instrument",
    PARTICIPANT: "参与人 participant",
    ACCOUNT: "账户 account",
}
Rows = Iterator[EffectRow]


def _scope(account: int, view: MarketView) -> int:
    found = view.account(account)
    return 0 if found is None else found.restriction


def _scope_row(account: int, before: int, after: int, names: Names) -> EffectRow:
    texts = ["、".join(acts.scope_words(scope)) or "无 none" for scope in (before, after)]
    return EffectRow(names.account_code(account), "限制范围", "Restricted", *texts)


def restrict(act: commands.Restrict, view: MarketView, names: Names) -> Rows:
    """What the account may not do."""
    before = _scope(act.account, view)
    yield _scope_row(act.account, before, before | act.scope, names)


def lift(act: commands.LiftRestriction, view: MarketView, names: Names) -> Rows:
    """What the account still may not do."""
    before = _scope(act.account, view)
    kept = 0
    for row in view.supervision().restrictions:
        if act.restriction and row.account == act.account and row.status == "in_force":
            kept |= row.left & ~act.scope if row.number == act.restriction else row.left
    yield _scope_row(act.account, before, kept if act.restriction else before & ~act.scope, names)


def review_restriction(act: commands.ReviewRestriction, view: MarketView, names: Names) -> Rows:
    """The day of the next review."""
    found = view.supervision().restriction(act.restriction)
    if found is not None:
        subject = f"R-{found.number} {names.account_code(found.account)}"
        yield EffectRow(subject, "复查日", "To be reviewed on", day_text(found.review_on), day_text(act.review_on))


def case_step(act: commands.AddCaseStep | commands.CloseCase, view: MarketView, names: Names) -> Rows:
    """The case's last step, and where the case ends with it."""
    found = view.supervision().case(act.case)
    if found is None:
        return
    subject = f"K-{found.number} {names.account_code(found.account)}"
    if type(act) is commands.AddCaseStep:
        yield EffectRow(subject, "最近一步", "Last step", found.steps[-1].step, act.step)
    elif type(act) is commands.CloseCase:
        yield EffectRow(subject, "案件状态", "State of the case", found.status, act.finding)
        if act.finding == "confirmed":
            yield EffectRow(names.account_code(found.account), "信用记录", "Credit record", "", f"K-{found.number}")


def order_reduction(act: commands.OrderReduction, view: MarketView, names: Names) -> Rows:
    """What the holder may have at most, beside earlier orders that are not met."""
    kept = [
        f"{row.tonnes_max} ({day_text(row.due_day)})"
        for row in view.supervision().reductions
        if row.account == act.account and row.product == act.product and row.status == "open"
    ]
    after = f"{act.tonnes_max} ({day_text(act.due_day)})"
    code = names.account_code(act.account)
    yield EffectRow(code, f"{act.product} 至多", f"At most of {act.product}", "、".join(kept), after)


def unlink(act: commands.UnlinkAccounts, view: MarketView, names: Names) -> Rows:
    """Which accounts are watched together no more."""
    found = view.supervision().link(act.link)
    if found is not None:
        codes = "、".join(names.account_code(number) for number in found.accounts)
        yield EffectRow(str(found.number), "账户组", "Linked accounts", codes, "解除 ended")


def strike_credit(act: commands.StrikeCreditRecord, view: MarketView, names: Names) -> Rows:
    """Whose record is struck, and for what it stood."""
    for row in credit_rows(view, ()):
        if row.record == act.record:
            yield EffectRow(
                f"{row.record} {row.account}", "信用记录", "Credit record", f"{row.status}: {row.what}", "撤销 struck"
            )


# ---- kill switches ------------------------------------------------------------------------------------------


def _target(kind: str, number: int, names: Names) -> str:
    if kind == INSTRUMENT:
        return names.instrument_code(number)
    return names.account_code(number) if kind == ACCOUNT else str(number or "")


def engage(act: commands.EngageKillSwitch, view: MarketView, names: Names) -> Rows:
    """Nothing new is taken there, and what is open ends."""
    number = {INSTRUMENT: act.instrument, PARTICIPANT: act.participant, ACCOUNT: act.account}.get(act.kind, 0)
    subject = f"{_KINDS.get(act.kind, act.kind)} {_target(act.kind, number, names)}".strip()
    is_stopped = any((row.kind, row.target) == (act.kind, number) for row in view.controls().kill_switches())
    before = "已停止 stopped" if is_stopped else "正常 not stopped"
    yield EffectRow(subject, "紧急停止", "Kill switch", before, "停止 stopped; 未成交委托终止 open orders end")


def release(act: commands.ReleaseKillSwitch, view: MarketView, names: Names) -> Rows:
    """Of what the stop is let go, whose it was, and why."""
    for row in view.controls().kill_switches():
        if row.number == act.kill_switch:
            subject = f"X-{row.number} {_KINDS[row.kind]} {_target(row.kind, row.target, names)}".strip()
            by = "会员 member" if row.key_id else "本所 exchange"
            yield EffectRow(subject, "紧急停止", "Kill switch", f"停止 stopped ({by}: {row.why})", "解除 released")


# ---- disputes -------------------------------------------------------------------------------------------------


def decide_objection(act: commands.DecideStatementObjection, view: MarketView, names: Names) -> Rows:
    """The objection, and what becomes of the trade that it disputes."""
    for found in view.statements(0).objections:
        if found.number != act.objection:
            continue
        subject = f"S-{found.number} {names.account_code(found.account)}"
        yield EffectRow(
            subject,
            "结算异议",
            "Objection to a statement",
            found.words,
            "成立 upheld" if act.upheld else "不成立 dismissed",
        )
        if found.trade:
            after = "将撤销 to be voided" if act.voids else "维持 stands"
            yield EffectRow(f"T-{found.trade}", "争议成交", "The disputed trade", "争议中 disputed", after)


def void_trade(act: commands.VoidTrade, view: MarketView, names: Names) -> Rows:
    """Units go back to the seller and cash to the buyer."""
    facts, instrument = act.facts, names.instrument_code(act.facts.instrument)
    yield EffectRow(f"T-{act.trade}", "成交", "Trade", "有效 valid", "撤销 void")
    for account, tonnes, fen in (
        (facts.buyer, -facts.tonnes, facts.amount_fen),
        (facts.seller, facts.tonnes, -facts.amount_fen),
    ):
        code = names.account_code(account)
        yield EffectRow(code, instrument, instrument, "", f"{tonnes:+d}")
        yield EffectRow(
            code, "资金(费用另计)", "Cash, fees apart", "", f"{'+' if fen > 0 else '-'}{money_text(abs(fen))}"
        )
