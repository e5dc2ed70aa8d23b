-- Where the material of each order went, in the primitives that its variances are made of, unrounded to a millionth.
-- One row per order × item that was planned, used or put out beside the product. used_qty × the standard price of the
-- order's standard date is used_amount; planned_qty is what the good output should have taken. usage_leaf_code: the
-- leaf that differences of quantity count as, none without a plan. is_price_rounding: prices differ by roundings only.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

measured as (
    select standards.*, choices.price_variance_at, choices.joint_variance, choices.mix_method
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    inner join {{ ref('int_costing_choice') }} as choices using (company_id)
    {{- of_affected_orders() }}
),

materials as (
    select * from {{ ref('int_order_material') }}
    {{- of_affected_orders() }}
),

scrapped as (
    select company_id, order_id, item_id, 'component' as line_type, sum(amount) as scrap_amount
    from {{ ref('int_order_scrap_part') }}
    where cost_component = 'material'
    group by all
),

priced as (
    select joined.*, measured.plant_id, measured.standard_date, measured.measured_by, measured.price_variance_at,
        measured.joint_variance, measured.mix_method, prices.price_per_million, prices.unit_price,
        coalesce(scrapped.scrap_amount, 0) as scrap_amount,
        coalesce(
            {{ multiply_divide('joined.used_qty', 'prices.price_per_million', '1000000', 6) }},
            joined.posted_standard_amount
        ) as used_amount,
        joined.booked_amount - joined.posted_standard_amount as price_amount
    from materials as joined
    inner join measured using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on joined.company_id = prices.company_id and measured.plant_id = prices.plant_id
        and joined.item_id = prices.item_id
        and measured.standard_date >= prices.valid_from and measured.standard_date < prices.valid_to
    left join scrapped
        on joined.company_id = scrapped.company_id and joined.order_id = scrapped.order_id
        and joined.item_id = scrapped.item_id and joined.line_type = scrapped.line_type
),

-- By sums and joins over the stored table: windows, or a second pass over priced rows, would not fit into memory.
of_order as (
    select company_id, order_id, bool_or(is_planned) as has_plan,
        bool_or(is_used and not is_planned and line_type = 'component') as has_substitute
    from materials
    group by company_id, order_id
),

of_mix as (
    select materials.company_id, materials.order_id, materials.mix_group, sum(materials.used_qty) as mix_used_qty,
        sum(materials.unit_qty) as mix_unit_qty,
        sum({{ exact_quotient([['materials.unit_qty', 12], ['prices.price_per_million', 6]], [], 12) }}) as mix_value
    from materials
    inner join measured using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on materials.company_id = prices.company_id and measured.plant_id = prices.plant_id
        and materials.item_id = prices.item_id
        and measured.standard_date >= prices.valid_from and measured.standard_date < prices.valid_to
    where materials.mix_group is not null
    group by materials.company_id, materials.order_id, materials.mix_group
),

mixed as (
    select priced.*, of_order.has_plan, of_order.has_substitute, of_mix.mix_used_qty, of_mix.mix_unit_qty,
        of_mix.mix_value
    from priced
    inner join of_order using (company_id, order_id)
    left join of_mix using (company_id, order_id, mix_group)
),

expected as (
    select *,
        case when mix_group is not null then
            {{ exact_quotient([['mix_used_qty', 6], ['unit_qty', 12]], [['mix_unit_qty', 12]], 6) }}
        end as mix_qty,
        case when mix_group is not null then
            {{ exact_quotient([['mix_value', 12]], [['mix_unit_qty', 12]], 6) }}
        end as mix_price_per_million,
        price_variance_at = 'purchase' and abs(price_amount) <= movement_count * 0.005 as is_price_rounding,
        case
            when line_type <> 'component' or not has_plan then null
            when not is_planned or (has_substitute and not is_used) then 'MAT.SUBST'
            when mix_group is not null then 'MAT.YIELD'
            else 'MAT.USAGE'
        end as usage_leaf_code
    from mixed
),

final as (
    select company_id, order_id, plant_id, item_id, line_type, standard_date, is_planned, is_used, has_plan,
        has_substitute, mix_group, movement_count, unvalued_count,
        cast(used_qty as decimal(18, 6)) as used_qty, cast(planned_qty as decimal(18, 6)) as planned_qty,
        cast(mix_qty as decimal(18, 6)) as mix_qty,
        price_per_million, mix_price_per_million,
        unit_price as standard_unit_price,
        cast(booked_amount as decimal(28, 6)) as booked_amount,
        cast(posted_standard_amount as decimal(28, 6)) as posted_standard_amount,
        cast(price_amount as decimal(28, 6)) as price_amount,
        is_price_rounding, usage_leaf_code, measured_by,
        cast(used_amount as decimal(28, 6)) as used_amount,
        cast(planned_amount as decimal(28, 6)) as planned_amount,
        cast(scrap_amount as decimal(28, 6)) as scrap_amount,
        case when mix_group is not null then
            cast({{ multiply_divide('mix_qty', 'price_per_million', '1000000', 6) }} as decimal(28, 6))
        end as mix_amount,
        case
            when usage_leaf_code = 'MAT.YIELD' and mix_method = 'average_price'
                then cast({{ multiply_divide('used_qty - mix_qty', 'mix_price_per_million', '1000000', 6) }}
                    as decimal(28, 6))
            else 0
        end as average_amount,
        -- Without a planned quantity nothing says how much of the price difference is joint.
        case
            when joint_variance = 'separate' and usage_leaf_code is not null and used_qty <> 0 and not is_price_rounding
                then cast({{ exact_quotient([['price_amount', 6], ['used_qty - planned_qty', 6]],
                    [['used_qty', 6]], 6) }} as decimal(28, 6))
            else 0
        end as joint_amount
    from expected
)

select * from final
