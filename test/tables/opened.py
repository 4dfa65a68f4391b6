"""A table as pyiceberg opens it, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import FileScanTask, StaticTable, Table
from pyiceberg.utils.datetime import date_to_days, datetime_to_micros

Row = dict[str, Any]
Job = dict[str, Any]


@dataclass
class Opened:
    """A table as pyiceberg sees it: its rows, file by file."""

    table: Table
    job: Job
    tasks: list[FileScanTask]
    rows_of: dict[str, list[Row]]

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.rows_of.values() for row in rows]


def open_table(job: Job, table: Table) -> Opened:
    """Reads every live file by itself, so that its partition and bounds can be held against its rows."""
    tasks = list(table.scan().plan_files())
    rows_of = {task.file.file_path: read_file(table, task) for task in tasks}
    return Opened(table, job, tasks, rows_of)


def static(job: Job, properties: dict[str, str]) -> Table:
    return StaticTable.from_metadata(job["metadata"], properties)


def read_file(table: Table, task: FileScanTask) -> list[Row]:
    return ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table([task]).to_pylist()


def place(row: Row) -> str:
    return f"{row['_delivery']}/{row['_row']}/{row.get('line')}"


def plain(row: Row) -> Row:
    """A row to compare: without the name of the time zone and the sign of zero, which DuckDB drops."""
    return {
        name: internal(v) if isinstance(v, datetime) else (v or 0.0) if isinstance(v, float) else v
        for name, v in sorted(row.items())
    }


def internal(value: Any) -> Any:
    """A value as Iceberg's transforms and bounds have it: days and microseconds are numbers."""
    if isinstance(value, datetime):
        return datetime_to_micros(value)
    return date_to_days(value) if isinstance(value, date) else value
