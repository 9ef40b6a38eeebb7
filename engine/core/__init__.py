"""The pure heart of the exchange: commands in, events out.

Nothing here reads a clock, a file, a socket or a random number, uses a float, or iterates a set whose order could
matter. Read in this order: `commands`, `events`, `reasons`, `book`, `state`, `admission`, `trading`, `acts`, `day`,
`market`. `dump` writes the state as canonical bytes; `audit` checks every invariant the slow way.
"""
