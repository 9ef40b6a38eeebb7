"""A unit's own surrender filing (清缴申报): two of its persons file, the registry decides by an act."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.core.units import TONNES_MAX
from gateway.protocol.obligation_rows import FilingRow
from gateway.protocol.wire import Code, NoParams, Params, Request

FilingId = Annotated[str, Meta(pattern=r"^S-[1-9][0-9]{0,17}\Z")]


class LineParams(Params, gc=False):
    """Units of one instrument, in tonnes; 0 only in a final filing, which then confirms what was filed before."""

    instrument: Code
    quantity: Annotated[int, Meta(ge=0, le=TONNES_MAX)]


class SurrenderFileParams(Params, gc=False):
    """Allowances and offsets alike, each instrument once; `final`: this is all of the year."""

    year: Annotated[int, Meta(ge=2000, le=2999)]
    lines: Annotated[list[LineParams], Meta(min_length=1, max_length=32)]
    final: bool = False
    account: Code | UnsetType = UNSET


class SurrenderFile(Request, tag="surrender.file", gc=False, kw_only=True):
    """Begin a surrender filing; a second person of the unit confirms it. Needs a user's key with the right `file`."""

    params: SurrenderFileParams


class FilingNameParams(Params, gc=False):
    """One filing of the account."""

    filing_id: FilingId
    account: Code | UnsetType = UNSET


class SurrenderConfirm(Request, tag="surrender.confirm", gc=False, kw_only=True):
    """Confirm a filing of another person of the unit: its units wait for the registry's decision from now on."""

    params: FilingNameParams


class SurrenderWithdraw(Request, tag="surrender.withdraw", gc=False, kw_only=True):
    """Take a filing back that the registry has not decided; its units are free again."""

    params: FilingNameParams


class FilingStatus(Struct, gc=False):
    """What a filing is now: initiated | pending | withdrawn."""

    filing_id: str
    account: str
    year: int
    status: str


class OpsFilings(Request, tag="ops.filings", gc=False, kw_only=True):
    """Surrender filings of all units that wait for the second person or for the registry, oldest first."""

    params: NoParams | UnsetType = UNSET


OfUnits = SurrenderFile | SurrenderConfirm | SurrenderWithdraw

__all__ = ["FilingRow", "FilingStatus", "OfUnits", "OpsFilings"]
