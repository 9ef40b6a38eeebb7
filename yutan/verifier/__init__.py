"""A second opinion on a data folder: reads the files as docs/journal.md and docs/verification.md describe them.

Nothing here imports the exchange (engine, gateway, settlement): what both share are the file formats alone, so a fault
of the exchange's code is not repeated by the code that looks for it. Start reading at `folder`.
"""
