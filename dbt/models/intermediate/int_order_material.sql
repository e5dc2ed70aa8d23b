-- What material each finished order was planned to take for its good output, and what it took.
-- One row per order × item that was planned, used or put out beside the product, before prices of its standard date.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

measured as (
    select standards.* from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    {{- of_affected_orders() }}
),

movements as (
    select postings.company_id, postings.order_id, postings.item_id,
        case when postings.posting_kind = 'by_product' then 'by_product' else 'component' end as line_type,
        sum(postings.base_qty) as used_qty,
        sum(postings.booked_amount) as booked_amount,
        sum(coalesce(postings.exact_standard_amount, postings.booked_amount)) as posted_standard_amount,
        count(*) as movement_count,
        count(*) filter (postings.booked_amount is null) as unvalued_count
    from {{ ref('fct_order_posting') }} as postings
    {{- of_affected_orders() }}
    where postings.cost_component = 'material'
    group by all
),

lines as (
    select lines.*, prices.price_per_million,
        case
            when lines.order_qty is not null
                then {{ exact_quotient([['lines.order_qty', 12], ['measured.good_qty', 6]],
                    [['orders.planned_qty', 6]], 6) }}
            else {{ exact_quotient([['measured.good_qty', 6], ['lines.unit_qty', 12]], [], 6) }}
        end as planned_qty
    from {{ ref('int_order_bom') }} as lines
    inner join measured using (company_id, order_id)
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on lines.company_id = prices.company_id and lines.plant_id = prices.plant_id
        and lines.component_item_id = prices.item_id
        and lines.standard_date >= prices.valid_from and lines.standard_date < prices.valid_to
),

planned as (
    select company_id, order_id, component_item_id as item_id,
        case when line_type = 'component' then 'component' else 'by_product' end as line_type,
        max(mix_group) as mix_group, sum(unit_qty) as unit_qty, sum(planned_qty) as planned_qty,
        sum({{ multiply_divide('planned_qty', 'price_per_million', '1000000', 6) }}) as planned_amount
    from lines
    group by all
),

final as (
    select coalesce(planned.company_id, movements.company_id) as company_id,
        coalesce(planned.order_id, movements.order_id) as order_id,
        coalesce(planned.item_id, movements.item_id) as item_id,
        coalesce(planned.line_type, movements.line_type) as line_type,
        planned.item_id is not null as is_planned, movements.item_id is not null as is_used,
        planned.mix_group, planned.unit_qty,
        coalesce(planned.planned_qty, 0) as planned_qty,
        coalesce(planned.planned_amount, 0) as planned_amount,
        coalesce(movements.used_qty, 0) as used_qty,
        coalesce(movements.booked_amount, 0) as booked_amount,
        coalesce(movements.posted_standard_amount, 0) as posted_standard_amount,
        coalesce(movements.movement_count, 0) as movement_count,
        coalesce(movements.unvalued_count, 0) as unvalued_count
    from planned
    full outer join movements
        on planned.company_id = movements.company_id and planned.order_id = movements.order_id
        and planned.item_id = movements.item_id and planned.line_type = movements.line_type
)

select * from final
