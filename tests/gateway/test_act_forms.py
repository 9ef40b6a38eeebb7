"""Every act can be proposed by a form: each act and field has names, each choice is the engine's, each worked example fits."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core import (
    allocation,
    allocation_file,
    auction,
    auction_notices,
    bank,
    controls,
    disclosure_acts,
    holdings,
    membership,
    phases,
    rulebook,
    split,
    supervision,
)
from gateway import act_forms
from gateway.protocol import act_words, acts, field_words
from gateway.protocol.form_wire import ActForms, FormField
from tests.gateway.kit import SPOT, House
from tests.gateway.test_operator_door import directory, worked_examples
from yutan.client import Refused

FORMS = act_forms.describe(rulebook.parse(rulebook.shipped("chongqing")))
ENGINE = {
    "phase": phases.NAMES,
    "category": rulebook.CATEGORIES,
    "scope": acts.SCOPE_WORDS,
    "right": membership.RIGHTS,
    "unit_kind": allocation.UNIT_KINDS,
    "issue_kind": (*allocation.UNIT_KINDS, allocation_file.AHEAD),
    "cancel_kind": holdings.CANCEL_KINDS,
    "encumbrance_kind": holdings.ENCUMBRANCE_KINDS,
    "transfer_kind": holdings.TRANSFER_KINDS,
    "split_state": split.SPLIT_STATES,
    "remedy": bank.REMEDIES,
    "subject": allocation.SUBJECTS,
    "notice_category": disclosure_acts.NOTICE_CATEGORIES,
    "dispatch": disclosure_acts.DISPATCHES,
    "direction": auction.DIRECTIONS,
    "method": auction.METHODS,
    "tie": auction.TIES,
    "undersubscribed": auction.UNDERSUBSCRIBED,
    "bidder_category": auction_notices.BIDDER_CATEGORIES,
    "kill_kind": controls.KINDS,
    "link_kind": supervision.LINK_KINDS,
    "step": supervision.STEPS,
    "finding": supervision.FINDINGS,
}


def walk(fields: list[FormField], prefix: str = "") -> Iterator[tuple[str, FormField]]:
    for field in fields:
        yield prefix + field.name, field
        if field.control != "list":
            yield from walk(field.columns, f"{prefix}{field.name}.")


def test_every_act_has_words_and_every_word_an_act() -> None:
    assert set(act_words.ACTS) == set(acts.ACTS)
    assert {row.desk for row in FORMS.acts} == set(act_words.DESKS)
    assert [row.act for row in FORMS.acts if not (row.zh and row.en and row.help_zh and row.help_en)] == []


def test_every_field_has_words_and_every_word_a_field() -> None:
    paths = {(row.act, path) for row in FORMS.acts for path, _ in walk(row.fields)}
    for table in (field_words.FIELDS, field_words.HOLDS, field_words.NAMES):
        used = {f"{act}.{path}" if f"{act}.{path}" in table else path for act, path in paths}
        assert set(table) - used == set()
    assert {f"{act}.{path}" for act, path in paths} >= field_words.NEW_NAMES
    assert [path for act in FORMS.acts for path, field in walk(act.fields) if not (field.zh and field.en)] == []


def test_what_may_be_chosen_is_what_the_engine_takes() -> None:
    assert {name: tuple(words) for name, words in field_words.CHOICES.items()} == ENGINE
    held = {field.choices for act in FORMS.acts for _, field in walk(act.fields) if field.choices}
    assert held == set(FORMS.choices)
    assert [row.value for row in FORMS.choices["qualification"]] == sorted(field_words.QUALIFICATIONS)
    assert {row.value for row in FORMS.choices["product"]} >= {"CQEA"}


def fits(field: FormField, value: Any, forms: ActForms) -> bool:
    """Whether the field's control can hold the value."""
    known = {row.value for row in forms.choices.get(field.choices, [])}
    match field.control:
        case "whole":
            return type(value) is int and (field.low or 0) <= value <= (field.high or value)
        case "yes_no":
            return type(value) is bool
        case "choice":
            return value in known
        case "choices":
            return set(value) <= known
        case "record":
            return record_fits(field, value, forms)
        case "rows":
            return all(record_fits(field, row, forms) for row in value)
        case "list":
            return all(fits(field.columns[0], row, forms) for row in value)
    return isinstance(value, str) and len(value) <= (field.high or len(value))


