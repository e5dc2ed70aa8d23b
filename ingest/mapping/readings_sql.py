"""SQL that makes one kind of row of every shape of sensor extract: machine, tag, moment, value, and where it stood.

A reading has machine (as we call it, null where that is not declared), machine_said, tag, tag_said, moment (as
delivered, or ISO 8601 where a format was declared), value, edge (Sparkplug's edge node), dies (a death certificate),
source_file, source_line, shape_problem and delivered_line.
"""

from __future__ import annotations

import json
import re

from ingest.mapping.signals import Moment, Naming, Signals
from ingest.transports.relation import literal, quoted_name

# What Sparkplug itself says of a node or device; it is about the connection and not about the machine.
PROTOCOL_METRICS = ("bdSeq", "Node Control/*", "Device Control/*", "Node Info/*")

_PLACE = "source_file, source_line, shape_problem, delivered_line"
_METRIC = {
    "name": "VARCHAR",
    "alias": "VARCHAR",
    "timestamp": "VARCHAR",
    "value": "VARCHAR",
    "int_value": "VARCHAR",
    "long_value": "VARCHAR",
    "float_value": "VARCHAR",
    "double_value": "VARCHAR",
    "boolean_value": "VARCHAR",
    "string_value": "VARCHAR",
}


def readings(table: str, signals: Signals) -> str:
    """Return the body of the CTE `reading` over the delivered table."""
    build = {"long": _long, "wide": _wide, "shdr": _shdr, "sparkplug": _sparkplug}[signals.shape]
    return build(quoted_name(table), signals)


