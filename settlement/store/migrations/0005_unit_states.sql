-- Units are not only available or locked: encumbered (frozen, pledged, withdrawn to the registry account) and preallocated
-- (issued ahead of their true-up) are states of their own, and registry acts move units between states and accounts.
-- System account -5 gathers cancelled units (注销). SQLite cannot change a CHECK, so tables are made anew with what they hold.

CREATE TABLE unit_postings_by_state (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('trade', 'unlock', 'issue', 'surrender', 'cancel', 'encumber',
                                                  'release', 'transfer', 'true_up')),
    trade        INTEGER NOT NULL,
    instrument   INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    from_state   TEXT    NOT NULL CHECK (from_state IN ('available', 'locked', 'encumbered', 'preallocated')),
    to_account   INTEGER NOT NULL,
    to_state     TEXT    NOT NULL CHECK (to_state IN ('available', 'locked', 'encumbered', 'preallocated')),
    tonnes       INTEGER NOT NULL CHECK (tonnes > 0),
    CHECK (from_account <> to_account OR from_state <> to_state),
    CHECK ((kind = 'trade') = (trade > 0)),
    CHECK (kind <> 'trade' OR from_state = 'available')
) STRICT;
INSERT INTO unit_postings_by_state SELECT * FROM unit_postings;
DROP TABLE unit_postings;
ALTER TABLE unit_postings_by_state RENAME TO unit_postings;
CREATE TRIGGER unit_postings_stay BEFORE UPDATE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER unit_postings_last BEFORE DELETE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;

CREATE TABLE unit_balances_by_state (
    account      INTEGER NOT NULL,
    instrument   INTEGER NOT NULL REFERENCES instruments,
    available    INTEGER NOT NULL,
    locked       INTEGER NOT NULL CHECK (locked >= 0),
    encumbered   INTEGER NOT NULL CHECK (encumbered >= 0),
    preallocated INTEGER NOT NULL CHECK (preallocated >= 0),
    PRIMARY KEY (account, instrument),
    CHECK (available >= 0 OR account = -1),
    CHECK (locked + encumbered + preallocated = 0 OR account > 0)
) STRICT, WITHOUT ROWID;
INSERT INTO unit_balances_by_state SELECT account, instrument, available, locked, 0, 0 FROM unit_balances;
DROP TABLE unit_balances;
ALTER TABLE unit_balances_by_state RENAME TO unit_balances;

-- `number` is an encumbrance's, or 0; to_account the other side of a transfer, or 0.
CREATE TABLE registry_acts_of_all_kinds (
    seq        INTEGER NOT NULL,
    line       INTEGER NOT NULL,
    act        TEXT    NOT NULL CHECK (act IN ('issue', 'surrender', 'cancel', 'encumber', 'release', 'transfer',
                                               'preallocate', 'true_up')),
    account    INTEGER NOT NULL REFERENCES accounts,
    instrument INTEGER NOT NULL REFERENCES instruments,
    tonnes     INTEGER NOT NULL CHECK (tonnes >= 0),
    class      TEXT    NOT NULL,
    year       INTEGER NOT NULL,
    to_account INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;
INSERT INTO registry_acts_of_all_kinds SELECT *, 0, 0 FROM registry_acts;
DROP TABLE registry_acts;
ALTER TABLE registry_acts_of_all_kinds RENAME TO registry_acts;

-- Requests for review (复核) and their decisions; the row with the highest seq holds. Days are yyyymmdd, 0 for none.
CREATE TABLE objections (
    account  INTEGER NOT NULL REFERENCES accounts,
    year     INTEGER NOT NULL,
    subject  TEXT    NOT NULL CHECK (subject IN ('allocation', 'verification')),
    seq      INTEGER NOT NULL,
    event    TEXT    NOT NULL CHECK (event IN ('filed', 'decided')),
    day      INTEGER NOT NULL,
    decide_by INTEGER NOT NULL,
    upheld   INTEGER NOT NULL CHECK (upheld IN (0, 1)),
    PRIMARY KEY (account, year, subject, seq)
) STRICT, WITHOUT ROWID;

-- Every unit movement can be set aside, so an instruction says between which states and accounts it moves.
CREATE TABLE set_aside_of_all_kinds (
    instruction INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('trade', 'surrender', 'withdrawal', 'cancel', 'encumber', 'release',
                                                 'transfer', 'true_up')),
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
    to_state    TEXT    NOT NULL
) STRICT;
INSERT INTO set_aside_of_all_kinds SELECT *, 'available',
    CASE kind WHEN 'surrender' THEN -10000 - year ELSE 0 END, 'available' FROM set_aside;
DROP TABLE set_aside;
ALTER TABLE set_aside_of_all_kinds RENAME TO set_aside;
CREATE INDEX set_aside_open ON set_aside (instruction) WHERE done_seq = 0;
CREATE INDEX set_aside_trade ON set_aside (trade) WHERE trade > 0;
