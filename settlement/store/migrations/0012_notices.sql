-- Notices to the public (公告), by the entry that caused them and their place among its notices.

CREATE TABLE notices (
    seq             INTEGER NOT NULL,
    line            INTEGER NOT NULL CHECK (line > 0),
    at_ns           INTEGER NOT NULL,
    category        TEXT    NOT NULL,
    instrument      TEXT    NOT NULL,
    effective_at_ns INTEGER NOT NULL,
    document        TEXT    NOT NULL,
    title_zh        TEXT    NOT NULL,
    title_en        TEXT    NOT NULL,
    body_zh         TEXT    NOT NULL,
    body_en         TEXT    NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER notices_stay BEFORE UPDATE ON notices BEGIN SELECT RAISE(ABORT, 'notices are immutable'); END;
CREATE TRIGGER notices_last BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'notices are immutable'); END;
