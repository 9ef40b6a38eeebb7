"""An advert on the public board from the command line (意向申报)."""

import urllib.request

import orjson
import pytest

from tests.yutan.kit import serving
from tests.yutan.test_cli import Desk, desk

__all__ = ["desk"]  # the fixture: a founded market with a buyer and a seller, in continuous trading


@pytest.mark.usefixtures("desk")
def test_an_advert_is_posted_read_and_taken_down(desk: Desk) -> None:
    with serving(desk.data) as running:
        words = ("intention", "post", "sell", "CQEA-25", "5000", "--price", "40.50", "--contact", "023-1")
        posted = desk.member("seller", *words)
        assert posted["status"] == "posted"
        with urllib.request.urlopen(f"{running.http_url}/api/v1/intentions") as public:
            [row] = orjson.loads(public.read())["intentions"]
        assert (row["intention_id"], row["price"], row["contact"]) == (posted["intention_id"], "40.50", "023-1")
        assert "name" not in row
        foreign = desk.member("buyer", "intention", "withdraw", posted["intention_id"], code=40)
        assert foreign["error"]["name"] == "UNKNOWN_INTENTION"
        desk.member("seller", "intention", "withdraw", posted["intention_id"])
        assert desk.member("seller", "orders") == []
