"""Opening the state database and its two kinds of transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from shopkeeper.errors import ConfigError
from shopkeeper.state.revisions import HEAD, REVISIONS, stored_revision

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class State:
    """An open state database, safe to share between threads; every process opens its own.

    `reading()` and `writing()` are its only doors, and behave alike on SQLite and PostgreSQL.
    """

    def __init__(self, engine: Engine) -> None:
        from shopkeeper.state.engines import explaining, reader

        self.engine = engine
        self.where = engine.url.render_as_string(hide_password=True)
        self._reader = reader(engine)
        self._explaining = explaining

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """The engine's name."""
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot and cannot write. Raises WarehouseBusy or InternalError."""
        with self._explaining(self.where), self._reader.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves no trace when an exception passes through.

        On SQLite it holds the database's only write lock from its first moment, so keep it short.
        Raises WarehouseBusy when another process keeps that lock too long.
        """
        with self._explaining(self.where), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection. A later transaction opens new ones."""
        self.engine.dispose()

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def default_state_url(data_dir: Path) -> str:
    """Where the state of a shop lives unless a setting says otherwise.

    >>> default_state_url(Path("/shops/my tea/data"))
    'sqlite:////shops/my tea/data/state.sqlite'
    """
    path = (data_dir / "state.sqlite").absolute().as_posix()
    # only what the URL grammar would read as something else
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def open_state(url: str) -> State:
    """Open a state database, created or upgraded as needed; many processes may do so at once.

    Args:
        url: `sqlite:///…/state.sqlite`, or `postgresql://user@host/database` with the extra `postgres` installed.

    Raises:
        ConfigError: another engine, a missing driver, a folder that cannot be written, a file that is something else,
            or a database written by a newer Shopkeeper.
        WarehouseBusy: another process held the lock for longer than the busy timeout.
        InternalError: the server does not answer, or the disk is full.
    """
    from shopkeeper.state.engines import make_engine, parsed_url, prepare_sqlite_file

    parsed = parsed_url(url)
    is_file = parsed.drivername == "sqlite"
    path = Path(parsed.database or "")
    if is_file and not path.exists():
        prepare_sqlite_file(path)
    state = State(make_engine(parsed))
    try:
        if not _up_to_date(state):
            if is_file:
                prepare_sqlite_file(path)
            _upgrade(state)
            _up_to_date(state)
    except BaseException:
        state.close()
        raise
    return state


def _up_to_date(state: State) -> bool:
    """Whether the database has this code's revision. Raises ConfigError when it is newer, or not ours."""
    from sqlalchemy import inspect

    with state.reading() as connection:
        revision = stored_revision(connection)
        # a PostgreSQL database may well hold the lake's catalog too; a file of ours holds nothing else
        foreign = revision is None and state.dialect == "sqlite" and inspect(connection).get_table_names()
    if foreign:
        raise ConfigError(
            "this SQLite file belongs to another program",
            where=state.where,
            received=f"tables {', '.join(foreign[:5])}",
            allowed="a file of Shopkeeper, or one that does not exist yet",
            state="it was only read; nothing was changed",
            next_command="shopkeeper doctor",
        )
    if revision is not None and revision not in REVISIONS:
        raise ConfigError(
            "the state database was written by a newer Shopkeeper",
            where=state.where,
            received=f"revision {revision}",
            allowed=f"up to revision {HEAD}",
            state="it was only read; nothing was changed",
            next_command="pip install --upgrade shopkeeper",
        )
    return revision == HEAD


def _upgrade(state: State) -> None:
    from sqlalchemy.exc import DatabaseError

    from shopkeeper.state.upgrade import upgrade

    try:
        with (
            state._explaining(state.where),
            state.engine.execution_options(shopkeeper_mode="migrate").begin() as connection,
        ):
            upgrade(connection)
    except DatabaseError as error:
        raise ConfigError(
            "the state database cannot be upgraded",
            where=state.where,
            received=str(error.orig).strip().splitlines()[0],
            allowed="an empty database, or one of an older Shopkeeper",
            state="the database is as it was before",
            next_command="shopkeeper doctor",
        ) from error
