"""How the HTTP door presents itself."""

import msgspec

from gateway.addresses import NO_PROXIES, Proxies


class HttpSettings(msgspec.Struct, frozen=True):
    """`market_url`: where browsers find /ws/v1/market; "" means this page's own host at `market_port`.

    data_licence: what published data may be used under, an SPDX id; "" says nothing of it.
    """

    market_url: str = ""
    market_port: int = 9101
    environment: str = "demo"  # shown on every page, so that nobody takes a rehearsal for the market
    data_licence: str = ""
    contact: str = ""  # where one applies for an account; shown on /join
    requests_per_second_max: int = 0  # of one address; 0: no limit
    proxies: Proxies = NO_PROXIES  # whose word about a visitor's address is taken
    lag_entries_max: int = 100_000  # a follower further behind makes /health answer 503
