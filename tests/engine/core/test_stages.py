"""The stages of the day: what the next opening demands of the day before, who may pass over it, fixed values, hours."""

import pytest

from engine.core import commands as c
from engine.core import days, phases, reasons
from engine.core import events as e
from engine.core.market import Market
from engine.core.stages import judge_opening
from tests.testkit.build import Desk, act, digest_of, rulebook_text

FIRST, NEXT, LATER = 20240102, 20240103, 20240104
SHA = "ab" * 32


def why(happened: list[e.Event]) -> tuple[int, int, int]:
    [refused] = happened
    assert isinstance(refused, e.ActRefused)
    return refused.reason, refused.limit, refused.actual


def closed(**rules: object) -> Desk:
    """A market whose first day is over; account 1 has 1,000.00, account 2 nothing."""
    desk = Desk(rulebook_text(**rules))
    desk.act(
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(1, 100_000),
        c.OpenDay(FIRST),
        c.CloseDay(),
    )
    return desk


def reconciled(breaks: int = 0, unsettled: int = 0) -> c.Propose:
    return c.Propose(0, "reconciled", "", c.RecordReconciliation(FIRST, 7, breaks, unsettled, 2))


def two(desk: Desk, wanted: c.AnyAct) -> list[e.Event]:
    """The first operator proposes, the second approves."""
    [proposed] = desk.do(act(wanted))
    assert isinstance(proposed, e.ActProposed)
    return desk.do(c.Approve(2, proposed.proposal, digest_of(wanted)))


class TestTheOpeningDemandsTheDayBefore:
    def test_the_first_day_has_no_day_before(self) -> None:
        desk = Desk(rulebook_text(opening_checks=["reconciliation", "bank"]))
        assert isinstance(desk.do(act(c.OpenDay(FIRST)))[0], e.ActTaken)

    def test_not_reconciled_it_does_not_open(self) -> None:
        desk = closed(opening_checks=["reconciliation"])
        marks = dict(desk.market.state.days.marks)
        happened = desk.do(act(c.OpenDay(NEXT)))
        assert why(happened) == (reasons.NOT_RECONCILED, FIRST, 0)
        assert (desk.market.state.phase, desk.market.state.trading_day) == (phases.CLOSED, FIRST)
        assert desk.market.state.days.marks == marks
        desk.do(reconciled())
        assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)

    def test_where_the_rule_book_demands_nothing_it_opens(self) -> None:
        assert isinstance(closed().do(act(c.OpenDay(NEXT)))[0], e.ActTaken)

    def test_a_difference_stops_it_under_any_rule_book_until_a_comparison_without_one(self) -> None:
        desk = closed()
        [_, told] = desk.do(reconciled(breaks=3))
        assert told == e.DayReconciled(FIRST, 7, 3, 0, 2)
        assert why(desk.do(act(c.OpenDay(NEXT)))) == (reasons.RECONCILIATION_BREAK, FIRST, 3)
        desk.do(reconciled())
        assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)

    def test_only_the_exchange_says_what_was_found(self) -> None:
        desk = closed()
        for wanted in (reconciled().act, c.RecordBankComparison(FIRST, SHA, ())):
            assert why(desk.do(act(wanted))) == (reasons.NOT_PERMITTED, 0, 0)

    def test_what_is_recorded_is_of_the_closed_day(self) -> None:
        desk = closed()
        wrong = c.RecordReconciliation(NEXT, 7, 0, 0, 0)
        assert why(desk.do(c.Propose(0, "", "", wrong)))[0] == reasons.ACT_INVALID
        desk.act(c.OpenDay(NEXT))
        late = c.RecordReconciliation(NEXT, 7, 0, 0, 0)
        assert why(desk.do(c.Propose(0, "", "", late)))[0] == reasons.ACT_NOT_ALLOWED_NOW

    def test_two_people_let_it_open_under_a_document_and_that_day_only(self) -> None:
        desk = closed(opening_checks=["reconciliation"])
        assert why(desk.do(act(c.OverrideOpening(NEXT, " "))))[0] == reasons.ACT_INVALID
        happened = two(desk, c.OverrideOpening(NEXT, "渝环〔2024〕3号"))
        assert happened[1:] == [e.OpeningOverridden(NEXT, "渝环〔2024〕3号")]
        assert judge_opening(desk.market.state, LATER).reason == reasons.NOT_RECONCILED
        assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)
        checks = desk.market.state.days.mark(NEXT, days.CHECKS)
        assert checks is not None
        assert not checks.is_ok

    def test_one_person_alone_does_not_pass_over_it(self) -> None:
        desk = closed()
        [proposed] = desk.do(act(c.OverrideOpening(NEXT, "doc")))
        assert isinstance(proposed, e.ActProposed)
        assert why(desk.do(c.Approve(1, proposed.proposal, proposed.act_sha256)))[0] == reasons.SELF_APPROVAL


