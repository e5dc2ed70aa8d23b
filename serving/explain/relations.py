"""The source rows behind figures, as SQL over the published warehouse.

Every relation here is a SELECT of key columns and ROW_COLUMNS (model.py); what a relation does not know is null. The
bookings, the parts of variances and the standards are read as they were published: nothing is worked out anew but the
share that one booking has in a sum.
"""

from __future__ import annotations

import duckdb

from serving.explain.model import ROW_COLUMNS

_TYPES = {
    "posting_date": "date",
    "operation_no": "bigint",
    "source_line": "bigint",
    "qty": "decimal(18, 6)",
    "hours": "decimal(18, 6)",
    "price": "decimal(28, 6)",
    "amount": "decimal(38, 6)",
}

COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
GROUPS = {
    "material": ("material",),
    "labour": ("labour",),
    "machine": ("machine", "setup"),
    "overhead": ("variable_overhead", "fixed_overhead"),
    "subcontract": ("subcontract",),
}
"""The cost components of order_cost, and those of the bookings that they hold."""

_MACROS = """
create or replace temp macro half_away(above, below) as
    (case when above < 0 then -1 else 1 end) * ((2 * abs(above) + below) // (2 * below));
create or replace temp macro qty_value(qty, per_million, digits) as
    half_away(
        cast(cast(qty as decimal(18, 6)) * 1000000 as hugeint) * cast(per_million * 1000000 as hugeint),
        cast(10 ** (18 - digits) as hugeint)
    ) * cast(10 ** (6 - digits) as hugeint) * 0.000001::decimal(7, 6);
create or replace temp macro hours_value(seconds, hourly) as
    half_away(cast(seconds * 1000 as hugeint) * cast(hourly * 10000 as hugeint), 36000::hugeint)
    * 0.000001::decimal(7, 6);
create or replace temp macro share(whole, part, of_all) as
    half_away(
        cast(whole * 1000000 as hugeint) * cast(part * 1000000 as hugeint), cast(abs(of_all) * 1000000 as hugeint)
    ) * (case when of_all < 0 then -1 else 1 end) * 0.000001::decimal(7, 6);
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the exact arithmetic that relations use: quotients over integers, rounded half away from zero."""
    connection.execute(_MACROS)


def rows(keys: str, source: str, where: str = "true", **columns: str) -> str:
    """Return a relation: `keys` and the columns named, everything else null."""
    told = ", ".join(
        f"cast({columns.get(name, 'null')} as {_TYPES.get(name, 'varchar')}) as {name}" for name in ROW_COLUMNS
    )
    return f"select {keys}, {told} from {source} where {where}"


def union(*relations: str) -> str:
    """Return the rows of all relations; their keys must be the same."""
    return " union all ".join(f"({relation})" for relation in relations)


_PLACE = {"source_file": "source_file", "source_line": "source_line"}
_POSTING = {
    "dataset": "p.source_dataset",
    "document": "p.source_document_id",
    "posting_date": "p.posting_date",
    "item_id": "p.item_id",
    "operation_no": "p.operation_no",
    "cost_center_id": "p.cost_center_id",
    "hours": "p.hours",
    "source_file": "p.source_file",
    "source_line": "p.source_line",
}

_STEP = """case p.posting_kind
    when 'issue' then 'material issued' when 'return' then 'material returned' when 'by_product' then 'by-product'
    when 'output' then 'put out' when 'labour' then 'labour' when 'rework' then 'rework labour'
    when 'machine' then 'machine hours' when 'setup' then 'set-up hours'
    when 'variable_overhead' then 'variable overhead' when 'fixed_overhead' then 'fixed overhead'
    when 'subcontract' then 'outside work' else p.posting_kind end"""


def _rate(kind: str, date: str, activity: str = "p.cost_component") -> str:
    """The hourly rate of a booking's cost center that is valid on `date`; of several the one begun last."""
    return f"""(select arg_max(r.hourly_amount, r.valid_from) from core.dim_activity_rate as r
        where r.company_id = p.company_id and r.cost_center_id = p.cost_center_id and r.activity = {activity}
        and r.rate_type = '{kind}' and {date} >= r.valid_from and {date} < r.valid_to)"""


