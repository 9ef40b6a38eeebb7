"""What each kind of act would change, in the rows that a second person reads before approving."""

from pathlib import Path

import pytest

from engine.core import commands, phases, units
from engine.core.calendar import Holiday, HolidayNotice
from gateway.effects import table
from gateway.effects.table import EFFECTS, SAYS_ALL, TITLED
from tests.gateway import test_operator_door as door
from tests.gateway.kit import DAY, PRODUCTS, SPOT, House
from tests.testkit.auctions import notice
from tests.testkit.build import rulebook_text

Row = tuple[str, str, str, str]
IDENTITY = "91350100M000100Y43"  # the national standard's own example


async def effect(house: House, act: commands.AnyAct) -> list[Row]:
    """The rows of an act as things stand, without their Chinese labels."""
    gateway = house.gateway
    rows = await table.effect(act, house.sequencer.view, gateway.directory, gateway.title)
    assert all(row.label_zh and row.label_en for row in rows)
    return [(row.subject, row.label_en, row.before, row.after) for row in rows]


def test_every_kind_of_act_has_a_difference_or_a_reason_for_none() -> None:
    kinds = set(commands.AnyAct.__args__)
    told = [*EFFECTS, *TITLED, *SAYS_ALL]
    assert set(told) == kinds
    assert len(told) == len(kinds)
    assert all(len(reason) > 20 for reason in SAYS_ALL.values())


async def test_what_an_act_is_about_may_be_gone(house: House) -> None:
    """An example of each kind, most of them about what does not exist here, is shown without a fault."""
    lists = (
        door.REGISTRY_ACTS, door.DAY_ACTS, door.SUPERVISION_ACTS, door.PARTICIPANT_ACTS, door.IDENTITY_ACTS, door.REMEDY_ACTS,
        [commands.OpenAuction(7), commands.CloseAuction(7), commands.CancelAuction(7), commands.CorrectBulletin("2026-11", "a slip")],
    )  # fmt: skip
    for act in (act for acts in lists for act in acts):
        rows = await effect(house, act)
        if type(act) in SAYS_ALL:
            assert rows == []


async def test_the_registrys_acts(house: House) -> None:
    await house.act(
        commands.OpenAccount("K004", 9, "水泥厂", "key_emitter"),
        commands.OpenAccount("K005", 10, "后继厂", "key_emitter"),
        commands.AllocateUnits(4, 1, 500, "free", 2025),
        commands.PreallocateUnits(4, 1, 70, 2026, 0),
        commands.EncumberUnits(4, 1, 40, "pledge", "a bank"),
    )
    (held,) = house.sequencer.view.encumbrances(4)
    cases: list[tuple[commands.AnyAct, list[Row]]] = [
        (commands.EncumberUnits(4, 1, 5, "pledge", "b"), [("K004", f"Pledged, {SPOT}", "40", "45")]),
        (
            commands.ReleaseUnits(held.number, 15),
            [(f"N-{held.number} K004", f"Pledged, {SPOT}", "40", "25"), ("K004", "Free to trade", "", "+15")],
        ),
        (
            commands.EnforceEncumbrance(held.number, 40, 1),
            [(f"N-{held.number} K004", f"Pledged, {SPOT}", "40", "0"), ("A001", f"Units of {SPOT}", "", "+40")],
        ),
        (
            commands.TransferUnits(4, 1, 1, 5, "gift"),
            [("K004", f"Units of {SPOT}", "", "-5"), ("A001", f"Units of {SPOT}", "", "+5")],
        ),
        (commands.CancelUnits(4, 1, 5, "voluntary"), [("K004", f"Units of {SPOT}", "", "-5")]),
        (commands.PreallocateUnits(4, 1, 30, 2026, 0), [("K004", "Preallocation of 2026", "70", "100")]),
        (
            commands.TrueUpAllocation(4, 1, 60, 2026, 0),
            [
                ("K004", "Preallocation of 2026", "70", "0"),
                ("K004", "Free allocation of 2026", "0", "60"),
                ("K004", "Issued, or taken back", "", "-10"),
            ],
        ),
        (
            commands.MergeAccounts(4, 5),
            [
                ("K004 水泥厂", "Account", "正常 open", "终止 closed for good"),
                ("K005 后继厂", "Takes over all it has and owes", "", "K004 水泥厂"),
                ("K005 后继厂", "Takes over compliance years", "", "2025、2026"),
                ("K005 后继厂", "Takes over what is frozen and pledged", "", f"N-{held.number}"),
            ],
        ),
        (
            commands.SplitAccount(4, (commands.SplitPart(5, 1_234, ((1, "available", 7),), ()),)),
            [("K005 后继厂", "Cash (CNY)", "", "+12.34"), ("K005 后继厂", f"{SPOT}, available", "", "+7")],
        ),
        (
            commands.ExitToNationalMarket(4, 20270331, 2025),
            [
                ("K004", "Leaving the city's market", "否 no", "只可卖出至 2027-03-31 may sell until then"),
                ("K004", "Owes for 2026", "是 yes", "否 no"),
                ("K004", "Preallocation of 2026", "70", "0"),
            ],
        ),
    ]
    for act, rows in cases:
        assert await effect(house, act) == rows, act