def like(tag: str, pattern: str) -> str:
    """SQL: the tag fits a declared name with *."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern).replace("*", "%")
    return f"{tag} like {literal(escaped)}" + (" escape '\\'" if "\\" in escaped else "")


def _long(table: str, signals: Signals) -> str:
    said = _said(signals.tag) if signals.tag else quoted_name("tag")
    return _named(
        signals,
        f"""select {_said(signals.machine)} as machine_said, {said} as tag_said, {_moment(signals.time)} as moment,
      {quoted_name(signals.value)} as value, {_PLACE}
    from {table}""",
    )


def _wide(table: str, signals: Signals) -> str:
    """A column a tag. A blank cell is no reading. Columns that are not declared become readings too, to be refused."""
    time = signals.time.column if signals.time else "time"
    machine = signals.machine.column if signals.machine and signals.machine.column else None
    apart = ", ".join([quoted_name(name) for name in (time, machine) if name] + [_PLACE])
    return _named(
        signals,
        f"""select {_said(signals.machine)} as machine_said, tag_said, {_moment(signals.time)} as moment, value,
      {_PLACE}
    from (unpivot (select {apart}, columns(* exclude ({apart}))::varchar from {table})
      on columns(* exclude ({apart})) into name tag_said value value)
    where value <> '' and shape_problem is null
    union all
    select null, null, null, null, {_PLACE} from {table} where shape_problem is not null""",
    )


def _shdr(table: str, signals: Signals) -> str:
    """Lines `time|name|value|name|value…`; a name of several fields, or with an @, has its line for itself.

    The body of an asset (between two marks --multiline--) belongs to the line that announces it.
    """
    longer = {tag: one for tag, one in signals.tags.items() if one.fields > 1}
    tag = _tag_of("f[2]", signals)
    alone = ["starts_with(f[2], '@')"]
    exact = [name for name in longer if "*" not in name]
    if exact:
        alone.append(f"{tag} in ({', '.join(literal(name) for name in exact)})")
    alone += [like(tag, name) for name in longer if "*" in name]
    return _named(
        signals,
        f"""select {_said(signals.machine)} as machine_said, f[place] as tag_said, moment, f[place + 1] as value,
      source_file, source_line, shape_problem, delivered_line
    from (
      select *, unnest(case when shape_problem is not null then [0] when is_alone then [2] else range(2, len(f), 2) end)
        as place
      from (
        select f, split_part(f[1], '@', 1) as moment, ({" or ".join(alone)}) as is_alone, source_file, source_line,
          case when len(f) < 3 then 'the line is no time|name|value'
            when not is_alone and len(f) % 2 = 0 then
              'the line breaks off after the name ' || f[-1] || ': it has ' || len(f) || ' fields'
          end as shape_problem,
          line as delivered_line
        from (
          select string_split(line, '|') as f, *,
            sum(contains(line, '--multiline--')::int) over (partition by source_file order by source_line) % 2 as inside
          from {table}
        )
        where not starts_with(line, '*')
          and (inside = 0 and not starts_with(line, '--multiline--') or contains(line, '|--multiline--'))
      )
    )""",
    )


def _sparkplug(table: str, signals: Signals) -> str:
    """Messages as JSON lines with topic, timestamp and metrics; a name that was left out for its alias comes from the
    last birth before it in the same file. A death of a node is one of every machine below it that told its state.
    """
    time = signals.time or Moment(column="timestamp", format="epoch_ms")
    metrics = json.dumps([_METRIC])
    values = ", ".join(f"metric.{name}" for name in _METRIC if name.endswith("value"))
    own = Moment(column="own_time", format=time.format if time.is_epoch else "epoch_ms")
    return _named(
        signals,
        f"""select machine_said, tag_said, coalesce({_moment(own)}, {_moment(time)}) as moment, value, edge, dies,
      {_PLACE}
    from (
      select coalesce(nullif(t[5], ''), t[4]) as machine_said, t[2] || '/' || t[4] as edge,
        t[3] in ('NDEATH', 'DDEATH') as dies, metric.timestamp as own_time, coalesce({values}) as value,
        case when not dies then coalesce(nullif(metric.name, ''), last_value(nullif(metric.name, '') ignore nulls)
          over (partition by source_file, t[2], t[4], metric.alias order by source_line)) end as tag_said,
        {quoted_name(time.column)}, source_file, source_line, delivered_line,
        case when shape_problem is not null then shape_problem
          when t[3] is null then 'the topic is none of Sparkplug: ' || coalesce(topic, 'missing')
          when t[3] not in ('NDEATH', 'DDEATH') and metric is null then 'the message has no metrics that can be read'
          when not dies and tag_said is null then
            'a metric has no name, and no birth in this file gives its alias ' || coalesce(metric.alias, '') || ' one'
        end as shape_problem
      from (
        select *, unnest(case when t[3] in ('NDEATH', 'DDEATH') or len(coalesce(listed, [])) = 0 then [null]
          else listed end) as metric
        from (
          select * exclude (delivered_line), string_split(topic, '/') as t,
            try_cast(try(from_json(metrics, {literal(metrics)})) as struct(
              {", ".join(f'"{name}" {kind}' for name, kind in _METRIC.items())})[]) as listed,
            coalesce(delivered_line, topic || ' ' || coalesce(metrics, '')) as delivered_line
          from {table}
        )
        where t[3] is null or t[3] in ('NBIRTH', 'DBIRTH', 'NDATA', 'DDATA', 'NDEATH', 'DDEATH')
      )
    )""",
        more="edge, dies, ",
    )


def _named(signals: Signals, body: str, more: str = "") -> str:
    """Add our names of machine and tag to the readings of `body`."""
    machine, tag = "machine_said", _tag_of("tag_said", signals)
    if signals.tag_pattern:
        machine = _part("tag_said", signals.tag_pattern, "machine")
    return f"""select {_ours(signals.machine, machine)} as machine, {machine} as machine_said,
      {_ours(signals.tag, tag)} as tag, tag_said, moment, value, {more}{_PLACE}
    from (
    {body}
    )"""


def _tag_of(said: str, signals: Signals) -> str:
    """SQL of the tag's own name, where it was delivered with the machine's in it."""
    return f"coalesce({_part(said, signals.tag_pattern, 'tag')}, {said})" if signals.tag_pattern else said


def _part(said: str, pattern: str, name: str) -> str:
    group = re.compile(pattern).groupindex[name]
    return f"nullif(regexp_extract({said}, {literal(f'^(?:{pattern})$')}, {group}), '')"


def _said(naming: Naming | None) -> str:
    """SQL of a name as delivered."""
    if naming is None:
        return "null::varchar"
    if naming.is_ is not None:
        return literal(naming.is_)
    if naming.file is not None:
        return f"nullif(regexp_extract(source_file, {literal(naming.file)}, 1), '')"
    return quoted_name(naming.column) if naming.column else "null::varchar"


def _ours(naming: Naming | None, said: str) -> str:
    """SQL of our name for a name as delivered; null where names are declared and this one is not."""
    if naming is None or not naming.is_list:
        return said
    branches = [f"when {said} = {literal(name)} then {literal(ours)}" for name, ours in naming.names.items()]
    if naming.pattern is not None and naming.becomes is not None:
        anchored = literal(f"^(?:{naming.pattern})$")
        branches.append(
            f"when regexp_matches({said}, {anchored}) then regexp_replace({said}, {anchored}, "
            f"{literal(naming.becomes)})"
        )
    return f"case {' '.join(branches)} end"


def _moment(time: Moment | None) -> str:
    """SQL of the time as the input layer takes it; a text that does not fit the declared format stays as it is."""
    if time is None:
        return "null::varchar"
    column = quoted_name(time.column)
    if not time.format:
        return column
    text = f"{column}::varchar"
    if time.is_epoch:
        scale = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}[time.format]
        micros = f"(try_cast({text} as decimal(26, 6)) * {scale})::bigint"
        return f"coalesce(strftime(make_timestamp({micros}), '%Y-%m-%dT%H:%M:%S.%fZ'), {text})"
    read = f"try_strptime({text}, {literal(time.strptime)})"
    zone = ""
    if "%z" in time.strptime or "%Z" in time.strptime:
        read, zone = f"timezone('UTC', {read})", "Z"
    elif time.midnight == "ends_day":
        read = f"{read} + case when {read}::time = time '00:00' then interval 1 day else interval 0 day end"
    return f"coalesce(strftime({read}, '%Y-%m-%dT%H:%M:%S.%f{zone}'), {text})"
