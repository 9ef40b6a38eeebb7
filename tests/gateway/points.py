"""What each refusal and each end of an order is provoked by: where an exchange stands, and what is then asked or done.

`REFUSED`: a request at a door that is answered by the name. `ENDED`: what a follower of an account's stream is told.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from engine import notices
from engine.core import auction_notices, units
from engine.core import commands as c
from engine.core.control_acts import AskOwn, SetOwnLimits
from engine.core.filing_commands import FileSurrender
from engine.core.intention_commands import PostIntention
from engine.core.session_acts import FireDeadMan, SetDeadMan
from engine.core.units import BUY, IOC, SELL
from tests.engine.core import test_stages as stages
from tests.engine.core import test_validation_chain as chain
from tests.engine.core.test_validation_chain import GOVERNMENT, ME, MINE_TOO, OTHER, TODAY, block, order, sale, world
from tests.gateway.kit import public_of
from tests.gateway.provoking import Say, Step
from tests.testkit.auctions import FIRST_BIDDER as APPLICANT
from tests.testkit.auctions import AuctionDesk, one_way, purchase
from tests.testkit.build import OPERATORS, Desk, rulebook_text

SHA: Final = "ab" * 32
KEY, SECOND, FUND, STATE, POOR, EMPTY = 1, 2, 3, 4, 5, 6
ALLOWANCE, OFFSET, LOCAL, OUTSIDE = 1, 2, 3, 4


class Point(NamedTuple):
    """A name of the catalogue, the exchange it is provoked in, what is asked or done there, and what comes before."""

    name: str
    world: Callable[[], Desk]
    ask: Step | Say
    before: tuple[Step, ...] = ()
    of_first: str = ""
    watched: int = OTHER  # the account whose stream tells of an end


def registry() -> Desk:
    """Two key emitters, an investor, the government; a year with offsets of three kinds; withdrawals take two persons."""
    desk = Desk(
        rulebook_text(
            {"CQEA": {}, "CCER": {"kind": "offset"}, "CQCER": {"kind": "offset"}, "VER": {"kind": "offset"}},
            compliance={2025: {"offset_limit_bp": 1_000, "local_share_min_bp": 5_000}},
            offsets={
                "2025.CCER": {"limit_bp": 1_000, "is_local": True},
                "2025.CQCER": {"limit_bp": 1_000, "is_local": True},
                "2025.VER": {"limit_bp": 1_000},
            },
            two_person_acts=["WithdrawCash"],
        )
    )
    desk.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 3_000),
        c.ListInstrument("CQCER-25", "CQCER", 2025, "", "", 3_000),
        c.ListInstrument("VER-25", "VER", 2025, "", "", 3_000),
        c.OpenAccount("KEY", 1, "", "key_emitter"),
        c.OpenAccount("SECOND", 2, "", "key_emitter"),
        c.OpenAccount("FUND", 3, "", "institution"),
        c.OpenAccount("STATE", 4, "", "government"),
        c.OpenAccount("POOR", 5, "", "key_emitter"),
        c.OpenAccount("EMPTY", 6, "", "institution"),
        c.AllocateUnits(KEY, ALLOWANCE, 1_000, "free", 2025),
        c.AllocateUnits(KEY, OUTSIDE, 100, "offset", 2025),
        c.AllocateUnits(KEY, LOCAL, 200, "offset", 2025),
        c.AllocateUnits(FUND, ALLOWANCE, 300, "paid", 2025),
        c.DepositCash(KEY, 10_000_000),
        c.DepositCash(FUND, 10_000_000),
        c.DepositCash(EMPTY, 1),
    )
    desk.open_day(TODAY)
    return desk


def unreconciled() -> Desk:
    """A day is over; the next one demands that it was compared."""
    return stages.closed(opening_checks=["reconciliation"])


def without_bank() -> Desk:
    """A day is over; the next one demands the bank's file."""
    return stages.closed(opening_checks=["bank"])


def unfixed() -> Desk:
    """A market that opens no day whose values were not fixed."""
    return Desk(rulebook_text(opening_checks=["fixing"]))


def by_the_calendar() -> Desk:
    """A market under the State Council's holidays."""
    desk = Desk()
    desk.commands = [c.Found(rulebook_text(calendar="china"), OPERATORS, notices.shipped())]
    return desk