def postings(keys: str, amount: str, where: str, *, price: str = "p.planned_hourly_amount", sign: int = 1) -> str:
    """The bookings on production orders, with what each adds to the figure."""
    return rows(
        keys,
        "core.fct_order_posting as p",
        where,
        step=_STEP,
        qty=f"{sign} * p.base_qty" if sign < 0 else "p.base_qty",
        price=price,
        amount=f"{sign} * {amount}" if sign < 0 else amount,
        **_POSTING,
    )


def actual_cost(components: tuple[str, ...]) -> str:
    """What an order did cost in some components, booking by booking."""
    listed = ", ".join(f"'{component}'" for component in components)
    rate = f"coalesce({_rate('actual', 'p.posting_date')}, p.planned_hourly_amount)"
    return postings("p.company_id, p.order_id", "p.actual_amount", f"p.cost_component in ({listed})", price=rate)


def price_per_million(component: str) -> str:
    """The column of core.dim_item_price that holds a component's part of the standard price."""
    return f"{component}_per_million"


def standard_cost(components: tuple[str, ...]) -> str:
    """What the output of an order should have cost in some components: each output line at the standard of its day."""
    return union(
        *(
            rows(
                "p.company_id, p.order_id",
                """core.fct_order_posting as p
                inner join core.dim_item_price as s on s.company_id = p.company_id and s.plant_id = p.plant_id
                    and s.item_id = p.item_id and p.posting_date >= s.valid_from and p.posting_date < s.valid_to""",
                f"p.cost_component = 'output' and s.{price_per_million(component)} <> 0",
                step=f"'standard {component.replace('_', ' ')} of the output'",
                qty="-p.base_qty",
                price=f"s.{price_per_million(component)} / 1000000",
                amount=f"qty_value(-p.base_qty, s.{price_per_million(component)}, 2)",
                note="s.standard_version_ids",
                **_POSTING,
            )
            for component in components
        )
    )


def output_qty() -> str:
    """The good output of an order."""
    return rows(
        "p.company_id, p.order_id",
        "core.fct_order_posting as p",
        "p.cost_component = 'output'",
        step="'put out'",
        qty="-p.base_qty",
        amount="-p.base_qty",
        **_POSTING,
    )


def confirmed_qty(column: str, keys: str = "p.company_id, p.order_id", source: str = "core.fct_confirmation") -> str:
    """Confirmed pieces of one kind, confirmation by confirmation; one that spans shifts has a part in each."""
    return rows(
        keys,
        f"{source} as p",
        f"p.{column} <> 0",
        step="'confirmed'",
        dataset="'confirmation'",
        document="p.confirmation_id",
        posting_date="p.production_date",
        item_id="p.item_id",
        operation_no="p.operation_no",
        qty=f"p.{column}",
        amount=f"p.{column}",
        note="p.shift_id",
    )


def work_in_process(*, opening: bool) -> str:
    """What was booked on an order up to the end of a period (before it, for the opening), less what was settled."""
    earlier = "<" if opening else "<="
    keys = "w.company_id, w.order_id, w.period_id"
    return union(
        rows(
            keys,
            f"""cost.wip_order_period as w
            inner join core.fct_order_posting as p on p.company_id = w.company_id and p.order_id = w.order_id
                and p.period_id {earlier} w.period_id""",
            step=_STEP,
            qty="p.base_qty",
            price="p.planned_hourly_amount",
            amount="p.booked_amount",
            **_POSTING,
        ),
        _settlements(keys, earlier),
    )


def _settlements(keys: str, earlier: str, where: str = "true") -> str:
    return rows(
        keys,
        f"""cost.wip_order_period as w
        inner join cost.wip_order_period as e on e.company_id = w.company_id and e.order_id = w.order_id
            and e.period_id {earlier} w.period_id""",
        f"e.settled_amount <> 0 and {where}",
        step="'settled as variance'",
        dataset="'settlement'",
        document="'of ' || e.period_id",
        posting_date="e.completed_date",
        amount="-e.settled_amount",
    )


def settled() -> str:
    """What an order that ended leaves: everything booked on it up to the period, less what was settled before."""
    keys = "w.company_id, w.order_id, w.period_id"
    return union(
        rows(
            keys,
            """cost.wip_order_period as w
            inner join core.fct_order_posting as p on p.company_id = w.company_id and p.order_id = w.order_id
                and p.period_id <= w.period_id""",
            "w.is_settled",
            step=_STEP,
            qty="p.base_qty",
            price="p.planned_hourly_amount",
            amount="p.booked_amount",
            **_POSTING,
        ),
        _settlements(keys, "<", "w.is_settled"),
    )


