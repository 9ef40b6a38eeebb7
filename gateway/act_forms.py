"""The form of every act, made from the declared types of its fields and the words of `act_words` and `field_words`."""

from typing import Final

import msgspec
from msgspec import UnsetType, inspect

from engine.act_view import is_by_exchange, takes_two
from engine.core.rulebook import RuleBook
from gateway.protocol import act_words, acts, field_words, wire
from gateway.protocol.act_words import Said
from gateway.protocol.form_wire import ActFormRow, ActForms, FormChoice, FormDesk, FormField

LONG_TEXT: Final = 1_000  # characters; a text that may be longer gets more lines
_UNSET: Final = inspect.type_info(UnsetType)
_DAY: Final = inspect.type_info(wire.DayText)
_DECIMAL: Final = inspect.type_info(wire.Decimals)
_MONEY: Final = inspect.type_info(acts.Money)


def describe(rules: RuleBook) -> ActForms:
    """The forms under these rules."""
    rows = [_act(form, rules) for form in acts.ACTS.values()]
    order = list(act_words.DESKS)
    rows.sort(key=lambda row: order.index(row.desk))  # within a desk as the engine declares them
    choices = {name: _choices(values) for name, values in field_words.CHOICES.items()}
    choices["product"] = [FormChoice(code, code, code) for code in rules.products]
    named = sorted({name for each in rules.classes.values() for name in each.qualifications})
    choices["qualification"] = [
        FormChoice(name, said.zh, said.en)
        for name in named
        for said in (field_words.QUALIFICATIONS.get(name, Said(name, name.replace("_", " "))),)
    ]
    desks = [FormDesk(name, said.zh, said.en) for name, said in act_words.DESKS.items()]
    return ActForms(desks, rows, choices)


def _choices(values: dict[str, Said]) -> list[FormChoice]:
    return [FormChoice(value, said.zh, said.en) for value, said in values.items()]


def _act(form: acts.ActForm, rules: RuleBook) -> ActFormRow:
    words = act_words.ACTS[form.name]
    return ActFormRow(
        form.name,
        words.desk,
        words.zh,
        words.en,
        words.zh_help,
        words.en_help or (form.act.__doc__ or "").strip().splitlines()[0],
        takes_two(form.act, rules),
        is_by_exchange(form.act),
        [_field(part, part.name, form.name) for part in msgspec.structs.fields(form.params)],
    )


def _field(part: msgspec.structs.FieldInfo, path: str, act: str) -> FormField:
    """The field of a struct; one that has a default may be left out."""
    return _described(inspect.type_info(part.type), path, act, part.required)


def _described(kind: inspect.Type, path: str, act: str, is_required: bool) -> FormField:
    if isinstance(kind, inspect.UnionType):  # what may be left out
        (kind,) = [each for each in kind.types if each != _UNSET]
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    said = _said(field_words.FIELDS, path, act)
    choices = _looked_up(field_words.HOLDS, path, act)
    of = "" if f"{act}.{path}" in field_words.NEW_NAMES else _looked_up(field_words.NAMES, path, act)
    found = FormField(
        path.rsplit(".", 1)[-1], said.zh, said.en, "", is_required, said.hint_zh, said.hint_en, choices=choices, of=of
    )
    _shape(found, kind, path, act)
    return found


def _shape(found: FormField, kind: inspect.Type, path: str, act: str) -> None:
    """Fill in what follows from the type: the control, the bounds, what is inside."""
    if isinstance(kind, inspect.BoolType):
        found.control = "yes_no"
    elif isinstance(kind, inspect.IntType):
        found.control, found.low, found.high = "whole", kind.ge, kind.le
    elif isinstance(kind, inspect.DateTimeType):
        found.control = "time"
    elif isinstance(kind, inspect.StrType):
        found.control = _text_control(found, kind)
        found.low, found.high = kind.min_length, kind.max_length
    elif isinstance(kind, inspect.StructType):
        found.control = "record"
        found.columns = [_field(part, f"{path}.{part.name}", act) for part in msgspec.structs.fields(kind.cls)]
    elif isinstance(kind, inspect.TupleType):
        found.control, found.is_positional = "record", True
        found.columns = _columns(kind, path, act)
    else:
        assert isinstance(kind, inspect.ListType), f"{act}.{path}: no control for {kind}"
        _shape_list(found, kind, path, act)


def _text_control(found: FormField, kind: inspect.StrType) -> str:
    if found.choices:
        return "choice"
    if kind == _DAY:
        return "day"
    if kind in (_DECIMAL, _MONEY):
        return "decimal"
    return "long_text" if (kind.max_length or 0) > LONG_TEXT else "text"


def _shape_list(found: FormField, kind: inspect.ListType, path: str, act: str) -> None:
    found.low, found.high = kind.min_length, kind.max_length
    item = kind.item_type
    if found.choices:
        found.control = "choices"
    elif isinstance(item, inspect.TupleType):
        found.control, found.is_positional = "rows", True
        found.columns = _columns(item, path, act)
    elif isinstance(item, inspect.StructType):
        found.control = "rows"
        found.columns = [_field(part, f"{path}.{part.name}", act) for part in msgspec.structs.fields(item.cls)]
    else:
        found.control = "list"
        found.columns = [_described(item, path, act, True)]


def _columns(kind: inspect.TupleType, path: str, act: str) -> list[FormField]:
    names = field_words.COLUMNS[path]
    return [_described(item, f"{path}.{name}", act, True) for name, item in zip(names, kind.item_types, strict=True)]


def _said(table: dict[str, Said], path: str, act: str) -> Said:
    found = table.get(f"{act}.{path}") or table.get(path)
    assert found is not None, f"{act}.{path} has no name for people"
    return found


def _looked_up(table: dict[str, str], path: str, act: str) -> str:
    return table.get(f"{act}.{path}") or table.get(path) or ""
