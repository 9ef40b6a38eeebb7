-- Offsets by serial number (序列号): what was issued, and who holds which block of it now; accounts below 0 hold what was
-- surrendered or canceled. What was issued before this table gets numbers of the registry's own, project ''.

CREATE TABLE offset_issues (
    issue        INTEGER PRIMARY KEY CHECK (issue > 0),
    seq          INTEGER NOT NULL,
    account      INTEGER NOT NULL,
    instrument   INTEGER NOT NULL REFERENCES instruments,
    project      TEXT    NOT NULL,
    project_type TEXT    NOT NULL,
    methodology  TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    first_serial INTEGER NOT NULL CHECK (first_serial > 0),
    last_serial  INTEGER NOT NULL,
    proof        TEXT    NOT NULL,
    boundary     INTEGER NOT NULL,
    CHECK (last_serial >= first_serial)
) STRICT;

CREATE TABLE serial_blocks (
    issue        INTEGER NOT NULL REFERENCES offset_issues,
    first_serial INTEGER NOT NULL,
    last_serial  INTEGER NOT NULL,
    instrument   INTEGER NOT NULL REFERENCES instruments,
    account      INTEGER NOT NULL,
    PRIMARY KEY (issue, first_serial),
    CHECK (last_serial >= first_serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX serial_blocks_held ON serial_blocks (account, instrument);

INSERT INTO offset_issues
SELECT row_number() OVER (ORDER BY b.instrument), 0, 0, b.instrument, '', '', '', '', 1,
       sum(b.available + b.locked + b.encumbered + b.preallocated + b.use_restricted), '', 0
FROM unit_balances b JOIN instruments i ON i.instrument = b.instrument
WHERE i.kind <> 'allowance' AND b.account <> -1
GROUP BY b.instrument
HAVING sum(b.available + b.locked + b.encumbered + b.preallocated + b.use_restricted) > 0;

INSERT INTO serial_blocks
SELECT issue, upto - tonnes + 1, upto, instrument, account FROM (
    SELECT o.issue, b.instrument, b.account, b.available + b.locked + b.encumbered + b.preallocated + b.use_restricted AS tonnes,
           sum(b.available + b.locked + b.encumbered + b.preallocated + b.use_restricted)
               OVER (PARTITION BY b.instrument ORDER BY b.account) AS upto
    FROM unit_balances b JOIN offset_issues o ON o.instrument = b.instrument
    WHERE b.account <> -1
) WHERE tonnes > 0;
