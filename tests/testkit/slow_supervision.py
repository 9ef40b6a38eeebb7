"""The slow market's supervision: what is in force is worked out from the day each time, a case is a list of words."""

from dataclasses import dataclass, field
from fractions import Fraction

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons, units
from engine.core.calendar import is_day as is_date
from engine.core.calendar import shift
from engine.core.units import BUY, SELL
from tests.testkit.slow_parts import Account, Why, shown
from tests.testkit.slow_registry import SlowRegistry

Measure = (
    c.Restrict | c.LiftRestriction | c.ReviewRestriction | c.OpenCase | c.AddCaseStep | c.CloseCase | c.OrderReduction
)


@dataclass
class Restricted:
    account: int
    bits: int
    first: int
    last: int
    basis: str


@dataclass
class File:
    account: int
    words: list[str] = field(default_factory=list)
    is_open: bool = True


@dataclass
class Ordered:
    owner: int
    product: str
    most: int
    is_open: bool = True


class SlowSupervision(SlowRegistry):
    """Restrictions, cases, orders to reduce, large holders."""

    def __init__(self) -> None:
        super().__init__()
        self.restricted: list[Restricted] = []
        self.files: list[File] = []
        self.ordered: list[Ordered] = []
        self.large: dict[tuple[str, int], int] = {}  # (product, owner) -> due day

    # ---- judging ------------------------------------------------------------------------------------------

    def why_not_day(self, day: int) -> Why | None:
        if day == 0 or (is_date(day) and day >= self.trading_day):
            return None
        return reasons.ACT_INVALID, self.trading_day, max(0, min(day, 99_999_999))

    def file(self, number: int, account: int = 0) -> File | None:
        found = self.files[number - 1] if 1 <= number <= len(self.files) else None
        if found is None or not found.is_open or account not in (0, found.account):
            return None
        return found

    def live(self, number: int) -> Restricted | None:
        """A restriction that has bits left and a day left."""
        found = self.restricted[number - 1] if 1 <= number <= len(self.restricted) else None
        if found is None or not found.bits or 0 < found.last < self.trading_day:
            return None
        return found

    def why_not_measure(self, act: Measure) -> Why | None:
        match act:
            case c.ReviewRestriction():
                return (
                    self.why_not_day(act.review_on)
                    if self.live(act.restriction)
                    else (reasons.UNKNOWN_RESTRICTION, 0, 0)
                )
            case c.Restrict() | c.LiftRestriction():
                return self.why_not_restrict(act)
            case c.OpenCase():
                if self.account(act.account) is None:
                    return reasons.UNKNOWN_ACCOUNT, 0, 0
                return None if 1 <= len(act.matter) <= 200 else (reasons.ACT_INVALID, 200, len(act.matter))
            case c.AddCaseStep() | c.CloseCase():
                if self.file(act.case) is None:
                    return reasons.UNKNOWN_CASE, 0, 0
                word = act.step if isinstance(act, c.AddCaseStep) else act.finding
                known = "note answer reminder report undertaking interview notice"
                known = known if isinstance(act, c.AddCaseStep) else "confirmed settled unfounded"
                if word not in known.split() or not 1 <= len(act.note) <= 200:
                    return reasons.ACT_INVALID, 200, len(act.note)
                return self.why_not_day(act.due_day) if isinstance(act, c.AddCaseStep) else None
        account = self.account(act.account)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if act.product not in self.rules.products or not 1 <= len(act.basis) <= 200:
            return reasons.ACT_INVALID, 0, 0
        owned = self.owned_of(account.owner, act.product)
        if not 0 <= act.tonnes_max < min(owned, units.TONNES_MAX):
            return reasons.ACT_INVALID, owned, max(0, min(act.tonnes_max, units.TONNES_MAX))
        if act.due_day == 0 or self.why_not_day(act.due_day):
            return reasons.ACT_INVALID, self.trading_day, max(0, min(act.due_day, 99_999_999))
        is_fit = act.case == 0 or self.file(act.case, act.account)
        return None if is_fit else (reasons.UNKNOWN_CASE, 0, 0)

    def why_not_restrict(self, act: c.Restrict | c.LiftRestriction) -> Why | None:
        if self.account(act.account) is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if not 1 <= act.scope <= 31:
            return reasons.ACT_INVALID, 31, shown(act.scope)
        if isinstance(act, c.LiftRestriction):
            found = self.live(act.restriction)
            is_fit = act.restriction == 0 or (found is not None and found.account == act.account)
            return None if is_fit else (reasons.UNKNOWN_RESTRICTION, 0, 0)
        for day in (act.first_day, act.last_day, act.review_on):
            if why := self.why_not_day(day):
                return why
        if 0 < act.last_day < act.first_day:
            return reasons.ACT_INVALID, act.first_day, act.last_day
        is_fit = act.case == 0 or self.file(act.case, act.account)
        return None if is_fit else (reasons.UNKNOWN_CASE, 0, 0)

    # ---- taking effect ------------------------------------------------------------------------------------

    def is_on(self, found: Restricted, day: int) -> bool:
        return found.first <= day and not 0 < found.last < day

    def bits_of(self, account: int) -> int:
        bits = 0
        for found in self.restricted:
            if found.account == account and self.is_on(found, self.trading_day):
                bits |= found.bits
        return bits

    def end_covered(self, account: Account, bits: int) -> None:
        for bit, side in ((units.RESTRICT_BUY, BUY), (units.RESTRICT_SELL, SELL)):
            if bits & bit:
                self.end_orders(account, 0, side, reasons.RESTRICTION_IMPOSED)

    def go_on(self, number: int, word: str) -> None:
        file = self.files[number - 1]
        file.words.append(word)
        self.out.append(e.CaseChanged(number, file.account, word))

    def measure(self, act: Measure) -> None:
        match act:
            case c.Restrict():
                self.restricted.append(Restricted(act.account, act.scope, act.first_day, act.last_day, act.basis[:200]))
                if act.first_day > self.trading_day:
                    number = len(self.restricted)
                    self.out.append(e.RestrictionScheduled(number, act.account, act.scope, act.first_day))
                else:
                    account = self.accounts[act.account - 1]
                    account.restriction = self.bits_of(act.account)
                    self.out.append(e.RestrictionChanged(act.account, account.restriction, act.basis[:200]))
                    self.end_covered(account, act.scope)
                if act.case:
                    self.go_on(act.case, "restriction")
            case c.LiftRestriction():
                for number, found in enumerate(self.restricted, 1):
                    is_meant = (
                        self.is_on(found, self.trading_day) if act.restriction == 0 else number == act.restriction
                    )
                    if is_meant and found.account == act.account:
                        found.bits &= ~act.scope
                account = self.accounts[act.account - 1]
                account.restriction = self.bits_of(act.account)
                self.out.append(e.RestrictionChanged(act.account, account.restriction, "lifted"))
            case c.ReviewRestriction():
                self.out.append(e.RestrictionReviewed(act.restriction, act.review_on))
            case c.OpenCase():
                self.files.append(File(act.account))
                self.go_on(len(self.files), "opened")
            case c.AddCaseStep():
                self.go_on(act.case, act.step)
            case c.CloseCase():
                self.go_on(act.case, act.finding)
                self.files[act.case - 1].is_open = False
            case c.OrderReduction():
                owner = self.accounts[act.account - 1].owner
                self.ordered.append(Ordered(owner, act.product, act.tonnes_max))
                number = len(self.ordered)
                self.out.append(e.ReductionChanged(number, owner, act.product, act.tonnes_max, "open"))
                if act.case:
                    self.go_on(act.case, "reduction")

    def begin_restrictions(self, before: int) -> None:
        """The day has moved on from `before`: one fact for each account of which a restriction begins or ends."""
        moved: dict[int, tuple[int, str]] = {}
        for found in self.restricted:
            if not found.bits or self.is_on(found, before) == self.is_on(found, self.trading_day):
                continue
            bits, basis = moved.get(found.account, (0, "ended"))
            if self.is_on(found, self.trading_day):
                bits, basis = bits | found.bits, found.basis
            moved[found.account] = bits, basis
        for number, (bits, basis) in moved.items():
            account = self.accounts[number - 1]
            account.restriction = self.bits_of(number)
            self.out.append(e.RestrictionChanged(number, account.restriction, basis))
            self.end_covered(account, bits)

    def look_at_holders(self) -> None:
        """At the close: orders to reduce that are met; who is a large holder from now on, and who no longer."""
        for number, ordered in enumerate(self.ordered, 1):
            if ordered.is_open and self.owned_of(ordered.owner, ordered.product) <= ordered.most:
                ordered.is_open = False
                self.out.append(e.ReductionChanged(number, ordered.owner, ordered.product, ordered.most, "met"))
        owners = list(dict.fromkeys(account.owner for account in self.accounts))
        for code, rules in sorted(self.rules.products.items()):
            for owner in owners:
                if not rules.large_holder_tonnes:
                    continue
                tonnes = self.owned_of(owner, code)
                is_large = tonnes > self.above_free(owner, rules.kind, rules.large_holder_tonnes)
                if any(account.category == "government" for account in self.accounts if account.owner == owner):
                    is_large = False
                if is_large and (code, owner) not in self.large:
                    self.large[code, owner] = self.next_date()
                    self.out.append(e.HolderNoted(owner, code, tonnes, self.next_date()))
                elif not is_large and (code, owner) in self.large:
                    del self.large[code, owner]
                    self.out.append(e.HolderNoted(owner, code, 0, 0))

    def look_at_floors(self) -> None:
        """At the close: who keeps hardly more than it must."""
        near = Fraction(self.rules.surveillance.retention_near_bp, 10_000)
        for account in self.accounts:
            floor = sum(account.retained.values())
            kept = self.allowances_available(account) + self.allowances_encumbered(account)
            if near and floor and 0 <= Fraction(kept - floor, floor) <= near:
                self.out.append(e.RetentionNear(account.number, kept, floor))

    def next_date(self) -> int:
        return shift(self.trading_day, 1) if is_date(self.trading_day) else self.trading_day + 1

    def report_holding(self, command: c.FileHolderReport) -> None:
        account = self.account(command.account)
        rules = self.rules.products.get(command.product)
        if account is None:
            self.out.append(e.RequestRefused(command.account, 0, "", reasons.UNKNOWN_ACCOUNT, 0, 0))
            return
        texts = (command.purpose, command.funds, command.related)
        if rules is None or "" in texts[:2] or any(len(text) > 500 for text in texts):
            self.out.append(e.RequestRefused(account.number, 0, "", reasons.INVALID_FIELD, 0, 0))
            return
        name = (command.product, account.owner)
        tonnes = self.owned_of(account.owner, command.product)
        threshold = self.above_free(account.owner, rules.kind, rules.large_holder_tonnes)
        is_large = bool(rules.large_holder_tonnes) and tonnes > threshold
        if name not in self.large and not is_large:
            why = reasons.NOT_LARGE_HOLDER
            self.out.append(e.RequestRefused(account.number, 0, "", why, threshold, tonnes))
            return
        self.large.setdefault(name, self.next_date())
        self.out.append(e.HolderReported(account.owner, command.product, account.number, self.trading_day))