class TestFixedValues:
    def test_they_name_the_rule_book_and_the_bands(self) -> None:
        desk = closed()
        [_, fixed] = desk.do(act(c.FixDay(NEXT)))
        assert isinstance(fixed, e.DayFixed)
        assert (fixed.trading_day, fixed.version) == (NEXT, 1)
        assert fixed.bands == (e.Band(1, 4_000, 3_600, 4_400),)
        opened = next(event for event in desk.do(act(c.OpenDay(NEXT))) if isinstance(event, e.DayOpened))
        assert opened.bands == fixed.bands

    def test_the_bands_are_those_of_the_rules_that_wait(self) -> None:
        desk = closed()
        text = rulebook_text({"CQEA": {"limit_bp": 2_000}}, version=2)
        two(desk, c.AdoptRuleBook(text, 2, NEXT, ("doc",)))
        [_, fixed] = desk.do(act(c.FixDay(NEXT)))
        assert isinstance(fixed, e.DayFixed)
        assert (fixed.version, fixed.bands) == (2, (e.Band(1, 4_000, 3_200, 4_800),))

    def test_afterwards_no_change_of_the_rules_is_for_that_day(self) -> None:
        desk = closed()
        desk.act(c.FixDay(NEXT))
        text = rulebook_text(version=2)
        assert why(desk.do(act(c.AdoptRuleBook(text, 2, NEXT, ("doc",))))) == (reasons.RULEBOOK_TOO_SOON, NEXT, NEXT)
        assert isinstance(desk.do(act(c.AdoptRuleBook(text, 2, LATER, ("doc",))))[0], e.ActProposed)

    def test_where_the_rule_book_demands_it_only_the_fixed_day_opens(self) -> None:
        desk = Desk(rulebook_text(opening_checks=["fixing"]))
        assert why(desk.do(act(c.OpenDay(FIRST)))) == (reasons.DAY_NOT_FIXED, 0, FIRST)
        desk.act(c.FixDay(FIRST))
        assert why(desk.do(act(c.OpenDay(NEXT)))) == (reasons.DAY_NOT_FIXED, FIRST, NEXT)
        assert isinstance(desk.do(act(c.OpenDay(FIRST)))[0], e.ActTaken)

    def test_not_while_a_day_is_open_nor_for_one_that_is_over(self) -> None:
        desk = closed()
        assert why(desk.do(act(c.FixDay(FIRST))))[0] == reasons.ACT_INVALID
        desk.act(c.OpenDay(NEXT))
        assert why(desk.do(act(c.FixDay(LATER))))[0] == reasons.ACT_NOT_ALLOWED_NOW


