"""Decimal strings <-> ticks and fen: plain decimals only, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import reasons
from engine.core.units import PRICE_TICKS_MAX
from gateway.protocol import prices


@pytest.mark.parametrize(
    ("text", "tick_fen", "ticks"),
    [("34", 1, 3400), ("34.0", 1, 3400), ("34.00", 1, 3400), ("34.000", 1, 3400), ("0.01", 1, 1), ("34.05", 5, 681)],
)
def test_a_plain_decimal_on_the_tick_is_a_price(text: str, tick_fen: int, ticks: int) -> None:
    assert prices.price_ticks(text, tick_fen) == ticks


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "+34", "034", "00", "00.5", ".5", "34.", "3e1", "3.4e1", "0x10", "NaN", "Infinity", "-Infinity", " 34", "34 ",
        "34.0\n", "3_4", "３４.００", "34,0", "34٫0", "٣٤", "3 4", "34.0.0", "1" * 30, "34\u200b", "−34", "--34", "true", "null",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(prices.NumberRefused) as refused:
        prices.price_ticks(text, 1)
    assert refused.value.reason == reasons.INVALID_FIELD


@pytest.mark.parametrize(
    ("text", "tick_fen"), [("34.005", 1), ("0", 1), ("0.00", 1), ("-34", 1), ("-0.01", 1), ("34.03", 5), ("0.001", 1)]
)
def test_a_price_off_the_tick_or_not_positive_is_refused(text: str, tick_fen: int) -> None:
    with pytest.raises(prices.NumberRefused) as refused:
        prices.price_ticks(text, tick_fen)
    assert refused.value.reason == reasons.PRICE_OFF_TICK


@given(st.integers(1, PRICE_TICKS_MAX), st.sampled_from([1, 5, 10, 100]))
def test_a_price_comes_back_as_it_went_out(ticks: int, tick_fen: int) -> None:
    assert prices.price_ticks(prices.price_text(ticks, tick_fen), tick_fen) == ticks


@given(st.integers(1, 9_000_000_000_000))
def test_an_amount_comes_back_as_it_went_out(fen: int) -> None:
    assert prices.amount_fen(prices.money_text(fen)) == fen


@given(st.text(max_size=12))
def test_no_text_does_anything_but_be_a_price_or_be_refused(text: str) -> None:
    try:
        ticks = prices.price_ticks(text, 1)
    except prices.NumberRefused:
        return
    assert text.isascii()
    assert 1 <= ticks <= PRICE_TICKS_MAX


def test_negative_money_keeps_its_sign() -> None:
    assert prices.money_text(-1) == "-0.01"
    assert prices.money_text(-12345) == "-123.45"


def test_an_average_has_four_places_and_is_rounded_down() -> None:
    assert prices.average_text(10_000, 3) == "33.3333"
    assert prices.average_text(4_000 * 60, 60) == "40.0000"
