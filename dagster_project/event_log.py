"""Dagster's event log in SQLite, with its connections kept open.

Dagster's own opens and closes a connection for every event, and closing the last one makes SQLite copy its log into
the database and wait for the disk: 20 to 40 ms an event, and a night has some 700. Kept open, an event takes about 2.
The files and their content are Dagster's; `dagster.yaml` names this class.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import QueuePool

# One database a run and one index; the web interface looks at a few runs at a time.
DATABASES_KEPT_OPEN = 6


class PatientEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log with at most DATABASES_KEPT_OPEN connections held; not for direct use."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> PatientEventLog:
        """Return the storage that dagster.yaml describes; Dagster calls it."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        if shard not in self._engines:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            sqlalchemy.event.listen(engine, "connect", _sync_at_checkpoints)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        while len(self._engines) > DATABASES_KEPT_OPEN:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]

    def dispose(self) -> None:
        """Close what is open; Dagster calls it when an instance ends."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _sync_at_checkpoints(connection: Any, _: Mapping[str, Any]) -> None:
    """After a power cut the log may lack its last events; it is never damaged (SQLite's advice for its WAL mode)."""
    connection.execute("pragma synchronous = normal")
