"""A member's program that passes `yutan conform`: it trades on through whatever goes wrong, and never doubts its orders.

    yutan conform -- python docs/examples/member_client.py

It finds the exchange in CONFORM_URL, CONFORM_KEY and so on; for another exchange set them yourself.
"""

import asyncio
import os
import ssl

from yutan.client import Client, ConnectionLost, Event, Refused

URL, ENV = os.environ["CONFORM_URL"], os.environ["CONFORM_ENV"]
KEY_ID, KEY = os.environ["CONFORM_KEY_ID"], os.environ["CONFORM_KEY"]
ACCOUNT, INSTRUMENT = os.environ["CONFORM_ACCOUNT"], os.environ["CONFORM_INSTRUMENT"]
CERTIFICATE, OWN_CERTIFICATE = (
    os.environ.get("CONFORM_CERTIFICATE", ""),
    os.environ.get("CONFORM_CLIENT_CERTIFICATE", ""),
)
PLACES = ("opening_call", "opening_call_no_cancel", "continuous", "closing_call")
RESTING_MAX = 5


class Member:
    """One buy order after the other; all but the last few are taken back."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.may_place = asyncio.Event()

    async def follow(self) -> None:
        """Read everything that comes; the library replays what was missed."""
        async for event in self.client.events():
            if isinstance(event, Event) and event.channel == "phase" and event.kind != "reset":
                (self.may_place.set if event.data["phase"] in PLACES else self.may_place.clear)()

    async def place(self, price: str) -> None:
        """Place one order: in doubt the same again under the same id, until its outcome is known."""
        name = self.client.next_client_order_id()
        while True:
            await self.may_place.wait()
            try:
                await self.client.place(INSTRUMENT, "buy", 10, price, client_order_id=name)
            except ConnectionLost:
                await self.client.wait_connected()
                continue
            except Refused as refused:
                if refused.retry == "after":
                    await asyncio.sleep((refused.data.retry_after_ms or 1_000) / 1000)
                elif refused.retry not in ("same_id", "phase"):
                    return
                continue
            return

    async def tidy(self) -> None:
        """Keep only the newest orders open."""
        try:
            for order in (await self.client.orders())[:-RESTING_MAX]:
                await self.client.cancel(order.order_id)
        except (ConnectionLost, Refused):
            await self.client.wait_connected()  # an order may have ended meanwhile; the next turn sees what is left


def tls() -> ssl.SSLContext | None:
    """How to speak with a door that has a certificate, and shows it one's own where it asks for that."""
    if not CERTIFICATE:
        return None
    context = ssl.create_default_context(cafile=CERTIFICATE)
    if OWN_CERTIFICATE:
        context.load_cert_chain(OWN_CERTIFICATE, KEY)
    return context


async def main() -> None:
    """Trade until told to stop."""
    async with Client.connect(URL, key_id=KEY_ID, private_key=KEY, env=ENV, reconnect=True, tls=tls()) as client:
        member = Member(client)
        follower = asyncio.create_task(member.follow())
        await client.subscribe("phase", f"exec.{ACCOUNT}", f"book.{INSTRUMENT}")
        number = 0
        while not follower.done():
            number += 1
            await member.place(f"39.{number % 90:02}")
            await member.tidy()
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
