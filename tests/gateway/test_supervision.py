"""Supervision through the doors: the operator acts and looks, the member concerned is told, nobody else is."""

from pathlib import Path
from typing import Any

import pytest

from engine.alerts import Alert
from engine.core import commands as c
from engine.monitoring import LINKED, alerts_of
from tests.gateway.kit import DAY, PRODUCTS, SPOT, House
from tests.testkit.build import rulebook_text
from yutan.client import Refused

NEXT = DAY + 3  # 2026-11-23, a Monday


async def test_a_case_from_reminder_to_restriction_and_what_the_member_sees_of_it(tmp_path: Path) -> None:
    house = await House.start(tmp_path, two_person_acts=("Restrict",))
    async with house.operator("chen") as chen, house.operator("li") as li, house.member("a001") as a:
        await chen.act("open_case", {"account": "A001", "matter": "quick cancels", "alerts": ["M-7"]}, "seen", "K1")
        step = {"case_id": "K-1", "step": "report", "note": "explain your cancels", "due_day": "2026-11-23"}
        await chen.act("add_case_step", step, "demand", "函2026-9")
        await chen.act("add_case_step", {"case_id": "K-1", "step": "note", "note": "for ourselves"}, "note")
        await a.place(SPOT, "sell", 10, "41.00", client_order_id="s-1")
        fields = {
            "account": "A001",
            "scope": ["sell"],
            "basis": "CQ-M Art. 30",
            "last_day": "2026-11-30",
            "review_on": "2026-11-23",
            "notified": "registry",
            "appeal": "ecology bureau, 60 days",
            "case_id": "K-1",
        }
        proposed = await chen.act("restrict", fields, "no answer", "限2026-1")
        assert (await li.pending())[0].fields == fields
        assert await a.orders()
        await li.approve(proposed.proposal_id, proposed.sha256)
        assert await a.orders() == []
        with pytest.raises(Refused, match="ACCOUNT_RESTRICTED"):
            await a.place(SPOT, "sell", 1, "41.00")
        [row] = await chen.supervision.restrictions("A001")
        assert (row.restriction_id, row.scope, row.document, row.operator, row.approver) == (
            "R-1", ["sell"], "限2026-1", "chen", "li",
        )  # fmt: skip
        assert (row.last_day, row.review_on, row.notified, row.case_id, row.status, row.is_review_overdue) == (
            "2026-11-30", "2026-11-23", "registry", "K-1", "in_force", False,
        )  # fmt: skip
        seen = await a.supervision.measures()
        assert [(r.restriction_id, r.appeal, r.status) for r in seen.restrictions] == [
            ("R-1", "ecology bureau, 60 days", "in_force")
        ]
        assert [(d.step, d.note, d.answer_due) for d in seen.demands] == [
            ("report", "explain your cancels", "2026-11-23")
        ]
        async with house.member("b001") as b:
            others = await b.supervision.measures()
            assert (others.restrictions, others.demands) == ([], [])
        [glance] = await li.supervision.cases()
        assert (glance.case_id, glance.last_step, glance.answer_due) == ("K-1", "restriction", "2026-11-23")
        case = await li.supervision.case("K-1")
        assert [(s.step, s.operator, s.approver) for s in case.steps] == [
            ("note", "chen", ""), ("report", "chen", ""), ("note", "chen", ""), ("restriction", "chen", "li"),
        ]  # fmt: skip
        assert case.alerts == ["M-7"]
        await chen.act("lift_restriction", {"account": "A001", "scope": ["sell"], "restriction_id": "R-1"}, "answered")
        await chen.act("close_case", {"case_id": "K-1", "finding": "settled", "note": "explained"}, "done")
        assert await chen.supervision.restrictions() == []
        assert [r.status for r in await chen.supervision.restrictions(ended=True)] == ["lifted"]
        assert (await chen.supervision.cases(), len(await chen.supervision.cases(ended=True))) == ([], 1)
        await a.place(SPOT, "sell", 1, "41.00")
    await house.stop()


