"""The job of efficiency.oee_machine_shift in Spark SQL: `oee_spark.py HOME RESULT` reads the same delivered files.

Runs in a virtual environment of its own that holds PySpark. Segments and state intervals are cut at the hours they
touch and joined by machine and hour, the form that was the fastest of those tried in Spark as well. Prints the seconds
of the job, the session already being up, as JSON; the result is written as Parquet, as a warehouse table would be.
"""

import json
import sys
import time

from pyspark.sql import SparkSession

STEPS = {
    "shifts": """
        select unix_millis(start_at) as start_ms, unix_millis(end_at) as end_ms, production_date, shift_id
        from shift_calendar
        where unix_millis(start_at) < (select known_until from horizon)""",
    "confirmed": """
        select work_unit_id, unix_millis(start_at) as start_ms, unix_millis(end_at) as end_ms, order_id
        from confirmation""",
    "scheduled": """
        select work_unit_id, unix_millis(planned_start_at) as start_ms, unix_millis(planned_end_at) as end_ms, order_id
        from production_order join order_operation using (order_id)
        where status not in ('planned', 'cancelled')""",
    "stops": """
        select coalesce(planned_stop.work_unit_id, work_unit.work_unit_id) as work_unit_id,
            unix_millis(start_at) as start_ms, unix_millis(end_at) as end_ms
        from planned_stop join work_unit
            on planned_stop.work_unit_id is null or planned_stop.work_unit_id = work_unit.work_unit_id""",
    "marks": """
        select work_unit_id, start_ms as at_ms, 1 as begins, production_date, shift_id, null as confirmed,
            null as scheduled, 0 as stops
        from shifts cross join (select work_unit_id from work_unit)
        union all select work_unit_id, start_ms, 1, null, null, order_id, null, 0 from confirmed
        union all select work_unit_id, end_ms, 0, null, null, '', null, 0 from confirmed
        union all select work_unit_id, start_ms, 1, null, null, null, order_id, 0 from scheduled
        union all select work_unit_id, end_ms, 0, null, null, null, '', 0 from scheduled
        union all select work_unit_id, start_ms, 1, null, null, null, null, 1 from stops
        union all select work_unit_id, end_ms, 0, null, null, null, null, -1 from stops""",
    "segments": """
        select *, explode(sequence(start_ms div 3600000, (end_ms - 1) div 3600000)) as epoch_hour
        from (
            select work_unit_id, at_ms as start_ms,
                least(lead(at_ms) over line, (select max(end_ms) from shifts)) as end_ms,
                last_value(production_date) ignore nulls over so_far as production_date,
                last_value(shift_id) ignore nulls over so_far as shift_id,
                nullif(last_value(confirmed) ignore nulls over so_far, '') as confirmed,
                nullif(last_value(scheduled) ignore nulls over so_far, '') as scheduled,
                sum(stops) over so_far as stops
            from marks
            window line as (partition by work_unit_id order by at_ms, begins),
                so_far as (partition by work_unit_id order by at_ms, begins rows unbounded preceding)
        )
        where end_ms > start_ms and start_ms < (select max(end_ms) from shifts) and shift_id is not null""",
    "intervals": """
        select *, explode(sequence(start_ms div 3600000, (end_ms - 1) div 3600000)) as epoch_hour
        from (
            select machine_id as work_unit_id, cast(value as int) as state, unix_millis(ts) as start_ms,
                coalesce(
                    lead(unix_millis(ts)) over (partition by machine_id order by ts),
                    (select known_until from horizon)
                ) as end_ms
            from reading where tag = 'state'
        )
        where end_ms > start_ms""",
    "elements": """
        select work_unit_id, production_date, shift_id,
            least(intervals.end_ms, segments.end_ms, (epoch_hour + 1) * 3600000)
                - greatest(intervals.start_ms, segments.start_ms, epoch_hour * 3600000) as duration_ms,
            case
                when stops > 0 then case when state in (1, 2, 3) then 'busy_outside_plan' end
                when state = 1 then 'production'
                when state = 2 then 'setup'
                when state = 3 then 'delay'
                when state in (4, 5, 6, 7) then case when confirmed is not null then 'delay' else 'down' end
            end as element
        from intervals join segments using (work_unit_id, epoch_hour)
        where intervals.start_ms < segments.end_ms and intervals.end_ms > segments.start_ms""",
    "rises": """
        select machine_id as work_unit_id, tag, unix_millis(ts) as at_ms, unix_millis(ts) div 3600000 as epoch_hour,
            case when value < before then value else value - before end as qty
        from (
            select *, lag(value) over (partition by machine_id, tag order by ts) as before
            from reading where tag in ('good', 'reject')
        )
        where before is not null""",
    "pieces": """
        select work_unit_id, production_date, shift_id, tag, coalesce(confirmed, scheduled) as order_id, sum(qty) as qty
        from rises join segments using (work_unit_id, epoch_hour)
        where at_ms >= start_ms and at_ms < end_ms
        group by all""",
    "standards": """
        select order_id, first(cast(round(run_seconds_per_unit * 1000) as bigint)) as run_ms
        from production_order join order_operation using (order_id) join routing_operation using (item_id, operation_no)
        group by order_id""",
    "measures": """
        select work_unit_id, production_date, shift_id,
            sum(duration_ms) filter (where element = 'production') as production_ms,
            sum(duration_ms) filter (where element = 'setup') as setup_ms,
            sum(duration_ms) filter (where element = 'delay') as delay_ms,
            sum(duration_ms) filter (where element = 'down') as down_ms,
            sum(duration_ms) filter (where element = 'busy_outside_plan') as busy_outside_plan_ms,
            null as planned_busy_ms, null as good_qty, null as scrap_qty, null as standard_produced_ms,
            null as standard_good_ms
        from elements group by all
        union all
        select work_unit_id, production_date, shift_id, null, null, null, null, null,
            sum(least(end_ms, (epoch_hour + 1) * 3600000) - greatest(start_ms, epoch_hour * 3600000)),
            null, null, null, null
        from segments where stops = 0 group by all
        union all
        select work_unit_id, production_date, shift_id, null, null, null, null, null, null,
            sum(qty) filter (where tag = 'good'), sum(qty) filter (where tag = 'reject'),
            sum(qty * run_ms), sum(qty * run_ms) filter (where tag = 'good')
        from pieces left join standards using (order_id) group by all""",
}
COLUMNS = (
    "planned_busy_ms", "production_ms", "setup_ms", "delay_ms", "down_ms", "busy_outside_plan_ms", "good_qty",
    "scrap_qty", "standard_produced_ms", "standard_good_ms",
)  # fmt: skip


