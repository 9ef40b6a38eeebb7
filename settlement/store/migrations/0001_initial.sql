-- The registry: who owns which units and which cash, and how that came about.
-- Units are tonnes of CO2 equivalent, money is fen, times are UTC nanoseconds; nothing is a float.
-- Accounts from 1 are participants; below 0 are the system's own: -1 issue, -2 bank, -3 fees, -10000-year surrender.

CREATE TABLE registry (
    one              INTEGER PRIMARY KEY CHECK (one = 1),
    market           TEXT    NOT NULL,
    rulebook_version INTEGER NOT NULL,
    mark_seq         INTEGER NOT NULL CHECK (mark_seq >= 0),
    mark_at_ns       INTEGER NOT NULL,
    trading_day      INTEGER NOT NULL,
    day_number       INTEGER NOT NULL,
    phase            INTEGER NOT NULL,
    closed_seq       INTEGER NOT NULL,
    period_unit_posting INTEGER NOT NULL,
    period_cash_posting INTEGER NOT NULL,
    period_trade        INTEGER NOT NULL
) STRICT;
INSERT INTO registry VALUES (1, '', 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);

CREATE TABLE accounts (
    account     INTEGER PRIMARY KEY CHECK (account > 0),
    code        TEXT    NOT NULL UNIQUE,
    owner       INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    category    TEXT    NOT NULL,
    restriction INTEGER NOT NULL CHECK (restriction BETWEEN 0 AND 31),
    opened_seq  INTEGER NOT NULL
) STRICT;

CREATE TABLE instruments (
    instrument       INTEGER PRIMARY KEY CHECK (instrument > 0),
    code             TEXT    NOT NULL UNIQUE,
    product          TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    vintage          INTEGER NOT NULL,
    name_zh          TEXT    NOT NULL,
    name_en          TEXT    NOT NULL,
    tick_fen         INTEGER NOT NULL CHECK (tick_fen > 0),
    base_price_ticks INTEGER NOT NULL,
    lock_days        INTEGER NOT NULL CHECK (lock_days >= 0),
    listed_seq       INTEGER NOT NULL
) STRICT;

-- One posting moves units from one place to another, so every posting balances by itself.
CREATE TABLE unit_postings (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('trade', 'unlock', 'issue', 'surrender')),
    trade        INTEGER NOT NULL,
    instrument   INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    from_state   TEXT    NOT NULL CHECK (from_state IN ('available', 'locked')),
    to_account   INTEGER NOT NULL,
    to_state     TEXT    NOT NULL CHECK (to_state IN ('available', 'locked')),
    tonnes       INTEGER NOT NULL CHECK (tonnes > 0),
    CHECK (from_account <> to_account OR from_state <> to_state),
    CHECK ((kind = 'trade') = (trade > 0)),
    CHECK (kind <> 'trade' OR from_state = 'available')
) STRICT;

CREATE TABLE cash_postings (
    posting      INTEGER PRIMARY KEY,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('payment', 'fee', 'deposit', 'withdrawal')),
    trade        INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    to_account   INTEGER NOT NULL,
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    CHECK (from_account <> to_account),
    CHECK ((kind IN ('payment', 'fee')) = (trade > 0))
) STRICT;

CREATE TRIGGER unit_postings_stay BEFORE UPDATE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER unit_postings_last BEFORE DELETE ON unit_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER cash_postings_stay BEFORE UPDATE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;
CREATE TRIGGER cash_postings_last BEFORE DELETE ON cash_postings BEGIN SELECT RAISE(ABORT, 'postings are immutable'); END;

