"""`yutan operator trust …`: whose certificates count (电子认证机构信任列表), and which of them no longer do."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.protocol.identity_wire import SERIALS_MAX, AuthorityRow, RevokedRow
from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import Act, Desk, as_act, as_operator
from yutan.cli.output import EXIT_DATA, fail, show

app = typer.Typer(no_args_is_help=True, help="Trust list of certification authorities (电子认证机构信任列表).")

Authority = Annotated[str, typer.Argument(help="Id of the authority on the list (认证机构代码).")]
Basis = Annotated[str, typer.Option("--basis", help="Document it rests on, shown to all (依据文号).")]


@app.command("list")
@as_operator
def list_authorities(desk: Desk) -> None:
    """List the authorities whose certificates count, and those that were on the list (信任列表)."""
    session.operator_reads(desk, "trust list (信任列表)", _in_short)


async def _in_short(client: Any) -> list[dict[str, Any]]:
    rows: list[AuthorityRow] = await client.participants.trust_list()
    return [{name: getattr(row, name) for name in row.__struct_fields__ if name != "certificate"} for row in rows]


@app.command()
@as_act("mutual recognition of certificates")
def add(
    act: Act,
    authority: Authority,
    certificate: Annotated[Path, typer.Argument(help="The authority's own certificate, PEM (机构证书).")],
    name_zh: Annotated[str, typer.Option("--name-zh", help="Chinese name.")],
    name_en: Annotated[str, typer.Option("--name-en", help="English name.")],
    province: Annotated[str, typer.Option("--province", help="Province that recognises it (省市).")],
    first: Annotated[int, typer.Option("--from", help="First day, yyyymmdd (起始日).")],
    until: Annotated[int, typer.Option("--until", help="Last day, yyyymmdd (截止日).")],
    basis: Basis,
) -> None:
    """Put an authority on the list, or back on it (列入): from then on certificates that it issues count; takes two persons."""
    fields = {
        "authority": authority,
        "name_zh": name_zh,
        "name_en": name_en,
        "province": province,
        "from_day": day_text(first),
        "until_day": day_text(until),
        "basis": basis,
        "certificate": session.read_text(certificate, act.as_json),
    }
    session.act(act, "trust_authority", fields)


@app.command()
@as_act()
def remove(act: Act, authority: Authority, basis: Basis) -> None:
    """Take an authority off the list (移出): what its certificates have opened ends at once; takes two persons."""
    session.act(act, "distrust_authority", {"authority": authority, "basis": basis})


@app.command()
@as_act()
def revoke(
    act: Act,
    authority: Authority,
    serial: Annotated[list[str] | None, typer.Argument(help="Serial numbers, hex (证书序列号).")] = None,
    crl: Annotated[
        Path | None, typer.Option("--crl", help="The authority's revocation list, PEM or DER (吊销列表).")
    ] = None,
    basis: Annotated[str, typer.Option("--basis", help="Why; none: the number and hash of the list (依据).")] = "",
) -> None:
    """Record certificates as revoked (吊销证书), by number or from the authority's signed list; connections end at once."""
    if bool(serial) == (crl is not None):
        fail("name serial numbers, or a list by --crl", code=2, as_json=act.as_json)
    if crl is not None:
        found, basis = _from_list(act, authority, crl, basis)
    else:
        found = [number.lower().removeprefix("0x").replace(":", "").lstrip("0") for number in serial or []]
    if not found:
        show({"authority": authority, "revoked": 0}, as_json=act.as_json, title="nothing new (无新增)")
        return
    if len(found) <= SERIALS_MAX:
        session.act(act, "revoke_certificates", _revocation(authority, found, basis or act.reason))
        return
    for first in range(0, len(found), SERIALS_MAX):
        part = found[first : first + SERIALS_MAX]
        session.act_answer(act, "revoke_certificates", _revocation(authority, part, basis or act.reason))
    show({"authority": authority, "revoked": len(found)}, as_json=act.as_json, title="revoked (已吊销)")


def _revocation(authority: str, serials: list[str], basis: str) -> dict[str, Any]:
    return {"authority": authority, "serials": serials, "basis": basis}


def _from_list(act: Act, authority: str, crl: Path, basis: str) -> tuple[list[str], str]:
    """What a revocation list has that is not recorded, and what to call it; its signature is the authority's."""
    from yutan import revocations

    async def ask(client: Any) -> tuple[list[AuthorityRow], list[RevokedRow]]:
        return await client.participants.trust_list(), await client.participants.revoked(authority)

    listed, known = session.ask_operator(act.desk, ask)
    row = next(each for each in listed if each.authority == authority)
    try:
        found = revocations.read(crl, row.certificate)
    except revocations.RevocationListError as error:
        fail(str(error), code=EXIT_DATA, as_json=act.as_json)
    old = {each.serial for each in known}
    return [each for each in found.serials if each not in old], basis or found.name


@app.command("revoked")
@as_operator
def list_revoked(desk: Desk, authority: Authority) -> None:
    """List an authority's certificates that are recorded as revoked (已吊销证书)."""
    session.operator_reads(desk, "revoked (已吊销证书)", lambda client: client.participants.revoked(authority))