class TestHours:
    """The desk's clock stands at 06:13:20 in UTC+8."""

    AT = 61_320

    @pytest.mark.parametrize(
        ("rule", "wanted"),
        [
            ("cash_in_hours", c.DepositCash(1, 1)),
            ("cash_out_hours", c.WithdrawCash(1, 1)),
            ("transfer_hours", c.EncumberUnits(1, 1, 1, "withdrawn", "")),
            ("transfer_hours", c.ReleaseUnits(1, 1)),
        ],
    )
    def test_outside_it_is_refused_with_the_hour_and_inside_it_is_done(self, rule: str, wanted: c.AnyAct) -> None:
        for hours, is_inside in ((["09:00", "09:25"], False), (["06:00", "07:00"], True)):
            desk = Desk(rulebook_text())
            desk.act(
                c.OpenAccount("A", 1, "甲", "institution"),
                c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
                c.DepositCash(1, 100),
                c.AllocateUnits(1, 1, 10, "paid", 2024),
                c.EncumberUnits(1, 1, 5, "withdrawn", ""),
            )
            two(desk, c.AdoptRuleBook(rulebook_text(version=2, **{rule: hours}), 2, FIRST, ("doc",)))
            desk.act(c.OpenDay(FIRST))
            happened = desk.do(act(wanted))
            if is_inside:
                assert isinstance(happened[0], e.ActTaken)
            else:
                assert why(happened) == (reasons.OUTSIDE_HOURS, 90_000, self.AT)

    def test_a_pledge_has_no_hours(self) -> None:
        desk = closed(transfer_hours=["09:00", "09:25"])
        desk.act(
            c.AllocateUnits(1, 1, 10, "paid", 2024), c.EncumberUnits(1, 1, 5, "pledge", "银行"), c.ReleaseUnits(1, 5)
        )
        assert desk.market.state.encumbrances == {}


