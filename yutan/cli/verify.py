"""`yutan verify, rotate-key`: check an exchange, or what it has published, and change the key that signs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from engine.clock import wall_ns
from settlement.store import StoreRefused
from yutan import checkpoints, keys
from yutan import verify as verification
from yutan.cli.options import Json
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, console, emit_json, fail, show

PublicKey = Annotated[
    str, typer.Option("--key", help="The exchange's public key: 64 hex digits, or a file that holds them (交易所公钥).")
]


def verify(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Data folder of a stopped exchange.")] = None,
    bulletin: Annotated[
        Path | None, typer.Option("--bulletin", help="A published bulletin instead of a data folder (公报文件).")
    ] = None,
    package: Annotated[
        Path | None, typer.Option("--day-package", help="A regulator's package of a day instead (监管日报包).")
    ] = None,
    key: PublicKey = "",
    published: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints", help="Published checkpoints, a folder; with DIR also one of them, a file (检查点)."
        ),
    ] = None,
    replay: Annotated[
        bool, typer.Option(help="Also replay the journal and audit the registry with the exchange's own code (重放).")
    ] = True,
    as_json: Json = False,
) -> None:
    """Check a stopped exchange, a published bulletin or a day's package (核验). The exit code tells the kind of finding."""
    if sum(named is not None for named in (folder, bulletin, package)) != 1:
        raise typer.BadParameter("name one of a data folder, --bulletin FILE and --day-package FILE")
    try:
        trusted = verification.public_key(key)
        if bulletin is not None:
            verified = verification.verify_bulletin(bulletin, trusted, published)
        elif package is not None:
            verified = verification.verify_package(package, trusted)
        else:
            assert folder is not None, "one of the three is named"
            verified = verification.verify(folder, trusted, published, is_replayed=replay)
    except verification.VerifyError as error:
        is_missing = isinstance(error, verification.NothingThere)
        fail(str(error), code=EXIT_MISSING if is_missing else EXIT_DATA, as_json=as_json)
    if as_json:
        emit_json({**verified._asdict(), "findings": [finding._asdict() for finding in verified.findings]})
    else:
        title = "NOT as it must be (核验不通过)" if verified.findings else "verified (核验通过)"
        total = len(verified.findings) + verified.findings_left_out
        show({**verified._asdict(), "findings": total}, as_json=False, title=title)
        for finding in verified.findings:
            console(stderr=True).print(str(finding), style="red", markup=False)
    if verified.findings:
        raise typer.Exit(verified.exit_code)


def rotate_key(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Data folder of a stopped exchange.")],
    as_json: Json = False,
) -> None:
    """Change the exchange's signing key (更换签名密钥): the old key signs a checkpoint that names the new one."""
    try:
        signed = asyncio.run(checkpoints.seal(folder, wall_ns(), is_rotation=True))
    except (StoreRefused, keys.KeyFileError, OSError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    if signed is None:
        fail(f"{folder}: there is nothing to sign yet; run the exchange once", code=EXIT_DATA, as_json=as_json)
    said = signed.checkpoint
    told = {
        "checkpoint": said.number,
        "sha256": signed.sha256,
        "old_key": said.public_key,
        "new_key": said.next_public_key,
    }
    show(told, as_json=as_json, title="key changed (密钥已更换)")
