"""Offsets by project and serial: each number once, and no unit surrenders what arose in its own boundary."""

import pytest
from msgspec.structs import replace

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from tests.testkit.build import Desk, hash_of, rulebook_text

OWN, BUYER, HEIR, ANYONE = 1, 2, 3, 4
ALLOWANCE, CCER = 1, 2
ISSUE = c.IssueOffsets(OWN, CCER, 100, "P-7", "林业", "AR-CM-001", "重庆", 1_001, "注销-9", OWN)


def desk() -> Desk:
    """Three key emitters with 10,000 t of verified emissions, 10 % offsets; nothing of the reductions is issued yet."""
    made = Desk(
        rulebook_text(
            {"CQEA": {}, "CCER": {"kind": "offset"}},
            {2025: {"offset_limit_bp": 1_000}},
            {"2025.CCER": {"limit_bp": 1_000}},
        )
    )
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 3_000),
        *(c.OpenAccount(f"K{number}", number, "", "key_emitter") for number in (OWN, BUYER, HEIR)),
        c.OpenAccount("I1", ANYONE, "", "institution"),
        c.ImportEmissions(2025, tuple((number, 10_000, 20260420) for number in (OWN, BUYER, HEIR)), 0, "ab" * 32),
    )
    return made


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    """Why an act is refused; the market is afterwards what it was before."""
    loaded = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market)
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def test_an_issue_says_where_it_comes_from() -> None:
    made = desk()
    assert made.act(ISSUE)[1:] == [
        e.OffsetsIssued(OWN, CCER, 100, "P-7", "林业", "AR-CM-001", "重庆", 1_001, "注销-9", OWN)
    ]
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"first_serial": 1_100}, ("SERIALS_TAKEN", 1_100, 1_100)),
        ({"first_serial": 902}, ("SERIALS_TAKEN", 1_100, 902)),
        ({"first_serial": 1_050, "tonnes": 1}, ("SERIALS_TAKEN", 1_100, 1_050)),
        ({"first_serial": 1_101, "boundary": BUYER}, ("ACT_INVALID", 1_000, 1)),
        ({"first_serial": 0, "project": "P-8"}, ("ACT_INVALID", 0, 0)),
        ({"tonnes": 0, "project": "P-8"}, ("ACT_INVALID", 0, 0)),
        ({"instrument": ALLOWANCE, "project": "P-8"}, ("ACT_INVALID", 0, 0)),
        ({"project": "P 8"}, ("ACT_INVALID", 0, 0)),
        ({"project": "P-8", "proof": ""}, ("ACT_INVALID", 0, 0)),
        ({"project": "P-8", "methodology": "x" * 201}, ("ACT_INVALID", 0, 0)),
        ({"instrument": 9}, ("UNKNOWN_INSTRUMENT", 0, 0)),
        ({"account": 9}, ("UNKNOWN_ACCOUNT", 0, 0)),
        ({"boundary": 9, "project": "P-8"}, ("UNKNOWN_ACCOUNT", 0, 0)),
    ],
)
def test_what_cannot_be_issued_is_refused(changes: dict[str, int | str], expected: tuple[str, int, int]) -> None:
    made = desk()
    made.act(ISSUE)
    assert why(made, replace(ISSUE, **changes)) == expected


def test_a_gap_between_two_issues_can_be_filled_to_the_last_number() -> None:
    made = desk()
    made.act(ISSUE, replace(ISSUE, first_serial=1_201), replace(ISSUE, first_serial=1_101))
    made.market.audit()
    assert made.market.state.issued[CCER] == 300


def test_nobody_surrenders_reductions_of_its_own_boundary() -> None:
    made = desk()
    made.act(ISSUE, replace(ISSUE, account=OWN, project="P-8", boundary=0, tonnes=30))
    assert why(made, c.SurrenderUnits(OWN, CCER, 31, 2025, False)) == ("OFFSET_OWN_BOUNDARY", 30, 31)
    [taken, _] = made.act(c.SurrenderUnits(OWN, CCER, 30, 2025, False))
    assert isinstance(taken, e.ActTaken)
    made.act(c.TransferUnits(OWN, BUYER, CCER, 100, "gift"))
    [taken, _] = made.act(c.SurrenderUnits(BUYER, CCER, 100, 2025, False))  # for anyone else they count
    assert isinstance(taken, e.ActTaken)
    made.market.audit()


def test_a_merger_takes_the_boundary_along() -> None:
    made = desk()
    made.act(ISSUE, replace(ISSUE, account=HEIR, project="P-8", boundary=0, tonnes=5))
    [proposed] = made.act(c.MergeAccounts(OWN, HEIR))
    assert isinstance(proposed, e.ActProposed)
    made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert why(made, c.SurrenderUnits(HEIR, CCER, 6, 2025, False)) == ("OFFSET_OWN_BOUNDARY", 5, 6)
    assert why(made, replace(ISSUE, account=HEIR, first_serial=1))[0] == "ACCOUNT_MERGED"
