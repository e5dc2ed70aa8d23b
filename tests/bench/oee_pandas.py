"""The job of efficiency.oee_machine_shift in pandas: `oee_pandas.py HOME RESULT` reads the same delivered files.

Written as one would who knows pandas and the data: Arrow reads only the tags and columns that count, names are
categories, times are integers, everything is sorted once and filled forward instead of joined. It may take for granted
what this plant keeps to: no overlapping confirmations, no order named by the historian, one routing a part. Prints its
seconds without start-up as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PRODUCING, SETUP, DELAY, UNKNOWN = 1, 2, 3, 8


def compute(home: Path) -> pd.DataFrame:
    """Return one row per machine-shift: time elements in ms, pieces and standard ms."""
    readings = _readings(home)
    states = readings[readings.tag == "state"]
    counts = readings[readings.tag != "state"]
    machines = pd.Index(readings.machine.cat.categories)
    confirmations = _papers(home, "confirmation_*.csv", machines)
    known_until = int(max(readings.moment.max(), confirmations.end.max()))
    calendar = _times(pd.read_csv(home / "inbox/erp/shift_calendar.csv"))
    calendar = calendar[calendar.start < known_until].reset_index(drop=True)
    segments = _segments(home, machines, calendar, confirmations)
    time_elements = _time_elements(states, segments, known_until)
    pieces = _pieces(home, counts, segments)
    result = time_elements.join(pieces, how="left").fillna(0).astype("int64").reset_index()
    result["work_unit_id"] = machines.take(result.machine)
    return result.join(calendar[["production_date", "shift_id"]], on="shift").drop(columns=["machine", "shift"])


def _readings(home: Path) -> pd.DataFrame:
    """machine, tag as categories, moment in ms, value."""
    table = pa.concat_tables(
        pq.read_table(
            file,
            columns=["ts", "machine_id", "tag", "value"],
            filters=[("tag", "in", ["state", "good", "reject"])],
            read_dictionary=["machine_id", "tag"],
        )
        for file in sorted((home / "inbox/historian").glob("sensor_*.parquet"))
    ).unify_dictionaries()
    frame = table.to_pandas(self_destruct=True, split_blocks=True).rename(columns={"machine_id": "machine"})
    frame["moment"] = frame.pop("ts").astype("int64") // 1000
    return frame


def _papers(home: Path, pattern: str, machines: pd.Index) -> pd.DataFrame:
    frame = pd.concat([pd.read_csv(file) for file in sorted((home / "inbox/erp").glob(pattern))], ignore_index=True)
    if "work_unit_id" in frame:
        frame["machine"] = machines.get_indexer(frame.work_unit_id)
    return _times(frame)


def _times(frame: pd.DataFrame) -> pd.DataFrame:
    for name in ("start", "end"):
        for column in (f"{name}_at", f"planned_{name}_at"):
            if column in frame:
                moments = pd.to_datetime(frame[column], format="%Y-%m-%dT%H:%M:%SZ")
                frame[name] = moments.astype("datetime64[ms]").astype("int64")
    return frame


def _orders(home: Path, machines: pd.Index) -> pd.DataFrame:
    """machine, start, end, order_id, run_ms per piece."""
    orders = _papers(home, "production_order_*.csv", machines)
    operations = _papers(home, "order_operation_*.csv", machines)
    routing = pd.read_csv(home / "inbox/erp/routing_operation.csv")
    orders = orders[~orders.status.isin(["planned", "cancelled"])]
    orders = orders.merge(operations[["order_id", "operation_no", "machine"]], on="order_id")
    orders = orders.merge(routing[["item_id", "operation_no", "run_seconds_per_unit"]], on=["item_id", "operation_no"])
    orders["run_ms"] = (orders.run_seconds_per_unit * 1000).round().astype("int64")
    return orders


def _segments(home: Path, machines: pd.Index, calendar: pd.DataFrame, confirmations: pd.DataFrame) -> pd.DataFrame:
    """What holds on each machine from a moment on: shift, number of planned stops, confirmed and scheduled run_ms."""
    orders = _orders(home, machines)
    run_ms = orders.set_index("order_id").run_ms
    stops = _times(pd.read_csv(home / "inbox/erp/planned_stop.csv"))
    everywhere = pd.DataFrame({"machine": range(len(machines))})
    stops["machine"] = machines.get_indexer(stops.work_unit_id)
    of_plant = stops[stops.work_unit_id.isna()].drop(columns="machine").merge(everywhere, how="cross")
    stops = pd.concat([stops[stops.work_unit_id.notna()], of_plant])
    shifts = calendar.assign(shift=calendar.index).merge(everywhere, how="cross")
    run_confirmed = run_ms.reindex(confirmations.order_id).to_numpy()

    def marks(frame: pd.DataFrame, edge: str, **held: object) -> pd.DataFrame:
        columns = {"machine": frame.machine, "moment": frame[edge], "begins": edge == "start", **held}
        return pd.DataFrame(columns)

    timeline = pd.concat(
        [
            marks(shifts, "start", shift=shifts["shift"]),
            marks(shifts, "end", shift=-1),
            marks(stops, "start", stops=1),
            marks(stops, "end", stops=-1),
            marks(confirmations, "start", confirmed=run_confirmed),
            marks(confirmations, "end", confirmed=-1),
            marks(orders, "start", scheduled=orders.run_ms),
            marks(orders, "end", scheduled=-1),
        ],
        ignore_index=True,
    ).sort_values(["machine", "moment", "begins"], ignore_index=True)
    timeline["stops"] = timeline.stops.fillna(0).groupby(timeline.machine).cumsum()
    held = ["shift", "confirmed", "scheduled"]
    timeline[held] = timeline.groupby("machine")[held].ffill().fillna(-1)
    timeline = timeline.drop_duplicates(["machine", "moment"], keep="last")
    return timeline[["machine", "moment", "stops", *held]].astype("int64")


def _time_elements(states: pd.DataFrame, segments: pd.DataFrame, known_until: int) -> pd.DataFrame:
    changes = pd.DataFrame(
        {"machine": states.machine.cat.codes.astype("int64"), "moment": states.moment, "state": states["value"]}
    )
    # A machine's first segment begins before its first event: that is where "no state yet" is written, so that filling
    # forward never reaches from one machine into the next.
    first = segments.assign(state=np.where(segments.machine.diff().eq(0), np.nan, UNKNOWN))
    line = pd.concat([changes, first], ignore_index=True).sort_values(["machine", "moment"], ignore_index=True)
    line = line.ffill()
    line["end"] = line.moment.shift(-1).where(line.machine.shift(-1) == line.machine, line.moment)
    line = line[line["shift"] >= 0]
    line["ms"] = line.end - line.moment
    busy = line.stops == 0
    key = ["machine", "shift"]
    planned_busy = line.ms[busy].groupby([line.machine, line["shift"]]).sum()
    ms = line.end.clip(upper=known_until) - line.moment.clip(upper=known_until)
    stopped = line.state.isin([4, 5, 6, 7])
    registered = line.confirmed >= 0
    element = np.select(
        [
            ~busy & line.state.isin([PRODUCING, SETUP, DELAY]),
            ~busy,
            line.state == PRODUCING,
            line.state == SETUP,
            (line.state == DELAY) | (stopped & registered),
            stopped,
        ],
        ["busy_outside_plan_ms", "outside_plan_ms", "production_ms", "setup_ms", "delay_ms", "down_ms"],
        "unknown_ms",
    )
    result = ms.groupby([line.machine, line["shift"], element]).sum().unstack(fill_value=0)
    names = ["production_ms", "setup_ms", "delay_ms", "down_ms", "busy_outside_plan_ms"]
    result = result.reindex(columns=names, fill_value=0).rename_axis(index=key)
    result.insert(0, "planned_busy_ms", planned_busy)
    result["unknown_ms"] = result.planned_busy_ms - result[names[:4]].sum(axis=1)
    return result


def _pieces(home: Path, counts: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    counts = counts.sort_values(["machine", "tag", "moment"], ignore_index=True)
    rise = counts["value"].diff()
    first = (counts.machine.cat.codes.diff() != 0) | (counts.tag.cat.codes.diff() != 0)
    quantity = rise.where(rise >= 0, counts["value"]).mask(first, 0)
    made = pd.DataFrame(
        {
            "machine": counts.machine.cat.codes.astype("int64"),
            "moment": counts.moment,
            "tag": counts.tag,
            "qty": quantity,
        }
    )
    made = made[made.qty > 0].sort_values("moment")
    made = pd.merge_asof(made, segments.sort_values("moment"), on="moment", by="machine")
    made = made[made["shift"] >= 0]
    run_ms = made.confirmed.where(made.confirmed >= 0, made.scheduled)
    if (run_ms < 0).any():
        raise ValueError("pieces without an order: this plant has none")
    made["standard_ms"] = made.qty * run_ms
    sums = made.groupby(["machine", "shift", "tag"], observed=True)[["qty", "standard_ms"]].sum().unstack(fill_value=0)
    return pd.DataFrame(
        {
            "good_qty": sums["qty", "good"],
            "scrap_qty": sums["qty", "reject"],
            "standard_produced_ms": sums["standard_ms", "good"] + sums["standard_ms", "reject"],
            "standard_good_ms": sums["standard_ms", "good"],
        }
    )


def main() -> None:
    """Compute, keep the result, print the cost."""
    started, before = time.perf_counter(), os.times()
    result = compute(Path(sys.argv[1]))
    wall, after = time.perf_counter() - started, os.times()
    result.to_parquet(sys.argv[2])
    cpu = after.user + after.system - before.user - before.system
    sys.stdout.write(json.dumps({"wall": wall, "cpu": cpu}) + "\n")


if __name__ == "__main__":
    main()
