"""The operator door: every act of the catalogue by name, four eyes, and nothing for those who are no operators."""

import json
from pathlib import Path

import msgspec
import pytest

from engine import notices
from engine.core import commands
from engine.core.rulebook import parse
from gateway.directory import Directory
from gateway.protocol import acts
from settlement.core.trail import plain_act
from tests.gateway.kit import SPOT, House, key_of, public_of
from tests.testkit.auctions import notice
from tests.testkit.build import rulebook_text
from tests.testkit.certificates import Authority, der
from yutan.client import Refused


async def test_an_act_that_needs_one_person_is_done_at_once(house: House) -> None:
    async with house.operator("chen") as chen, house.member("a001") as a:
        done = await chen.act("deposit_cash", {"account": "A001", "amount": "12.34"}, "bank statement 7", "DOC-7")
        assert done.status == "done"
        assert str((await a.cash()).available) == "1000012.34"


async def test_an_act_that_needs_two_persons_waits_for_the_second(tmp_path: Path) -> None:
    house = await House.start(tmp_path, two_person_acts=("DepositCash",))
    async with house.operator("chen") as chen, house.operator("li") as li, house.member("a001") as a:
        proposed = await chen.act("deposit_cash", {"account": "A001", "amount": "12.34"}, "bank statement 7", "DOC-7")
        assert proposed.status == "pending"
        (row,) = await li.pending()
        assert (row.operator, row.act, row.fields) == ("chen", "deposit_cash", {"account": "A001", "amount": "12.34"})
        assert row.sha256 == proposed.sha256
        with pytest.raises(Refused, match="SELF_APPROVAL"):
            await chen.approve(proposed.proposal_id, proposed.sha256)
        with pytest.raises(Refused, match="CONTENT_CHANGED"):
            await li.approve(proposed.proposal_id, "0" * 64)
        assert (await li.approve(proposed.proposal_id, proposed.sha256)).status == "done"
        assert str((await a.cash()).available) == "1000012.34"
        with pytest.raises(Refused, match="UNKNOWN_PROPOSAL"):
            await li.approve(proposed.proposal_id, proposed.sha256)
        withdrawn = await chen.act("deposit_cash", {"account": "A001", "amount": "1.00"}, "a slip")
        assert (await chen.reject(withdrawn.proposal_id, "typed wrong")).status == "rejected"
        assert await li.pending() == []
    await house.stop()


async def test_an_operator_sees_the_market_and_its_books(house: House) -> None:
    async with house.operator("chen") as chen:
        status = await chen.ops_status()
        assert (status.phase, status.trading_day, status.pending) == ("continuous", "2026-11-20", 0)
        assert [row.account for row in await chen.ops_accounts()] == ["A001", "B001", "C001"]
        report = await chen.reconcile()
        assert report.ok
        assert report.cash == report.bank == "3000000.00"
        assert await chen.unsettled() == []
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await chen.reports.statement("A001", "2026-11-20")


async def test_a_closed_day_has_statements_for_members_and_operators(house: House) -> None:
    async with house.operator("chen") as chen, house.member("a001") as a, house.member("b001") as b:
        await a.place(SPOT, "sell", 10, "40.00")
        await b.place(SPOT, "buy", 10, "40.00")
        await chen.act("close_day", {}, "end of day")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        assert await a.statement_days() == ["2026-11-20"] == await chen.reports.statement_days("A001")
        assert await a.statement("2026-11-20") == await chen.reports.statement("A001", "2026-11-20")
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await a.statement("2026-11-19")
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await a.statement("2026-02-30")


async def test_a_revoked_keys_sessions_end_at_once(house: House) -> None:
    peer = await house.logged_in("a001")
    async with house.operator("chen") as chen:
        await chen.act("revoke_key", {"key_id": "a001"}, "lost")
    assert await peer.closed() == 4003


