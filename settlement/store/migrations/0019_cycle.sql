-- Whether the present day's trades wait for its close (集中交收); then they are instructions set aside until it.

ALTER TABLE registry ADD COLUMN settles_at_close INTEGER NOT NULL DEFAULT 0 CHECK (settles_at_close IN (0, 1));