def variance_leaf() -> str:
    """The parts of each variance leaf down to bookings; what comes from a standard is one row a part."""
    keys = "v.company_id, v.order_id, v.order_variance_id"
    leaf_and_order = """core.fct_variance_part as v
        inner join core.fct_order_posting as p on p.company_id = v.company_id and p.order_id = v.order_id"""
    same_operation = "p.operation_no is not distinct from v.part_operation_no"
    step = "v.part_kind || case when v.part_evidence = 'by_product' then ' (by-product)' else '' end"
    at_date = _rate("planned", "v.standard_date")
    valued_on = "case v.part_kind when 'standard of output' then v.standard_date else p.posting_date end"
    return union(
        # Material and by-products, movement by movement.
        rows(
            keys,
            f"""(select *, sum(base_qty) over of_part as all_qty, count(*) over of_part as row_count from (
                select v.*, p.* exclude (company_id, order_id, plant_id, order_key, plant_key, cost_component,
                    exact_amount)
                from {leaf_and_order}
                where v.part_evidence in ('material', 'by_product') and p.cost_component = 'material'
                    and v.part_kind in ('booked', 'at posting price', 'at standard price')
                    and p.item_id = v.part_item_id
                    and (p.posting_kind = 'by_product') = (v.part_evidence = 'by_product')
                ) window of_part as (partition by company_id, order_id, order_variance_id, part_kind, part_item_id)
            ) as v""",
            step=step,
            dataset="v.source_dataset",
            document="v.source_document_id",
            posting_date="v.posting_date",
            item_id="v.item_id",
            operation_no="v.operation_no",
            qty="v.part_direction * v.base_qty",
            amount="""case v.part_kind
                when 'booked' then v.part_direction * v.booked_amount
                when 'at posting price' then v.part_direction * coalesce(v.exact_standard_amount, v.booked_amount)
                when 'at standard price' then case when all_qty <> 0 then share(v.part_amount, base_qty, all_qty)
                    else v.part_direction * coalesce(v.exact_standard_amount, v.booked_amount) end end""",
            **_PLACE,
        ),
        # Hours of an operation: rework is told apart from the rest.
        rows(
            keys,
            leaf_and_order,
            f"""v.part_evidence = 'hours' and p.cost_component = v.cost_component and {same_operation}
            and v.part_kind in ('booked', 'actual', 'at posting rate', 'at standard rate', 'rework')
            and (v.part_kind <> 'rework' or p.posting_kind = 'rework')""",
            step=step,
            qty="null",
            price=f"""case v.part_kind when 'booked' then p.planned_hourly_amount
                when 'at posting rate' then p.planned_hourly_amount
                when 'actual' then coalesce({_rate("actual", "p.posting_date")}, p.planned_hourly_amount)
                else coalesce({at_date}, p.planned_hourly_amount) end""",
            amount=f"""v.part_direction * case v.part_kind when 'booked' then p.booked_amount
                when 'actual' then p.actual_amount when 'at posting rate' then p.exact_amount
                else coalesce(hours_value(p.activity_seconds, {at_date}), p.exact_amount) end""",
            **{**_POSTING, "hours": "v.part_direction * p.hours"},
        ),
        # Outside work: a receipt on an operation that is not done outside counts at the first one that is.
        rows(
            keys,
            """(select *, sum(base_qty) over of_part as all_qty from (
                select v.*, p.* exclude (company_id, order_id, plant_id, order_key, plant_key, cost_component,
                    exact_amount)
                from core.fct_variance_part as v
                inner join (
                    select company_id, order_id, list(distinct part_operation_no) as operation_nos,
                        min(part_operation_no) as first_operation_no
                    from core.fct_variance_part where part_evidence = 'outside work' group by all
                ) as outside on outside.company_id = v.company_id and outside.order_id = v.order_id
                inner join core.fct_order_posting as p on p.company_id = v.company_id and p.order_id = v.order_id
                    and p.cost_component = 'subcontract'
                    and v.part_operation_no is not distinct from case
                        when p.operation_no is null and outside.first_operation_no is null then null
                        when list_contains(outside.operation_nos, p.operation_no) then p.operation_no
                        else outside.first_operation_no end
                where v.part_evidence = 'outside work' and v.part_kind in ('booked', 'at standard price')
                ) window of_part as (partition by company_id, order_id, order_variance_id, part_kind, part_operation_no)
            ) as v""",
            step="v.part_kind",
            dataset="v.source_dataset",
            document="v.source_document_id",
            posting_date="v.posting_date",
            item_id="v.item_id",
            operation_no="v.operation_no",
            qty="v.part_direction * v.base_qty",
            amount="""case when v.part_kind = 'booked' or all_qty = 0 then v.part_direction * v.booked_amount
                else share(v.part_amount, base_qty, all_qty) end""",
            **_PLACE,
        ),
        # An order measured as a whole: everything that was charged.
        rows(
            keys,
            leaf_and_order,
            "v.part_evidence = 'charges' and p.cost_component = v.cost_component",
            step=step,
            qty="p.base_qty",
            price="p.planned_hourly_amount",
            amount="p.booked_amount",
            **_POSTING,
        ),
        # The credit, and the output at a standard of its day or of the order's standard date.
        rows(
            keys,
            leaf_and_order,
            "v.part_kind = 'credited' and p.cost_component = 'output'",
            step=step,
            qty="v.part_direction * -p.base_qty",
            amount="p.booked_amount",
            **_POSTING,
        ),
        rows(
            keys,
            f"""{leaf_and_order}
            inner join ({_component_prices()}) as s on s.company_id = p.company_id and s.plant_id = p.plant_id
                and s.item_id = p.item_id and (v.cost_component = s.cost_component or v.cost_component = 'output')
                and {valued_on} >= s.valid_from and {valued_on} < s.valid_to""",
            """v.part_evidence = 'output' and p.cost_component = 'output'
            and v.part_kind in ('standard of output', 'output at posting price', 'output in cents')
            and s.per_million <> 0""",
            step="v.part_kind",
            qty="v.part_direction * -p.base_qty",
            price="s.per_million / 1000000",
            amount="""v.part_direction * case v.part_kind
                when 'output in cents' then qty_value(-p.base_qty, s.per_million, 2)
                else qty_value(-p.base_qty, s.per_million, 6) end""",
            note="s.cost_component",
            **_POSTING,
        ),
        # What standards say: the plan, set-up, planned mix, and what scrap beyond plan had cost.
        rows(
            keys,
            "core.fct_variance_part as v",
            """v.part_kind in ('planned', 'setup', 'lot setup', 'mix', 'average price', 'joint')
            or v.part_kind = 'scrap'""",
            step=f"{step} || case when v.part_kind = 'scrap' and v.part_evidence <> 'scrap' then ' share' else '' end",
            dataset="""case when v.part_kind = 'scrap' then 'confirmation'
                when v.part_evidence in ('material', 'by_product') then 'bom_line' else 'routing_operation' end""",
            posting_date="v.standard_date",
            item_id="v.part_item_id",
            operation_no="v.part_operation_no",
            amount="v.part_amount",
        ),
    )