@pytest.mark.parametrize(
    ("fields", "name", "field"),
    [
        ({"account": "A001"}, "INVALID_FIELD", "fields.amount"),
        ({"account": "A001", "amount": "1.005"}, "INVALID_FIELD", "amount"),
        ({"account": "A001", "amount": "-1.00"}, "INVALID_FIELD", "amount"),
        ({"account": "A001", "amount": "0.00"}, "INVALID_FIELD", "amount"),
        ({"account": "A001", "amount": 1.5}, "FLOAT_NOT_ALLOWED", "fields.amount"),
        ({"account": "Z999", "amount": "1.00"}, "UNKNOWN_ACCOUNT", "account"),
        ({"account": "A001", "amount": "1.00", "more": 1}, "UNKNOWN_FIELD", "fields.more"),
    ],
)
async def test_an_act_with_wrong_fields_is_refused(
    house: House, fields: dict[str, object], name: str, field: str
) -> None:
    async with house.operator("chen") as chen:
        before = house.sequencer.view.day().seq
        with pytest.raises(Refused) as refused:
            await chen.act("deposit_cash", fields, "test")
        assert (refused.value.name, refused.value.data.field) == (name, field)
        assert house.sequencer.view.day().seq == before


async def test_fields_named_twice_are_refused(house: House) -> None:
    peer = await house.logged_in("chen", "ops")
    peer.send(
        '{"id":1,"method":"ops.act","params":{"act":"deposit_cash","reason":"r",'
        '"fields":{"account":"A001","amount":"1.00","amount":"2.00"}}}'
    )
    assert (await peer.reply(1))["error"]["name"] == "MALFORMED_JSON"
    await peer.end()


async def test_a_members_key_opens_no_operator_door(house: House) -> None:
    peer = await house.raw("ops")
    said = await peer.log_in("a001", house.settings.env)
    assert said["error"]["name"] == "BAD_SIGNATURE"
    assert await peer.closed() == 4002


async def test_the_member_door_knows_no_operator_method(house: House) -> None:
    peer = await house.logged_in("a001")
    assert (await peer.ask("ops.act", {}))["error"]["name"] == "UNKNOWN_METHOD"
    await peer.end()


REGISTRY_ACTS: list[commands.AnyAct] = [
    commands.ImportEmissions(2025, ((1, 120_000, 20260420),), 20260511, "ab" * 32),
    commands.ImportEmissions(2025, ((1, 0, 20260420),), 0, "ab" * 32),
    commands.PreallocateUnits(1, 1, 70, 2026, 20261201),
    commands.PreallocateUnits(1, 1, 70, 2026, 0, 20261120),
    commands.DecideFiling(12, False, "wrong year"),
    commands.SetAllocationPlan(2026, 1_000_000, 50_000, "渝环〔2026〕5号"),
    commands.ImportAllocations(2026, ((1, 1, "free", 70), (1, 1, "preallocation", 5)), "ab" * 32, 20261120),
    commands.TrueUpAllocation(1, 1, 70, 2026, 0),
    commands.FileObjection(1, 2026, "allocation", 20261125),
    commands.DecideObjection(1, 2026, "allocation", 20261130, True),
    commands.CancelUnits(1, 1, 5, "voluntary"),
    commands.IssueOffsets(1, 1, 5, "CCER-7", "林业", "AR-CM-001", "重庆", 1_001, "注销-9", 1),
    commands.IssueOffsets(1, 1, 5, "CCER-7", "林业", "AR-CM-001", "重庆", 2_001, "注销-9"),
    commands.EncumberUnits(1, 1, 5, "pledge", "a bank"),
    commands.ReleaseUnits(7, 5),
    commands.EnforceEncumbrance(7, 5, 1),
    commands.TransferUnits(1, 1, 1, 5, "gift"),
    commands.MergeAccounts(1, 1),
    commands.SplitAccount(
        1,
        (
            commands.SplitPart(
                1,
                123_456,
                ((1, "available", 400), (1, "locked", 3)),
                (commands.SplitYear(2025, 400, 1, 300, 20, (("CCER", 5),), ((1, 7),)),),
            ),
            commands.SplitPart(1, 0, (), ()),
        ),
    ),
]
DAY_ACTS: list[commands.AnyAct] = [
    commands.FixDay(20261123),
    commands.OverrideOpening(20261123, "渝环〔2026〕8号"),
    commands.RecordReconciliation(20261120, 17, 2, 1, 40, (1,)),
    commands.ImportBankFile(20261120, ((1, 123_456), (1, -5)), 700, 0, 124_151, "ab" * 32),
    commands.RecordBankComparison(20261120, "ab" * 32, ((-3, 700, -1), (0, 5, 4), (1, 0, 100))),
    commands.ResolveBankBreak(7, "carried", "BANK-7"),
    commands.UseRiskReserve(1, 500, "reversal"),
    commands.RecoverRiskReserve(1, 500, "paid in"),
    commands.FundRiskReserve(500, "BANK-8"),
]

