"""The words of the wire for the pages' scripts: one module, made from the table that the forms of acts are made from."""

from functools import cache
from typing import Final

import orjson
from litestar import Response, get

from gateway.http.replies import AnyRequest, bytes_reply
from gateway.protocol.acts import SCOPE_BITS
from gateway.protocol.settlement_words import SENTENCES
from gateway.protocol.terms import TERMS

_MAX_AGE_S: Final = 300  # as of the scripts beside it


@cache
def _module() -> bytes:
    words = {kind: {word: said[:2] for word, said in rows.items()} for kind, rows in TERMS.items()}
    held = {
        "TERMS": words,
        "SETTLEMENT": [(form, said.zh, said.en) for form, said in SENTENCES.items()],
        "SCOPE_BITS": SCOPE_BITS,
    }
    return b"".join(b"export const %s = %s;\n" % (name.encode(), orjson.dumps(value)) for name, value in held.items())


@get("/static/dictionary.js", sync_to_thread=False, include_in_schema=False)
def dictionary(request: AnyRequest) -> Response[bytes]:
    """`TERMS`: by kind and word, the Chinese and the English; `SETTLEMENT`: what settlement writes, and both again, in order."""
    return bytes_reply(request, _module(), "text/javascript; charset=utf-8", _MAX_AGE_S)
