"""What acts of allocation and compliance would change: plans, issues, emissions, surrender, requests for review, offsets."""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.view import ComplianceView, MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.times import day_text

AHEAD: Final = "preallocation"
RESERVE: Final = "reserve"
_DECIDED: Final = {True: "成立 upheld", False: "不成立 dismissed"}
_REVIEWS: Final = {
    "allocation": ("配额复核", "Review of the allocation"),
    "verification": ("核查复核", "Review of the verification"),
}
Rows = Iterator[EffectRow]
_Issue = tuple[int, int, str, int]


def _year_of(view: MarketView, account: int, year: int) -> ComplianceView | None:
    return next((found for found in view.compliance(account) if found.year == year), None)


def _issues(view: MarketView, names: Names, year: int, issues: tuple[_Issue, ...]) -> Rows:
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


def import_allocations(act: commands.ImportAllocations, view: MarketView, names: Names) -> Rows:
    """What the year and each account would have."""
    return _issues(view, names, act.year, act.issues)


def allocate(act: commands.AllocateUnits, view: MarketView, names: Names) -> Rows:
    """What the year and the account would have."""
    return _issues(view, names, act.year, ((act.account, act.instrument, act.kind, act.tonnes),))


def plan(act: commands.SetAllocationPlan, view: MarketView, names: Names) -> Rows:
    """The year's plan as it is and as it would be."""
    plan = dict(view.allocation_plans()).get(act.year)
    is_set = plan is not None and plan.is_set
    for label_zh, label_en, before, after in (
        ("总量", "Total", str(plan.total) if plan and is_set else "", str(act.total)),
        ("政府预留", "Reserve", str(plan.reserve) if plan and is_set else "", str(act.reserve)),
        ("依据", "Document", plan.basis if plan and is_set else "", act.basis),
    ):
        yield EffectRow(str(act.year), label_zh, label_en, before, after)


def emissions(act: commands.ImportEmissions, view: MarketView, names: Names) -> Rows:
    """Verified emissions of each account."""
    for account, tonnes, _ in act.rows:
        now = _year_of(view, account, act.year)
        before = "" if now is None or now.emissions < 0 else str(now.emissions)
        yield EffectRow(names.account_code(account), "核定排放", "Verified emissions", before, str(tonnes))


def surrender(act: commands.SurrenderUnits, view: MarketView, names: Names) -> Rows:
    """What is surrendered for the year."""
    now, code = _year_of(view, act.account, act.year), names.account_code(act.account)
    before = now.surrendered if now else 0
    yield EffectRow(code, f"{act.year} 已清缴", f"Surrendered for {act.year}", str(before), str(before + act.tonnes))


def preallocate(act: commands.PreallocateUnits, view: MarketView, names: Names) -> Rows:
    """What the account has of the year ahead of its true-up."""
    now = _year_of(view, act.account, act.year)
    before = now.preallocated if now else 0
    code = names.account_code(act.account)
    yield EffectRow(
        code, f"{act.year} 预分配配额", f"Preallocation of {act.year}", str(before), str(before + act.tonnes)
    )


def true_up(act: commands.TrueUpAllocation, view: MarketView, names: Names) -> Rows:
    """More is issued, or what is too much is taken back (多退少补): the year's allocation becomes what the act says."""
    now, code = _year_of(view, act.account, act.year), names.account_code(act.account)
    ahead, free = (now.preallocated, now.free) if now else (0, 0)
    yield EffectRow(code, f"{act.year} 预分配配额", f"Preallocation of {act.year}", str(ahead), "0")
    yield EffectRow(code, f"{act.year} 免费配额", f"Free allocation of {act.year}", str(free), str(act.tonnes))
    sign = f"{act.tonnes - free - ahead:+d}"
    yield EffectRow(code, "补发或收回", "Issued, or taken back", "", sign)


def review(act: commands.FileObjection | commands.DecideObjection, view: MarketView, names: Names) -> Rows:
    """A request for review: filed, or decided."""
    now, code = _year_of(view, act.account, act.year), names.account_code(act.account)
    found = next((each for each in now.objections if each.subject == act.subject), None) if now else None
    before = "" if found is None else f"{day_text(found.filed_on)} 提出 filed"
    if found is not None and found.decided_on:
        before = f"{day_text(found.decided_on)} {_DECIDED[found.is_upheld]}"
    after = (
        f"{day_text(act.filed_on)} 提出 filed"
        if type(act) is commands.FileObjection
        else f"{day_text(act.decided_on)} {_DECIDED[act.upheld]}"
        if type(act) is commands.DecideObjection
        else ""
    )
    zh, en = _REVIEWS.get(act.subject, (act.subject, act.subject))
    yield EffectRow(code, f"{act.year} {zh}", f"{en}, {act.year}", before, after)


def decide_filing(act: commands.DecideFiling, view: MarketView, names: Names) -> Rows:
    """Confirmed, the filing's units are surrendered; rejected, they are given back."""
    for found in view.filings(0):
        if found.number != act.filing:
            continue
        code, tonnes = names.account_code(found.account), sum(part for _, part in found.lines)
        after = "确认 confirmed" if act.confirmed else "退回 rejected"
        yield EffectRow(f"S-{found.number} {code}", "清缴申报", "Filing", found.status, after)
        if act.confirmed:
            now = _year_of(view, found.account, found.year)
            before = now.surrendered if now else 0
            zh, en = f"{found.year} 已清缴", f"Surrendered for {found.year}"
            yield EffectRow(code, zh, en, str(before), str(before + tonnes))
        for instrument, part in found.lines:
            zh, en = ("清缴", "Surrendered") if act.confirmed else ("退还", "Given back")
            yield EffectRow(
                code,
                f"{zh} {names.instrument_code(instrument)}",
                f"{en} {names.instrument_code(instrument)}",
                "",
                str(part),
            )


def issue_offsets(act: commands.IssueOffsets, view: MarketView, names: Names) -> Rows:
    """The serials that are issued, one a tonne, and who may not surrender them."""
    last = act.first_serial + act.tonnes - 1
    code = names.instrument_code(act.instrument)
    yield EffectRow(names.account_code(act.account), f"核发 {code}", f"{code} issued", "", f"+{act.tonnes}")
    yield EffectRow(act.project, "序列号", "Serial numbers", "", f"{act.first_serial} – {last}")
    if act.boundary:
        yield EffectRow(
            names.account_code(act.boundary), "不得清缴这些减排量", "May not surrender them", "", act.project
        )
