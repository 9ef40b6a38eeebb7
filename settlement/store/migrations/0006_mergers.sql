-- Mergers (合并): an account's units and cash go to its successor, units in the state they are in. SQLite cannot change a
-- CHECK, so cash_postings is made anew with what it holds.

ALTER TABLE accounts ADD COLUMN successor INTEGER NOT NULL DEFAULT 0;

-- bought_day: of locked units that go to a successor, the number of the day on which they were bought; else 0.
ALTER TABLE set_aside ADD COLUMN bought_day INTEGER NOT NULL DEFAULT 0;

CREATE TABLE cash_postings_with_transfers (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('payment', 'fee', 'deposit', 'withdrawal', 'transfer')),
    trade        INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    to_account   INTEGER NOT NULL,
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    CHECK (from_account <> to_account),
    CHECK ((kind IN ('payment', 'fee')) = (trade > 0))
) STRICT;
INSERT INTO cash_postings_with_transfers SELECT * FROM cash_postings;
DROP TABLE cash_postings;
ALTER TABLE cash_postings_with_transfers RENAME TO cash_postings;
CREATE TRIGGER cash_postings_stay BEFORE UPDATE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER cash_postings_last BEFORE DELETE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
