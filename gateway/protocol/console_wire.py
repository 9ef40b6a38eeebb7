"""What people at the operators' door look at before they act: what a proposal would change, a file as it was read, a bulletin
before it is published, and the trades behind an alert."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from gateway.protocol.supervision_wire import AlertId
from gateway.protocol.wire import NoParams, Params, ProposalId, Reason, Request, Sha256, Text

FILE_PARTS_MAX: Final = 128
PART_BYTES_MAX: Final = 9_000  # in base64, with what stands around it, less than a frame
FileKind = Literal["allocations", "emissions", "bank", "rulebook"]
Period = Annotated[str, Meta(min_length=4, max_length=10, pattern=r"^[0-9W-]+\Z")]


# ---- what a proposal would change -----------------------------------------------------------------------


class OpsEffectParams(Params, gc=False):
    """The proposal that is looked at."""

    proposal_id: ProposalId


class OpsEffect(Request, tag="ops.effect", gc=False, kw_only=True):
    """What a pending proposal would change as things stand now; its hash can be named when approving."""

    params: OpsEffectParams


class EffectRow(Struct, gc=False):
    """One thing that would change. subject: an account, a rule, a year …; before and after as texts, "" for nothing."""

    subject: str
    label_zh: str
    label_en: str
    before: str
    after: str


class EffectView(Struct, gc=False):
    """No rows: the content of the proposal says everything. sha256: of the rows; another one means that things have changed."""

    proposal_id: str
    rows: list[EffectRow]
    sha256: str


# ---- files ----------------------------------------------------------------------------------------------


class OpsFilePartParams(Params, gc=False):
    """Part `part` of `parts`, from 1; a first part begins a new file. content: bytes in base64."""

    kind: FileKind
    part: Annotated[int, Meta(ge=1, le=FILE_PARTS_MAX)]
    parts: Annotated[int, Meta(ge=1, le=FILE_PARTS_MAX)]
    content: Annotated[bytes, Meta(max_length=PART_BYTES_MAX)]


class OpsFilePart(Request, tag="ops.file_part", gc=False, kw_only=True):
    """Hand over a file in parts. With the last one it is read whole: every wrong row is named, and nothing is done yet."""

    params: OpsFilePartParams


class FileFault(Struct, gc=False):
    """What is wrong with a row: its line (the header is 1; 0 = the whole file), the column ("" = the whole row) and why."""

    line: int
    column: str
    value: str
    problem: str


class FileReading(Struct, omit_defaults=True, gc=False):
    """is_read: all parts are here. sha256: the file's; rows: those that are right; faults: at most the first thousand."""

    kind: str
    is_read: bool = False
    sha256: str = ""
    rows: int = 0
    fault_count: int = 0
    faults: list[FileFault] = []


class OpsFileActParams(Params, gc=False):
    """The hash of the file as it was read, and the fields of its act that do not stand in it, such as `year`."""

    sha256: Sha256
    reason: Reason
    fields: Raw = field(default_factory=lambda: Raw(b"{}"))
    document: Text = ""


class OpsFileAct(Request, tag="ops.file_act", gc=False, kw_only=True):
    """Do or propose what the file lists that this operator handed over last: as `ops.act`, with the rows of the file."""

    params: OpsFileActParams


# ---- bulletins ------------------------------------------------------------------------------------------


class OpsBulletins(Request, tag="ops.bulletins", gc=False, kw_only=True):
    """All bulletins that were made, published or not, newest first."""

    params: NoParams | UnsetType = UNSET


class MadeBulletin(Struct, gc=False):
    """kind: day | week | month | year. trading_day: the last one that it covers."""

    kind: str
    period: str
    version: int
    trading_day: str
    sha256: str
    is_published: bool


class OpsBulletinParams(Params, gc=False):
    """One version of a period's bulletin."""

    period: Period
    version: Annotated[int, Meta(ge=1, le=9_999)] = 1


class OpsBulletin(Request, tag="ops.bulletin", gc=False, kw_only=True):
    """Look at a bulletin before it is published: exactly the bytes whose hash would be approved."""

    params: OpsBulletinParams


class BulletinText(Struct, gc=False):
    """body: the document as it stands, in UTF-8."""

    period: str
    version: int
    sha256: str
    body: str


class OpsSignBulletinParams(Params, gc=False):
    """The bulletin and the hash of what was looked at."""

    period: Period
    sha256: Sha256
    version: Annotated[int, Meta(ge=1, le=9_999)] = 1


class OpsSignBulletin(Request, tag="ops.sign_bulletin", gc=False, kw_only=True):
    """Have the exchange's key sign a bulletin that was looked at; refused where its bytes are others."""

    params: OpsSignBulletinParams


class BulletinSignature(Struct, gc=False):
    """Ed25519 over the bytes, and the key by which anyone can check it; both hex."""

    period: str
    version: int
    sha256: str
    signature: str
    public_key: str


# ---- evidence -------------------------------------------------------------------------------------------


class OpsEvidenceParams(Params, gc=False):
    """The alert."""

    alert_id: AlertId


class OpsEvidence(Request, tag="ops.evidence", gc=False, kw_only=True):
    """The trades that an alert names, as the registry has them, in the alert's order."""

    params: OpsEvidenceParams


class EvidenceRow(Struct, gc=False):
    """One trade. price and amount in CNY."""

    trade_id: str
    trading_day: str
    instrument: str
    price: str
    quantity: int
    amount: str
    buyer: str
    seller: str
    buy_order: str
    sell_order: str


OpsConsoleRequest = OpsEffect | OpsFilePart | OpsFileAct | OpsBulletins | OpsBulletin | OpsSignBulletin | OpsEvidence
