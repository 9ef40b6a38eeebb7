"""The registry's commands, as an operator and a key emitter type them, against a real exchange."""

from pathlib import Path

import pytest

from tests.yutan.kit import SECOND, answer, serving
from tests.yutan.test_cli import Desk
from yutan import keys

YEAR = ("--year", "2025")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A founded market; not running."""
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    return Desk(data)


def admit(desk: Desk) -> None:
    """An allowance, a key emitter K01 with 1,000 t of it for free, and an institution."""
    desk.operator(
        "list-instrument", "CQEA-25", "--product", "CQEA", "--vintage", "2025", "--base-price", "40.00",
        "--name-zh", "配额", "--name-en", "Allowance",
    )  # fmt: skip
    desk.operator("open-account", "K01", "水泥厂", "--category", "key_emitter", "--owner", "1")
    desk.operator("open-account", "I01", "投资", "--category", "institution", "--owner", "2")
    key = desk.data / "keys" / "cement.pem"
    keys.create(key)
    desk.both("register-key", "cement", "--public-key", str(key), "--account", "K01")
    desk.both("allocate", "K01", "CQEA-25", "1000", "--kind", "free", *YEAR)


def test_a_file_of_emissions_is_imported_whole_or_refused_with_its_rows(desk: Desk) -> None:
    file = desk.data / "emissions.csv"
    with serving(desk.data):
        admit(desk)
        file.write_text("account,emissions_t,reported_on\nK01,900,2026-04-20\nI01,5,2026-04-20\nZ99,x,2026-04-31\n")
        refused = desk.operator("emissions", "import", str(file), *YEAR, code=65)
        assert [(row["line"], row["column"]) for row in refused["error"]["data"]["rows"]] == [
            (3, "account"),
            (4, "account"),
            (4, "emissions_t"),
            (4, "reported_on"),
        ]
        assert desk.operator("pending") == []
        [year] = desk.member("cement", "obligation")["years"]
        assert (year["emissions"], year["free_allocation"]) == (None, 1000)
        missing = desk.operator("emissions", "import", str(desk.data / "none.csv"), *YEAR, code=66)
        assert "none.csv" in missing["error"]["message"]

        file.write_text("account,emissions_t,reported_on\nK01,900,2026-04-20\n")
        proposed = desk.operator("emissions", "import", str(file), *YEAR, "--objection-until", "20260512")
        assert proposed["status"] == "pending"
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        [year] = desk.operator("obligation", "show", "K01", *YEAR)["years"]
        assert (year["obligation"], year["shortfall"], year["objection_until"]) == (900, 900, "2026-05-12")
        [short] = desk.operator("obligation", "short", *YEAR)
        assert (short["account"], short["surrendered"], short["shortfall"]) == ("K01", 0, 900)
        assert desk.operator("obligation", "short", "--year", "2026") == []

        short = desk.operator("surrender", "K01", "CQEA-25", "899", *YEAR, "--final", code=60)
        assert short["error"]["name"] == "OBLIGATION_NOT_MET"
        desk.both("surrender", "K01", "CQEA-25", "400", *YEAR)
        desk.both("surrender", "K01", "CQEA-25", "500", *YEAR, "--final")
        [year] = desk.member("cement", "obligation", *YEAR)["years"]
        assert (year["surrendered"], year["shortfall"], year["is_final"], year["retention_floor"]) == (900, 0, True, 0)
        assert desk.operator("reconcile")["ok"] is True


def test_units_are_pledged_released_given_and_canceled_by_commands(desk: Desk) -> None:
    with serving(desk.data):
        admit(desk)
        desk.both("preallocate", "K01", "CQEA-25", "70", "--year", "2026", "--objection-until", "20261201")
        filed = ("objection", "file", "K01", "--year", "2026", "--subject", "allocation", "--filed-on")
        assert desk.operator(*filed, "20261202", code=60)["error"]["name"] == "OBJECTION_TOO_LATE"
        desk.both(*filed, "20261130")
        decided = (
            "objection",
            "decide",
            "K01",
            "--year",
            "2026",
            "--subject",
            "allocation",
            "--decided-on",
            "20261208",
        )
        desk.both(*decided, "--upheld")
        [objection] = desk.operator("obligation", "show", "K01", "--year", "2026")["years"][0]["objections"]
        assert (objection["decide_by"], objection["upheld"]) == ("2026-12-14", True)
        desk.both("true-up", "K01", "CQEA-25", "80", "--year", "2026")
        why = ("--reason", "contract 7")
        desk.both("encumber", "K01", "CQEA-25", "300", "--kind", "pledge", "--beneficiary", "bank", *why)
        [row] = desk.operator("encumbrances", "--account", "K01")
        assert (row["encumbrance_id"], row["tonnes"], row["beneficiary"]) == ("N-1", 300, "bank")
        desk.both("release", "N-1", "100", *why)
        desk.both("enforce", "N-1", "200", "I01", *why)
        desk.both("transfer", "K01", "I01", "CQEA-25", "100", "--kind", "gift", *why)
        kept = desk.operator("cancel-units", "K01", "CQEA-25", "241", "--kind", "voluntary", *why, code=50)
        assert kept["error"]["name"] == "OBLIGATION_RESERVED"
        desk.both("cancel-units", "K01", "CQEA-25", "240", "--kind", "voluntary", *why)
        desk.settles("cement", 540)
        assert desk.operator("reconcile")["ok"] is True
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_an_account_is_merged_into_another_by_two_people(desk: Desk) -> None:
    with serving(desk.data):
        admit(desk)
        desk.operator("open-account", "K02", "钢厂", "--category", "key_emitter", "--owner", "3")
        desk.both("encumber", "K01", "CQEA-25", "300", "--kind", "pledge", "--reason", "contract 7")
        why = ("--reason", "合并", "--document", "渝环〔2026〕3号")
        refused = desk.operator("merge", "K01", "I01", *why, code=60)
        assert refused["error"]["name"] == "NOT_MERGEABLE"
        proposed = desk.operator("merge", "K01", "K02", *why)
        assert proposed["status"] == "pending"
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        rows = {row["account"]: row for row in desk.operator("accounts")}
        assert (rows["K01"]["successor"], rows["K01"]["retention_floor"]) == ("K02", 0)
        assert (rows["K02"]["successor"], rows["K02"]["retention_floor"]) == ("", 500)
        [row] = desk.operator("encumbrances", "--account", "K02")
        assert (row["encumbrance_id"], row["tonnes"]) == ("N-1", 300)
        [year] = desk.operator("obligation", "show", "K02", *YEAR)["years"]
        assert year["free_allocation"] == 1_000
        gone = desk.operator("allocate", "K01", "CQEA-25", "1", "--kind", "free", *YEAR, code=60)
        assert gone["error"]["name"] == "ACCOUNT_MERGED"
        assert desk.operator("reconcile")["ok"] is True
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_an_account_is_split_by_the_parts_of_a_file(desk: Desk) -> None:
    file = desk.data / "split.toml"
    why = ("--reason", "分立", "--document", "渝环〔2026〕4号")
    with serving(desk.data):
        admit(desk)
        desk.operator("open-account", "K02", "钢厂", "--category", "key_emitter", "--owner", "3")
        file.write_text("[[parts]\n")
        assert "split.toml" in desk.operator("split", "K01", str(file), *why, code=65)["error"]["message"]
        file.write_text("""
