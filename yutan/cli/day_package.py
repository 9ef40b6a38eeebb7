"""`yutan operator day-package`: the regulator's package of a closed day (监管日报包), made on the exchange's machine."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from engine import disk
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import EXIT_DATA, fail, show


def register(app: typer.Typer) -> None:
    """Add the command to `yutan operator`."""
    app.command("day-package")(day_package)


def day_package(
    day: Annotated[int, typer.Argument(help="A trading day that has closed, yyyymmdd (交易日).")],
    file: Annotated[Path, typer.Argument(help="The archive to write, such as 20261123.zip (输出文件).")],
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Write the regulator's package of a day (监管日报包): orders, trades, holdings, states, alerts; signed."""
    from engine.journal.form import JournalError  # with the replay, which few commands need
    from yutan import day_package as package
    from yutan.keys import KeyFileError

    try:
        content = package.make(data, day)
        disk.write_file(file, content)
    except (package.NoPackage, JournalError, KeyFileError, OSError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    told = {"file": str(file), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    show(told, as_json=as_json, title="day package (监管日报包)")
