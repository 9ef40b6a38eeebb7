"""Signed checkpoints and the exchange's public keys, so that anyone can check what was published (docs/verification.md)."""

from typing import Any, Final

from litestar import Response, get

from engine.core import reasons
from engine.title import CheckpointRow, Proofs
from gateway.http import queries
from gateway.http.replies import AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import sources_of
from gateway.protocol.times import time_text

ROWS_MAX: Final = 100
MAX_AGE_S: Final = 3600
SIGNATURE: Final = "application/octet-stream"


@get("/checkpoints", sync_to_thread=False)
def checkpoints(request: AnyRequest) -> Response[bytes]:
    """The newest checkpoints, newest first; those before number `before` with it."""
    proofs = _proofs(request)
    query = queries.read(request, queries.CheckpointsQuery)
    last = proofs.newest_number() if query.before is None else min(query.before - 1, proofs.newest_number())
    rows = [
        row for number in range(last, max(0, last - ROWS_MAX), -1) if (row := proofs.checkpoint(number)) is not None
    ]
    return json_reply(request, {"checkpoints": [_row(row) for row in rows]})


def _row(row: CheckpointRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": time_text(row.at_ns),
        "seq": row.seq,
        "chain": row.chain,
        "sha256": row.sha256,
        "json": f"/api/v1/checkpoints/{row.number:06d}.json",
        "sig": f"/api/v1/checkpoints/{row.number:06d}.sig",
    }


@get("/checkpoints/{name:str}", sync_to_thread=False)
def checkpoint(request: AnyRequest) -> Response[bytes]:
    """One checkpoint: `000001.json` (exactly the bytes that were signed) or `000001.sig` (the signature, 64 bytes)."""
    proofs = _proofs(request)
    queries.read(request, queries.NoQuery)
    stem, _, form = request.path_params["name"].rpartition(".")
    is_number = stem.isascii() and stem.isdigit() and len(stem) <= 18
    row = proofs.checkpoint(int(stem)) if is_number else None
    if row is None or form not in ("json", "sig") or stem != f"{row.number:06d}":
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "ask for 000001.json or 000001.sig")
    if form == "json":
        return bytes_reply(request, row.body, "application/json", MAX_AGE_S)
    return bytes_reply(request, row.signature, SIGNATURE, MAX_AGE_S)


@get("/keys", sync_to_thread=False)
def keys(request: AnyRequest) -> Response[bytes]:
    """The exchange's public keys (Ed25519, hex), oldest first; the last one signs what comes next."""
    proofs = _proofs(request)
    queries.read(request, queries.NoQuery)
    rows = [{"public_key": row.public_key, "first_checkpoint": row.first_checkpoint} for row in proofs.exchange_keys()]
    return json_reply(request, {"algorithm": "Ed25519", "keys": rows})


def _proofs(request: AnyRequest) -> Proofs:
    proofs = sources_of(request).proofs
    if proofs is None:
        raise Refused(reasons.UNKNOWN_DOCUMENT, detail="this exchange signs nothing")
    return proofs


HANDLERS = [checkpoints, checkpoint, keys]
