-- Splits (分立): to which accounts parts of one went. What went is in the postings and registry_acts of the same seq.

CREATE TABLE account_splits (
    seq       INTEGER NOT NULL,
    account   INTEGER NOT NULL REFERENCES accounts,
    successor INTEGER NOT NULL REFERENCES accounts,
    PRIMARY KEY (seq, account, successor),
    CHECK (account <> successor)
) STRICT, WITHOUT ROWID;