async def test_the_acts_about_participants(house: House) -> None:
    await house.act(
        commands.AdmitParticipant(1, IDENTITY, "水泥厂", "重庆市"),
        commands.Qualify(1, "suitability", 20260105, 20261231),
        commands.AppointUser("wu", 1, "吴", "P-1", ("view", "trade")),
    )
    (found,) = house.sequencer.view.participants()
    accounts = [house.gateway.directory.account_code(row.account) for row in found.accounts]
    name, normal, suspended = "1 水泥厂", "正常 not suspended", "暂停 suspended"
    cases: list[tuple[commands.AnyAct, list[Row]]] = [
        (commands.AmendParticipant(1, IDENTITY, "水泥公司", "重庆市"), [("1", "Name", "水泥厂", "水泥公司")]),
        (
            commands.Qualify(1, "suitability", 20261120),
            [(name, "Qualification suitability", "2026-01-05 – 2026-12-31", "2026-11-20 – …")],
        ),
        (
            commands.Disqualify(1, "suitability", "Art. 16"),
            [(name, "Qualification suitability", "2026-01-05 – 2026-12-31", "取消 taken away")],
        ),
        (
            commands.SuspendParticipant(1, "Art. 30"),
            [(name, "Standing", normal, suspended), *((code, "Trading", normal, suspended) for code in accounts)],
        ),
        (commands.RemoveUser("wu", "left"), [(name, "User", "wu 吴 (view, trade)", "移除 removed")]),
        (
            commands.BanPerson("P-1", "吴", "Art. 7"),
            [("P-1", "List of the banned", "", "吴: Art. 7"), (name, "User", "wu 吴", "移除 removed")],
        ),
        (
            commands.Associate(1, 2, 5_100, 20260105, "report"),
            [("2", "Counted as one owner", f"{name}、2", f"{name} + 2")],
        ),
        (
            commands.EngageKillSwitch("account", account=1),
            [("账户 account A001", "Kill switch", "正常 not stopped", "停止 stopped; 未成交委托终止 open orders end")],
        ),
    ]  # fmt: skip
    for act, rows in cases:
        assert await effect(house, act) == rows, act
    await house.act(commands.EngageKillSwitch("account", account=1, basis="runaway"))
    (switch,) = house.sequencer.view.controls().kill_switches()
    (row,) = await effect(house, commands.ReleaseKillSwitch(switch.number))
    assert row[0] == f"X-{switch.number} 账户 account A001"
    assert "runaway" in row[2]


async def test_the_acts_of_supervision(house: House) -> None:
    await house.act(
        commands.Restrict(1, units.RESTRICT_BUY, "Art. 30", review_on=20261201),
        commands.OpenCase(1, "quick cancels"),
        commands.AddCaseStep(1, "reminder", "mind"),
        commands.LinkAccounts((1, 2), "network", "one address"),
    )
    cases: list[tuple[commands.AnyAct, list[Row]]] = [
        (commands.ReviewRestriction(1, 20261215), [("R-1 A001", "To be reviewed on", "2026-12-01", "2026-12-15")]),
        (commands.AddCaseStep(1, "report", "why"), [("K-1 A001", "Last step", "reminder", "report")]),
        (
            commands.CloseCase(1, "confirmed", "so it is"),
            [("K-1 A001", "State of the case", "open", "confirmed"), ("A001", "Credit record", "", "K-1")],
        ),
        (commands.UnlinkAccounts(1, "two tenants"), [("1", "Linked accounts", "A001、B001", "解除 ended")]),
        (commands.OrderReduction(1, "CQEA", 5, 20261130, "x"), [("A001", "At most of CQEA", "", "5 (2026-11-30)")]),
    ]
    for act, rows in cases:
        assert await effect(house, act) == rows, act
    (struck,) = await effect(house, commands.StrikeCreditRecord("R-1", "court"))
    assert (struck[0], struck[3]) == ("R-1 A001", "撤销 struck")