def after_hours() -> Desk:
    """A market that takes cash between 03:00 and 03:01 alone."""
    desk = stages.closed()
    book = rulebook_text(version=2, cash_in_hours=["03:00", "03:01"])
    desk.act_both(c.AdoptRuleBook(book, 2, stages.NEXT, ("doc",)))
    desk.act(c.OpenDay(stages.NEXT))
    return desk


def auction_market() -> Desk:
    """Members who sell and buy units of their own by auction."""
    return AuctionDesk()


def adoption(version: int = 2, day: int = TODAY + 3, **rules: Any) -> c.AdoptRuleBook:
    return c.AdoptRuleBook(rulebook_text(chain.PRODUCTS, version=version, **rules), version, day, ("doc",))


def split(*years: c.SplitYear, to: int = SECOND) -> c.SplitAccount:
    return c.SplitAccount(KEY, (c.SplitPart(to, 0, (), years),))


def year(year: int = 2025, free: int = 0, emissions: int = 0) -> c.SplitYear:
    return c.SplitYear(year, free, 0, emissions, 0, (), ())


def verified(tonnes: int, until: int = 0) -> c.ImportEmissions:
    return c.ImportEmissions(2025, ((KEY, tonnes, 20260420),), until, SHA)


def serials(first: int, boundary: int = KEY) -> c.IssueOffsets:
    return c.IssueOffsets(KEY, OFFSET, 100, "P-7", "林业", "AR-CM-001", "重庆", first, "注销-9", boundary)


def notice(**changes: Any) -> c.AnnounceAuction:
    announced = sale(**changes)[0]
    assert isinstance(announced, c.AnnounceAuction)
    return announced


AHEAD = c.PreallocateUnits(KEY, ALLOWANCE, 70, 2026, 20260116)
PERSON = (
    c.AdmitParticipant(1, "key", "KEY"),
    c.AppointUser("wu", 1, "wu", "P-1", ("view", "file")),
    c.RegisterKey("wu", public_of("wu"), (KEY,), ("view", "file"), "wu"),
)
LIMITED = (
    c.RegisterKey("brake", public_of("brake"), (OTHER,), ("view", "limits")),
    AskOwn("brake", "", SetOwnLimits(OTHER, 0, 5, 0)),
)
MANY_NOTICES = tuple(notice(code=f"a{n}", tonnes=5) for n in range(auction_notices.LIVE_AUCTIONS_MAX))
CARRIED_OVER = (*sale(carry_over=1, undersubscribed="cancel"), c.CloseAuction(1))
BROKEN_FILE = (
    c.ImportBankFile(stages.FIRST, ((1, 90_000),), 0, 0, 90_000, SHA),
    c.Propose(0, "", "", c.RecordBankComparison(stages.FIRST, SHA, ((0, 100_000, 90_000), (1, 100_000, 90_000)))),
)
FILED_ALREADY = (*PERSON, verified(10), FileSurrender("wu", KEY, 2025, ((1, 5),), False))
FILED: dict[str, Any] = {"year": 2025, "lines": [{"instrument": "CQEA-25", "quantity": 5}]}
ADVERT: dict[str, Any] = {"instrument": "CQEA-25", "side": "sell", "quantity": 5}
TEXTS = ("risk_warning", "读\u202eme", "Risk warning", "价格异常波动。", "Prices move strongly.", 0, 0)

