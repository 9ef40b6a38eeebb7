"""How this process runs: addresses, disk, timetable, limits. The market's rules stand in the rule book instead.

Order of precedence: command-line flags, then `YUTAN_*` in the environment, then `DIR/yutan.toml`, then the defaults.
An unknown name or a wrong value stops the start and every fault is said at once. docs/operating.md has a row for each.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gateway.addresses import Header, proxies_of

FILE_NAME = "yutan.toml"
ENV_PREFIX = "YUTAN_"
NOT_SETTINGS = frozenset({"YUTAN_CRASHPOINT", "YUTAN_DATA", "YUTAN_PROVE", "YUTAN_PURE"})  # read elsewhere

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Rate = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one exchange process. A port of 0 takes any free one."""

    env: Annotated[str, msgspec.Meta(pattern="^(?!replay$)[a-z0-9-]{1,32}$")] = "local"  # a past day's own is replay
    host: str = "127.0.0.1"
    ws_port: Port = 9101
    http_port: Port = 9100
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    proxy_header: Header = "x-forwarded-for"
    contact: Annotated[str, msgspec.Meta(max_length=200)] = ""
    disk: Literal["auto", "inline", "thread"] = "auto"
    timetable: Literal["manual", "real", "compressed"] = "manual"
    compressed_day_seconds: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 600
    inbox_commands_max: Count = 65_536
    batch_commands_max: Count = 4_096
    snapshot_every: Count = 2_000_000
    settlement_backlog_max: Count = 200_000
    key_orders_per_second_max: Rate = 0
    participant_orders_per_second_max: Rate = 0
    key_cancels_per_second_max: Rate = 0
    http_requests_per_second_max: Rate = 0
    going_away_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    passkey_domain: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)*)?$", max_length=253)] = ""
    data_licence: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9.+-]{0,64}$")] = ""
    cancel_grace_ms: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 5_000
    tls_certificate: str = ""
    tls_key: str = ""
    tls_1_2: bool = False
    client_certificates: Literal["off", "ask", "require"] = "off"


class SettingsError(ValueError):
    """The settings are not usable; `faults` lists everything wrong, each with its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


FIELDS: tuple[str, ...] = Settings.__struct_fields__


def load(folder: Path, flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings for the exchange in `folder`; a flag that is None was not given. Raises SettingsError."""
    if not __debug__:
        raise SettingsError(["python -O removes the checks of invariants; start without -O"])
    faults: list[str] = []
    values: dict[str, Any] = {}
    for origin, given in (
        (FILE_NAME, _from_file(folder / FILE_NAME, faults)),
        ("environment", _from_environ(environ, faults)),
        ("flag", {name: value for name, value in flags.items() if value is not None}),
    ):
        for name, value in given.items():
            if name not in FIELDS:
                faults.append(f"{origin}: unknown setting {name!r}")
                continue
            try:
                msgspec.convert({name: value}, Settings, strict=origin != "environment")
            except msgspec.ValidationError as error:
                faults.append(f"{origin}: {name}: {error}")
            else:
                values[name] = value
    if faults:
        raise SettingsError(faults)
    settings = msgspec.convert(values, Settings, strict=False)
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise SettingsError(["tls_certificate and tls_key: one without the other"])
    if settings.client_certificates != "off" and not settings.tls_certificate:
        raise SettingsError(["client_certificates: asked for in TLS, and there is no tls_certificate"])
    try:
        proxies_of(settings.trusted_proxies, settings.proxy_header)
    except ValueError as error:
        raise SettingsError([f"trusted_proxies: {error}"]) from error
    return settings


def _from_file(path: Path, faults: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{path.name}: {error}")
        return {}


def _from_environ(environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key in sorted(environ):
        if not key.startswith(ENV_PREFIX) or key in NOT_SETTINGS:
            continue
        name = key.removeprefix(ENV_PREFIX).lower()
        if name not in FIELDS:
            faults.append(f"environment: unknown setting {key}")
        elif name in ("origins", "trusted_proxies"):
            given[name] = [part.strip() for part in environ[key].split(",") if part.strip()]
        else:
            given[name] = environ[key]
    return given