async def test_the_acts_of_the_day_and_the_calendar(house: House) -> None:
    cases: list[tuple[commands.AnyAct, list[Row]]] = [
        (commands.CloseDay(), [("2026-11-20", "Phase", "连续交易 continuous", f"{phases.NAMES_ZH[phases.CLOSED]} closed")]),
        (commands.OpenBlockWindow(), [("", "Hours of block trading", "关闭 closed", "开放 open")]),
        (commands.FundRiskReserve(500, "BANK-8"), [("", "Risk reserve", "0.00", "5.00")]),
        (
            commands.UseRiskReserve(1, 500, "late"),
            [("", "Risk reserve", "0.00", "-5.00"), ("A001", "Owed to the reserve", "0.00", "5.00")],
        ),
        (
            commands.FixDay(20261123),
            [
                ("2026-11-23", "Values of the day", "未固定 not fixed", "已固定 fixed"),
                ("2026-11-23", "By the rule book's version", "1", "1"),
            ],
        ),
        (commands.CorrectBulletin("2026-11-19", "a slip"), [("2026-11-19", "Version of the bulletin", "", "1")]),
    ]  # fmt: skip
    for act, rows in cases:
        assert await effect(house, act) == rows, act
    holidays = HolidayNotice(
        2030, "国办〔2029〕1号", 20291101, (Holiday("元旦", "New Year", 20300101, 20300101),), (20300105,)
    )
    assert await effect(house, commands.AdoptHolidays(holidays)) == [
        ("2030", "Notice of holidays", "", "国办〔2029〕1号"),
        ("2030-01-01", "Holiday or make-up day", "", "元旦 New Year"),
        ("2030-01-05", "Holiday or make-up day", "", "补班 make-up working day"),
    ]


async def test_a_closure_names_the_days_that_are_traded_no_more(tmp_path: Path) -> None:
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS, calendar="weekdays"))
    rows = await effect(house, commands.AnnounceClosure(20261127, 20261130, "a move"))  # Friday to Monday
    await house.stop()
    gone = "交易日 trading day", "休市 closed"
    assert rows == [("2026-11-27", "Trading calendar", *gone), ("2026-11-30", "Trading calendar", *gone)]


async def test_the_acts_about_auctions(house: House) -> None:
    await house.act(
        commands.OpenAccount("GOV", 900, "局", "government"),
        commands.OpenAccount("TREASURY", 901, "国库", "treasury"),
        commands.AllocateUnits(4, 1, 5_000, "paid", 2025),
    )
    terms = notice(trading_day=DAY, tonnes=1_000, unit_account=4, cash_account=5, cap_bp=2_500)
    rows = await effect(house, terms)
    assert rows[1] == ("GOV", f"{SPOT} held for it", "", "+1000")
    assert rows[2] == (terms.code, "Most for one bidder", "", "250")
    await house.act(terms)
    assert await effect(house, commands.OpenAuction(1)) == [
        (terms.code, "State of the auction", "已公告 announced", "报价中 open")
    ]
    canceled = await effect(house, commands.CancelAuction(1))
    assert canceled[0][3] == "已取消 canceled"
    assert canceled[1] == ("GOV", f"{SPOT} given back", "", "+1000")


@pytest.mark.parametrize("act", [commands.RevokeKey("a001"), commands.RegisterKey("new", b"k" * 32, (1,))])
async def test_the_acts_about_keys(house: House, act: commands.AnyAct) -> None:
    (row,) = await effect(house, act)
    if type(act) is commands.RevokeKey:
        assert (row[0], row[3]) == ("a001", "吊销 revoked")
        assert "A001" in row[2]
    else:
        assert row == ("A001", "Keys", "a001、both、eyes", "a001、both、eyes、new")
