"""The two requests of a busy day, read straight from the frame's bytes: placing an order, and canceling one by client order id.

`read` knows only the plain spelling that programs write: nothing escaped, nothing beyond ASCII, no field twice, no field but
the ones below, every value within its bounds. At anything else it gives up and says nothing, and `codec` reads the frame in
the general way, which alone decides what is wrong with one. A property test holds both ways to the same result.

Worth while only compiled, where it takes a third of the general way's instructions (decision 7); as plain Python a byte costs
more than a field does there. So `codec` asks it only where it is compiled.
"""

from typing import Any, Final, final

from msgspec import UNSET
from mypy_extensions import i64, mypyc_attr

from engine.core.units import BUY, DAY, FOK, IOC, SELL, TONNES_MAX

_SPACE: Final = 0x20
_QUOTE: Final = 0x22
_COMMA: Final = 0x2C
_DASH: Final = 0x2D
_POINT: Final = 0x2E
_ZERO: Final = 0x30
_NINE: Final = 0x39
_BACKSLASH: Final = 0x5C
_UNDERSCORE: Final = 0x5F
_OPEN: Final = 0x7B
_CLOSE: Final = 0x7D
_DELETE: Final = 0x7F
_A: Final = 0x61
_C: Final = 0x63
_I: Final = 0x69
_M: Final = 0x6D
_P: Final = 0x70
_Q: Final = 0x71
_S: Final = 0x73
_T: Final = 0x74
_DIGITS_MAX: Final = 15  # no request id of so many is above its bound, 2**53
_CHARACTERS_MAX: Final = 64  # of `wire.RequestId`, `wire.Code` and `wire.Decimals`
_ID_CHARACTERS_MAX: Final = 36  # of `wire.ClientOrderId`


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Place:
    """What `order.place` asks for, side and time in force as the engine's numbers. account: UNSET where none is named."""

    __slots__ = (
        "account",
        "client_order_id",
        "id",
        "instrument",
        "post_only",
        "price",
        "quantity",
        "side",
        "time_in_force",
    )

    def __init__(
        self,
        request_id: Any,
        account: Any,
        instrument: str,
        side: int,
        price: str,
        quantity: int,
        time_in_force: int,
        client_order_id: str,
        post_only: bool,
    ) -> None:
        self.id: Any = request_id
        self.account: Any = account
        self.instrument = instrument
        self.side = side
        self.price = price
        self.quantity = quantity
        self.time_in_force = time_in_force
        self.client_order_id = client_order_id
        self.post_only = post_only


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Cancel:
    """What `order.cancel` asks for by a client order id. account: UNSET where none is named."""

    __slots__ = ("account", "client_order_id", "id")

    def __init__(self, request_id: Any, account: Any, client_order_id: str) -> None:
        self.id: Any = request_id
        self.account: Any = account
        self.client_order_id = client_order_id


