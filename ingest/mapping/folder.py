"""A source folder: source.yml (what is delivered, how it is written) and one `<dataset>.sql` per dataset it feeds.

Tables of sensor readings need no SELECT: `signals` and `states` in source.yml say what each tag is (signals.py).
A folder lies in ingest/sources/ or anywhere a customer keeps it. Everything wrong with it is said at once and in one
line: unknown keys, a mapping for no dataset, a table that source.yml does not list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from sqlglot import exp

from ingest.contracts.model import Name, load_contracts
from ingest.mapping.signals import Signals, StateSignal
from ingest.mapping.signals_sql import Select, datasets
from ingest.mapping.vocabulary import States, dictionary
from ingest.transports import TableForm
from ingest.transports.form import Format
from settings.configuration import Source
from settings.errors import ConfigurationError
from settings.home import Home

BUILT_IN_FOLDER = Path(__file__).parent.parent / "sources"

DeliveryHabit = Literal["replaces_file", "appends", "replaces_table"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(_Strict):
    """One delivered table.

    `files` is a pattern relative to the source's path, such as `**/orders_*.csv.gz`. `delivery` says what a file means
    that comes again under its name with other content: `replaces_file` (rows it no longer holds are gone) or
    `appends` (they stay); with `replaces_table` every delivery holds the whole table, and a table that is joined is
    read from its latest delivery alone.
    """

    files: str
    format: Format
    sheet: str | int = 0
    header: bool = True
    columns: tuple[str, ...] = ()
    delimiter: Annotated[str, StringConstraints(min_length=1)] = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    quote: Annotated[str, StringConstraints(max_length=1)] = '"'
    null_values: tuple[str, ...] = ()
    optional: bool = False
    delivery: DeliveryHabit = "replaces_file"

    @model_validator(mode="after")
    def _consistent(self) -> SourceTable:
        if not self.header and not self.columns:
            raise ValueError("a table without header needs `columns`")
        if self.header and self.columns and self.format != "jsonl":
            raise ValueError("`columns` is for a table without header; write header: false")
        return self

    @property
    def form(self) -> TableForm:
        """How the transport must read the table's files."""
        return TableForm(
            format=self.format,
            sheet=self.sheet,
            header=self.header,
            columns=self.columns,
            delimiter=self.delimiter,
            encoding=self.encoding,
            quote=self.quote,
            null_values=self.null_values,
        )


class _SourceFile(_Strict):
    system: Name
    description: Annotated[str, StringConstraints(min_length=8)]
    identity: bool = False
    ambiguous_time: Literal["reject"] = "reject"
    tables: Annotated[dict[Name, SourceTable], Field()] = {}
    states: States | None = None
    signals: dict[Name, Signals] = {}

    @model_validator(mode="after")
    def _consistent(self) -> _SourceFile:
        if self.identity == bool(self.tables):
            raise ValueError("list `tables`, or write `identity: true` for files that hold the datasets as they are")
        for name, signals in self.signals.items():
            if name not in self.tables:
                raise ValueError(f"signals: there is no table {name!r}; it lists {', '.join(self.tables)}")
            needed = {"shdr": "lines", "sparkplug": "jsonl"}.get(signals.shape)
            if needed and self.tables[name].format != needed:
                raise ValueError(f"signals: {name}: the shape {signals.shape} is read from `format: {needed}`")
            tells_states = any(isinstance(signal, StateSignal) for signal in signals.tags.values())
            if tells_states and not (signals.states or self.states):
                raise ValueError(f"signals: {name}: tells states; say what its words mean under `states`")
        return self


@dataclass(frozen=True)
class Mapping:
    """How one dataset is made: a SELECT whose FROM names the driving table; `joined` are the other tables it reads.

    A UNION has a driving table per branch. One that `tells_misfits` passes shape_problem and delivered_line on by
    itself, and its branches know nothing of each other. Tables that are `streamed` are read a single time.
    """

    dataset: str
    sql: str
    driving: tuple[str, ...]
    joined: tuple[str, ...]
    file: Path
    tells_misfits: bool = False
    streamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceFolder:
    """A source system as its folder describes it. With `identity`, files hold the datasets as they are."""

    folder: Path
    system: str
    description: str
    identity: bool
    tables: dict[str, SourceTable]
    mappings: dict[str, Mapping]


def load_source_folder(home: Home, source: Source) -> SourceFolder:
    """Return the source's folder; raise ConfigurationError naming the file, the place and the remedy."""
    folder = _find_folder(home, source)
    file = folder / "source.yml"
    try:
        declared = _SourceFile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "top level"
        what = "unknown key; check its spelling" if problem["type"] == "extra_forbidden" else problem["msg"]
        raise ConfigurationError(f"{file}: {place}: {what.removeprefix('Value error, ')}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML ({getattr(error, 'problem', error)}); mend it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({error}); every source folder needs a source.yml") from error
    mappings = {}
    for sql_file in sorted(folder.glob("*.sql")):
        mapping = _read_mapping(sql_file, declared.tables)
        mappings[mapping.dataset] = mapping
    for mapping in _signal_mappings(declared, folder, source.time_zone):
        if mapping.dataset in mappings:
            raise ConfigurationError(
                f"{file}: signals: feeds {mapping.dataset}, and so does {mapping.dataset}.sql; leave one of them out"
            )
        mappings[mapping.dataset] = mapping
    if not declared.identity and not mappings:
        raise ConfigurationError(f"{folder}: holds no <dataset>.sql; write one per dataset that {source.name} feeds")
    return SourceFolder(
        folder, declared.system, declared.description, declared.identity, dict(declared.tables), mappings
    )


