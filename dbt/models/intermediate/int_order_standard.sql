-- Standard cost of each order's good output, component by component: the flexed standard.
-- One row per company × order with any booking. Each output line is valued at the standard of its date and rounded to
-- cents; exact_ is the same to a millionth, at_date_ the whole output at the standard of the order's standard date.
-- lines_without_standard counts output lines that no standard, or more than one, is valid for. measured_by: tree, leaf
-- by leaf; rework, an order that repairs; no standard, none or two are valid: of both only the whole is known.
{% set components = cost_components() %}
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

prices as (select * from {{ ref('int_item_price') }}),

outputs as (
    select * from {{ ref('int_order_output') }}
    {{- of_affected_orders() }}
),

dates as (
    select * from {{ ref('int_order_standard_date') }}
    {{- of_affected_orders() }}
),

lines as (
    select outputs.company_id, outputs.order_id, outputs.good_qty, outputs.booked_amount, prices.price_per_million
        {%- for component in components %},
        {{ multiply_divide('outputs.good_qty', 'prices.' ~ component ~ '_per_million', '1000000', 2) }}
            as {{ component }}_amount,
        {{ multiply_divide('outputs.good_qty', 'prices.' ~ component ~ '_per_million', '1000000', 6) }}
            as exact_{{ component }}_amount
        {%- endfor %}
    from outputs
    left join prices
        on outputs.company_id = prices.company_id and outputs.plant_id = prices.plant_id
        and outputs.item_id = prices.item_id
        and outputs.posting_date >= prices.valid_from and outputs.posting_date < prices.valid_to
),

summed as (
    select company_id, order_id, sum(good_qty) as good_qty, count(*) as line_count,
        count(*) filter (price_per_million is null and good_qty <> 0) as lines_without_standard,
        coalesce(sum(booked_amount), 0) as credit_amount,
        count(*) filter (booked_amount is null and good_qty <> 0) as lines_without_value
        {%- for component in components %},
        coalesce(sum({{ component }}_amount), 0) as {{ component }}_amount,
        coalesce(sum(exact_{{ component }}_amount), 0) as exact_{{ component }}_amount
        {%- endfor %}
    from lines
    group by all
),

final as (
    select dates.company_id, dates.order_id, dates.plant_id, dates.item_id, dates.standard_date, dates.has_output,
        {{ quantity('coalesce(summed.good_qty, 0)') }} as good_qty,
        coalesce(summed.line_count, 0) as line_count,
        coalesce(summed.lines_without_standard, 0) as lines_without_standard,
        coalesce(summed.lines_without_value, 0) as lines_without_value,
        cast(coalesce(summed.credit_amount, 0) as decimal(18, 4)) as credit_amount,
        coalesce(prices.price_status, 'no standard') as price_status, prices.version_ids,
        coalesce(prices.lot_size_qty, case when orders.planned_qty > 0 then orders.planned_qty end) as lot_size_qty,
        prices.currency_code,
        case
            when orders.order_type = 'rework' and coalesce(summed.lines_without_standard, 0) = 0 then 'rework'
            when prices.price_status = 'known' and coalesce(summed.lines_without_standard, 0) = 0 then 'tree'
            else 'no standard'
        end as measured_by
        {%- for component in components %},
        cast(coalesce(summed.{{ component }}_amount, 0) as decimal(18, 4)) as {{ component }}_amount,
        cast(coalesce(summed.exact_{{ component }}_amount, 0) as decimal(28, 6)) as exact_{{ component }}_amount,
        cast(
            coalesce({{ multiply_divide(
                'coalesce(summed.good_qty, 0)', 'prices.' ~ component ~ '_per_million', '1000000', 6) }}, 0)
            as decimal(28, 6)
        ) as at_date_{{ component }}_amount
        {%- endfor %},
        case when prices.price_per_million is not null then
            {% for component in components %} (prices.{{ component }}_per_million <> 0)::integer
            {{- ' +' if not loop.last }}
            {% endfor %}
        end as component_count
    from dates
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
    left join summed using (company_id, order_id)
    left join prices
        on dates.company_id = prices.company_id and dates.plant_id = prices.plant_id
        and dates.item_id = prices.item_id
        and dates.standard_date >= prices.valid_from and dates.standard_date < prices.valid_to
)

select * from final
