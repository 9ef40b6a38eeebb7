"""What others may ask about operators' acts: whether one would be taken as things stand, and whether it takes two persons."""

from engine.core import acts
from engine.core.admission import Verdict
from engine.core.commands import AnyAct
from engine.core.rulebook import RuleBook
from engine.core.state import State


def judge_act(state: State, operator: int, act: AnyAct, at_ns: int) -> Verdict:
    """Why an operator's act would be refused if it came now, reason 0 where it would not be; changes nothing."""
    proposer = acts.judge_proposer(state, operator, type(act).__name__)
    return proposer if proposer.reason else acts.judge(state, act, at_ns)


def takes_two(act: type, rules: RuleBook) -> bool:
    """Whether an act waits for a second person under these rules."""
    return act.__name__ in rules.two_person_acts or act.__name__ in acts.ALWAYS_TWO_PERSON_ACTS


def is_by_exchange(act: type) -> bool:
    """Whether the exchange itself alone may do it, and no person."""
    return act.__name__ in acts.SYSTEM_ONLY_ACTS