async def test_overdue_reviews_and_reports_are_alarms_at_the_operators_door(tmp_path: Path) -> None:
    products: dict[str, Any] = PRODUCTS | {"CQEA": PRODUCTS["CQEA"] | {"large_holder_tonnes": 9_000}}
    house = await House.start(tmp_path, rules=rulebook_text(products))
    async with house.operator("chen") as chen, house.member("a001") as a:
        await house.act(c.Restrict(2, 2, "CQ-M Art. 30", review_on=DAY), c.OrderReduction(2, "CQEA", 1, DAY, "BJ"))
        await house.act(c.CloseDay(), c.OpenDay(NEXT), c.CloseDay(), c.OpenDay(NEXT + 1))
        assert [row.is_review_overdue for row in await chen.supervision.restrictions()] == [True]
        assert [row.is_overdue for row in await chen.supervision.reductions("B001")] == [True]
        counters = (await chen.ops_status()).counters
        names = ("restriction_reviews_overdue", "reductions_overdue", "holder_reports_overdue")
        assert [counters[name] for name in names] == [1, 1, 3]
        [own] = (await a.supervision.measures()).holder_reports
        assert (own.since, own.report_due, own.reported_on, own.is_late) == ("2026-11-20", "2026-11-21", "", True)
        taken = await a.supervision.report_holding("CQEA", "to comply", "own funds", "none")
        assert (taken.account, taken.trading_day) == ("A001", "2026-11-24")
        rows = {row.accounts[0]: row for row in await chen.supervision.large_holders()}
        assert (rows["A001"].reported_on, rows["A001"].purpose, rows["A001"].is_report_late) == (
            "2026-11-24", "to comply", False,
        )  # fmt: skip
        assert (rows["B001"].reported_on, rows["B001"].is_report_late) == ("", True)
        with pytest.raises(Refused) as refused:
            await a.supervision.report_holding("BIGT", "x", "x")
        assert refused.value.name == "NOT_LARGE_HOLDER"
        with pytest.raises(Refused, match="UNKNOWN_CASE"):
            await chen.supervision.case("K-1")
    async with house.member("eyes") as eyes:
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.supervision.report_holding("CQEA", "x", "x")
    await house.stop()


async def test_linked_accounts_near_the_limit_are_listed_and_alerted(tmp_path: Path) -> None:
    products: dict[str, Any] = PRODUCTS | {"CQEA": PRODUCTS["CQEA"] | {"holding_limit_tonnes": 20_000}}
    rules = rulebook_text(products, two_person_acts=["LinkAccounts"])
    house = await House.start(tmp_path, rules=rules)
    async with house.operator("chen") as chen, house.operator("li") as li:
        fields = {"accounts": ["A001", "B001"], "kind": "network", "basis": "one address"}
        proposed = await chen.act("link_accounts", fields, "alert M-1", "监2026-3")
        await li.approve(proposed.proposal_id, proposed.sha256)
        [row] = await chen.supervision.links("B001")
        assert (row.accounts, row.kind, row.is_in_force, row.watched_with) == (
            ["A001", "B001"], "network", True, row.owners,
        )  # fmt: skip
        with pytest.raises(Refused, match="UNKNOWN_LINK"):
            await chen.act("unlink_accounts", {"link": 2, "basis": "none"}, "none")
        await house.act(c.CloseDay())
        await chen.act("unlink_accounts", {"link": 1, "basis": "two tenants"}, "two tenants")
        assert await chen.supervision.links() == []
        [row] = await chen.supervision.links(ended=True)
        assert (row.is_in_force, row.ended_on, row.ended_basis) == (False, "2026-11-20", "two tenants")
    await house.stop()
    alerts, _ = alerts_of(tmp_path)
    [alert] = [alert for alert in alerts if alert.pattern == LINKED]
    assert (alert.product, alert.figures) == ("CQEA", {"tonnes": 20_000, "limit_tonnes": 20_000, "link_1": 1})


async def test_alerts_are_listed_and_told_to_operators_alone(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    alert = Alert(3, LINKED, DAY, 40, 1, (1, 2), (7,), (9,), {"tonnes": 5}, 1_700_000_000_000_000_000, "CQEA")
    other = Alert(4, "layering", NEXT, 41, 1, (2,), (), (), {})

    class Source:
        seq = 41

        def newest(self) -> list[Alert]:
            return [alert, other]

    house.gateway.alerts.source = Source()
    told: list[Any] = []
    async with house.operator("chen") as chen, house.member("a001") as a:
        chen.supervision.on_alert = a.supervision.on_alert = told.append
        found = await chen.supervision.alerts()
        assert ([row.alert_id for row in found.alerts], found.more, found.as_of_seq) == (["M-3", "M-4"], False, 41)
        row = found.alerts[0]
        assert (row.accounts, row.instrument, row.trades, row.orders) == (["A001", "B001"], SPOT, ["T-7"], ["O-9"])
        newest = await chen.supervision.alerts(limit=1)
        assert ([row.alert_id for row in newest.alerts], newest.more) == (["M-4"], True)
        of_day = await chen.supervision.alerts("A001", "2026-11-20")
        assert [row.alert_id for row in of_day.alerts] == ["M-3"]
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await chen.supervision.alerts("nobody")
        house.gateway.alerts.tell([other])
        await chen.ops_status()
        await a.cash()
        assert [row.alert_id for row in told] == ["M-4"]
    await house.stop()
