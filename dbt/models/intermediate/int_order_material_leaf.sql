-- Where the material of each order went, in the primitives that its variances are made of, unrounded to a millionth.
-- One row per order × item that was planned, used or put out beside the product. used_qty × the standard price of the
-- order's standard date is used_amount; planned_qty is what the good output should have taken.
with

measured as (
    select standards.*, choices.price_variance_at
    from {{ ref('int_order_standard') }} as standards
    inner join {{ ref('int_order_end') }} as ends using (company_id, order_id)
    inner join {{ ref('int_costing_choice') }} as choices using (company_id)
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
    where postings.cost_component = 'material'
    group by all
),

planned as (
    select lines.company_id, lines.order_id, lines.component_item_id as item_id,
        case when lines.line_type = 'component' then 'component' else 'by_product' end as line_type,
        max(lines.mix_group) as mix_group,
        sum(lines.unit_qty) as unit_qty,
        sum(case
            when lines.order_qty is not null
                then {{ exact_quotient([['lines.order_qty', 6], ['measured.good_qty', 6]],
                    [['orders.planned_qty', 6]], 6) }}
            else {{ exact_quotient([['measured.good_qty', 6], ['lines.unit_qty', 12]], [], 6) }}
        end) as planned_qty,
        sum({{ multiply_divide(
            'case when lines.order_qty is not null then '
            ~ exact_quotient([['lines.order_qty', 6], ['measured.good_qty', 6]], [['orders.planned_qty', 6]], 6)
            ~ ' else ' ~ exact_quotient([['measured.good_qty', 6], ['lines.unit_qty', 12]], [], 6) ~ ' end',
            'prices.price_per_million', '1000000', 6) }}) as planned_amount
    from {{ ref('int_order_bom') }} as lines
    inner join measured using (company_id, order_id)
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on lines.company_id = prices.company_id and lines.plant_id = prices.plant_id
        and lines.component_item_id = prices.item_id
        and lines.standard_date >= prices.valid_from and lines.standard_date < prices.valid_to
    group by all
),

scrapped as (
    select company_id, order_id, item_id, sum(amount) as scrap_amount
    from {{ ref('int_order_scrap_part') }}
    where cost_component = 'material'
    group by all
),

joined as (
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
),

priced as (
    select joined.*, measured.plant_id, measured.standard_date, measured.price_variance_at, prices.price_per_million,
        coalesce(scrapped.scrap_amount, 0) as scrap_amount,
        coalesce(
            {{ multiply_divide('joined.used_qty', 'prices.price_per_million', '1000000', 6) }},
            joined.posted_standard_amount
        ) as used_amount,
        joined.booked_amount - joined.posted_standard_amount as price_amount
    from joined
    inner join measured using (company_id, order_id)
    left join {{ ref('int_item_price') }} as prices
        on joined.company_id = prices.company_id and measured.plant_id = prices.plant_id
        and joined.item_id = prices.item_id
        and measured.standard_date >= prices.valid_from and measured.standard_date < prices.valid_to
    left join scrapped
        on joined.company_id = scrapped.company_id and joined.order_id = scrapped.order_id
        and joined.item_id = scrapped.item_id and joined.line_type = 'component'
),

mixed as (
    select *,
        bool_or(is_planned) over of_order as has_plan,
        bool_or(is_used and not is_planned and line_type = 'component') over of_order as has_substitute,
        sum(used_qty) over of_mix as mix_used_qty,
        sum(unit_qty) over of_mix as mix_unit_qty,
        sum({{ exact_quotient([['unit_qty', 12], ['price_per_million', 6]], [], 12) }}) over of_mix as mix_value
    from priced
    window
        of_order as (partition by company_id, order_id),
        of_mix as (partition by company_id, order_id, mix_group)
),

expected as (
    select *,
        case when mix_group is not null then
            {{ exact_quotient([['mix_used_qty', 6], ['unit_qty', 12]], [['mix_unit_qty', 12]], 6) }}
        end as mix_qty,
        case when mix_group is not null then
            {{ exact_quotient([['mix_value', 12]], [['mix_unit_qty', 12]], 6) }}
        end as mix_price_per_million
    from mixed
),

final as (
    select company_id, order_id, plant_id, item_id, line_type, standard_date, is_planned, is_used, has_plan,
        has_substitute, mix_group, movement_count, unvalued_count,
        cast(used_qty as decimal(18, 6)) as used_qty, cast(planned_qty as decimal(18, 6)) as planned_qty,
        cast(mix_qty as decimal(18, 6)) as mix_qty,
        price_per_million, mix_price_per_million,
        {{ quantity(multiply_divide('price_per_million', '1', '1000000', 6)) }} as standard_unit_price,
        cast(booked_amount as decimal(28, 6)) as booked_amount,
        cast(posted_standard_amount as decimal(28, 6)) as posted_standard_amount,
        cast(price_amount as decimal(28, 6)) as price_amount,
        price_variance_at = 'purchase' and abs(price_amount) <= movement_count * 0.005 as is_rounding,
        cast(used_amount as decimal(28, 6)) as used_amount,
        cast(planned_amount as decimal(28, 6)) as planned_amount,
        cast(scrap_amount as decimal(28, 6)) as scrap_amount,
        cast({{ multiply_divide('mix_qty', 'price_per_million', '1000000', 6) }} as decimal(28, 6)) as mix_amount,
        cast({{ multiply_divide('used_qty - mix_qty', 'mix_price_per_million', '1000000', 6) }} as decimal(28, 6))
            as average_amount
    from expected
)

select * from final
