-- Every movement of the risk reserve (风险准备金, E3.10) with its purpose; the money itself is in cash_postings.

CREATE TABLE reserve_movements (
    seq          INTEGER NOT NULL CHECK (seq > 0),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('contribution', 'use', 'recovery', 'funding')),
    from_account INTEGER NOT NULL,
    to_account   INTEGER NOT NULL,
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (seq, purpose)
) STRICT;
