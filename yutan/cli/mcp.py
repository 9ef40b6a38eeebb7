"""`yutan mcp`: what the market publishes, for programs that read for people."""

from typing import Annotated

import typer

from yutan.cli import public
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, fail
from yutan.cli.public import HttpUrl


def mcp(
    data: DataDir = DEFAULT_DATA,
    url: HttpUrl = "",
    key: Annotated[
        str, typer.Option("--key", help="The exchange's public key, 64 hex digits or a file; none: as it names itself.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Serve the disclosure, read-only, over the Model Context Protocol on stdin and stdout (信息披露只读接口)."""
    try:
        from yutan.plug.disclosure_mcp import Disclosure
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install 'yutan[mcp]'", code=EXIT_MISSING, as_json=as_json)
    from yutan import verify

    try:
        trusted = verify.public_key(key)
    except verify.VerifyError as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    where, tls = public.address(data, url, as_json=as_json)
    Disclosure(where, trusted, tls).server().run("stdio")