SUPERVISION_ACTS: list[commands.AnyAct] = [
    commands.LinkAccounts((1,), "address", "one office"),
    commands.UnlinkAccounts(1, "another office"),
    commands.StrikeCreditRecord("U-2025-K01", "court order 12"),
    commands.Restrict(1, 31, "Art. 30"),
    commands.Restrict(1, 6, "Art. 30", 20261123, 20261130, 20261127, "registry", "bureau", 3),
    commands.LiftRestriction(1, 6),
    commands.LiftRestriction(1, 6, 2),
    commands.ReviewRestriction(2, 20261201),
    commands.ReviewRestriction(2, 0),
    commands.OpenCase(1, "quick cancels", ("M-7",)),
    commands.AddCaseStep(3, "report", "explain", 20261125),
    commands.AddCaseStep(3, "note", "seen"),
    commands.CloseCase(3, "settled", "explained"),
    commands.OrderReduction(1, "CQEA", 500, 20261125, "BJ 4.5.2", 3),
    commands.PublishReport("2026-Q4", '{"kind":"monitor"}'),
    commands.RecordDispatch("bureau", "2026-11", "渝碳〔2026〕3号", "0" * 64),
    commands.RecordDispatch("matter", "N-2026-11-20-1", "渝碳〔2026〕4号"),
]


PARTICIPANT_ACTS: list[commands.AnyAct] = [
    commands.AdmitParticipant(7, "91500000MA5U0BCX42", "水泥厂", "重庆市"),
    commands.AmendParticipant(7, "91500000MA5U0BCX42", "水泥厂"),
    commands.Qualify(7, "suitability", 20260105),
    commands.Qualify(7, "assets", 20260105, 20261231, 10_000_000),
    commands.Disqualify(7, "suitability", "Art. 16"),
    commands.SuspendParticipant(7, "Art. 30"),
    commands.ReinstateParticipant(7, "lifted"),
    commands.AppointUser("cement-wu", 7, "吴", "P-0001", ("view", "cancel")),
    commands.RegisterKey("k", public_of("k"), (1,), ("view",), "cement-wu"),
    commands.RemoveUser("cement-wu", "left"),
    commands.BanPerson("P-0001", "吴", "CN-R Art. 7"),
    commands.LiftBan("P-0001", "left the bureau"),
    commands.Associate(1, 2, 5_100, 20260105, "annual report"),
    commands.Associate(1, 2, 10_000, 20260105, "annual report", 20261231),
    commands.Dissociate(3, 20260630, "sold"),
    commands.EngageKillSwitch("market"),
    commands.EngageKillSwitch("account", account=1, basis="why"),
    commands.EngageKillSwitch("instrument", instrument=1),
    commands.EngageKillSwitch("participant", participant=7),
    commands.ReleaseKillSwitch(3),
    commands.ExitToNationalMarket(1, 20270331, 2026),
    commands.CloseAccount(1),
]

AUTHORITY = Authority("Chongqing CA")
IDENTITY_ACTS: list[commands.AnyAct] = [
    commands.TrustAuthority("cqca", "认证", "CA", "重庆市", 20260101, 20301231, "1号", der(AUTHORITY.certificate)),
    commands.DistrustAuthority("cqca", "2号"),
    commands.RevokeCertificates("cqca", ("1f", "a2"), "CRL 7"),
    commands.RevokeKey("k"),
    commands.RegisterKey("k", public_of("k"), (1,)),
    commands.RegisterKey(
        "k",
        public_of("k"),
        (1,),
        expires_day=20271231,
        networks=("10.0.0.0/8",),
        certificate=der(AUTHORITY.issue(key_of("k").public_key())),
    ),
]
TRADE = commands.TradeFacts(20261120, 3, "continuous", 1, 4_000, 10, 40_000, 1, 5, 40, 1, 6, 0, True)
REMEDY_ACTS: list[commands.AnyAct] = [
    commands.DecideStatementObjection(1, True, "答复"),
    commands.DecideStatementObjection(1, True, "答复", True),
    commands.VoidTrade(7, "明显错误", TRADE),
]