def record_fits(field: FormField, value: Any, forms: ActForms) -> bool:
    if field.is_positional:
        return all(fits(column, held, forms) for column, held in zip(field.columns, value, strict=True))
    return fields_fit(field.columns, value, forms)


def fields_fit(fields: list[FormField], given: dict[str, Any], forms: ActForms) -> bool:
    known = {field.name: field for field in fields}
    needed = {field.name for field in fields if field.is_required}
    return needed <= set(given) <= set(known) and all(fits(known[name], value, forms) for name, value in given.items())


def test_every_worked_example_can_stand_in_its_form() -> None:
    forms = {row.act: row for row in FORMS.acts}
    names = directory()
    seen = set()
    for act in worked_examples():
        name, fields = acts.show_act(act, names)
        plain = json.loads(json.dumps(fields))
        assert fields_fit(forms[name].fields, plain, FORMS), f"{name} {plain}"
        seen.add(name)
    assert seen == set(forms)
    assert not fields_fit(forms["qualify"].fields, {"participant": 7, "kind": "tall", "from_day": "2026-01-05"}, FORMS)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    started = await House.start(tmp_path, two_person_acts=("DepositCash",))
    yield started
    await started.stop()


async def test_an_act_is_looked_at_before_it_is_proposed(house: House) -> None:
    async with house.operator("chen") as chen:
        before = house.sequencer.view.day().seq
        seen = await chen.console.check("deposit_cash", {"account": "A001", "amount": "12.34"})
        assert (seen.act, seen.takes_two) == ("deposit_cash", True)
        assert [(row.subject, row.label_en, row.after) for row in seen.rows] == [("A001", "Cash in", "+12.34")]
        assert not (await chen.console.check("halt", {"instrument": SPOT})).takes_two
        assert house.sequencer.view.day().seq == before  # nothing was done
        told = await chen.console.act_forms()
        by_name = {row.act: row for row in told.acts}
        assert (by_name["deposit_cash"].takes_two, by_name["halt"].takes_two) == (True, False)
        assert [row.act for row in told.acts if row.by_exchange] == ["record_reconciliation", "record_bank_comparison"]


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("deposit_cash", {"account": "A001"}, "INVALID_FIELD", "fields.amount"),
    ("deposit_cash", {"account": "Z9", "amount": "1.00"}, "UNKNOWN_ACCOUNT", "account"),
    ("open_account", {"code": "A001", "owner": 9, "name": "x", "category": "institution"}, "ALREADY_EXISTS", "code"),
    ("suspend_participant", {"participant": 99, "basis": "why"}, "UNKNOWN_PARTICIPANT", "participant"),
    ("withdraw_cash", {"account": "A001", "amount": "99999999.00"}, "INSUFFICIENT_CASH", "amount"),
    ("void_trade", {"trade_id": "T-99", "basis": "why"}, "UNKNOWN_TRADE", "fields.trade_id"),
    ("no_such_act", {}, "ACT_INVALID", "act"),
    (
        "record_reconciliation",
        {"trading_day": "2026-11-20", "at_seq": 1, "breaks": 0, "unsettled": 0, "statements": 0},
        "NOT_PERMITTED",
        "",
    ),
]


async def test_a_refusal_names_its_field(house: House) -> None:
    async with house.operator("chen") as chen:
        for act, fields, name, field in REFUSED:
            with pytest.raises(Refused) as refused:
                await chen.console.check(act, fields)
            assert (refused.value.name, refused.value.data.field) == (name, field)


async def test_judging_changes_nothing(house: House) -> None:
    names, view = directory(), house.sequencer.view
    before = view._market.dump()
    judged = []
    for act in worked_examples():
        name, fields = acts.show_act(act, names)
        read = acts.read_act(name, json.dumps(fields).encode(), names)
        judged.append(view.judge_act(1, read, view.day().at_ns).reason)
    assert view._market.dump() == before
    assert 0 in judged
    assert len(set(judged)) > 5
