"""The order rate: so many a second for a key and for a participant, cancels in a bucket of their own, off unless set."""

from pathlib import Path
from typing import Any

from engine.core.commands import PlaceOrder
from gateway.throttle import SECOND_NS, Bucket, Throttle
from tests.gateway.kit import House, RawPeer, order

PLACE = PlaceOrder(1, 1, 1, 4_000, 1, 0, "x")


def test_a_bucket_holds_a_seconds_worth_and_fills_again() -> None:
    bucket, now = Bucket(4), 1_000 * SECOND_NS
    assert [bucket.wait_ns(now) for _ in range(5)] == [0, 0, 0, 0, SECOND_NS // 4]
    assert bucket.wait_ns(now + SECOND_NS // 4 - 1) == 1
    assert bucket.wait_ns(now + SECOND_NS // 4) == 0
    assert bucket.left(now + SECOND_NS // 4) == 0
    assert bucket.left(now + SECOND_NS // 2) == 1
    later = now + 100 * SECOND_NS
    assert bucket.left(later) == 4
    assert [bucket.wait_ns(later) > 0 for _ in range(5)] == [False] * 4 + [True]


async def replies(peer: RawPeer, count: int) -> list[dict[str, Any]]:
    """The next so many answers, in whatever order they come: a refusal at the door overtakes what the engine answers."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        said = await peer.message()
        if "ch" not in said:
            found.append(said)
    return found


async def test_orders_above_the_rate_are_refused_and_cancels_are_not(tmp_path: Path) -> None:
    house = await House.start(tmp_path, key_orders_per_second_max=2)
    peer = await house.logged_in("a001")
    for number in range(40):  # in one write: far faster than two a second on any machine
        peer.send(
            {"id": number, "method": "order.place", "params": order(client_order_id=f"n-{number}", price="39.00")}
        )
    said = await replies(peer, 40)
    refused = [each["error"] for each in said if "error" in each]
    assert len(refused) > 20
    assert {(error["name"], error["data"]["retry"], error["data"]["limit"]) for error in refused} == {
        ("RATE_LIMITED", "after", 2)
    }
    assert all(error["data"]["retry_after_ms"] > 0 for error in refused)
    assert "error" not in await peer.ask("order.cancel_all")
    assert (await peer.ask("session.status"))["result"]["limits"]["key_orders_per_second_max"] == 2
    other = await house.logged_in("b001")
    assert "error" not in await other.ask("order.place", order())
    await house.stop()


async def test_two_keys_of_a_participant_share_its_rate_and_cancels_have_theirs(tmp_path: Path) -> None:
    house = await House.start(tmp_path, participant_orders_per_second_max=2, key_cancels_per_second_max=1)
    peers = [await house.logged_in("a001"), await house.logged_in("both")]
    for number in range(40):
        params = order(client_order_id=f"n-{number}", price="39.00", account="A001")
        peers[number % 2].send({"id": number, "method": "order.place", "params": params})
    said = await replies(peers[0], 20) + await replies(peers[1], 20)
    assert sum("error" in each for each in said) > 20
    for number in range(20):
        peers[0].send({"id": f"c{number}", "method": "order.cancel_all"})
    assert 0 < sum("error" in each for each in await replies(peers[0], 20)) < 20
    await house.stop()


async def test_each_reply_says_what_is_left(tmp_path: Path) -> None:
    house = await House.start(tmp_path, key_orders_per_second_max=1_000_000, key_cancels_per_second_max=50)
    peer = await house.raw()
    assert "limits" not in await peer.ask("time.get"), "nobody has logged in"
    assert (await peer.log_in("a001", house.settings.env))["limits"]["key_cancels"] == [50, 50]
    placed = await peer.ask("order.place", order(price="39.00"))
    assert placed["result"]["client_order_id"] == "o-1"
    assert placed["limits"]["key_orders"][1] == 1_000_000
    for number in range(60):  # in one write: faster than fifty a second on any machine
        peer.send({"id": number, "method": "order.cancel_all"})
    said = [each["limits"]["key_cancels"] for each in await replies(peer, 60)]
    assert {of for _, of in said} == {50}
    assert min(left for left, _ in said) < 5
    refused = await peer.ask("order.cancel", {"order_id": "O-1"})
    assert "error" in refused
    assert "limits" in refused
    visitor = await house.raw("market")
    assert "limits" not in await visitor.ask("time.get")
    await house.stop()


async def test_an_order_that_is_only_tested_is_refused_by_the_rate_and_takes_nothing_of_it(tmp_path: Path) -> None:
    house = await House.start(tmp_path, key_orders_per_second_max=1)
    peer = await house.logged_in("a001")
    for number in range(3):
        assert "error" not in await peer.ask("order.test", order(client_order_id=f"t-{number}"))
    for number in range(2):  # in one write: faster than one a second on any machine
        peer.send({"id": f"p-{number}", "method": "order.place", "params": order(client_order_id=f"o-{number}")})
        peer.send({"id": f"t-{number}", "method": "order.test", "params": order(client_order_id=f"t-{number}")})
    said = {each["id"]: each for each in await replies(peer, 4)}
    assert "error" not in said["p-0"]
    assert {said[name]["error"]["name"] for name in ("t-0", "p-1", "t-1")} == {"RATE_LIMITED"}
    assert said["t-0"]["error"]["data"]["limit"] == 1
    await house.stop()


async def test_without_limits_nothing_is_said_of_them(house: House) -> None:
    peer = await house.logged_in("a001")
    assert "limits" not in await peer.ask("order.place", order())
    assert "limits" not in await peer.ask("account.cash")


def test_of_several_participants_the_poorest_is_told() -> None:
    throttle, now = Throttle(0, 4, 0), 1_000 * SECOND_NS
    assert throttle.left("k", (1, 2), now) == {"participant_orders": [4, 4]}
    for _ in range(3):
        assert throttle.exceeded(PLACE, "k", 2, now) == 0
    assert throttle.left("k", (1, 2), now) == {"participant_orders": [1, 4]}
    assert throttle.left("k", (1,), now) == {"participant_orders": [4, 4]}