[[parts]]
account = "K02"
cash = "0.00"
units = [{ instrument = "CQEA-25", tonnes = 400 }]
years = [{ year = 2025, free_allocation = 401 }]
""")
        proposed = desk.operator("split", "K01", str(file), *why)
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        rows = {row["account"]: row for row in desk.operator("accounts")}
        assert (rows["K01"]["split_into"], rows["K01"]["retention_floor"]) == (["K02"], 300)
        assert rows["K02"]["retention_floor"] == 201
        assert [year["free_allocation"] for year in desk.operator("obligation", "show", "K02", *YEAR)["years"]] == [401]
        assert desk.operator("reconcile")["ok"] is True
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_a_unit_files_by_two_of_its_persons_and_the_registry_confirms(desk: Desk) -> None:
    file = desk.data / "emissions.csv"
    file.write_text("account,emissions_t,reported_on\nK01,900,2026-04-20\n")
    with serving(desk.data):
        admit(desk)
        proposed = desk.operator("emissions", "import", str(file), *YEAR)
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        desk.both("participant", "admit", "1", "水泥厂", "--identity", "k01")
        for user in ("wu", "xu"):
            rights = ("--right", "view", "--right", "file")
            desk.both("user", "appoint", user, user, "--participant", "1", "--identity", f"p-{user}", *rights)
            key = desk.data / "keys" / f"{user}.pem"
            keys.create(key)
            scopes = ("--scope", "view", "--scope", "file")
            desk.both("register-key", user, "--public-key", str(key), "--account", "K01", "--user", user, *scopes)
        assert desk.member("wu", "surrender", "file", "CQEA-25=x", *YEAR, code=2)["error"]
        first = desk.member("wu", "surrender", "file", "CQEA-25=400", *YEAR)["filing_id"]
        refused = desk.member("wu", "surrender", "confirm", first, code=20)["error"]
        assert refused["name"] == "SELF_APPROVAL"
        assert desk.member("xu", "surrender", "confirm", first)["status"] == "pending"
        [waiting] = desk.operator("filing", "list")
        assert (waiting["filing_id"], waiting["lines"]) == (first, [{"instrument": "CQEA-25", "quantity": 400}])
        desk.both("filing", "reject", first, "--reason", "wrong year")
        again = desk.member("xu", "surrender", "file", "CQEA-25=900", *YEAR, "--final")["filing_id"]
        desk.member("wu", "surrender", "confirm", again)
        desk.both("filing", "confirm", again)
        rows = desk.member("wu", "surrender", "list")
        assert [(row["status"], row["note"]) for row in rows] == [
            ("rejected", "wrong year"),
            ("confirmed", "surrender filing"),
        ]
        [year] = desk.member("cement", "obligation", *YEAR)["years"]
        assert (year["surrendered"], year["is_final"]) == (900, True)
        late = desk.member("wu", "surrender", "file", "CQEA-25=1", *YEAR, code=60)["error"]
        assert late["name"] == "COMPLIANCE_YEAR_CLOSED"
        assert desk.operator("reconcile")["ok"] is True
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]
