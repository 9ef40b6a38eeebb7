"""How often one address may ask over HTTP: a token bucket of one second's worth for each, 429 with Retry-After beyond.

Off (0) unless set: behind a proxy that is not a trusted one, all visitors have its address.
"""

import time
from collections import OrderedDict
from typing import Final

from engine.core import reasons
from gateway.http.replies import AnyRequest, Refused, address_of
from gateway.http.sources import Sources
from gateway.throttle import Bucket

ADDRESSES_MAX: Final = 10_000  # beyond, who has not asked for longest begins anew


class Rates:
    """The buckets of the addresses that asked last."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    async def check(self, request: AnyRequest) -> None:
        """Take one for this request. Raises `Refused` RATE_LIMITED where there is none left."""
        per_second = self._sources.settings.requests_per_second_max
        if not per_second:
            return
        address = address_of(request, self._sources.settings.proxies)
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(per_second)
            if len(self._buckets) > ADDRESSES_MAX:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
        if bucket.wait_ns(time.monotonic_ns()):
            raise Refused(reasons.RATE_LIMITED, detail=f"{per_second} a second")
