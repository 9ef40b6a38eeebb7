"""The engine owns the order of things: the command log, the books, holds, phases and the rule book; what traded with what.

It never opens a socket, never writes SQL about title, never rounds money by float and never reads the clock in its core.
Start reading at `engine.core`; then `sequencer` (the one task that owns the market), `journal`, `snapshot`, `recovery`.
"""

from engine import compiled

compiled.choose()
