"""Participants at the doors: refusals by class, what suspension and removal do to live connections, rights of keys."""

from pathlib import Path

import pytest

from engine.core import commands as c
from tests.gateway.kit import PRODUCTS, SPOT, House, public_of
from tests.testkit.build import rulebook_text
from yutan.client import Refused


async def test_an_unqualified_participant_is_refused_by_number_until_it_is_qualified(tmp_path: Path) -> None:
    classes = {"institution": {"qualifications": ["suitability"]}}
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS, classes=classes))
    async with house.operator("chen") as chen, house.member("a001") as a:
        await chen.act("admit_participant", {"participant": 1, "identity": "a-1", "name": "企业"}, "admission")
        with pytest.raises(Refused, match="NOT_QUALIFIED"):
            await a.place(SPOT, "buy", 1, "40.00")
        fields = {"participant": 1, "kind": "suitability", "from_day": "2026-01-05", "until_day": "2027-01-04"}
        await chen.act("qualify", fields, "test passed", "测评〔2026〕7号")
        assert (await a.place(SPOT, "buy", 1, "40.00")).account == "A001"
        [row] = await chen.participants.all()
        assert [(account.account, account.bars) for account in row.accounts] == [("A001", ["by_class"])]
        assert (row.qualifications[0].kind, row.qualifications[0].until_day) == ("suitability", "2027-01-04")
    await house.stop()


async def test_suspension_ends_the_participants_connections_and_refuses_new_ones(house: House) -> None:
    await house.act(c.AdmitParticipant(1, "a-1", "企业"))
    inside, both, other = [await house.logged_in(name) for name in ("a001", "both", "b001")]
    await house.act(c.SuspendParticipant(1, "CQ-M Art. 30"))
    assert await inside.closed() == 4003
    with pytest.raises(Refused, match="PARTICIPANT_SUSPENDED"):
        await house.member("a001").open()
    for peer in (both, other):  # whoever also acts for another stays
        assert (await peer.ask("session.status"))["result"]["state"] == "logged_in"
    await house.act(c.ReinstateParticipant(1, "lifted"))
    async with house.member("a001") as a:
        await a.ping()


async def test_a_removed_users_connections_end_at_once_and_their_colleagues_stay(house: House) -> None:
    await house.act(
        c.AdmitParticipant(1, "a-1", "企业"),
        c.AppointUser("wu", 1, "吴", "P-1", ("view", "trade")),
        c.AppointUser("he", 1, "何", "P-2", ("view", "trade")),
        c.RegisterKey("wu-1", public_of("wu-1"), (1,), ("view", "trade"), "wu"),
        c.RegisterKey("he-1", public_of("he-1"), (1,), ("view",), "he"),
    )
    gone, too, stays = [await house.logged_in(name) for name in ("wu-1", "wu-1", "he-1")]
    async with house.operator("chen") as chen:
        [row] = await chen.participants.all()
        assert [(user.user, user.rights, user.keys) for user in row.users] == [
            ("wu", ["view", "trade"], ["wu-1"]),
            ("he", ["view", "trade"], ["he-1"]),
        ]
        await chen.act("ban_person", {"identity": "P-1", "name": "吴", "basis": "CN-R Art. 7"}, "joined the bureau")
        assert [ban.identity for ban in await chen.participants.bans()] == ["P-1"]
    assert [await gone.closed(), await too.closed()] == [4003, 4003]
    assert (await stays.ask("session.status"))["result"]["state"] == "logged_in"
    with pytest.raises(Refused, match="KEY_REVOKED"):
        await house.member("wu-1").open()


async def test_a_key_that_may_only_cancel_cancels_and_does_nothing_else(house: House) -> None:
    await house.act(c.RegisterKey("brake", public_of("brake"), (1,), ("view", "cancel")))
    async with house.member("a001") as a, house.member("brake") as brake:
        placed = await a.place(SPOT, "sell", 10, "41.00")
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await brake.place(SPOT, "sell", 1, "41.00")
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await brake.replace(5, "41.00", order_id=placed.order_id)
        await brake.cancel(order_id=placed.order_id)
        await a.place(SPOT, "sell", 10, "41.00")
        await brake.cancel_all()
        assert await a.orders() == []
    async with house.member("eyes") as eyes:
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.cancel_all()
