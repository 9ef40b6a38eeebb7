"""Integers to decimal strings, at the edge where documents are written."""


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 1234 -> "12.34"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole}.{rest:02d}"


def percent(part: int, whole: int) -> str:
    """part / whole in percent with two decimals, half away from zero; "0.00" where whole is 0."""
    if whole == 0:
        return "0.00"
    sign = "-" if (part < 0) != (whole < 0) and part != 0 else ""
    hundredths = (abs(part) * 20_000 + abs(whole)) // (2 * abs(whole))
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def iso_day(trading_day: int) -> str:
    """20230207 -> "2023-02-07"."""
    return f"{trading_day // 10_000:04d}-{trading_day // 100 % 100:02d}-{trading_day % 100:02d}"


def fixed(value: int, places: int) -> str:
    """A count of 1/10**places, not below zero, with as many decimals."""
    digits = f"{value:0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}"