def main() -> None:
    """Compute, write, print the cost."""
    home, result = sys.argv[1:]
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "6g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    session.sql("select 1").collect()
    started = time.perf_counter()
    readings = session.read.parquet(f"{home}/inbox/historian")
    readings.selectExpr("machine_id", "tag", "value", "cast(ts as timestamp) as ts").createOrReplaceTempView("reading")
    papers = ("shift_calendar", "planned_stop", "work_unit", "production_order", "order_operation", "confirmation",
              "routing_operation")  # fmt: skip
    for name in papers:
        file = f"{home}/inbox/erp/{name}*.csv"
        session.read.csv(file, header=True, inferSchema=True).createOrReplaceTempView(name)
    known_until = session.sql(
        "select max(at) from (select unix_millis(max(ts)) as at from reading where tag <> 'temp' union all"
        " select unix_millis(max(end_at)) from confirmation)"
    ).first()[0]
    session.createDataFrame([(known_until,)], "known_until bigint").createOrReplaceTempView("horizon")
    for name, query in STEPS.items():
        step = session.sql(query)
        (step.cache() if name in {"shifts", "segments"} else step).createOrReplaceTempView(name)
    sums = ", ".join(f"cast(coalesce(sum({column}), 0) as bigint) as {column}" for column in COLUMNS)
    session.sql(
        f"select work_unit_id, cast(production_date as string) as production_date, shift_id, {sums},"
        " cast(coalesce(sum(planned_busy_ms), 0) - coalesce(sum(production_ms), 0) - coalesce(sum(setup_ms), 0)"
        " - coalesce(sum(delay_ms), 0) - coalesce(sum(down_ms), 0) as bigint) as unknown_ms"
        " from measures group by work_unit_id, production_date, shift_id"
    ).write.mode("overwrite").parquet(result)
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - started}) + "\n")
    session.stop()


if __name__ == "__main__":
    main()
