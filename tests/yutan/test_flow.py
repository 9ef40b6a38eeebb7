"""The demo's members: repeatable by seed, plausible, and in need of an exchange that refuses."""

from collections import Counter

from engine.core.units import BUY, SELL
from yutan.flow import Cancel, FairPrice, Member, OpenOrder, Place, Replace, Sight, Wish, yuan
from yutan.population import LISTINGS, issues, participants, traders

SIGHT = Sight("CQEA-25", 4_005, 4_015, 3_609, 4_411, 10_000, 100_000_000_00, cancel_allowed=True)


def wishes(seed: str, category: str, count: int) -> list[Wish | None]:
    member, own, made = Member(seed, category), list[OpenOrder](), list[Wish | None]()
    for index in range(count):
        wish = member.wish(SIGHT, 4_010, own)
        made.append(wish)
        if isinstance(wish, Place):
            own.append(OpenOrder(str(index), wish.instrument, wish.side, 4_000, wish.tonnes, wish.tonnes))
        elif isinstance(wish, Cancel):
            own = [order for order in own if order.client_order_id != wish.client_order_id]
    return made


def test_the_same_seed_wishes_the_same() -> None:
    assert wishes("a", "institution", 200) == wishes("a", "institution", 200)
    assert wishes("a", "institution", 200) != wishes("b", "institution", 200)


def test_members_place_on_both_sides_cancel_replace_and_err() -> None:
    made = [wish for wish in wishes("seed", "institution", 4_000) if wish is not None]
    kinds = Counter(type(wish) for wish in made)
    placed = [wish for wish in made if isinstance(wish, Place)]
    assert kinds[Place] > 1_000
    assert kinds[Cancel] > 100
    assert kinds[Replace] > 10
    assert {wish.side for wish in placed} == {BUY, SELL}
    in_band = [wish for wish in placed if len(wish.price) == 5 and 3_609 <= int(wish.price.replace(".", "")) <= 4_411]
    assert 0.9 < len(in_band) / len(placed) < 1.0


def test_members_sell_no_more_than_they_have_but_for_mistakes() -> None:
    poor = SIGHT._replace(available_tonnes=3, free_fen=0)
    member = Member("poor", "individual")
    for _ in range(500):
        wish = member.wish(poor, 4_010, [])
        assert wish is None or isinstance(wish, Place)
        if isinstance(wish, Place) and wish.side == SELL and wish.tonnes < 50_000:
            assert wish.tonnes <= 10


def test_the_fair_price_returns_to_its_base_and_repeats_by_seed() -> None:
    first, second = FairPrice("s", 4_010), FairPrice("s", 4_010)
    walk = [first.at(second_of_day) for second_of_day in range(0, 20_000, 10)]
    assert walk == [second.at(second_of_day) for second_of_day in range(0, 20_000, 10)]
    assert len(set(walk)) > 20
    assert abs(sum(walk) / len(walk) - 4_010) < 100


def test_forty_participants_with_unique_codes_and_something_to_trade() -> None:
    people = participants()
    assert len(people) == 40
    assert len({person.code for person in people}) == len({person.key_id for person in people}) == 40
    assert {person.category for person in people} == {"government", "key_emitter", "institution", "individual"}
    holders = {issue.code for issue in issues()}
    assert {person.code for person in traders()} <= holders
    assert {issue.instrument for issue in issues()} == {listing.code for listing in LISTINGS}
    assert any(issue.kind == "free" for issue in issues())


def test_prices_are_written_with_two_decimals() -> None:
    assert [yuan(5), yuan(4_010), yuan(100)] == ["0.05", "40.10", "1.00"]