_first_of_each = {case.reason: case for case in reversed(chain.CASES)}
REFUSED: Final = (
    *(
        Point(case.reason, world, case.request, case.before, case.of_first)
        for case in _first_of_each.values()
        if case.reason not in ("UNKNOWN_OPERATOR", "UNKNOWN_SESSION", "INVALID_FIELD")
    ),
    Point("UNKNOWN_OPERATOR", world, Say("ops.audit", {"person": "nobody"})),
    Point("UNKNOWN_METHOD", world, Say("no.such", key="")),
    Point("UNKNOWN_FIELD", world, Say("time.get", key="", more={"x": 1})),
    Point("FLOAT_NOT_ALLOWED", world, Say("deadman.set", {"seconds": 1.0}, "k1")),
    Point("EXPIRED_REQUEST", world, Say("time.get", key="", more={"expires_at": "2020-01-01T00:00:00Z"})),
    Point("WRONG_ENVIRONMENT", world, Say("time.get", key="", more={"sim": {"drop_next": 1}})),
    Point("ALREADY_AUTHENTICATED", world, Say("session.auth", {"key_id": "k1", "signature": ""}, "k1")),
    Point("UNKNOWN_CHANNEL", world, Say("channel.snapshot", {"channel": "weather"}, "")),
    Point("BAD_SEQ", world, Say("channel.replay", {"channel": "exec.ME", "from_seq": 0}, "k1")),
    Point("NOT_PERMITTED", world, Say("login.code", {}, "k1")),
    Point("UNKNOWN_DOCUMENT", world, Say("trade.get", {"trade_id": "T-99"}, "k1")),
    Point("UNKNOWN_INTENTION", world, Say("intention.withdraw", {"intention_id": "V-1"}, "k1")),
    Point("RIGHT_NOT_HELD", world, Say("surrender.confirm", {"filing_id": "S-1"}, "k1")),
    Point("NOT_LARGE_HOLDER", world, Say("holder.report", {"product": "CQEA", "purpose": "x", "funds": "x"}, "k1")),
    Point("UNKNOWN_CASE", world, Say("ops.case", {"case_id": "K-1"})),
    Point("ACT_INVALID", world, Say("ops.act", {"act": "nothing", "reason": "r", "fields": {}})),
    Point("ALREADY_EXISTS", world, c.OpenAccount("ME", 9, "again", "individual")),
    Point("ACT_NOT_ALLOWED_NOW", world, c.OpenDay(TODAY + 1)),
    Point("TOO_MANY_PROPOSALS", world, c.WithdrawCash(ME, 1), (c.Propose(1, "", "", c.WithdrawCash(ME, 1)),) * 1_000),
    Point("RULEBOOK_INVALID", world, c.AdoptRuleBook("no rule book", 2, TODAY + 3, ("doc",))),
    Point("RULEBOOK_NOT_NEWER", world, adoption(1)),
    Point("RULEBOOK_TOO_SOON", world, adoption(day=TODAY)),
    Point("RULEBOOK_FIXED_RULE", world, adoption(market="other")),
    Point("TEXT_NOT_PLAIN", world, c.PublishNotice(*TEXTS)),
    Point("UNKNOWN_PARTICIPANT", world, c.AmendParticipant(9, "x", "nobody")),
    Point("CREDIT_CODE_INVALID", world, c.AdmitParticipant(9, "91350100M000100Y44", "typing mistake")),
    Point("PERSON_BANNED", world, c.AdmitParticipant(9, "x", "body"), (c.BanPerson("x", "body", "Art. 20"),)),
    Point("UNKNOWN_USER", world, c.RemoveUser("wu", "x")),
    Point("UNKNOWN_ASSOCIATION", world, c.Dissociate(2, TODAY, "x")),
    Point("UNKNOWN_KILL_SWITCH", world, c.ReleaseKillSwitch(1)),
    Point("UNKNOWN_KEY", world, Say("key.revoke", {"key_id": "nobody's"}, "brake"), LIMITED),
    Point("UNKNOWN_LINK", world, c.UnlinkAccounts(2, "x")),
    Point("UNKNOWN_CREDIT_RECORD", world, c.StrikeCreditRecord("R-9", "x")),
    Point("UNKNOWN_RESTRICTION", world, c.LiftRestriction(ME, units.RESTRICT_SELL, 1)),
    Point("TOO_MANY_AUCTIONS", world, notice(code="more", tonnes=5), MANY_NOTICES),
    Point("NOTHING_TO_CARRY_OVER", world, notice(code="next", carries=(1, 1)), CARRIED_OVER),
    Point("CARRY_OVER_ABOVE_VOLUME", world, notice(code="next", tonnes=5, carries=(1,)), CARRIED_OVER),
    Point("RESERVE_TOO_SMALL", world, c.UseRiskReserve(OTHER, 5_001, "x"), (c.FundRiskReserve(5_000, "B-8"),)),
    Point("NOTHING_OWED", world, c.RecoverRiskReserve(OTHER, 1, "x"), (c.FundRiskReserve(5_000, "B-8"),)),
    Point("TWO_USERS_NEEDED", world, Say("limits.set", {"order_quantity_max": 6}, "brake"), LIMITED),
    Point("TOO_MANY_RECORDS", world, Say("intention.post", ADVERT, "k1"), (PostIntention(ME, 1, SELL, 5, 0, 0, False, ""),) * 20),
    Point("UNKNOWN_AUTHORITY", world, c.RevokeCertificates("cqca", ("1f",), "CRL 7")),
    Point("OWN_AUCTION", auction_market, c.PlaceBid(APPLICANT, 1, 4_000, 10, "bid", 0), (one_way(), c.OpenAuction(1))),
    Point("NOT_RESERVE", registry, c.CancelUnits(KEY, ALLOWANCE, 1, "reserve")),
    Point("ALLOCATION_PLAN_EXCEEDED", registry, c.SetAllocationPlan(2025, 1, 0, "doc")),
    Point("NOT_PREALLOCATED", registry, c.TrueUpAllocation(KEY, ALLOWANCE, 90, 2026, 0)),
    Point("OBJECTION_TOO_LATE", registry, c.FileObjection(KEY, 2026, "allocation", 20260117), (AHEAD,)),
    Point("NO_OPEN_OBJECTION", registry, c.DecideObjection(KEY, 2026, "allocation", 20260120, True), (AHEAD,)),
    Point("NOT_MERGEABLE", registry, c.MergeAccounts(KEY, FUND)),
    Point("UNITS_FROZEN", registry, c.MergeAccounts(KEY, SECOND), (c.EncumberUnits(KEY, ALLOWANCE, 10, "freeze", "a court"),)),
    Point("UNKNOWN_ENCUMBRANCE", registry, c.ReleaseUnits(9, 1)),
    Point("REVIEW_OPEN", registry, split(year()), (verified(0, 20260512), c.FileObjection(KEY, 2025, "verification", 20260501))),
    Point("NOT_SPLITTABLE", registry, split(to=FUND)),
    Point("SPLIT_ABOVE_RECORD", registry, split(year(2024, 1))),
    Point("EMISSIONS_NOT_VERIFIED", registry, split(year(emissions=1))),
    Point("COMPLIANCE_YEAR_CLOSED", registry, split(year()), (verified(0), c.SurrenderUnits(KEY, ALLOWANCE, 0, 2025, True))),
    Point("NOT_KEY_EMITTER", registry, c.ImportEmissions(2025, ((FUND, 1, 20260420),), 0, SHA)),
    Point("OBLIGATION_NOT_MET", registry, c.SurrenderUnits(KEY, ALLOWANCE, 9, 2025, True), (verified(10),)),
    Point("OFFSET_NOT_ALLOWED", registry, c.SurrenderUnits(KEY, OUTSIDE, 1, 2026, False)),
    Point("OFFSET_LIMIT", registry, c.SurrenderUnits(KEY, LOCAL, 101, 2025, False), (verified(1_000),)),
    Point("OFFSET_ORIGIN", registry, c.SurrenderUnits(KEY, OUTSIDE, 1, 2025, False), (verified(1_000),)),
    Point("OFFSET_OWN_BOUNDARY", registry, c.SurrenderUnits(KEY, OFFSET, 1, 2025, False), (verified(1_000), serials(1_001))),
    Point("SERIALS_TAKEN", registry, serials(1_100), (serials(1_001),)),
    Point("ACCOUNT_HAS_UNITS", registry, c.CloseAccount(FUND)),
    Point("ACCOUNT_HAS_CASH", registry, c.CloseAccount(EMPTY)),
    Point("ACCOUNT_OWES", registry, c.CloseAccount(POOR), (c.ImportEmissions(2025, ((POOR, 9, 20260420),), 0, SHA),)),
    Point("FILING_OPEN", registry, Say("surrender.file", FILED, "wu"), FILED_ALREADY),
    Point("UNKNOWN_FILING", registry, Say("surrender.withdraw", {"filing_id": "S-9"}, "wu"), PERSON),
    Point("UNKNOWN_OBJECTION", registry, c.DecideStatementObjection(1, True, "so it is")),
    Point("NOT_RECONCILED", unreconciled, c.OpenDay(stages.NEXT)),
    Point("RECONCILIATION_BREAK", unreconciled, c.OpenDay(stages.NEXT), (stages.reconciled(breaks=3),)),
    Point("BANK_FILE_MISSING", without_bank, c.OpenDay(stages.NEXT)),
    Point("BANK_BREAK_OPEN", without_bank, c.OpenDay(stages.NEXT), BROKEN_FILE),
    Point("BANK_FILE_TOTAL", without_bank, c.ImportBankFile(stages.FIRST, ((1, 5),), 1, 2, 9, SHA)),
    Point("UNKNOWN_BREAK", without_bank, c.ResolveBankBreak(9, "carried", "x")),
    Point("DAY_NOT_FIXED", unfixed, c.OpenDay(stages.FIRST)),
    Point("NOT_TRADING_DAY", by_the_calendar, c.OpenDay(20261121)),
    Point("CALENDAR_ENDED", by_the_calendar, c.OpenDay(20270104)),
    Point("OUTSIDE_HOURS", after_hours, c.DepositCash(1, 1)),
)  # fmt: skip
ONE_WAY: Final = (one_way(), c.OpenAuction(1), c.PlaceBid(APPLICANT + 1, 1, 4_000, 500, "bid", 0))
ONE_WAY_PURCHASE: Final = (purchase(), *ONE_WAY[1:])
RESTING: Final = order(SELL, 5_400, 10, "resting", OTHER)
BLOCK: Final = block(SELL, 5_000, 2_000, ME, OTHER)
BLOCK_BACK: Final = block(SELL, 5_000, 2_000, OTHER, GOVERNMENT)
FOR_SALE: Final = order(SELL, 3_000, 200, "all", KEY, LOCAL)
GIVEN_AWAY: Final = c.SplitAccount(KEY, (c.SplitPart(SECOND, 0, ((LOCAL, "available", 200),), ()),))
ENDED: Final = (  # `ask`: what happens; of an account's stream
    Point("DAY_ENDED", world, c.CloseDay(), (RESTING,)),
    Point("IOC_REMAINDER", world, order(SELL, 5_400, 10, "x", OTHER, life=IOC)),
    Point("SELF_TRADE_PREVENTED", world, order(BUY, 5_400, 10, "x", OTHER), (RESTING,)),
    Point("RESTRICTION_IMPOSED", world, c.Restrict(OTHER, units.RESTRICT_SELL, "Art. 30"), (RESTING,)),
    Point("KILL_SWITCH_PULLED", world, c.EngageKillSwitch("account", account=OTHER), (RESTING,)),
    Point("ACCOUNT_MERGED", world, c.MergeAccounts(OTHER, MINE_TOO), (RESTING,)),
    Point("ACCOUNT_SPLIT", registry, GIVEN_AWAY, (FOR_SALE,), watched=KEY),
    Point("DEAD_MAN_FIRED", world, FireDeadMan(OTHER), (RESTING, SetDeadMan(OTHER, 60))),
    Point("COUNTERPARTY_DECLINED", world, c.BlockDecline(ME, 0), (BLOCK,), "offer"),
    Point("COUNTERPARTY_COUNTERED", world, c.BlockCounter(OTHER, 0, 5_010, 2_000, "back"), (BLOCK_BACK,), "offer", GOVERNMENT),
    Point("AUCTION_CANCELED", world, c.CancelAuction(1), (*sale(), chain.bid(account=OTHER))),
    Point("AUCTION_UNDERSUBSCRIBED", world, c.CloseAuction(1), (*sale(undersubscribed="cancel"), chain.bid(account=OTHER))),
    Point("SELLER_BARRED", auction_market, c.Restrict(APPLICANT, units.RESTRICT_SELL, "Art. 30"), ONE_WAY, watched=APPLICANT + 1),
    Point("BUYER_BARRED", auction_market, c.Restrict(APPLICANT, units.RESTRICT_BUY, "x"), ONE_WAY_PURCHASE, watched=APPLICANT + 1),
    Point("BID_NOT_AWARDED", world, c.CloseAuction(1), (*sale(reserve_ticks=4_000), chain.bid(3_999, account=OTHER))),
)  # fmt: skip
