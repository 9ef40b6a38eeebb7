-- One-way auctions of both directions (单向竞价): a participant sells or buys, and the fee beside the bidders' is the applicant's. SQLite
-- cannot change a CHECK, so the auctions are made anew with what they hold, and so are the awards, which refer to them.

CREATE TABLE awards_before AS SELECT * FROM awards;
DROP TABLE awards;

CREATE TABLE auctions_of_both (
    auction           INTEGER PRIMARY KEY CHECK (auction > 0),
    code              TEXT    NOT NULL UNIQUE,
    direction         TEXT    NOT NULL CHECK (direction IN ('sale', 'buy_back', 'purchase')),
    method            TEXT    NOT NULL CHECK (method IN ('sealed_uniform', 'sealed_pay_as_bid')),
    instrument        INTEGER NOT NULL REFERENCES instruments,
    tonnes            INTEGER NOT NULL CHECK (tonnes > 0),
    unit_account      INTEGER NOT NULL REFERENCES accounts,
    cash_account      INTEGER NOT NULL REFERENCES accounts,
    announced_seq     INTEGER NOT NULL,
    status            TEXT    NOT NULL CHECK (status IN ('announced', 'cleared', 'canceled')),
    reason            INTEGER NOT NULL,
    price_ticks       INTEGER NOT NULL CHECK (price_ticks >= 0),
    sold_tonnes       INTEGER NOT NULL CHECK (sold_tonnes BETWEEN 0 AND tonnes),
    bid_tonnes        INTEGER NOT NULL CHECK (bid_tonnes >= sold_tonnes),
    bidders           INTEGER NOT NULL,
    winners           INTEGER NOT NULL CHECK (winners <= bidders),
    revenue_fen       INTEGER NOT NULL CHECK (revenue_fen >= 0),
    ended_seq         INTEGER NOT NULL,
    ended_day         INTEGER NOT NULL,
    carried_tonnes    INTEGER NOT NULL CHECK (carried_tonnes BETWEEN 0 AND tonnes),
    carry_tonnes      INTEGER NOT NULL CHECK (carry_tonnes BETWEEN 0 AND tonnes - sold_tonnes),
    bids              INTEGER NOT NULL CHECK (bids >= 0),
    low_ticks         INTEGER NOT NULL CHECK (low_ticks >= 0),
    high_ticks        INTEGER NOT NULL CHECK (high_ticks >= low_ticks),
    price_mean        INTEGER NOT NULL CHECK (price_mean >= 0),
    price_median      INTEGER NOT NULL CHECK (price_median >= 0),
    price_deviation   INTEGER NOT NULL CHECK (price_deviation >= 0),
    bid_mean          INTEGER NOT NULL CHECK (bid_mean >= 0),
    bid_deviation     INTEGER NOT NULL CHECK (bid_deviation >= 0),
    won_mean          INTEGER NOT NULL CHECK (won_mean >= 0),
    won_deviation     INTEGER NOT NULL CHECK (won_deviation >= 0),
    bid_largest_bp    INTEGER NOT NULL CHECK (bid_largest_bp BETWEEN 0 AND 10000),
    won_largest_bp    INTEGER NOT NULL CHECK (won_largest_bp BETWEEN 0 AND 10000),
    won_concentration INTEGER NOT NULL CHECK (won_concentration BETWEEN 0 AND 10000),
    at_limit_bids     INTEGER NOT NULL CHECK (at_limit_bids BETWEEN 0 AND bids),
    at_limit_tonnes   INTEGER NOT NULL CHECK (at_limit_tonnes BETWEEN 0 AND bid_tonnes),
    applicant_fee_fen INTEGER NOT NULL CHECK (applicant_fee_fen >= 0),
    held_by           TEXT    NOT NULL,
    CHECK (applicant_fee_fen = 0 OR unit_account = cash_account),
    CHECK (direction <> 'purchase' OR unit_account = cash_account),
    CHECK (direction <> 'buy_back' OR unit_account <> cash_account)
) STRICT;
INSERT INTO auctions_of_both SELECT * FROM auctions;
DROP TABLE auctions;
ALTER TABLE auctions_of_both RENAME TO auctions;
CREATE INDEX auctions_of_day ON auctions (ended_day) WHERE ended_day > 0;

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
INSERT INTO awards SELECT * FROM awards_before;
DROP TABLE awards_before;
CREATE INDEX awards_of_auction ON awards (auction);
CREATE TRIGGER awards_last BEFORE DELETE ON awards BEGIN SELECT RAISE(ABORT, 'awards are never deleted'); END;
CREATE TRIGGER awards_stay BEFORE UPDATE ON awards
WHEN old.status = 'settled'
    OR new.trade <> old.trade OR new.seq <> old.seq OR new.auction <> old.auction OR new.bid <> old.bid
    OR new.instrument <> old.instrument OR new.price_ticks <> old.price_ticks OR new.tonnes <> old.tonnes
    OR new.amount_fen <> old.amount_fen OR new.buyer <> old.buyer OR new.seller <> old.seller OR new.payee <> old.payee
    OR new.receiver <> old.receiver OR new.buy_fee_fen <> old.buy_fee_fen OR new.sell_fee_fen <> old.sell_fee_fen
BEGIN SELECT RAISE(ABORT, 'an award is only ever settled'); END;
