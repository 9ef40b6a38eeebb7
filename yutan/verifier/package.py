"""The regulator's package of a day, checked by its own bytes: signature, each file's hash, the checkpoint, tables in both forms."""

import csv
import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import orjson

from yutan.verifier.checkpoints import is_signed
from yutan.verifier.findings import CHECKPOINTS, DOCUMENTS, Report

FORMAT: Final = "yutan-day-package-1"
BYTES_MAX: Final = 2**31  # of all files together, so that a crafted archive ends
_APART: Final = ("manifest.json", "manifest.sig")


def verify_package(path: Path, key: str, report: Report) -> int:
    """Check the archive by the exchange's public key; returns the seq behind the day. Raises OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = sum(info.file_size for info in archive.infolist())
            if not report.require(
                DOCUMENTS, path.name, "size", sizes <= BYTES_MAX, f"at most {BYTES_MAX} bytes", sizes
            ):
                return 0
            files = {name: archive.read(name) for name in archive.namelist()}
            manifest = orjson.loads(files["manifest.json"])
            signature = files["manifest.sig"]
            claims = {name: (row["bytes"], row["sha256"]) for name, row in manifest["files"].items()}
            said, rows, seq = manifest["checkpoint"], manifest["rows"], manifest["seq"]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, RuntimeError) as error:
        report.wrong(DOCUMENTS, path.name, "archive", "a package that can be unpacked, with its manifest", error)
        return 0
    report.expect(DOCUMENTS, path.name, "format", FORMAT, manifest.get("format"))
    is_right = is_signed(files["manifest.json"], signature, key)
    report.require(DOCUMENTS, path.name, "manifest.sig", is_right, f"a signature by the key {key}", "another")
    report.expect(DOCUMENTS, path.name, "names of files", sorted(claims), sorted(set(files) - set(_APART)))
    for name, claim in claims.items():
        if name in files:
            found = len(files[name]), hashlib.sha256(files[name]).hexdigest()
            report.expect(DOCUMENTS, name, "bytes and SHA-256", claim, found)
    if not report.findings:
        _check_checkpoint(files, said, seq, report)
        for name, count in rows.items():
            _check_table(name, count, files, report)
    return int(seq)


def _check_checkpoint(files: dict[str, bytes], said: dict[str, Any], seq: int, report: Report) -> None:
    """The checkpoint is the one that the manifest names, signed by its own key, and not before the day's close."""
    body = files["checkpoint.json"]
    checkpoint = orjson.loads(body)
    head = checkpoint["journal"]
    found = {
        "number": checkpoint["number"],
        "seq": head["seq"],
        "chain": head["chain"],
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    report.expect(CHECKPOINTS, "checkpoint.json", "what the manifest names", said, found)
    is_right = is_signed(body, files["checkpoint.sig"], checkpoint["public_key"])
    report.require(CHECKPOINTS, "checkpoint.json", "signature", is_right, "a signature by its key", "another")
    report.require(CHECKPOINTS, "checkpoint.json", "seq", head["seq"] >= seq, f"{seq} or later", head["seq"])


def _check_table(name: str, count: int, files: dict[str, bytes], report: Report) -> None:
    """Both forms of a table say the same."""
    rows = orjson.loads(files[f"{name}.json"])
    report.expect(DOCUMENTS, f"{name}.json", "rows", count, len(rows))
    text = files[f"{name}.csv"].decode("utf-8-sig")
    listed = list(csv.DictReader(io.StringIO(text, newline="")))
    plain = [{key: str(value) for key, value in row.items()} for row in rows]
    report.require(DOCUMENTS, f"{name}.csv", "rows", listed == plain, f"the rows of {name}.json", "others")
