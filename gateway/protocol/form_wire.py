"""How operators' acts are described to a form (提案表单), and an act that is looked at before it is proposed."""

from typing import Annotated

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from gateway.protocol.console_wire import EffectRow
from gateway.protocol.wire import NoParams, Params, Request


class OpsActForms(Request, tag="ops.act_forms", gc=False, kw_only=True):
    """Every act with its fields, as a form shows them: names in Chinese and English, kinds, bounds, what may be chosen."""

    params: NoParams | UnsetType = UNSET


class FormDesk(Struct, gc=False):
    """A group of acts."""

    desk: str
    zh: str
    en: str


class FormChoice(Struct, gc=False):
    """One value that a field may hold."""

    value: str
    zh: str
    en: str


class FormField(Struct, omit_defaults=True, gc=False):
    """One field of an act, or one column of its rows.

    control: text | long_text | decimal | whole | day | time | yes_no | choice | choices | list | rows | record. low and high:
    bounds of a whole number, of a text's length, of how many rows there may be. choices: a name in `ActForms.choices`. of: what
    it names, such as "account". columns: the fields of a record, of each row, or the one item of a list. is_positional: rows and
    records travel as arrays in the columns' order.
    """

    name: str
    zh: str
    en: str
    control: str
    is_required: bool = False
    hint_zh: str = ""
    hint_en: str = ""
    low: int | None = None
    high: int | None = None
    choices: str = ""
    of: str = ""
    columns: list["FormField"] = []
    is_positional: bool = False


class ActFormRow(Struct, gc=False):
    """One act. takes_two: whether the rules of today want a second person; by_exchange: no person may do it."""

    act: str
    desk: str
    zh: str
    en: str
    help_zh: str
    help_en: str
    takes_two: bool
    by_exchange: bool
    fields: list[FormField]


class ActForms(Struct, gc=False):
    """All acts, in the order of their desks; choices by name, those that the rules in force make among them."""

    desks: list[FormDesk]
    acts: list[ActFormRow]
    choices: dict[str, list[FormChoice]]


class OpsCheckParams(Params, gc=False):
    """An act and its fields, as `ops.act` takes them."""

    act: Annotated[str, Meta(max_length=64)]
    fields: Raw = field(default_factory=lambda: Raw(b"{}"))


class OpsCheck(Request, tag="ops.check", gc=False, kw_only=True):
    """Look at an act before proposing it: refused as it would be, or what it would change now. Nothing is journaled."""

    params: OpsCheckParams


class ActChecked(Struct, gc=False):
    """It would be taken as things stand. takes_two: it then waits for a second person. rows: as `ops.effect` tells them."""

    act: str
    takes_two: bool
    rows: list[EffectRow]


OpsFormRequest = OpsActForms | OpsCheck
