"""A year's allocation as operators type it: the plan, a file of it, the days to object, and what a unit and the public see."""

import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.yutan.kit import SECOND, answer, serving
from tests.yutan.test_cli import Desk
from tests.yutan.test_registry_commands import admit

YEAR = ("--year", "2026")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A founded market; not running."""
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    return Desk(data)


def approve(desk: Desk, proposed: Any) -> None:
    assert proposed["status"] == "pending"
    desk.operator("approve", proposed["proposal_id"], operator=SECOND)


def test_a_file_is_issued_whole_inside_the_plan_and_its_notice_starts_the_days_to_object(desk: Desk) -> None:
    file = desk.data / "allocations.csv"
    plan = ("plan", "set", *YEAR, "--document", "渝环〔2026〕5号")
    with serving(desk.data) as running:
        admit(desk)
        desk.operator("open-account", "GOV", "政府", "--category", "government", "--owner", "9")
        approve(desk, desk.operator(*plan, "--total", "1000", "--reserve", "100"))
        file.write_text("account,instrument,kind,tonnes\nK01,CQEA-25,free,5\nI01,CQEA-25,free,5\nZ9,X,gift,1.5\n")
        refused = desk.operator("import-allocations", str(file), *YEAR, code=65)
        assert [(row["line"], row["column"]) for row in refused["error"]["data"]["rows"]] == [
            (3, "account"), (4, "account"), (4, "instrument"), (4, "kind"), (4, "tonnes"),
        ]  # fmt: skip
        rows = "K01,CQEA-25,free,600\nK01,CQEA-25,preallocation,{}\nGOV,CQEA-25,reserve,100\n"
        file.write_text("account,instrument,kind,tonnes\n" + rows.format(301))
        above = desk.operator("import-allocations", str(file), *YEAR, code=60)["error"]
        assert (above["name"], above["data"]["limit"], above["data"]["actual"]) == (
            "ALLOCATION_PLAN_EXCEEDED",
            900,
            901,
        )
        assert desk.operator("pending") == []
        file.write_text("account,instrument,kind,tonnes\n" + rows.format(300))
        approve(desk, desk.operator("import-allocations", str(file), *YEAR, "--notified-on", "20261120"))
        [year] = desk.operator("plan", "show")[-1:]
        assert (year["year"], year["allocated"], year["reserved"]) == (2026, 900, 100)
        with urllib.request.urlopen(f"{running.http_url}/api/v1/key-units?year=2026") as public:
            shown = orjson.loads(public.read())
        assert (shown["plan"]["total"], shown["plan"]["document"]) == (1000, "渝环〔2026〕5号")
        # Friday 20 November 2026; seven working days on: Tuesday 1 December
        [mine] = desk.member("cement", "obligation", *YEAR)["years"]
        assert (mine["free_allocation"], mine["preallocated"], mine["allocation_objection_until"]) == (
            600, 300, "2026-12-01",
        )  # fmt: skip
        filed = ("objection", "file", "K01", *YEAR, "--subject", "allocation", "--filed-on")
        assert desk.operator(*filed, "20261202", code=60)["error"]["name"] == "OBJECTION_TOO_LATE"
        desk.both(*filed, "20261201")
        [review] = desk.operator("reviews")
        assert (review["account"], review["objection_until"], review["decide_by"]) == (
            "K01", "2026-12-01", "2026-12-15",
        )  # fmt: skip
        assert review["status"] == "filed"
        assert desk.operator("reconcile")["ok"] is True
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]
