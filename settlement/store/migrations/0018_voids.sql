-- Trades that were voided (撤销成交): a record of its own beside the trade, which stays as it was, and counter-postings of a kind
-- of their own. Statements that are told anew stand beside the first ones. SQLite cannot change a CHECK, so tables are made anew
-- with what they hold.

CREATE TABLE unit_postings_with_voids (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('trade', 'unlock', 'issue', 'surrender', 'cancel', 'encumber',
                                                  'release', 'transfer', 'true_up', 'void')),
    trade        INTEGER NOT NULL,
    instrument   INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    from_state   TEXT    NOT NULL CHECK (from_state IN ('available', 'locked', 'encumbered', 'preallocated',
                                                        'use_restricted')),
    to_account   INTEGER NOT NULL,
    to_state     TEXT    NOT NULL CHECK (to_state IN ('available', 'locked', 'encumbered', 'preallocated',
                                                      'use_restricted')),
    tonnes       INTEGER NOT NULL CHECK (tonnes > 0),
    CHECK (from_account <> to_account OR from_state <> to_state),
    CHECK ((kind IN ('trade', 'void')) = (trade > 0)),
    CHECK (kind <> 'trade' OR from_state = 'available'),
    CHECK (kind <> 'void' OR to_state = 'available')
) STRICT;
INSERT INTO unit_postings_with_voids SELECT * FROM unit_postings;
DROP TABLE unit_postings;
ALTER TABLE unit_postings_with_voids RENAME TO unit_postings;
CREATE TRIGGER unit_postings_stay BEFORE UPDATE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER unit_postings_last BEFORE DELETE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;

CREATE TABLE cash_postings_with_voids (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('payment', 'fee', 'deposit', 'withdrawal', 'transfer', 'void',
                                                  'fee_return')),
    trade        INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    to_account   INTEGER NOT NULL,
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    CHECK (from_account <> to_account),
    CHECK ((kind IN ('payment', 'fee', 'void', 'fee_return')) = (trade > 0))
) STRICT;
INSERT INTO cash_postings_with_voids SELECT * FROM cash_postings;
DROP TABLE cash_postings;
ALTER TABLE cash_postings_with_voids RENAME TO cash_postings;
CREATE TRIGGER cash_postings_stay BEFORE UPDATE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER cash_postings_last BEFORE DELETE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;

CREATE TABLE set_aside_with_voids (
    instruction INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('trade', 'surrender', 'withdrawal', 'cancel', 'encumber', 'release',
                                                 'transfer', 'true_up', 'void')),
    seq         INTEGER NOT NULL,
    trade       INTEGER NOT NULL,
    account     INTEGER NOT NULL,
    instrument  INTEGER NOT NULL,
    tonnes      INTEGER NOT NULL CHECK (tonnes >= 0),
    amount_fen  INTEGER NOT NULL CHECK (amount_fen >= 0),
    year        INTEGER NOT NULL,
    reason      INTEGER NOT NULL CHECK (reason > 0),
    detail      TEXT    NOT NULL,
    attempts    INTEGER NOT NULL CHECK (attempts > 0),
    lock_passed INTEGER NOT NULL CHECK (lock_passed IN (0, 1)),
    done_seq    INTEGER NOT NULL,
    from_state  TEXT    NOT NULL,
    to_account  INTEGER NOT NULL,
    to_state    TEXT    NOT NULL,
    bought_day  INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO set_aside_with_voids SELECT * FROM set_aside;
DROP TABLE set_aside;
ALTER TABLE set_aside_with_voids RENAME TO set_aside;
CREATE INDEX set_aside_open ON set_aside (instruction) WHERE done_seq = 0;
CREATE INDEX set_aside_trade ON set_aside (trade) WHERE trade > 0;

-- was_settled 0: the trade waited, so nothing had moved and nothing goes back. Refunds are of the fees.
CREATE TABLE voids (
    trade           INTEGER PRIMARY KEY REFERENCES trades,
    seq             INTEGER NOT NULL CHECK (seq > 0),
    at_ns           INTEGER NOT NULL,
    was_settled     INTEGER NOT NULL CHECK (was_settled IN (0, 1)),
    buy_refund_fen  INTEGER NOT NULL CHECK (buy_refund_fen >= 0),
    sell_refund_fen INTEGER NOT NULL CHECK (sell_refund_fen >= 0),
    basis           TEXT    NOT NULL CHECK (length(basis) > 0)
) STRICT;
CREATE TRIGGER voids_stay BEFORE UPDATE ON voids BEGIN SELECT RAISE(ABORT, 'a voided trade stays so'); END;
CREATE TRIGGER voids_last BEFORE DELETE ON voids BEGIN SELECT RAISE(ABORT, 'a voided trade stays so'); END;

-- Later versions of a closed day's statement; the first is in `statements`. supersedes: SHA-256 of the version before.
CREATE TABLE statement_corrections (
    account     INTEGER NOT NULL REFERENCES accounts,
    trading_day INTEGER NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 1),
    seq         INTEGER NOT NULL CHECK (seq > 0),
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    supersedes  TEXT    NOT NULL CHECK (length(supersedes) = 64),
    body        BLOB    NOT NULL,
    PRIMARY KEY (account, trading_day, version)
) STRICT;
CREATE TRIGGER statement_corrections_stay BEFORE UPDATE ON statement_corrections
BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER statement_corrections_last BEFORE DELETE ON statement_corrections
BEGIN SELECT RAISE(ABORT, 'statements are never deleted'); END;
