"""The two operators of an exchange that a browser test has started."""

from engine.core import commands
from engine.core.events import ActProposed, ActTaken
from yutan.compose import Exchange


async def act(exchange: Exchange, *acts: commands.AnyAct) -> None:
    """The first proposes each act, and the second approves what takes two."""
    for wanted in acts:
        (told, *_) = await exchange.sequencer.submit(commands.Propose(1, "test", "", wanted))
        if isinstance(told, ActProposed):
            (told, *_) = await exchange.sequencer.submit(commands.Approve(2, told.proposal, told.act_sha256))
        assert isinstance(told, ActTaken), told
