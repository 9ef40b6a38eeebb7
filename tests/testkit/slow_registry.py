"""The registry's acts of the slow market: everything is worked out from the list of what was issued and filed."""

from dataclasses import dataclass
from fractions import Fraction

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons, units
from engine.core.calendar import is_day as is_date
from engine.core.calendar import shift
from engine.core.units import SELL
from tests.testkit.slow_orders import SlowOrders
from tests.testkit.slow_parts import Account, Instrument, Issued, Lien, Why, shown

Mover = c.EncumberUnits | c.ReleaseUnits | c.EnforceEncumbrance | c.TransferUnits | c.CancelUnits


@dataclass(frozen=True)
class Filed:
    account: int
    instrument: int
    tonnes: int
    year: int
    final: bool


class SlowRegistry(SlowOrders):
    """Allocation, verified emissions, surrender."""

    def __init__(self) -> None:
        super().__init__()
        self.filings: list[Filed] = []
        self.emissions: dict[tuple[int, int], int] = {}
        self.plans: dict[int, tuple[int, int]] = {}
        self.counted: list[tuple[int, bool, int]] = []  # (year, whether of the reserve, tonnes) of every issue

    # ---- units apart --------------------------------------------------------------------------------------

    def why_not_move(self, act: Mover) -> Why | None:
        if not 1 <= act.tonnes <= units.TONNES_MAX:
            return reasons.ACT_INVALID, units.TONNES_MAX, max(-units.TONNES_MAX, min(act.tonnes, units.TONNES_MAX + 1))
        if isinstance(act, c.ReleaseUnits | c.EnforceEncumbrance):
            return self.why_not_lien(act)
        account = self.account(act.account)
        instrument = self.instrument(act.instrument)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if instrument is None:
            return reasons.UNKNOWN_INSTRUMENT, 0, 0
        if isinstance(act, c.EncumberUnits):
            if act.kind not in ("freeze", "pledge", "withdrawn") or len(act.beneficiary) > 200:
                return reasons.ACT_INVALID, 0, 0
            reach = self.units_available(account, act.instrument)
            if act.kind == "freeze":
                reach += sum(
                    o.leaves for o in self.orders_of(account) if (o.instrument, o.side) == (act.instrument, SELL)
                )
            return None if act.tonnes <= reach else (reasons.INSUFFICIENT_ALLOWANCE, reach, act.tonnes)
        if isinstance(act, c.TransferUnits):
            if self.account(act.to_account) is None:
                return reasons.UNKNOWN_ACCOUNT, 0, 0
            if act.kind not in ("succession", "court", "gift", "reserve") or act.account == act.to_account:
                return reasons.ACT_INVALID, 0, 0
        elif act.kind not in ("voluntary", "reserve"):
            return reasons.ACT_INVALID, 0, 0
        if act.kind == "reserve" and account.category != "government":
            return reasons.NOT_RESERVE, 0, 0
        if isinstance(act, c.TransferUnits) and account.restriction & units.RESTRICT_TRANSFER:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        if isinstance(act, c.TransferUnits) and act.kind == "gift":
            to_account = self.accounts[act.to_account - 1]
            why = None if to_account.owner == account.owner else self.why_not_more(to_account, instrument, act.tonnes)
            if why:
                return why
        return self.why_not_units_for(account, instrument, act.tonnes)

    def why_not_lien(self, act: c.ReleaseUnits | c.EnforceEncumbrance) -> Why | None:
        lien = self.liens.get(act.encumbrance)
        if lien is None:
            return reasons.UNKNOWN_ENCUMBRANCE, 0, 0
        if act.tonnes > lien.tonnes:
            return reasons.INSUFFICIENT_ALLOWANCE, lien.tonnes, act.tonnes
        if isinstance(act, c.ReleaseUnits):
            return None
        if self.account(act.to_account) is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if act.to_account == lien.account or lien.kind == "withdrawn":
            return reasons.ACT_INVALID, 0, 0
        account = self.accounts[lien.account - 1]
        floor = sum(account.retained.values())
        left = self.allowances_available(account) + self.allowances_encumbered(account) - act.tonnes
        if self.listed(lien.instrument).rules.kind == "allowance" and floor > 0 and left < floor:
            return reasons.OBLIGATION_RESERVED, floor, left
        return None

    def move(self, act: Mover) -> None:
        match act:
            case c.EncumberUnits():
                account = self.accounts[act.account - 1]
                if act.tonnes > self.units_available(account, act.instrument):
                    self.end_orders(account, act.instrument, SELL, reasons.RESTRICTION_IMPOSED)
                self.last_lien += 1
                self.add_units(act.account, act.instrument, -act.tonnes)
                self.liens[self.last_lien] = Lien(act.account, act.instrument, act.tonnes, act.kind)
                said = (act.account, act.instrument, act.tonnes, act.kind, act.beneficiary)
                self.out.append(e.UnitsEncumbered(self.last_lien, *said))
            case c.ReleaseUnits():
                lien = self.take_off(act.encumbrance, act.tonnes)
                self.add_units(lien.account, lien.instrument, act.tonnes)
                self.out.append(e.UnitsReleased(act.encumbrance, lien.account, lien.instrument, act.tonnes))
            case c.EnforceEncumbrance():
                lien = self.take_off(act.encumbrance, act.tonnes)
                self.add_units(act.to_account, lien.instrument, act.tonnes)
                where = (lien.account, act.to_account, lien.instrument, act.tonnes)
                self.out.append(e.UnitsTransferred(*where, lien.kind, act.encumbrance))
            case c.TransferUnits():
                self.add_units(act.account, act.instrument, -act.tonnes)
                self.add_units(act.to_account, act.instrument, act.tonnes)
                where = (act.account, act.to_account, act.instrument, act.tonnes)
                self.out.append(e.UnitsTransferred(*where, act.kind, 0))
            case c.CancelUnits():
                self.add_units(act.account, act.instrument, -act.tonnes)
                self.out.append(e.UnitsCanceled(act.account, act.instrument, act.tonnes, act.kind))

    def units_encumbered(self, account: Account, instrument: int) -> int:
        return sum(n.tonnes for n in self.liens.values() if (n.account, n.instrument) == (account.number, instrument))

    def units_preallocated(self, account: Account, instrument: int) -> int:
        return sum(t for (owner, _, what), t in self.ahead.items() if (owner, what) == (account.number, instrument))

    def add_units(self, account: int, instrument: int, tonnes: int) -> None:
        owned = self.accounts[account - 1].units
        owned[instrument] = owned.get(instrument, 0) + tonnes

    def take_off(self, number: int, tonnes: int) -> Lien:
        lien = self.liens[number]
        lien.tonnes -= tonnes
        if lien.tonnes == 0:
            del self.liens[number]
        return lien

    # ---- issued ahead --------------------------------------------------------------------------------------

    def why_not_ahead(self, act: c.PreallocateUnits | c.TrueUpAllocation) -> Why | None:
        account = self.account(act.account)
        instrument = self.instrument(act.instrument)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if instrument is None:
            return reasons.UNKNOWN_INSTRUMENT, 0, 0
        if account.category != "key_emitter":
            return reasons.NOT_KEY_EMITTER, 0, 0
        most = units.TONNES_MAX
        least = 0 if isinstance(act, c.TrueUpAllocation) else 1
        is_fit = least <= act.tonnes <= most and 2000 <= act.year <= 2999 and instrument.rules.kind == "allowance"
        if not is_fit:
            return reasons.ACT_INVALID, most, max(-most, min(act.tonnes, most + 1))
        for day in (act.objection_until, act.notified_on):
            if (day and not is_date(day)) or (act.objection_until and act.notified_on):
                return reasons.ACT_INVALID, 0, 0
        if instrument.issued + act.tonnes > 10**12:
            return reasons.ACT_INVALID, 0, 0
        if self.is_closed(act.account, act.year):
            return reasons.COMPLIANCE_YEAR_CLOSED, 0, 0
        if isinstance(act, c.TrueUpAllocation) and (act.account, act.year, act.instrument) not in self.ahead:
            return reasons.NOT_PREALLOCATED, 0, 0
        waiting = 0 if isinstance(act, c.PreallocateUnits) else self.ahead[act.account, act.year, act.instrument]
        return self.why_no_room(act.year, False, act.tonnes - waiting)

    def issue_ahead(self, act: c.PreallocateUnits) -> None:
        key = act.account, act.year, act.instrument
        self.ahead[key] = self.ahead.get(key, 0) + act.tonnes
        self.listed(act.instrument).issued += act.tonnes
        self.counted.append((act.year, False, act.tonnes))
        until = self.review_until(act.account, act.year, act.notified_on, act.objection_until)
        said = (act.account, act.instrument, act.tonnes, act.year, until)
        self.out.append(e.UnitsPreallocated(*said))

    def true_up(self, act: c.TrueUpAllocation) -> None:
        waiting = self.ahead.pop((act.account, act.year, act.instrument))
        more, less = max(0, act.tonnes - waiting), max(0, waiting - act.tonnes)
        self.listed(act.instrument).issued += more
        self.add_units(act.account, act.instrument, act.tonnes)
        self.issues.append(Issued(act.account, act.instrument, act.tonnes, "free", act.year))
        self.counted.append((act.year, False, act.tonnes - waiting))
        until = self.review_until(act.account, act.year, act.notified_on, act.objection_until)
        said = (act.account, act.instrument, act.year, min(waiting, act.tonnes), more, less, until)
        self.out.append(e.AllocationTruedUp(*said))
        share = Fraction(act.tonnes * self.rules.retention_bp, 10_000)
        if share > 0:
            account = self.accounts[act.account - 1]
            floor = account.retained.get(act.year, 0) + -(-share.numerator // share.denominator)
            account.retained[act.year] = floor
            self.out.append(e.RetentionChanged(act.account, act.year, floor))

    # ---- a year's plan, files, days to object -----------------------------------------------------------------

    def issued_in(self, year: int, of_reserve: bool) -> int:
        return sum(tonnes for when, kind, tonnes in self.counted if (when, kind) == (year, of_reserve))

    def why_no_room(self, year: int, of_reserve: bool, tonnes: int) -> Why | None:
        if year not in self.plans or tonnes <= 0:
            return None
        total, reserve = self.plans[year]
        limit = reserve if of_reserve else total - reserve
        in_all = self.issued_in(year, of_reserve) + tonnes
        return None if in_all <= limit else (reasons.ALLOCATION_PLAN_EXCEEDED, limit, in_all)

    def why_not_plan(self, act: c.SetAllocationPlan) -> Why | None:
        if not 2000 <= act.year <= 2999 or not 0 <= act.reserve <= act.total <= 10**12:
            return reasons.ACT_INVALID, 0, 0
        if not act.basis.strip() or len(act.basis) > 200:
            return reasons.ACT_INVALID, 0, 0
        for limit, of_reserve in ((act.total - act.reserve, False), (act.reserve, True)):
            issued = self.issued_in(act.year, of_reserve)
            if issued > limit:
                return reasons.ALLOCATION_PLAN_EXCEEDED, limit, issued
        return None

    def set_plan(self, act: c.SetAllocationPlan) -> None:
        self.plans[act.year] = act.total, act.reserve
        self.out.append(e.AllocationPlanSet(act.year, act.total, act.reserve, act.basis))

    def rows_of(self, act: c.ImportAllocations) -> list[c.AllocateUnits | c.PreallocateUnits]:
        rows: list[c.AllocateUnits | c.PreallocateUnits] = []
        for account, instrument, kind, tonnes in act.issues:
            if kind == "preallocation":
                rows.append(c.PreallocateUnits(account, instrument, tonnes, act.year, 0, act.notified_on))
            else:
                notified_on = act.notified_on if kind == "free" else 0
                rows.append(c.AllocateUnits(account, instrument, tonnes, kind, act.year, notified_on))
        return rows

    def why_not_file(self, act: c.ImportAllocations) -> Why | None:
        if not 2000 <= act.year <= 2999 or not 1 <= len(act.issues) <= 2000 or len(act.sha256) != 64:
            return reasons.ACT_INVALID, 2000, len(act.issues)
        if act.notified_on and not is_date(act.notified_on):
            return reasons.ACT_INVALID, 0, 0
        for place, row in enumerate(self.rows_of(act), 1):
            account, instrument, kind, tonnes = act.issues[place - 1]
            is_twice = (account, instrument, kind) in [other[:3] for other in act.issues[: place - 1]]
            if is_twice or kind not in ("free", "paid", "reserve", "preallocation") or tonnes < 1:
                return reasons.ACT_INVALID, 0, place
            if tonnes > units.TONNES_MAX:
                return reasons.ACT_INVALID, 0, place
            why = self.why_not_ahead(row) if isinstance(row, c.PreallocateUnits) else self.why_not_units(row)
            if why is not None and why[0] != reasons.ALLOCATION_PLAN_EXCEEDED:
                return why[0], 0, place
            if self.listed(instrument).rules.kind != "allowance":
                return reasons.ACT_INVALID, 0, place
        for of_reserve in (False, True):
            wanted = sum(tonnes for _, _, kind, tonnes in act.issues if (kind == "reserve") == of_reserve)
            why = self.why_no_room(act.year, of_reserve, wanted)
            if why:
                return why
        return None

    def issue_file(self, act: c.ImportAllocations) -> None:
        for row in self.rows_of(act):
            if isinstance(row, c.PreallocateUnits):
                self.issue_ahead(row)
            else:
                self.allocate(row)

    def review_until(self, account: int, year: int, notified_on: int, otherwise: int) -> int:
        """The flows' calendar works on every day."""
        if notified_on == 0:
            return otherwise
        until = shift(notified_on, 7)
        self.out.append(e.ReviewOpened(account, year, notified_on, until))
        return until

    # ---- what is known of a year --------------------------------------------------------------------------

    def is_closed(self, account: int, year: int) -> bool:
        return any(f.final for f in self.filings if (f.account, f.year) == (account, year))

    def offsets_used(self, account: int, year: int) -> dict[str, int]:
        used: dict[str, int] = {}
        for f in self.filings:
            rules = self.listed(f.instrument).rules
            if (f.account, f.year) == (account, year) and rules.kind != "allowance":
                used[rules.code] = used.get(rules.code, 0) + f.tonnes
        return used

    def filed(self, account: int, year: int) -> int:
        return sum(f.tonnes for f in self.filings if (f.account, f.year) == (account, year))

    def allocated(self, account: int, year: int) -> int:
        return sum(
            i.tonnes
            for i in self.issues
            if (i.account, i.year) == (account, year) and self.listed(i.instrument).rules.kind == "allowance"
        )

    # ---- issue and surrender ------------------------------------------------------------------------------

    def why_not_units(self, act: c.AllocateUnits | c.SurrenderUnits) -> Why | None:
        account = self.account(act.account)
        instrument = self.instrument(act.instrument)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if instrument is None:
            return reasons.UNKNOWN_INSTRUMENT, 0, 0
        most = units.TONNES_MAX
        least = 0 if isinstance(act, c.SurrenderUnits) and act.final else 1
        if not least <= act.tonnes <= most or not 2000 <= act.year <= 2999:
            return reasons.ACT_INVALID, most, shown(act.tonnes)
        if isinstance(act, c.SurrenderUnits):
            return self.why_not_surrender(act, account, instrument)
        if act.kind == "reserve" and account.category != "government":
            return reasons.NOT_RESERVE, 0, 0
        if act.kind == "free" and account.category != "key_emitter":
            return reasons.NOT_KEY_EMITTER, 0, 0
        if act.kind != "offset" and self.is_closed(act.account, act.year):
            return reasons.COMPLIANCE_YEAR_CLOSED, 0, 0
        is_fit = act.kind in ("free", "paid", "offset", "reserve") and instrument.issued + act.tonnes <= 10**12
        if not is_fit or (act.kind == "free" and act.notified_on and not is_date(act.notified_on)):
            return reasons.ACT_INVALID, 0, 0
        if instrument.rules.kind != "allowance":
            return None
        return self.why_no_room(act.year, act.kind == "reserve", act.tonnes)

    def why_not_surrender(self, act: c.SurrenderUnits, account: Account, instrument: Instrument) -> Why | None:
        if account.category != "key_emitter":
            return reasons.NOT_KEY_EMITTER, 0, 0
        if self.is_closed(act.account, act.year):
            return reasons.COMPLIANCE_YEAR_CLOSED, 0, 0
        available = self.units_available(account, act.instrument)
        if act.tonnes > available:
            return reasons.INSUFFICIENT_ALLOWANCE, available, act.tonnes
        if instrument.rules.kind != "allowance":
            why = self.why_not_offset(act)
            if why:
                return why
        if not act.final:
            return None
        owed = self.emissions.get((act.account, act.year))
        if owed is None:
            return reasons.EMISSIONS_NOT_VERIFIED, 0, 0
        covered = self.filed(act.account, act.year) + act.tonnes
        return None if covered >= owed else (reasons.OBLIGATION_NOT_MET, owed, covered)

    def why_not_offset(self, act: c.SurrenderUnits) -> Why | None:
        instrument = self.listed(act.instrument)
        product = instrument.rules.code
        rules = self.rules.compliance.get(act.year)
        if rules is None or product not in rules.offsets:
            return reasons.OFFSET_NOT_ALLOWED, 0, 0
        terms = rules.offsets[product]
        if instrument.vintage < terms.vintage_min:
            return reasons.OFFSET_NOT_ALLOWED, terms.vintage_min, instrument.vintage
        key = act.account, act.year
        if rules.offset_base == "allocation":
            whole = self.allocated(*key)
        elif key in self.emissions:
            whole = self.emissions[key]
        else:
            return reasons.EMISSIONS_NOT_VERIFIED, 0, 0
        used = self.offsets_used(*key)
        used[product] = used.get(product, 0) + act.tonnes
        in_all = sum(used.values())
        for amount, limit_bp in ((used[product], terms.limit_bp), (in_all, rules.offset_limit_bp)):
            if Fraction(amount) > Fraction(whole * limit_bp, 10_000):
                return reasons.OFFSET_LIMIT, whole * limit_bp // 10_000, amount
        local = sum(tonnes for code, tonnes in used.items() if code in rules.offsets and rules.offsets[code].is_local)
        least = Fraction(in_all * rules.local_share_min_bp, 10_000)
        if local < least:
            return reasons.OFFSET_ORIGIN, -(-least.numerator // least.denominator), local
        return None

    def allocate(self, act: c.AllocateUnits) -> None:
        account = self.accounts[act.account - 1]
        instrument = self.listed(act.instrument)
        account.units[act.instrument] = account.units.get(act.instrument, 0) + act.tonnes
        instrument.issued += act.tonnes
        self.issues.append(Issued(act.account, act.instrument, act.tonnes, act.kind, act.year))
        self.out.append(e.UnitsIssued(act.account, act.instrument, act.tonnes, act.kind, act.year))
        if instrument.rules.kind == "allowance":
            self.counted.append((act.year, act.kind == "reserve", act.tonnes))
            if act.kind == "free":
                self.review_until(act.account, act.year, act.notified_on, 0)
        if act.kind == "free" and instrument.rules.kind == "allowance" and self.rules.retention_bp > 0:
            share = Fraction(act.tonnes * self.rules.retention_bp, 10_000)
            floor = account.retained.get(act.year, 0) + -(-share.numerator // share.denominator)
            account.retained[act.year] = floor
            self.out.append(e.RetentionChanged(act.account, act.year, floor))

    def surrender(self, act: c.SurrenderUnits) -> None:
        account = self.accounts[act.account - 1]
        account.units[act.instrument] = account.units.get(act.instrument, 0) - act.tonnes
        self.filings.append(Filed(act.account, act.instrument, act.tonnes, act.year, act.final))
        self.out.append(e.UnitsSurrendered(act.account, act.instrument, act.tonnes, act.year, act.final))
        if act.final and account.retained.pop(act.year, None) is not None:
            self.out.append(e.RetentionChanged(act.account, act.year, 0))

    # ---- verified emissions -------------------------------------------------------------------------------

    def why_not_emissions(self, act: c.ImportEmissions) -> Why | None:
        if not 2000 <= act.year <= 2999 or not 1 <= len(act.rows) <= 2000 or len(act.sha256) != 64:
            return reasons.ACT_INVALID, 2000, len(act.rows)
        if act.objection_until and not is_day(act.objection_until):
            return reasons.ACT_INVALID, 0, 0
        for place, (number, tonnes, day) in enumerate(act.rows, 1):
            account = self.account(number)
            if account is None:
                return reasons.UNKNOWN_ACCOUNT, 0, place
            if account.category != "key_emitter":
                return reasons.NOT_KEY_EMITTER, 0, place
            if self.is_closed(number, act.year):
                return reasons.COMPLIANCE_YEAR_CLOSED, 0, place
            is_twice = number in [row[0] for row in act.rows[: place - 1]]
            if is_twice or not 0 <= tonnes <= units.TONNES_MAX or not is_day(day):
                return reasons.ACT_INVALID, 0, place
        return None

    def import_emissions(self, act: c.ImportEmissions) -> None:
        for account, tonnes, day in act.rows:
            self.emissions[account, act.year] = tonnes
            self.out.append(e.EmissionsRecorded(account, act.year, tonnes, day, act.objection_until))


def is_day(day: int) -> bool:
    return 2000 <= day // 10_000 <= 2999 and 1 <= day // 100 % 100 <= 12 and 1 <= day % 100 <= 31
