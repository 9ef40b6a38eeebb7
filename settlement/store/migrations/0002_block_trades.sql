-- Trades are not only listed: block trades (大宗协议) are trades of their own method.
-- SQLite cannot change a CHECK, so the table is made anew with what it holds.

CREATE TABLE trades_by_method (
    trade        INTEGER PRIMARY KEY CHECK (trade > 0),
    seq          INTEGER NOT NULL,
    at_ns        INTEGER NOT NULL,
    trading_day  INTEGER NOT NULL,
    day_number   INTEGER NOT NULL,
    method       TEXT    NOT NULL CHECK (method IN ('opening_call', 'continuous', 'closing_call', 'block')),
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
INSERT INTO trades_by_method SELECT * FROM trades;
DROP TABLE trades;
ALTER TABLE trades_by_method RENAME TO trades;
CREATE TRIGGER trades_last BEFORE DELETE ON trades BEGIN SELECT RAISE(ABORT, 'trades are never deleted'); END;
CREATE TRIGGER trades_stay BEFORE UPDATE ON trades
WHEN old.status = 'settled'
    OR new.trade <> old.trade OR new.seq <> old.seq OR new.instrument <> old.instrument OR new.price_ticks <> old.price_ticks
    OR new.tonnes <> old.tonnes OR new.amount_fen <> old.amount_fen OR new.buyer <> old.buyer OR new.seller <> old.seller
    OR new.buy_fee_fen <> old.buy_fee_fen OR new.sell_fee_fen <> old.sell_fee_fen
BEGIN SELECT RAISE(ABORT, 'a trade is only ever settled'); END;
