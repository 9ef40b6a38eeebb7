"""PURE. Events to postings, checks, statements and bulletins: no I/O, no clock, no randomness, no floats."""
