"""The order rate: so many a second for a key and for a participant, cancels in a bucket of their own, off unless set."""

from pathlib import Path
from typing import Any

from gateway.throttle import SECOND_NS, Bucket
from tests.gateway.kit import House, RawPeer, order


def test_a_bucket_holds_a_seconds_worth_and_fills_again() -> None:
    bucket, now = Bucket(4), 1_000 * SECOND_NS
    assert [bucket.wait_ns(now) for _ in range(5)] == [0, 0, 0, 0, SECOND_NS // 4]
    assert bucket.wait_ns(now + SECOND_NS // 4 - 1) == 1
    assert bucket.wait_ns(now + SECOND_NS // 4) == 0
    later = now + 100 * SECOND_NS
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
