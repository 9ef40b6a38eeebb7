"""`yutan key …`: a member's own key pair. The private half never leaves the file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from yutan import keys
from yutan.cli import session
from yutan.cli.options import Json, Who, as_member
from yutan.cli.output import EXIT_MISSING, fail, show
from yutan.cli.session import load_key

app = typer.Typer(no_args_is_help=True, help="One's own key pair (密钥).")

File = Annotated[Path, typer.Argument(help="The key's file, KEY-ID.pem: its stem is the key id.")]


@app.command("new")
def new_key(file: File, as_json: Json = False) -> None:
    """Make an Ed25519 key that only you can read, and print its public half for the operators (生成密钥)."""
    try:
        key = keys.create(file)
    except (keys.KeyFileError, OSError) as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)
    show(_told(file, keys.public_bytes(key)), as_json=as_json, title="key (密钥)")


@app.command("show")
def show_key(file: File, as_json: Json = False) -> None:
    """Print the public half of a key (公钥)."""
    show(_told(file, keys.public_bytes(load_key(file, as_json))), as_json=as_json, title="key (密钥)")


@app.command("list")
@as_member
def list_keys(who: Who) -> None:
    """List the keys that open one's accounts: last day, networks, certificate, and whether they are good today (密钥清单)."""
    session.member_asks(who, "keys (密钥)", lambda client: client.participants.own_keys())


@app.command()
@as_member
def revoke(
    who: Who,
    key_id: Annotated[str, typer.Argument(help="Key, such as wu-1 (密钥编号).")],
    note: Annotated[str, typer.Option("--note", help="Why; journaled (事由).")] = "",
) -> None:
    """Revoke a key at once (吊销密钥): one's own, or with the right `limits` anybody's of the participant."""
    session.member_asks(who, "revoked (已吊销)", lambda client: client.controls.revoke_key(key_id, note))


def _told(file: Path, public_key: bytes) -> dict[str, Any]:
    return {"key_id": file.stem, "file": str(file), "public_key": public_key.hex()}