def read(frame: bytes) -> Place | Cancel | None:
    """The request in a frame; None where it is any other, or spelt in any other way."""
    draft = _Draft(frame)
    if not draft.takes(_OPEN):
        return None
    is_place = False
    is_cancel = False
    is_params_read = False
    while True:
        letter: i64 = draft.letter()
        if letter == _I:
            if not draft.takes_word(b'"id":') or draft.request_id is not None or not draft.takes_request_id():
                return None
        elif letter == _M:
            if not draft.takes_word(b'"method":') or is_place or is_cancel:
                return None
            is_place = draft.takes_word(b'"order.place"')
            is_cancel = not is_place and draft.takes_word(b'"order.cancel"')
            if not is_place and not is_cancel:
                return None
        elif letter == _P:
            if not draft.takes_word(b'"params":') or is_params_read or not draft.takes_params():
                return None
            is_params_read = True
        else:
            return None
        if draft.takes(_CLOSE):
            break
        if not draft.takes(_COMMA):
            return None
    if draft.at != draft.size or draft.request_id is None or not draft.client_order_id:
        return None
    account: Any = draft.account or UNSET
    if is_cancel:
        if draft.is_order_described:
            return None
        return Cancel(draft.request_id, account, draft.client_order_id)
    if not is_place or draft.side == 0 or draft.quantity == 0 or not draft.instrument or not draft.price:
        return None
    time_in_force: i64 = draft.time_in_force
    if time_in_force < 0:
        time_in_force = DAY
    return Place(
        draft.request_id,
        account,
        draft.instrument,
        draft.side,
        draft.price,
        draft.quantity,
        time_in_force,
        draft.client_order_id,
        False,
    )


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class _Draft:
    """A frame, how far it has been read, and what it has said so far. Each `takes_…` reads something and says whether it was there."""

    __slots__ = (
        "account",
        "at",
        "characters",
        "client_order_id",
        "frame",
        "instrument",
        "is_order_described",
        "price",
        "quantity",
        "request_id",
        "side",
        "size",
        "time_in_force",
    )

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.characters = frame.decode("latin-1")  # once, and each text is a piece of it; `text` takes only ASCII
        self.size: i64 = len(frame)
        self.at: i64 = 0
        self.request_id: Any = None
        self.account = ""
        self.instrument = ""
        self.side: i64 = 0
        self.price = ""
        self.quantity: i64 = 0
        self.time_in_force: i64 = -1
        self.client_order_id = ""
        self.is_order_described = False

    def takes_params(self) -> bool:
        """The params of either request, each field at most once."""
        if not self.takes(_OPEN):
            return False
        while True:
            letter: i64 = self.letter()
            if letter == _A:
                if not self.takes_word(b'"account":') or self.account:
                    return False
                self.account = self.text()
                if not self.account:
                    return False
            elif letter == _C:
                if not self.takes_word(b'"client_order_id":') or self.client_order_id:
                    return False
                self.client_order_id = self.client_id()
                if not self.client_order_id:
                    return False
            elif self.takes_field_of_order(letter):
                self.is_order_described = True
            else:
                return False
            if self.takes(_CLOSE):
                return True
            if not self.takes(_COMMA):
                return False

    def takes_field_of_order(self, letter: i64) -> bool:
        """A field that only a new order has, whose name begins with this letter."""
        if letter == _I:
            if not self.takes_word(b'"instrument":') or self.instrument:
                return False
            self.instrument = self.text()
            return self.instrument != ""
        if letter == _S:
            if not self.takes_word(b'"side":') or self.side != 0:
                return False
            if self.takes_word(b'"buy"'):
                self.side = BUY
            elif self.takes_word(b'"sell"'):
                self.side = SELL
            return self.side != 0
        if letter == _P:
            if not self.takes_word(b'"price":') or self.price:
                return False
            self.price = self.text()
            return self.price != ""
        if letter == _Q:
            if not self.takes_word(b'"quantity":') or self.quantity != 0:
                return False
            tonnes: i64 = self.number()
            self.quantity = tonnes
            return 0 < tonnes <= TONNES_MAX
        if letter == _T:
            if not self.takes_word(b'"time_in_force":') or self.time_in_force >= 0:
                return False
            if self.takes_word(b'"day"'):
                self.time_in_force = DAY
            elif self.takes_word(b'"ioc"'):
                self.time_in_force = IOC
            elif self.takes_word(b'"fok"'):
                self.time_in_force = FOK
            return self.time_in_force >= 0
        return False

    def takes_request_id(self) -> bool:
        """A request's id: digits, or a text."""
        number: i64 = self.number()
        if number >= 0:
            self.request_id = number
            return True
        text = self.text()
        if text:
            self.request_id = text
            return True
        return False

    def letter(self) -> i64:
        """With what the name that stands here begins: a name that is looked for one by one is found after four others."""
        at: i64 = self.at + 1
        return self.frame[at] if at < self.size else 0

    def takes(self, mark: i64) -> bool:
        """This byte, and the spaces behind it."""
        if self.at >= self.size or self.frame[self.at] != mark:
            return False
        self.at += 1
        self.skip_spaces()
        return True

    def takes_word(self, word: bytes) -> bool:
        """These bytes, and the spaces behind them."""
        frame = self.frame
        begin: i64 = self.at
        count: i64 = len(word)
        if begin + count > self.size:
            return False
        place: i64 = 0
        while place < count:
            if frame[begin + place] != word[place]:
                return False
            place += 1
        self.at = begin + count
        self.skip_spaces()
        return True

    def skip_spaces(self) -> None:
        """Other white space than this one no program writes."""
        while self.at < self.size and self.frame[self.at] == _SPACE:
            self.at += 1

    def number(self) -> i64:
        """A whole number from 0, without sign or leading zero; -1 where none stands here."""
        frame = self.frame
        begin: i64 = self.at
        end: i64 = begin
        value: i64 = 0
        while end < self.size:
            digit: i64 = frame[end]
            if digit < _ZERO or digit > _NINE:
                break
            value = value * 10 + (digit - _ZERO)
            end += 1
            if end - begin > _DIGITS_MAX:
                return -1
        if end == begin or (end - begin > 1 and frame[begin] == _ZERO):
            return -1
        self.at = end
        self.skip_spaces()
        return value

    def text(self) -> str:
        """A text of printable ASCII without escapes; "" where none stands here, or one that is too long or empty."""
        frame = self.frame
        begin: i64 = self.at + 1
        if begin >= self.size or frame[begin - 1] != _QUOTE:
            return ""
        end: i64 = begin
        while end < self.size:
            character: i64 = frame[end]
            if character == _QUOTE:
                break
            if character < _SPACE or character >= _DELETE or character == _BACKSLASH:
                return ""
            end += 1
        if end == self.size or end - begin > _CHARACTERS_MAX:
            return ""
        self.at = end + 1
        self.skip_spaces()
        return self.characters[begin:end]

    def client_id(self) -> str:
        """A client order id; "" where none stands here."""
        frame = self.frame
        begin: i64 = self.at + 1
        if begin >= self.size or frame[begin - 1] != _QUOTE:
            return ""
        end: i64 = begin
        while end < self.size and is_plain(frame[end]):
            end += 1
        if end == self.size or frame[end] != _QUOTE or end - begin > _ID_CHARACTERS_MAX:
            return ""
        self.at = end + 1
        self.skip_spaces()
        return self.characters[begin:end]


def is_plain(character: i64) -> bool:
    """Whether a client order id may have this character: A-Z, a-z, 0-9, point, underscore and dash."""
    if character > _NINE:
        letter: i64 = character | _SPACE  # the small one
        return 0x61 <= letter <= 0x7A or character == _UNDERSCORE
    return character >= _ZERO or character == _POINT or character == _DASH
