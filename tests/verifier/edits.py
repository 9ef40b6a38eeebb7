"""Single random edits of a data folder, as a careless or a dishonest hand with access to the files makes them.

Two kinds, chosen evenly. A *file* (journal, snapshots, bulletins, checkpoints, the exchange's key) has one byte changed, bytes
put in or taken out, its end cut off, or is removed; a snapshot and the key may be removed, so that is no edit. A *row* of
any table of any database (the table chosen evenly, so that small ones get their share) has one column changed, is removed, or
is copied under another key; or a trigger is dropped. Constraints and triggers do not stop it; what SQLite cannot store at all is
no edit, and another one is made instead. Pages of the databases that hold no row are not edited: they carry no meaning.
"""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

DATABASES: Final = ("registry.db", "history.db", "tape.db")
FOLDERS: Final = ("journal/*.segment", "journal/*.snapshot", "bulletins/*", "checkpoints/*", "exchange-key.pem")
MAY_BE_REMOVED: Final = (".snapshot", "exchange-key.pem")


class Edit(NamedTuple):
    """What was done, and to which file (relative to the folder)."""

    file: str
    what: str


class Editor:
    """Makes edits in `copy`, a copy of `made`, and takes each back."""

    def __init__(self, made: Path, copy: Path, seed: int) -> None:
        self.made = made
        self.copy = Path(shutil.copytree(made, copy))
        self.dice = random.Random(seed)

    def edit(self) -> Edit:
        """One edit that has changed something."""
        while True:
            made = self._file() if self.dice.random() < 0.5 else self._row()
            if made is not None:
                return made

    def undo(self, edit: Edit) -> None:
        """Put the file back as it was."""
        for suffix in ("-wal", "-shm"):
            self.copy.joinpath(edit.file + suffix).unlink(missing_ok=True)
        shutil.copy2(self.made / edit.file, self.copy / edit.file)

    # ---- files ---------------------------------------------------------------------------------------------------

    def _file(self) -> Edit | None:
        path = self.dice.choice(sorted(self.copy.glob(self.dice.choice(FOLDERS))))
        name = str(path.relative_to(self.copy))
        content = bytearray(path.read_bytes())
        at = self.dice.randrange(len(content))
        some = self.dice.randint(1, 40)
        match self.dice.choice(("change", "change", "change", "insert", "take", "cut", "remove")):
            case "change":
                content[at] ^= self.dice.randint(1, 255)
                what = f"byte {at} changed"
            case "insert":
                content[at:at] = self.dice.randbytes(some)
                what = f"{some} bytes put in at {at}"
            case "take":
                del content[at : at + some]
                what = f"{some} bytes taken out at {at}"
            case "cut":
                del content[at:]
                what = f"cut off at byte {at}"
            case _:
                if name.endswith(MAY_BE_REMOVED):
                    return None
                path.unlink()
                return Edit(name, "removed")
        if bytes(content) == path.read_bytes():
            return None
        path.write_bytes(content)
        return Edit(name, what)

    # ---- rows ----------------------------------------------------------------------------------------------------

    def _row(self) -> Edit | None:
        name = self.dice.choice((DATABASES[0], DATABASES[0], *DATABASES))
        with closing(sqlite3.connect(self.copy / name, isolation_level=None)) as database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for trigger, _ in triggers:
                database.execute(f"DROP TRIGGER {trigger}")
            kept = triggers
            if triggers and self.dice.random() < 0.02:
                lost = self.dice.choice(triggers)
                kept = [each for each in triggers if each is not lost]
                what: str | None = f"trigger {lost[0]} dropped"
            else:
                what = self._change_a_row(database)
            for _, text in kept:
                database.execute(text)
        edit = Edit(name, what or "")
        if what is None:
            self.undo(edit)
            return None
        return edit

    def _change_a_row(self, database: sqlite3.Connection) -> str | None:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        tables = [row[0] for row in database.execute(sql)]
        table = self.dice.choice(tables)
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
        info = database.execute(f"PRAGMA table_info({table})").fetchall()
        if not rows:
            return None
        row, columns = self.dice.choice(rows), [column[1] for column in info]
        keys = [column[1] for column in info if column[5]]
        where = " AND ".join(f"{key} = ?" for key in keys)
        named = tuple(row[columns.index(key)] for key in keys)
        try:
            match self.dice.choice(("change", "change", "delete", "insert")):
                case "change":
                    place = self.dice.randrange(len(columns))
                    value = self._other(row[place])
                    database.execute(f"UPDATE {table} SET {columns[place]} = ? WHERE {where}", (value, *named))
                    return f"{table} {named}: {columns[place]} {row[place]!r:.60} -> {value!r:.60}"
                case "delete":
                    database.execute(f"DELETE FROM {table} WHERE {where}", named)
                    return f"{table} {named}: deleted"
                case _:
                    key = columns.index(self.dice.choice(keys))
                    copy = [self._other(value) if place == key else value for place, value in enumerate(row)]
                    database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(copy))})", copy)
                    return f"{table} {named}: copied as {copy[key]!r:.60}"
        except sqlite3.IntegrityError:
            return None

    def _other(self, value: Any) -> Any:
        """Another value of the same type: near, far, or with one character more, less or different."""
        if isinstance(value, int):
            return value + self.dice.choice((-1, 1, -1, 1, 10, -1_000, 1_000_000))
        if not value:
            return "x" if isinstance(value, str) else b"x"
        at = self.dice.randrange(len(value))
        if isinstance(value, bytes):
            changed = bytes([value[at] ^ self.dice.randint(1, 255)])
            return value[:at] + changed + value[at + 1 :]
        other = self.dice.choice([letter for letter in "0a9zé" if letter != value[at]])
        return self.dice.choice((value[:at] + other + value[at + 1 :], value + other, value[:at] + value[at + 1 :]))
