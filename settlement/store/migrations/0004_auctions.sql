-- Government auctions and buy-backs (有偿竞价, 回购): what was announced, what came of it, and the awards.

CREATE TABLE auctions (
    auction       INTEGER PRIMARY KEY CHECK (auction > 0),
    code          TEXT    NOT NULL UNIQUE,
    direction     TEXT    NOT NULL CHECK (direction IN ('sale', 'buy_back')),
    method        TEXT    NOT NULL CHECK (method IN ('sealed_uniform', 'sealed_pay_as_bid')),
    instrument    INTEGER NOT NULL REFERENCES instruments,
    tonnes        INTEGER NOT NULL CHECK (tonnes > 0),
    unit_account  INTEGER NOT NULL REFERENCES accounts,
    cash_account  INTEGER NOT NULL REFERENCES accounts,
    announced_seq INTEGER NOT NULL,
    status        TEXT    NOT NULL CHECK (status IN ('announced', 'cleared', 'canceled')),
    reason        INTEGER NOT NULL,
    price_ticks   INTEGER NOT NULL CHECK (price_ticks >= 0),
    sold_tonnes   INTEGER NOT NULL CHECK (sold_tonnes BETWEEN 0 AND tonnes),
    bid_tonnes    INTEGER NOT NULL CHECK (bid_tonnes >= sold_tonnes),
    bidders       INTEGER NOT NULL,
    winners       INTEGER NOT NULL CHECK (winners <= bidders),
    revenue_fen   INTEGER NOT NULL CHECK (revenue_fen >= 0),
    ended_seq     INTEGER NOT NULL,
    ended_day     INTEGER NOT NULL
) STRICT;
CREATE INDEX auctions_of_day ON auctions (ended_day) WHERE ended_day > 0;

-- An award is a trade of its own method; its number is of the same sequence. Units go from seller to receiver, cash from
-- buyer to payee, so that a sale's proceeds reach the treasury whole (收支两条线).
CREATE TABLE awards (
    trade        INTEGER PRIMARY KEY CHECK (trade > 0),
    seq          INTEGER NOT NULL,
    at_ns        INTEGER NOT NULL,
    trading_day  INTEGER NOT NULL,
    day_number   INTEGER NOT NULL,
    auction      INTEGER NOT NULL REFERENCES auctions,
    bid          INTEGER NOT NULL,
    instrument   INTEGER NOT NULL REFERENCES instruments,
    price_ticks  INTEGER NOT NULL CHECK (price_ticks > 0),
    tonnes       INTEGER NOT NULL CHECK (tonnes > 0),
    amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
    buyer        INTEGER NOT NULL CHECK (buyer > 0),
    buy_fee_fen  INTEGER NOT NULL CHECK (buy_fee_fen >= 0),
    seller       INTEGER NOT NULL CHECK (seller > 0),
    sell_fee_fen INTEGER NOT NULL CHECK (sell_fee_fen >= 0),
    payee        INTEGER NOT NULL CHECK (payee > 0),
    receiver     INTEGER NOT NULL CHECK (receiver > 0),
    status       TEXT    NOT NULL CHECK (status IN ('settled', 'failed')),
    settled_seq  INTEGER NOT NULL,
    CHECK (buyer <> payee AND seller <> receiver),
    CHECK ((status = 'settled') = (settled_seq > 0))
) STRICT;
CREATE INDEX awards_of_auction ON awards (auction);
CREATE TRIGGER awards_last BEFORE DELETE ON awards BEGIN SELECT RAISE(ABORT, 'awards are never deleted'); END;
CREATE TRIGGER awards_stay BEFORE UPDATE ON awards
WHEN old.status = 'settled'
    OR new.trade <> old.trade OR new.seq <> old.seq OR new.auction <> old.auction OR new.bid <> old.bid
    OR new.instrument <> old.instrument OR new.price_ticks <> old.price_ticks OR new.tonnes <> old.tonnes
    OR new.amount_fen <> old.amount_fen OR new.buyer <> old.buyer OR new.seller <> old.seller OR new.payee <> old.payee
    OR new.receiver <> old.receiver OR new.buy_fee_fen <> old.buy_fee_fen OR new.sell_fee_fen <> old.sell_fee_fen
BEGIN SELECT RAISE(ABORT, 'an award is only ever settled'); END;
