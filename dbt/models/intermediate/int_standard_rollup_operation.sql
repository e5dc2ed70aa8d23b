-- The operations of what is rolled up, with the seconds that a million good units take. One row per node × operation.
-- Each step is rounded to six decimals, entering_factor to twelve. Set-up is spread over the lot size of the standard;
-- without one it is unknown.
with

nodes as (select * from {{ ref('int_bom_node') }}),

centers as (select company_id, work_center_id, cost_center_id from {{ ref('stg_work_center') }}),

operations as (
    select nodes.node_id, nodes.company_id, nodes.node_date, nodes.lot_size_qty, routings.operation_no,
        centers.cost_center_id, coalesce(routings.base_qty, 1) as base_qty,
        coalesce(routings.run_seconds_per_unit, 0) as machine_seconds,
        coalesce(routings.labour_run_seconds_per_unit, 0) as labour_seconds,
        coalesce(routings.setup_seconds, 0) as setup_seconds,
        coalesce(routings.labour_setup_seconds, 0) as labour_setup_seconds,
        coalesce(routings.subcontract_amount, 0) as subcontract_amount,
        coalesce(routings.planned_scrap_ratio, 0) as planned_scrap_ratio
    from nodes
    inner join {{ ref('stg_routing_operation') }} as routings
        on nodes.company_id = routings.company_id and nodes.plant_id = routings.plant_id
        and nodes.item_id = routings.item_id and nodes.routing_version_id = routings.version_id
        and nodes.node_date >= coalesce(routings.valid_from, date '0001-01-01')
        and nodes.node_date < coalesce(routings.valid_to, date '9999-12-31')
    left join centers
        on routings.company_id = centers.company_id and routings.work_center_id = centers.work_center_id
),

listed as (
    select *,
        list(cast((1 - case when planned_scrap_ratio < 1 then planned_scrap_ratio else 0 end) * 1000000000 as hugeint))
            over (
                partition by node_id order by operation_no desc rows between unbounded preceding and current row
            ) as yields_from_here
    from operations
),

-- What enters an operation for each good unit: e = e of the next one ÷ (1 − planned scrap), 12 decimals each time.
entering as (
    select * exclude (yields_from_here),
        cast(
            list_reduce( -- noqa: LT01
                list_prepend(cast(1000000000000 as hugeint), yields_from_here), -- noqa: PRS
                lambda entering, share: (2 * entering * 1000000000 + share) // (2 * share)
            ) as decimal(24, 0)
        ) * 0.000000000001 as entering_factor
    from listed
),

stated as (
    select *,
        {% for measure in ['machine_seconds', 'labour_seconds', 'subcontract_amount'] %}
        {{ exact_quotient([[measure, 4], ['1000000', 0]], [['base_qty', 6]], 6) }} as million_{{ measure }},
        {% endfor %}
        {% for measure in ['setup_seconds', 'labour_setup_seconds'] %}
        case
            when {{ measure }} = 0 then 0
            else {{ exact_quotient([[measure, 4], ['1000000', 0]], [['lot_size_qty', 6]], 6) }}
        end as million_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from entering
),

final as (
    select node_id, company_id, node_date, operation_no, cost_center_id, entering_factor,
        row_number() over (partition by node_id order by operation_no) = 1 as is_first,
        cast({{ exact_quotient([['million_machine_seconds', 6], ['entering_factor', 12]], [], 6) }} as decimal(28, 6))
            as machine_seconds,
        cast(
            {{ exact_quotient([['million_labour_seconds', 6], ['entering_factor', 12]], [], 6) }}
            + million_labour_setup_seconds as decimal(28, 6)
        ) as labour_seconds,
        cast(million_setup_seconds as decimal(28, 6)) as setup_seconds,
        cast({{ exact_quotient([['million_subcontract_amount', 6], ['entering_factor', 12]], [], 6) }}
            as decimal(28, 6)) as subcontract_amount
    from stated
)

select * from final
