"""The book used alone: its documented example, its faults, and that nothing dead stays in it."""

import random

import pytest

from engine.core.book import DEAD_LEVELS_SLACK, Book, Half
from engine.core.units import BUY, DAY, FOK, IOC, PRICE_TICKS_MAX, SELL, TONNES_MAX


def test_the_documented_example() -> None:
    book = Book()
    assert book.place(1, SELL, 5000, 10) == []
    [fill] = book.place(2, BUY, 5001, 4)
    assert repr(fill) == "Fill(maker=1, taker=2, 4 @ 5000)"
    assert (book.best_bid(), book.best_ask()) == (0, 5000)
    assert book.tonnes_at(SELL, 5000) == 6
    assert book.cancel(1) == 6
    assert (book.best_bid(), book.best_ask(), book.depth(SELL)) == (0, 0, [])


@pytest.mark.parametrize(
    ("side", "price", "tonnes"), [(0, 1, 1), (3, 1, 1), (BUY, 0, 1), (BUY, -1, 1), (SELL, 1, 0), (SELL, 1, -1)]
)
def test_nonsense_is_an_error(side: int, price: int, tonnes: int) -> None:
    with pytest.raises(ValueError, match=r"is|are"):
        Book().place(1, side, price, tonnes)


BEYOND = (2**31, 2**62, 2**63 - 1, 2**63, 2**64, 2**100, -(2**63), -(2**63) - 1)


@pytest.mark.parametrize("number", BEYOND)
def test_numbers_beyond_the_bounds_are_errors_and_change_nothing(number: int) -> None:
    book = Book()
    book.place(1, SELL, 5000, 10)
    for price, tonnes in ((number, 1), (5000, number), (number, number)):
        with pytest.raises((ValueError, TypeError)):
            book.place(2, BUY, price, tonnes)
        with pytest.raises((ValueError, TypeError)):
            book.replace(1, price, tonnes)
    with pytest.raises((ValueError, TypeError)):
        book.place(2, number, 5000, 1)
    assert (book.depth(SELL), book.depth(BUY), list(book.orders)) == ([(5000, 10, 1)], [], [1])


def test_the_bounds_themselves_are_taken() -> None:
    book = Book()
    for number in range(1, 11):
        book.place(number, SELL, PRICE_TICKS_MAX, TONNES_MAX)
    assert book.depth(SELL) == [(PRICE_TICKS_MAX, 10 * TONNES_MAX, 10)]
    assert [fill.tonnes for fill in book.place(11, BUY, PRICE_TICKS_MAX, TONNES_MAX)] == [TONNES_MAX]


def test_a_number_that_is_alive_cannot_be_used_again() -> None:
    book = Book()
    book.place(1, SELL, 5000, 10)
    with pytest.raises(ValueError, match="alive"):
        book.place(1, SELL, 5000, 10)
    book.cancel(1)
    book.place(1, SELL, 5000, 10)


def test_what_is_not_open_cannot_be_changed() -> None:
    book = Book()
    book.place(1, SELL, 5000, 10)
    book.place(2, BUY, 5000, 10)
    for number in (1, 2, 3):
        with pytest.raises(KeyError):
            book.cancel(number)
        with pytest.raises(KeyError):
            book.replace(number, 5000, 5)


def test_replacing_down_keeps_the_place_and_up_loses_it() -> None:
    book = Book()
    for number in (1, 2, 3):
        book.place(number, BUY, 5000, 10)
    book.replace(1, 5000, 5)
    book.replace(2, 5000, 11)
    assert [fill.maker.number for fill in book.place(9, SELL, 5000, 26)] == [1, 3, 2]


def test_replacing_below_what_is_filled_is_an_error() -> None:
    book = Book()
    book.place(1, SELL, 5000, 10)
    book.place(2, BUY, 5000, 4)
    with pytest.raises(ValueError, match="filled"):
        book.replace(1, 5000, 4)
    book.replace(1, 5000, 5)
    assert book.depth(SELL) == [(5000, 1, 1)]


