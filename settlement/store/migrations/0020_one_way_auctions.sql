-- One-way auctions (单向竞价): a participant sells what is its own, for its own money, and pays its fee out of it.

ALTER TABLE auctions ADD COLUMN seller_fee_fen INTEGER NOT NULL DEFAULT 0
    CHECK (seller_fee_fen >= 0 AND (seller_fee_fen = 0 OR unit_account = cash_account));
ALTER TABLE auctions ADD COLUMN held_by TEXT NOT NULL DEFAULT 'government';