def _component_prices() -> str:
    return " union all ".join(
        f"""select company_id, plant_id, item_id, valid_from, valid_to, '{component}' as cost_component,
            {price_per_million(component)} as per_million from core.dim_item_price"""
        for component in COMPONENTS
    )


def ledger_lines(keys: str, where: str, source: str = "core.fct_ledger_posting as p") -> str:
    """Lines of the general ledger, debit positive."""
    return rows(
        keys,
        source,
        where,
        step="coalesce(p.posting_text, 'ledger')",
        dataset="'ledger_posting'",
        document="p.document_id || '/' || p.line_no",
        posting_date="p.posting_date",
        item_id="p.item_id",
        cost_center_id="p.cost_center_id",
        amount="p.amount",
        note="p.source_document",
        **{"source_file": "p.source_file", "source_line": "p.source_line"},
    )


def reconciling_items(where: str) -> str:
    """The differences between ledger and events, with the document that each is."""
    return rows(
        "p.company_id, p.account_id, p.period_id",
        "finance.reconciling_item as p",
        where,
        step="replace(p.reconciling_kind, '_', ' ')",
        dataset="case when p.source_file is not null then 'ledger_posting' else p.source_dataset end",
        document="p.named_document",
        posting_date="p.posting_date",
        item_id="p.item_id",
        cost_center_id="p.cost_center_id",
        amount="p.reconciling_amount",
        note="p.explanation",
        source_file="coalesce(p.source_file, p.event_source_file)",
        source_line="coalesce(p.source_line, p.event_source_line)",
    )