def test_lives() -> None:
    book = Book()
    book.place(1, SELL, 5000, 10)
    assert book.place(2, BUY, 5000, 11, FOK) == []
    assert [fill.tonnes for fill in book.place(3, BUY, 5000, 6, FOK)] == [6]
    assert [fill.tonnes for fill in book.place(4, BUY, 5000, 6, IOC)] == [4]
    assert (book.best_bid(), book.best_ask()) == (0, 0)
    book.place(5, BUY, 5000, 6, DAY)
    assert book.best_bid() == 5000


def test_depth_is_best_first_and_as_deep_as_asked() -> None:
    book = Book()
    for number, price in enumerate((5003, 5001, 5002, 5001), 1):
        book.place(number, SELL, price, number)
        book.place(number + 10, BUY, price - 100, number)
    assert book.depth(SELL) == [(5001, 6, 2), (5002, 3, 1), (5003, 1, 1)]
    assert book.depth(BUY, 2) == [(4903, 1, 1), (4902, 3, 1)]


def size(half: Half) -> tuple[int, int, int]:
    """Live levels, levels in the dict, keys in the heap."""
    return len(half.sorted_levels()), len(half.levels), len(half.heap)


def test_a_storm_of_cancels_leaves_a_bounded_number_of_dead_levels() -> None:
    book = Book()
    dice = random.Random(1)
    book.place(1, BUY, 1_000_000, 1)  # the best level never empties, so that no dead one surfaces
    most_live = 1
    for number in range(2, 20_000):
        book.place(number, BUY, dice.randint(1, 900_000), 1)
        if number > 40:
            book.cancel(number - 39)
        live, held, heaped = size(book.bids)
        most_live = max(most_live, live)
        assert held == heaped <= live + max(DEAD_LEVELS_SLACK, live) + 1
    assert most_live <= 41


def test_eating_through_the_book_leaves_nothing_dead() -> None:
    book = Book()
    for number in range(1, 5_001):
        book.place(number, SELL, 10_000 + number, 1)
    for number in range(2, 5_001, 2):
        book.cancel(number)
    book.place(10_000, BUY, 20_000, 2_500)
    assert size(book.asks) == (0, 0, 0)
    assert book.orders == {}


def test_many_orders_at_one_price_are_served_in_turn() -> None:
    book = Book()
    for number in range(1, 30_001):
        book.place(number, SELL, 5000, 1)
    for number in range(1, 30_001, 3):
        book.cancel(number)
    served = [fill.maker.number for fill in book.place(99_999, BUY, 5000, 20_000)]
    assert served == [number for number in range(1, 30_001) if number % 3 != 1]
    assert size(book.asks) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_a_book_alone_agrees_with_a_list(seed: int) -> None:
    dice = random.Random(seed)
    book = Book()
    waiting: list[list[int]] = []  # number, side, price, left, in order of priority in time
    for number in range(1, 400):
        draw = dice.random()
        if draw < 0.3 and waiting:
            gone = dice.choice(waiting)
            waiting.remove(gone)
            assert book.cancel(gone[0]) == gone[3]
            continue
        side, price, tonnes = dice.choice((BUY, SELL)), dice.randint(95, 105), dice.randint(1, 9)
        fills = [(fill.maker.number, fill.price_ticks, fill.tonnes) for fill in book.place(number, side, price, tonnes)]
        expected: list[tuple[int, int, int]] = []
        while tonnes:
            crossing = [
                row for row in waiting if row[1] != side and (row[2] <= price if side == BUY else row[2] >= price)
            ]
            if not crossing:
                waiting.append([number, side, price, tonnes])
                break
            maker = min(crossing, key=lambda row: row[2] if side == BUY else -row[2])
            traded = min(tonnes, maker[3])
            expected.append((maker[0], maker[2], traded))
            tonnes -= traded
            maker[3] -= traded
            if not maker[3]:
                waiting.remove(maker)
        assert fills == expected
    for side in (BUY, SELL):
        prices = {row[2] for row in waiting if row[1] == side}
        assert {row[0]: row[1] for row in book.depth(side)} == {
            price: sum(row[3] for row in waiting if row[1] == side and row[2] == price) for price in prices
        }
