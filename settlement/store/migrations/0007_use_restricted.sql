-- Units sold by the government for the buyer's own surrender (仅限本单位清缴) are a state of their own. SQLite cannot change a
-- CHECK, so tables are made anew with what they hold.

CREATE TABLE unit_postings_with_use (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('trade', 'unlock', 'issue', 'surrender', 'cancel', 'encumber',
                                                  'release', 'transfer', 'true_up')),
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
    CHECK ((kind = 'trade') = (trade > 0)),
    CHECK (kind <> 'trade' OR from_state = 'available')
) STRICT;
INSERT INTO unit_postings_with_use SELECT * FROM unit_postings;
DROP TABLE unit_postings;
ALTER TABLE unit_postings_with_use RENAME TO unit_postings;
CREATE TRIGGER unit_postings_stay BEFORE UPDATE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER unit_postings_last BEFORE DELETE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;

CREATE TABLE unit_balances_with_use (
    account        INTEGER NOT NULL,
    instrument     INTEGER NOT NULL REFERENCES instruments,
    available      INTEGER NOT NULL,
    locked         INTEGER NOT NULL CHECK (locked >= 0),
    encumbered     INTEGER NOT NULL CHECK (encumbered >= 0),
    preallocated   INTEGER NOT NULL CHECK (preallocated >= 0),
    use_restricted INTEGER NOT NULL CHECK (use_restricted >= 0),
    PRIMARY KEY (account, instrument),
    CHECK (available >= 0 OR account = -1),
    CHECK (locked + encumbered + preallocated + use_restricted = 0 OR account > 0)
) STRICT, WITHOUT ROWID;
INSERT INTO unit_balances_with_use SELECT *, 0 FROM unit_balances;
DROP TABLE unit_balances;
ALTER TABLE unit_balances_with_use RENAME TO unit_balances;
