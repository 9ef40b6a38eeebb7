"""What others may read of kill switches and members' own limits: copies, as `engine.view` gives them out."""

from engine.core.admission import open_value
from engine.core.controls import NO_LIMITS as NO_LIMITS
from engine.core.controls import KillSwitch as KillSwitch
from engine.core.controls import OwnLimits as OwnLimits
from engine.core.controls import OwnProposal as OwnProposal
from engine.core.session_records import DeadMan, Session
from engine.core.state import State


class ControlsView:
    """Reads between two entries."""

    def __init__(self, state: State) -> None:
        self._state = state

    def kill_switches(self) -> list[KillSwitch]:
        """All that are in force, oldest first."""
        return list(self._state.controls.kills.values())

    def own_limits(self, account: int) -> tuple[OwnLimits, int]:
        """What the member has set for the account, and what is open there now, in fen."""
        limits = self._state.controls.limits.get(account, NO_LIMITS)
        return limits, open_value(self._state, self._state.held_account(account))

    def limits(self, account: int) -> OwnLimits:
        """What the member has set for the account, NO_LIMITS where it has set none."""
        return self._state.controls.limits.get(account, NO_LIMITS)

    def own_proposals(self) -> list[OwnProposal]:
        """What waits for a second user of a participant, oldest first."""
        return list(self._state.controls.proposals.values())

    def session(self, number: int) -> Session | None:
        """An open session that cancels on disconnect."""
        return self._state.sessions.get(number)

    def sessions(self) -> list[Session]:
        """All of them, oldest first."""
        return list(self._state.sessions.values())

    def dead_man(self, account: int) -> DeadMan | None:
        """An account's dead-man timer that has not fired."""
        found = self._state.dead_men.get(account)
        return None if found is None or found.is_fired else found

    def dead_men(self) -> list[DeadMan]:
        """All that have not fired."""
        return [found for found in self._state.dead_men.values() if not found.is_fired]
