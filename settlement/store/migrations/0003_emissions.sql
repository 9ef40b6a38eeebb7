-- Verified emissions of a compliance year as imported from the reporting system; the row with the highest seq holds.
-- Days are yyyymmdd, 0 for none.

CREATE TABLE emissions (
    account         INTEGER NOT NULL REFERENCES accounts,
    year            INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    tonnes          INTEGER NOT NULL CHECK (tonnes >= 0),
    reported_on     INTEGER NOT NULL,
    objection_until INTEGER NOT NULL,
    PRIMARY KEY (account, year, seq)
) STRICT, WITHOUT ROWID;
