"""Serial numbers of offsets (序列号) at the operators' door: who holds which block, and what was surrendered or canceled."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import Code, Params, Request


class Holder(Params, gc=False):
    """Of one account; left out: all, with what was surrendered and canceled."""

    account: Code | UnsetType = UNSET


class OpsSerials(Request, tag="ops.serials", gc=False, kw_only=True):
    """Serial numbers of offsets by holder, lowest first; at most 10,000 blocks."""

    params: Holder | UnsetType = UNSET


class Serials(Struct, gc=False):
    """A block, both ends included. status: held | surrendered (for `year`) | canceled; project "": numbered by the registry."""

    instrument: str
    status: str
    account: str
    year: int
    project: str
    first_serial: int
    last_serial: int
    project_type: str
    methodology: str
    origin: str
    proof: str
    boundary: str
