-- Members' answers to their statements (结算单确认与异议), and what was decided on objections; who says nothing agrees.
-- objection 0: a confirmation; trade 0: no trade is disputed. words: the member's, or the answer that it got.

CREATE TABLE statement_answers (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ns       INTEGER NOT NULL,
    account     INTEGER NOT NULL REFERENCES accounts,
    trading_day INTEGER NOT NULL,
    step        TEXT    NOT NULL CHECK (step IN ('confirmed', 'contested', 'upheld', 'dismissed')),
    objection   INTEGER NOT NULL CHECK ((objection > 0) = (step <> 'confirmed')),
    trade       INTEGER NOT NULL CHECK (trade >= 0),
    words       TEXT    NOT NULL
) STRICT;
CREATE INDEX statement_answers_of ON statement_answers (account, trading_day);
CREATE TRIGGER statement_answers_stay BEFORE UPDATE ON statement_answers
BEGIN SELECT RAISE(ABORT, 'answers to statements are immutable'); END;
CREATE TRIGGER statement_answers_last BEFORE DELETE ON statement_answers
BEGIN SELECT RAISE(ABORT, 'answers to statements are immutable'); END;
