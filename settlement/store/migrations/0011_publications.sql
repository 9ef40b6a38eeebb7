-- Bulletins beside the days' first ones: weekly, monthly and yearly ones (周报, 月报, 年报), and later versions of any kind,
-- which supersede and never replace. They are one chain by number.

CREATE TABLE publications (
    number        INTEGER PRIMARY KEY CHECK (number > 0),
    kind          TEXT    NOT NULL CHECK (kind IN ('day', 'week', 'month', 'year')),
    period        TEXT    NOT NULL,
    version       INTEGER NOT NULL CHECK (version > (kind = 'day')),
    first_day     INTEGER NOT NULL,
    last_day      INTEGER NOT NULL CHECK (last_day >= first_day),
    sha256        TEXT    NOT NULL UNIQUE CHECK (length(sha256) = 64),
    supersedes    TEXT    NOT NULL CHECK ((version > 1) = (length(supersedes) = 64)),
    body          BLOB    NOT NULL,
    made_seq      INTEGER NOT NULL,
    published_seq INTEGER NOT NULL,
    UNIQUE (period, version)
) STRICT;
CREATE TRIGGER publications_stay BEFORE UPDATE ON publications
WHEN old.published_seq > 0 OR new.number <> old.number OR new.kind <> old.kind OR new.period <> old.period
    OR new.version <> old.version OR new.sha256 <> old.sha256 OR new.supersedes <> old.supersedes OR new.body <> old.body
BEGIN SELECT RAISE(ABORT, 'a publication is only ever published'); END;
CREATE TRIGGER publications_last BEFORE DELETE ON publications BEGIN SELECT RAISE(ABORT, 'publications are never deleted'); END;