def directory() -> Directory:
    """Names of what the worked examples are about."""
    names = Directory()
    names.rulebook = parse(rulebook_text())
    names._add_account(1, "A001")
    names._add_instrument(1, SPOT, 1)
    names._add_auction(1, "2026-01")
    return names


def worked_examples() -> list[commands.AnyAct]:
    """Every act, at least once."""
    return [
        *REGISTRY_ACTS,
        *DAY_ACTS,
        *REMEDY_ACTS,
        *IDENTITY_ACTS,
        commands.OpenAccount("A001", 1, "企业", "institution"),
        commands.ListInstrument(SPOT, "CQEA", 2025, "配额", "allowance", 4000),
        commands.RegisterOperator("wu", "Wu", public_of("wu")),
        commands.AllocateUnits(1, 1, 100, "free", 2025),
        commands.DepositCash(1, 1234),
        commands.WithdrawCash(1, 1234),
        commands.SurrenderUnits(1, 1, 10, 2025, True),
        *SUPERVISION_ACTS,
        commands.OpenDay(20261120),
        commands.ChangePhase(4),
        commands.CloseDay(),
        commands.Halt(0),
        commands.Halt(1),
        commands.Resume(0),
        commands.AdoptRuleBook("[market]\n", 2, 20261124, ("渝环〔2026〕1号", "2")),
        commands.RetrySettlement(0),
        commands.RetrySettlement(5),
        commands.PublishBulletin(20261120, "ab" * 32),
        commands.CorrectBulletin("2026-W47", "渝环〔2026〕9号"),
        commands.PublishNotice("announcement", "公告", "Notice", "正文", "Text", 1_795_000_000_000_000_000, 1),
        commands.PublishNotice("risk_warning", "提示", "Warning", "正文", "Text"),
        commands.OpenBlockWindow(),
        commands.CloseBlockWindow(),
        commands.AdoptHolidays(notices.shipped()[-1]),
        commands.AnnounceClosure(20261123, 20261124, "渝交所〔2026〕9号"),
        notice(unit_account=1, cash_account=1, seller_fee_ppm=40_000),
        notice(unit_account=1, cash_account=1, direction="purchase", limit_ticks=4_500, buyer_fee_ppm=7),
        notice(
            unit_account=1,
            cash_account=1,
            direction="buy_back",
            budget_fen=1_234_500,
            bidders=(1,),
            opens_at_ns=10**18,
            closes_at_ns=2 * 10**18,
            limit_ticks=4_500,
            reserve_ticks=4_321,
            cap_tonnes=500,
            cap_bp=5_000,
            fee_ppm=7,
            closes_market=True,
            use_restricted=True,
            notice="渝环公告〔2026〕1号",
        ),
        commands.OpenAuction(1),
        commands.CloseAuction(1),
        commands.CancelAuction(1),
        commands.AnnounceOpening(20261128, "渝交所〔2026〕10号"),
        *PARTICIPANT_ACTS,
    ]


def test_every_act_of_the_engine_can_be_said_and_shown() -> None:
    names, examples = directory(), worked_examples()
    assert {type(act) for act in examples} == set(commands.AnyAct.__args__)
    for act in examples:
        name, fields = acts.show_act(act, names)
        assert acts.read_act(name, json.dumps(fields).encode(), names) == act
        assert acts.stored_act(json.loads(json.dumps(plain_act(act)))) == act  # as the audit trail keeps it
    with pytest.raises(acts.FieldRefused):
        acts.read_act("no_such_act", b"{}", names)
    with pytest.raises(msgspec.ValidationError):
        acts.read_act("restrict", b'{"account":"A001","scope":"all","basis":""}', names)


@pytest.mark.parametrize("form", acts.ACTS.values(), ids=acts.ACTS)
def test_what_may_be_left_out_of_an_act_has_a_value(form: acts.ActForm) -> None:
    needed = {field.name for field in msgspec.structs.fields(form.act) if field.required}
    assert not {field for field in needed if form.optional(field) and not acts.is_zero(form.act, field)}
