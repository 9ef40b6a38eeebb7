"""What the public can check without the data folder: a published bulletin, its signature, and published checkpoints.

A bulletin is proven where the exchange's key has signed its bytes, or where a signed checkpoint names its SHA-256 - its own or
that of a later bulletin that leads back to it by `previous_sha256`. Where checkpoints are there, their chain is checked too.
"""

import hashlib
from pathlib import Path
from typing import Any

import orjson

from yutan.verifier import checkpoints
from yutan.verifier.checkpoints import Published
from yutan.verifier.findings import CHECKPOINTS, DOCUMENTS, Report


def verify_bulletin(path: Path, key: str, published: Path | None, report: Report) -> int:
    """Check a bulletin; returns the seq of the close that it tells of. Raises OSError where a named file cannot be read."""
    body = path.read_bytes()
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        report.wrong(DOCUMENTS, path.name, "content", "a JSON object", error)
        return 0
    if not report.expect(DOCUMENTS, path.name, "format", "yutan-bulletin-1", _field(content, "format")):
        return 0
    _figures(path.name, content, report)
    found = _checkpoints(published or path.parent / checkpoints.FOLDER, key, report)
    keys = {key, *(each.checkpoint.next_public_key for each in found)}
    signature = path.with_suffix(".sig")
    is_signed = signature.exists() and _is_signed(path.name, body, signature, keys, report)
    named = {each.checkpoint.bulletin.sha256: each for each in found if each.checkpoint.bulletin}
    links = _later(path)
    sha256 = hashlib.sha256(body).hexdigest()
    while sha256 not in named and sha256 in links:
        sha256 = links[sha256]
    if sha256 in named:
        report.notes.append(
            f"checkpoint {named[sha256].checkpoint.number} names this bulletin, or a later one that follows it"
        )
    is_proven = is_signed or sha256 in named
    report.require(
        DOCUMENTS, path.name, "proof", is_proven, "a signature beside it, or a checkpoint that names it", "none"
    )
    return int(content["seq"])


def _checkpoints(folder: Path, key: str, report: Report) -> list[Published]:
    """The published checkpoints from the first one that the key signed, with their chain checked."""
    paths = sorted(folder.glob("[0-9]*.json")) if folder.is_dir() else []
    found = [each for path in paths if path.stem.isdigit() and (each := checkpoints.load(path, report)) is not None]
    while found and found[0].checkpoint.public_key != key:
        found.pop(0)
    if paths:
        report.require(CHECKPOINTS, folder.name, "key", bool(found), f"a checkpoint of the key {key}", "none")
    checkpoints.check_chain(found, key, report, is_from_first=False)
    return found


def _is_signed(name: str, body: bytes, signature: Path, keys: set[str], report: Report) -> bool:
    is_right = any(checkpoints.is_signed(body, signature.read_bytes(), key) for key in keys)
    return report.require(DOCUMENTS, name, "signature", is_right, "a signature by the key", signature.name)


def _later(path: Path) -> dict[str, str]:
    """Which bulletin follows which, by the other files beside it: SHA-256 of one -> SHA-256 of the next."""
    links = {}
    for other in path.parent.glob("*.json"):
        body = other.read_bytes()
        try:
            previous = _field(orjson.loads(body), "previous_sha256")
        except orjson.JSONDecodeError:
            continue
        if isinstance(previous, str):
            links[previous] = hashlib.sha256(body).hexdigest()
    return links


def _figures(name: str, content: dict[str, Any], report: Report) -> None:
    """The bulletin's own sums: listed trading by method, and the total over all instruments."""
    total = [0, 0, 0]
    for row in content["instruments"]:
        listed = row["listed"]
        parts = [_numbers(listed[method]) for method in ("opening_call", "continuous", "closing_call")]
        report.expect(
            DOCUMENTS, name, f"{row['code']} listed", [sum(part) for part in zip(*parts, strict=True)], _numbers(listed)
        )
        for part in (_numbers(listed), _numbers(row.get("block", {"tonnes": 0, "trades": 0, "turnover": "0.00"}))):
            total = [a + b for a, b in zip(total, part, strict=True)]
    report.expect(DOCUMENTS, name, "total", total, _numbers(content["total"]))


def _numbers(figures: dict[str, Any]) -> list[int]:
    return [figures["tonnes"], figures["trades"], int(figures["turnover"].replace(".", ""))]


def _field(content: Any, name: str) -> Any:
    return content.get(name) if isinstance(content, dict) else None
