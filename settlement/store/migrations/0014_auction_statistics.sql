-- Auction results in full: lowest and highest bid, statistics of the bids (result 3), and volume carried over (结转).
-- Prices in ticks or hundredths of one, tonnes of statistics in hundredths, shares in 1/10,000.

ALTER TABLE auctions ADD COLUMN carried_tonnes INTEGER NOT NULL DEFAULT 0 CHECK (carried_tonnes BETWEEN 0 AND tonnes);
ALTER TABLE auctions ADD COLUMN carry_tonnes INTEGER NOT NULL DEFAULT 0 CHECK (carry_tonnes BETWEEN 0 AND tonnes - sold_tonnes);
ALTER TABLE auctions ADD COLUMN bids INTEGER NOT NULL DEFAULT 0 CHECK (bids >= 0);
ALTER TABLE auctions ADD COLUMN low_ticks INTEGER NOT NULL DEFAULT 0 CHECK (low_ticks >= 0);
ALTER TABLE auctions ADD COLUMN high_ticks INTEGER NOT NULL DEFAULT 0 CHECK (high_ticks >= low_ticks);
ALTER TABLE auctions ADD COLUMN price_mean INTEGER NOT NULL DEFAULT 0 CHECK (price_mean >= 0);
ALTER TABLE auctions ADD COLUMN price_median INTEGER NOT NULL DEFAULT 0 CHECK (price_median >= 0);
ALTER TABLE auctions ADD COLUMN price_deviation INTEGER NOT NULL DEFAULT 0 CHECK (price_deviation >= 0);
ALTER TABLE auctions ADD COLUMN bid_mean INTEGER NOT NULL DEFAULT 0 CHECK (bid_mean >= 0);
ALTER TABLE auctions ADD COLUMN bid_deviation INTEGER NOT NULL DEFAULT 0 CHECK (bid_deviation >= 0);
ALTER TABLE auctions ADD COLUMN won_mean INTEGER NOT NULL DEFAULT 0 CHECK (won_mean >= 0);
ALTER TABLE auctions ADD COLUMN won_deviation INTEGER NOT NULL DEFAULT 0 CHECK (won_deviation >= 0);
ALTER TABLE auctions ADD COLUMN bid_largest_bp INTEGER NOT NULL DEFAULT 0 CHECK (bid_largest_bp BETWEEN 0 AND 10000);
ALTER TABLE auctions ADD COLUMN won_largest_bp INTEGER NOT NULL DEFAULT 0 CHECK (won_largest_bp BETWEEN 0 AND 10000);
ALTER TABLE auctions ADD COLUMN won_concentration INTEGER NOT NULL DEFAULT 0 CHECK (won_concentration BETWEEN 0 AND 10000);
ALTER TABLE auctions ADD COLUMN at_limit_bids INTEGER NOT NULL DEFAULT 0 CHECK (at_limit_bids BETWEEN 0 AND bids);
ALTER TABLE auctions ADD COLUMN at_limit_tonnes INTEGER NOT NULL DEFAULT 0 CHECK (at_limit_tonnes BETWEEN 0 AND bid_tonnes);
