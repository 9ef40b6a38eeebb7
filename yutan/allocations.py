"""A year's allocation through an operator's client: `client.allocations.plans()`, `.reviews()`."""

from msgspec import UNSET

from gateway.protocol import allocation_wire
from yutan.blocks import Asks


class Allocations:
    """Allocation plans, and requests for review with their deadlines."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def plans(self) -> list[allocation_wire.AllocationPlanRow]:
        """Each year's plan and what counts against it."""
        return await self._ask(allocation_wire.OpsAllocationPlans, UNSET, list[allocation_wire.AllocationPlanRow])

    async def reviews(self) -> list[allocation_wire.ReviewRow]:
        """Deadlines and requests for review of all accounts."""
        return await self._ask(allocation_wire.OpsReviews, UNSET, list[allocation_wire.ReviewRow])
