-- The routing each order is measured by: its own version, else the first by name that is valid on its standard date.
-- One row per order × operation. entering_factor: pieces that enter the operation for each good piece of the order, as
-- far as scrap is planned; passed_factor: those that enter the next one.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

dates as (
    select dates.*, orders.routing_version_id
    from {{ ref('int_order_standard_date') }} as dates
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
    {{- of_affected_orders() }}
),

routings as (
    select routings.*, coalesce(routings.base_qty, 1) as run_base_qty,
        coalesce(routings.valid_from, date '0001-01-01') as from_date,
        coalesce(routings.valid_to, date '9999-12-31') as to_date,
        centers.cost_center_id
    from {{ ref('stg_routing_operation') }} as routings
    left join {{ ref('stg_work_center') }} as centers using (company_id, work_center_id)
),

valid as (
    select dates.company_id, dates.order_id, dates.standard_date, routings.version_id, routings.operation_no,
        routings.work_center_id, routings.cost_center_id, routings.run_base_qty,
        routings.run_seconds_per_unit, routings.labour_run_seconds_per_unit, routings.setup_seconds,
        routings.labour_setup_seconds, routings.subcontract_amount,
        coalesce(routings.planned_scrap_ratio, 0) as planned_scrap_ratio
    from dates
    inner join routings
        on dates.company_id = routings.company_id and dates.plant_id = routings.plant_id
        and dates.item_id = routings.item_id
        and dates.standard_date >= routings.from_date and dates.standard_date < routings.to_date
        and (dates.routing_version_id is null or dates.routing_version_id = routings.version_id)
    qualify routings.version_id = min(routings.version_id) over (partition by dates.company_id, dates.order_id)
),

-- Each step is rounded to twelve decimals: a product over a long routing would not fit 128 bits.
listed as (
    select *,
        list(  -- noqa: LT01
            cast((1 - case when planned_scrap_ratio < 1 then planned_scrap_ratio else 0 end) * 1000000000 as hugeint)
        ) over (
            partition by company_id, order_id order by operation_no desc
            rows between unbounded preceding and current row
        ) as yields_from_here
    from valid
),

factors as (
    select * exclude (yields_from_here),
        cast(
            {{ entering_factor('yields_from_here') }} as decimal(24, 0)
        ) * 0.000000000001 as entering_factor
    from listed
),

final as (
    select *,
        row_number() over (partition by company_id, order_id order by operation_no) = 1 as is_first,
        row_number() over (partition by company_id, order_id order by operation_no desc) = 1 as is_last,
        coalesce(
            lead(entering_factor) over (partition by company_id, order_id order by operation_no), 1
        ) as passed_factor
    from factors
)

select * from final
