-- The monitor's reports (监测报告) as published, and what was sent to the authorities (报送) under which document number.

CREATE TABLE monitor_reports (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ns   INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    sha256  TEXT    NOT NULL CHECK (length(sha256) = 64),
    body    TEXT    NOT NULL
) STRICT;
CREATE TRIGGER monitor_reports_stay BEFORE UPDATE ON monitor_reports
BEGIN SELECT RAISE(ABORT, 'monitor reports are immutable'); END;
CREATE TRIGGER monitor_reports_last BEFORE DELETE ON monitor_reports
BEGIN SELECT RAISE(ABORT, 'monitor reports are immutable'); END;

CREATE TABLE dispatches (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ns       INTEGER NOT NULL,
    trading_day INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('bureau', 'finance', 'regulator', 'matter')),
    subject     TEXT    NOT NULL,
    sent_as     TEXT    NOT NULL CHECK (length(sent_as) > 0),
    sha256      TEXT    NOT NULL
) STRICT;
CREATE TRIGGER dispatches_stay BEFORE UPDATE ON dispatches BEGIN SELECT RAISE(ABORT, 'dispatches are immutable'); END;
CREATE TRIGGER dispatches_last BEFORE DELETE ON dispatches BEGIN SELECT RAISE(ABORT, 'dispatches are immutable'); END;
