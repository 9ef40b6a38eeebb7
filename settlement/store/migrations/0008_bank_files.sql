-- What the settlement bank says it holds (E1.8, E4.2), and each balance that differs from the ledger with its remedy.

CREATE TABLE bank_files (
    trading_day INTEGER NOT NULL,
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    total_fen INTEGER NOT NULL,
    breaks INTEGER NOT NULL CHECK (breaks >= 0),
    body BLOB NOT NULL -- {"balances": [[account, fen]], "breaks": [[account, ledger fen, bank fen]]}
) STRICT;

CREATE TABLE bank_breaks (
    break_number INTEGER PRIMARY KEY CHECK (break_number > 0),
    trading_day INTEGER NOT NULL,
    account INTEGER NOT NULL, -- below 0: the exchange's own, 0: the total
    ledger_fen INTEGER NOT NULL,
    bank_fen INTEGER NOT NULL CHECK (bank_fen <> ledger_fen),
    state TEXT NOT NULL CHECK (state IN ('open', 'explained', 'corrected', 'carried', 'superseded')),
    since_day INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    resolved_seq INTEGER NOT NULL,
    basis TEXT NOT NULL
) STRICT;