-- Maintained sums of the postings; nothing of a participant may fall below zero.
CREATE TABLE unit_balances (
    account    INTEGER NOT NULL,
    instrument INTEGER NOT NULL REFERENCES instruments,
    available  INTEGER NOT NULL,
    locked     INTEGER NOT NULL CHECK (locked >= 0),
    PRIMARY KEY (account, instrument),
    CHECK (available >= 0 OR account = -1),
    CHECK (locked = 0 OR account > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE cash_balances (
    account    INTEGER PRIMARY KEY,
    amount_fen INTEGER NOT NULL,
    CHECK (amount_fen >= 0 OR account = -2)
) STRICT;

-- Units bought and not yet free to be sold (T+N), by the trading day of the trade; their sum is the locked balance.
CREATE TABLE lockups (
    account    INTEGER NOT NULL REFERENCES accounts,
    instrument INTEGER NOT NULL REFERENCES instruments,
    day_number INTEGER NOT NULL,
    tonnes     INTEGER NOT NULL CHECK (tonnes >= 0),
    PRIMARY KEY (account, instrument, day_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE trades (
    trade        INTEGER PRIMARY KEY CHECK (trade > 0),
    seq          INTEGER NOT NULL,
    at_ns        INTEGER NOT NULL,
    trading_day  INTEGER NOT NULL,
    day_number   INTEGER NOT NULL,
    method       TEXT    NOT NULL CHECK (method IN ('opening_call', 'continuous', 'closing_call')),
    instrument   INTEGER NOT NULL,
    price_ticks  INTEGER NOT NULL CHECK (price_ticks > 0),
    tonnes       INTEGER NOT NULL CHECK (tonnes > 0),
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    buyer        INTEGER NOT NULL CHECK (buyer > 0),
    buy_order    INTEGER NOT NULL,
    buy_fee_fen  INTEGER NOT NULL CHECK (buy_fee_fen >= 0),
    seller       INTEGER NOT NULL CHECK (seller > 0),
    sell_order   INTEGER NOT NULL,
    sell_fee_fen INTEGER NOT NULL CHECK (sell_fee_fen >= 0),
    status       TEXT    NOT NULL CHECK (status IN ('settled', 'failed')),
    settled_seq  INTEGER NOT NULL,
    CHECK (buyer <> seller),
    CHECK ((status = 'settled') = (settled_seq > 0))
) STRICT;
CREATE TRIGGER trades_last BEFORE DELETE ON trades BEGIN SELECT RAISE(ABORT, 'trades are never deleted'); END;
CREATE TRIGGER trades_stay BEFORE UPDATE ON trades
WHEN old.status = 'settled'
    OR new.trade <> old.trade OR new.seq <> old.seq OR new.instrument <> old.instrument OR new.price_ticks <> old.price_ticks
    OR new.tonnes <> old.tonnes OR new.amount_fen <> old.amount_fen OR new.buyer <> old.buyer OR new.seller <> old.seller
    OR new.buy_fee_fen <> old.buy_fee_fen OR new.sell_fee_fen <> old.sell_fee_fen
BEGIN SELECT RAISE(ABORT, 'a trade is only ever settled'); END;

-- Instructions that could not be carried out: nothing of them has moved. done_seq > 0: carried out on a later try.
CREATE TABLE set_aside (
    instruction INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('trade', 'surrender', 'withdrawal')),
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
    done_seq    INTEGER NOT NULL
) STRICT;
CREATE INDEX set_aside_open ON set_aside (instruction) WHERE done_seq = 0;
CREATE INDEX set_aside_trade ON set_aside (trade) WHERE trade > 0;

CREATE TABLE restrictions (
    account INTEGER NOT NULL REFERENCES accounts,
    seq     INTEGER NOT NULL,
    scope   INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 31),
    basis   TEXT    NOT NULL,
    PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;

-- The floor of allowances an account must keep for a year; the row with the highest seq holds.
CREATE TABLE retention (
    account      INTEGER NOT NULL REFERENCES accounts,
    year         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    floor_tonnes INTEGER NOT NULL CHECK (floor_tonnes >= 0),
    PRIMARY KEY (account, year, seq)
) STRICT, WITHOUT ROWID;

-- What the registry did by order of an authority, beside the postings: class and year of issues and surrenders.
CREATE TABLE registry_acts (
    seq        INTEGER NOT NULL,
    line       INTEGER NOT NULL,
    act        TEXT    NOT NULL CHECK (act IN ('issue', 'surrender')),
    account    INTEGER NOT NULL REFERENCES accounts,
    instrument INTEGER NOT NULL REFERENCES instruments,
    tonnes     INTEGER NOT NULL CHECK (tonnes >= 0),
    class      TEXT    NOT NULL,
    year       INTEGER NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;

-- Who did what, why, under which document, who approved. chain = SHA-256(previous chain + this line's content).
CREATE TABLE audit_trail (
    line     INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    at_ns    INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    proposal INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    approver INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    document TEXT    NOT NULL,
    content  TEXT    NOT NULL,
    chain    BLOB    NOT NULL CHECK (length(chain) = 32),
    CHECK (approver = 0 OR approver <> operator)
) STRICT;
CREATE TRIGGER audit_trail_stay BEFORE UPDATE ON audit_trail BEGIN SELECT RAISE(ABORT, 'the audit trail is immutable'); END;
CREATE TRIGGER audit_trail_last BEFORE DELETE ON audit_trail BEGIN SELECT RAISE(ABORT, 'the audit trail is immutable'); END;

-- A closed trading day with the last postings and trades that belong to it.
CREATE TABLE days (
    trading_day       INTEGER PRIMARY KEY,
    day_number        INTEGER NOT NULL UNIQUE,
    closed_seq        INTEGER NOT NULL,
    closed_at_ns      INTEGER NOT NULL,
    last_unit_posting INTEGER NOT NULL,
    last_cash_posting INTEGER NOT NULL,
    last_trade        INTEGER NOT NULL
) STRICT;

CREATE TABLE day_stats (
    trading_day          INTEGER NOT NULL,
    instrument           INTEGER NOT NULL REFERENCES instruments,
    previous_close_ticks INTEGER NOT NULL,
    open_ticks           INTEGER NOT NULL,
    high_ticks           INTEGER NOT NULL,
    low_ticks            INTEGER NOT NULL,
    last_ticks           INTEGER NOT NULL,
    close_ticks          INTEGER NOT NULL,
    tonnes               INTEGER NOT NULL,
    turnover_fen         INTEGER NOT NULL,
    trades               INTEGER NOT NULL,
    cumulative_tonnes       INTEGER NOT NULL,
    cumulative_turnover_fen INTEGER NOT NULL,
    cumulative_trades       INTEGER NOT NULL,
    PRIMARY KEY (trading_day, instrument)
) STRICT, WITHOUT ROWID;

CREATE TABLE statements (
    account     INTEGER NOT NULL REFERENCES accounts,
    trading_day INTEGER NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    body        BLOB    NOT NULL,
    PRIMARY KEY (account, trading_day)
) STRICT;

CREATE TABLE bulletins (
    trading_day   INTEGER PRIMARY KEY,
    number        INTEGER NOT NULL UNIQUE CHECK (number > 0),
    sha256        TEXT    NOT NULL UNIQUE CHECK (length(sha256) = 64),
    body          BLOB    NOT NULL,
    published_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE reconciliations (
    reconciliation INTEGER PRIMARY KEY,
    seq            INTEGER NOT NULL,
    ok             INTEGER NOT NULL CHECK (ok IN (0, 1)),
    body           BLOB    NOT NULL
) STRICT;