class TestTheBanksFile:
    """Settlement's finding is told by hand here; tests/settlement has the comparing."""

    @staticmethod
    def file(a: int = 100_000, total: int | None = None, day: int = FIRST, sha256: str = SHA) -> c.ImportBankFile:
        return c.ImportBankFile(day, ((1, a),), 0, 0, a if total is None else total, sha256)

    @staticmethod
    def compared(desk: Desk, *differences: tuple[int, int, int], sha256: str = SHA) -> list[e.Event]:
        return desk.do(c.Propose(0, "", "", c.RecordBankComparison(FIRST, sha256, differences)))

    def test_demanded_it_must_be_there_and_compared(self) -> None:
        desk = closed(opening_checks=["bank"])
        assert why(desk.do(act(c.OpenDay(NEXT)))) == (reasons.BANK_FILE_MISSING, FIRST, 0)
        desk.act(self.file())
        assert why(desk.do(act(c.OpenDay(NEXT)))) == (reasons.BANK_FILE_MISSING, FIRST, 0)
        self.compared(desk)
        assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            (c.ImportBankFile(NEXT, (), 0, 0, 0, SHA), reasons.ACT_INVALID),
            (c.ImportBankFile(FIRST, ((1, 5),), 1, 2, 9, SHA), reasons.BANK_FILE_TOTAL),
            (c.ImportBankFile(FIRST, ((1, 5), (1, 5)), 0, 0, 10, SHA), reasons.ACT_INVALID),
            (c.ImportBankFile(FIRST, ((9, 5),), 0, 0, 5, SHA), reasons.UNKNOWN_ACCOUNT),
            (c.ImportBankFile(FIRST, ((1, 2**60),), 0, 0, 2**60, SHA), reasons.ACT_INVALID),
            (c.ImportBankFile(FIRST, (), 0, 0, 0, "ab"), reasons.ACT_INVALID),
        ],
    )
    def test_a_wrong_file_changes_nothing(self, wrong: c.ImportBankFile, reason: int) -> None:
        desk = closed()
        assert why(desk.do(act(wrong)))[0] == reason
        assert desk.market.state.days.bank_file is None

    def test_it_comes_while_the_day_is_closed(self) -> None:
        desk = closed()
        desk.act(c.OpenDay(NEXT))
        assert why(desk.do(act(self.file())))[0] == reasons.ACT_NOT_ALLOWED_NOW

    def test_a_comparison_is_of_the_file_that_came_last_and_once(self) -> None:
        desk = closed()
        assert why(self.compared(desk))[0] == reasons.UNKNOWN_DOCUMENT
        desk.act(self.file(), self.file(sha256="cd" * 32))
        assert why(self.compared(desk))[0] == reasons.UNKNOWN_DOCUMENT
        self.compared(desk, sha256="cd" * 32)
        assert why(self.compared(desk, sha256="cd" * 32))[0] == reasons.UNKNOWN_DOCUMENT

    def test_a_difference_waits_for_a_remedy_of_two_people_and_then_it_opens(self) -> None:
        desk = closed()
        desk.act(self.file(90_000))
        [_, told] = self.compared(desk, (0, 100_000, 90_000), (1, 100_000, 90_000))
        assert isinstance(told, e.BankCompared)
        assert why(desk.do(act(c.OpenDay(NEXT)))) == (reasons.BANK_BREAK_OPEN, 0, 2)
        two(desk, c.ResolveBankBreak(1, "explained", "follows from D-2"))
        happened = two(desk, c.ResolveBankBreak(2, "corrected", "reversal of BANK-7"))
        assert happened[1:] == [
            e.BankBreakResolved(2, FIRST, 1, "corrected", "reversal of BANK-7"),
            e.CashWithdrawn(1, 10_000),
        ]
        assert desk.market.state.held_account(1).free == 90_000
        desk.market.audit()
        assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)

    def test_more_at_the_bank_than_in_the_ledger_comes_in(self) -> None:
        desk = closed()
        desk.act(self.file(100_500))
        self.compared(desk, (1, 100_000, 100_500))
        assert two(desk, c.ResolveBankBreak(1, "corrected", "interest"))[-1] == e.CashDeposited(1, 500)
        desk.market.audit()

    def test_what_cannot_be_corrected_says_so(self) -> None:
        desk = closed()
        desk.act(self.file(90_000))
        self.compared(desk, (-3, 0, 5), (2, 700, 0))
        assert why(desk.do(act(c.ResolveBankBreak(1, "corrected", "x"))))[0] == reasons.ACT_INVALID
        assert why(desk.do(act(c.ResolveBankBreak(2, "corrected", "x")))) == (reasons.INSUFFICIENT_CASH, 0, 700)
        assert why(desk.do(act(c.ResolveBankBreak(2, "forgotten", "x"))))[0] == reasons.ACT_INVALID
        assert why(desk.do(act(c.ResolveBankBreak(2, "carried", " "))))[0] == reasons.ACT_INVALID
        assert why(desk.do(act(c.ResolveBankBreak(9, "carried", "x"))))[0] == reasons.UNKNOWN_BREAK

    def test_what_is_carried_keeps_its_first_day_in_the_next_file(self) -> None:
        desk = closed()
        desk.act(self.file(90_000))
        self.compared(desk, (1, 100_000, 90_000))
        two(desk, c.ResolveBankBreak(1, "carried", "under way"))
        desk.act(c.OpenDay(NEXT), c.CloseDay(), self.file(90_000, day=NEXT, sha256="cd" * 32))
        desk.do(c.Propose(0, "", "", c.RecordBankComparison(NEXT, "cd" * 32, ((1, 100_000, 90_000),))))
        assert list(desk.market.state.days.breaks.values()) == [
            days.BankBreak(2, NEXT, 1, 100_000, 90_000, "open", FIRST)
        ]
        assert why(desk.do(act(c.OpenDay(LATER))))[0] == reasons.BANK_BREAK_OPEN


def test_all_of_it_survives_a_snapshot() -> None:
    desk = closed(opening_checks=["reconciliation"])
    desk.do(reconciled(breaks=1))
    desk.act(TestTheBanksFile.file(1), c.FixDay(NEXT))
    TestTheBanksFile.compared(desk, (1, 100_000, 1), (0, 100_000, 1))
    two(desk, c.ResolveBankBreak(1, "carried", "under way"))
    two(desk, c.OverrideOpening(NEXT, "doc"))
    dump = desk.market.dump()
    again = Market.load(dump)
    assert again.dump() == dump
    assert judge_opening(again.state, NEXT).reason == 0
    assert judge_opening(again.state, LATER).reason == reasons.RECONCILIATION_BREAK


def test_only_the_newest_days_are_remembered() -> None:
    desk = closed()
    for day in range(NEXT, NEXT + 28):
        desk.act(c.OpenDay(day), c.CloseDay())
    assert len(desk.market.state.days.marks) == days.DAYS_KEPT
    assert desk.market.state.days.mark(FIRST, days.CLOSE) is None