def _signal_mappings(declared: _SourceFile, folder: Path, zone: str | None) -> list[Mapping]:
    """The mappings that declared signals stand for; a dataset that several tables feed has a branch of each."""
    branches: dict[str, dict[str, Select]] = {}
    file = folder / "source.yml"
    for table, signals in declared.signals.items():
        own: dict[str, dict[str, str]] = {}
        for signal in signals.tags.values():
            if isinstance(signal, StateSignal) and signal.role:
                own.setdefault(signal.role, {}).update(signal.words)
        states = signals.states or declared.states or States(words={"unknown": "unknown"})
        words = dictionary(states, own, folder)
        for role in own:
            if role not in words.roles:
                raise ConfigurationError(
                    f"{file}: signals: {table}: {role!r} is no role of the vocabulary; it has {', '.join(words.roles)}"
                )
        form = declared.tables[table]
        selects = datasets(table, signals, words, zone, decimal=form.decimal, is_parquet=form.format == "parquet")
        for dataset, select in selects.items():
            branches.setdefault(dataset, {})[table] = select
    return [
        Mapping(
            dataset,
            "\nunion all by name\n".join(f"({select.sql})" for select in of.values()),
            tuple(of),
            (),
            file,
            tells_misfits=True,
            streamed=tuple(table for table, select in of.items() if select.reads_once),
        )
        for dataset, of in branches.items()
    ]


def _find_folder(home: Home, source: Source) -> Path:
    built_in = BUILT_IN_FOLDER / source.system
    own = home.root / Path(source.system).expanduser()
    for folder in (built_in, own):
        if "/" not in source.system and folder is own and not folder.is_dir():
            continue
        if folder.is_dir():
            return folder
    known = ", ".join(sorted(path.name for path in BUILT_IN_FOLDER.iterdir() if (path / "source.yml").is_file()))
    raise ConfigurationError(
        f"{home.configuration_file}: sources: {source.name}: no source folder {source.system!r}; "
        f"write one of {known}, or the path of your own folder"
    )


def _read_mapping(file: Path, tables: dict[str, SourceTable]) -> Mapping:
    dataset = file.stem
    if dataset not in load_contracts():
        raise ConfigurationError(
            f"{file}: there is no dataset {dataset!r}; name the file as one of {', '.join(sorted(load_contracts()))}"
        )
    text = file.read_text(encoding="utf-8")
    try:
        statements = [statement for statement in sqlglot.parse(text, dialect="duckdb") if statement]
    except sqlglot.errors.ParseError as error:
        what = error.errors[0] if error.errors else {"line": "?", "description": str(error)}
        raise ConfigurationError(f"{file}: line {what['line']}: {what['description']}; mend the SELECT") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ConfigurationError(f"{file}: must hold exactly one SELECT")
    query = statements[0]
    ctes = {cte.alias_or_name.lower() for cte in query.find_all(exp.CTE)}
    read = [table.name.lower() for table in query.find_all(exp.Table) if table.name.lower() not in ctes]
    unknown = next((name for name in read if name not in tables), None)
    if unknown:
        raise ConfigurationError(
            f"{file}: reads the table {unknown!r}, which source.yml does not list ({', '.join(tables)})"
        )
    driving = _driving_tables(query, ctes)
    if not driving:
        raise ConfigurationError(f"{file}: reads no delivered table; its FROM must name one of {', '.join(tables)}")
    joined = tuple(dict.fromkeys(name for name in read if name not in driving))
    return Mapping(dataset, text.rstrip().rstrip(";"), driving, joined, file)


def _driving_tables(query: exp.Query, ctes: set[str]) -> tuple[str, ...]:
    """The tables in FROM, one per branch of a UNION, followed through common table expressions and subqueries."""
    bodies = {cte.alias_or_name.lower(): cte.this for cte in query.find_all(exp.CTE)}
    open_nodes: list[object] = [query]
    found: dict[str, None] = {}
    for _ in range(100):
        if not open_nodes:
            return tuple(found)
        node = open_nodes.pop(0)
        if isinstance(node, exp.SetOperation):
            open_nodes.extend((node.left, node.right))
        elif isinstance(node, exp.Select):
            source = node.args.get("from_") or node.args.get("from")
            open_nodes.append(source.this if source else None)
        elif isinstance(node, exp.Subquery):
            open_nodes.append(node.this)
        elif isinstance(node, exp.Table):
            name = node.name.lower()
            if name in ctes:
                open_nodes.append(bodies[name])
            else:
                found[name] = None
        else:
            return ()
    return ()