_PURCHASE = {
    "document": "p.purchase_document_id || '/' || p.purchase_line_no",
    "posting_date": "p.posting_date",
    "item_id": "p.item_id",
}
_PURCHASE_DATASET = """case when split_part(p.purchase_line_id, '|', 2) = 'receipt' then 'purchase_receipt'
    else 'purchase_invoice' end"""


def purchase_line(column: str) -> str:
    """One amount of a purchase line: of the delivered line itself."""
    return rows(
        "p.purchase_line_id",
        "cost.purchase_price_variance as p",
        f"p.{column} <> 0",
        step=f"'{column.removesuffix('_amount').replace('_', ' ')}'",
        dataset=_PURCHASE_DATASET,
        qty="p.base_qty",
        amount=f"p.{column}",
        note="p.purchase_status",
        **_PURCHASE,
        **{name: f"p.{name}" for name in _PLACE},
    )


def purchase_variance() -> str:
    """What was charged, less the standard of what came in, or less the value of the receipt that is settled."""
    bought = "p.variance_kind <> 'outside work'"

    def taken_off(column: str, step: str, dataset: str, document: str) -> str:
        return rows(
            "p.purchase_line_id",
            "cost.purchase_price_variance as p",
            f"{bought} and p.{column} <> 0",
            step=f"'{step}'",
            dataset=f"'{dataset}'",
            qty="-p.base_qty",
            amount=f"-p.{column}",
            **{**_PURCHASE, "document": document},
        )

    receipt = "p.receipt_id || coalesce('/' || p.receipt_line_no, '')"
    return union(
        rows(
            "p.purchase_line_id",
            "cost.purchase_price_variance as p",
            bought,
            step="'value'",
            dataset=_PURCHASE_DATASET,
            qty="p.base_qty",
            amount="p.value_amount",
            **_PURCHASE,
            **{name: f"p.{name}" for name in _PLACE},
        ),
        taken_off("standard_value_amount", "standard of what came in", "standard_cost", "null"),
        taken_off("receipt_value_amount", "value of what it settles", "purchase_receipt", receipt),
        taken_off("exchange_difference_amount", "exchange difference", "exchange_rate", "null"),
    )


def budgeted_lines() -> str:
    """Ledger lines under the row of the walk that they are the actual amount of, in every version of the budget.

    The plant is the cost center's; of a line without cost center its own, else its order's.
    """
    source = """(
        select p.*, case when p.cost_center_id is null then coalesce(p.plant_id, o.plant_id) else c.plant_id end
            as of_plant_id
        from core.fct_ledger_posting as p
        left join core.dim_cost_center as c on c.company_id = p.company_id and c.cost_center_id = p.cost_center_id
        left join core.dim_order as o on o.company_id = p.company_id and o.order_id = p.order_id
    ) as p inner join finance.budget_walk as w on w.company_id = p.company_id and w.account_id = p.account_id
        and w.period_id = p.period_id and w.plant_id is not distinct from p.of_plant_id
        and w.cost_center_id is not distinct from p.cost_center_id"""
    return ledger_lines("w.budget_walk_id", "w.actual_amount is not null", source)


def budget_line(column: str, less: str = "") -> str:
    """An amount of the walk that is read off the delivered budget line."""
    amount = f"w.{column} - w.{less}" if less else f"w.{column}"
    return rows(
        "w.budget_walk_id",
        "finance.budget_walk as w",
        f"{amount} <> 0",
        step=f"'{'flexed for what was put out' if less else 'budgeted'}'",
        dataset="'budget'",
        document="w.budget_version_id",
        cost_center_id="w.cost_center_id",
        qty="w.standard_driver_qty - w.planned_driver_qty" if less else "null",
        amount=amount,
        note="w.account_id || ' ' || w.period_id",
    )


def time_lost(element: str) -> str:
    """The state intervals of a machine that are counted under one element of its time, in seconds."""
    return rows(
        "p.company_id, p.work_unit_id, p.production_date, p.shift_id",
        "efficiency.loss_event as p",
        f"p.loss_kind = 'time' and p.time_element = '{element}'",
        step="coalesce(p.machine_state, 'no state') || coalesce(', reason ' || p.reason_id, '')",
        dataset="'machine_state'",
        document="strftime(p.start_at, '%Y-%m-%d %H:%M:%S') || ' to ' || strftime(p.end_at, '%H:%M:%S') || ' UTC'",
        posting_date="p.production_date",
        operation_no="p.operation_no",
        amount="p.seconds",
        note="p.order_id",
    )
