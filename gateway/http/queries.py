"""Query parameters of the REST twin, declared once; anything else in a query is refused by name."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from engine.core import reasons
from gateway.http.replies import AnyRequest, Refused
from gateway.protocol.times import day_number

Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
BAR_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "1d": 1440}


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class InstrumentQuery(msgspec.Struct, forbid_unknown_fields=True):
    """All instruments without `instrument`."""

    instrument: Code | None = None


class BookQuery(msgspec.Struct, forbid_unknown_fields=True):
    """levels 0: all."""

    instrument: Code
    levels: Annotated[int, Meta(ge=0, le=1000)] = 5


class CalendarQuery(msgspec.Struct, forbid_unknown_fields=True):
    """With `year`: that year's trading days one by one."""

    year: Annotated[int, Meta(ge=2000, le=2999)] | None = None


class BulletinsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Bulletins of one kind, or of all."""

    kind: Annotated[str, Meta(pattern="^(day|week|month|year|all)$")] = "day"


class CheckpointsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The newest ones, or those with a number below `before`."""

    before: Annotated[int, Meta(ge=1, le=10**12)] | None = None


class TradesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """One day's trades, oldest first, after `after`. Without `day`: the present trading day."""

    instrument: Code
    day: Day | None = None
    after: Annotated[str, Meta(pattern=r"^T-[0-9]{1,18}$")] = "T-0"
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 500


class BarsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Bars of the days `from` to `to`, both included. Without: the present trading day."""

    instrument: Code
    interval: Annotated[str, Meta(pattern="^(1m|5m|15m|1h|1d)$")] = "1m"
    day_from: Day | None = msgspec.field(name="from", default=None)
    day_to: Day | None = msgspec.field(name="to", default=None)


Query = TypeVar("Query", bound=msgspec.Struct)


def read(request: AnyRequest, form: type[Query]) -> Query:
    """The request's query as `form`. Raises `Refused`: UNKNOWN_FIELD or INVALID_FIELD."""
    given = request.query_params
    for name in given:
        if len(given.getall(name)) > 1:
            raise Refused(reasons.INVALID_FIELD, name, "given more than once")
    try:
        return msgspec.convert(dict(given), form, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        reason = reasons.UNKNOWN_FIELD if "unknown field" in text else reasons.INVALID_FIELD
        raise Refused(reason, detail=text) from error


def day_of(text: str | None, otherwise: int, field: str) -> int:
    """A day parameter as yyyymmdd. Raises `Refused` for a day that no calendar has."""
    if text is None:
        return otherwise
    try:
        return day_number(text)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, field, "no such day") from error
