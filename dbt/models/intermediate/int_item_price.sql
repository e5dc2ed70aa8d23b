-- What a million base units of an item should cost, by component, for every stretch of days on which that is the same.
-- One row per company × plant × item × stretch; stretches do not overlap. Two versions valid on one day are no
-- standard: which one rules is not ours to guess, so the price is null and price_status says so.
{% set components = cost_components() %}
with

standards as (select * from {{ ref('int_item_standard_cost') }}),

edges as (
    select company_id, plant_id, item_id, valid_from from standards
    union
    select company_id, plant_id, item_id, valid_to from standards
),

stretches as (
    select company_id, plant_id, item_id, valid_from,
        lead(valid_from) over (partition by company_id, plant_id, item_id order by valid_from) as valid_to
    from edges
),

priced as (
    select stretches.company_id, stretches.plant_id, stretches.item_id, stretches.valid_from, stretches.valid_to,
        standards.version_id, standards.cost_component, standards.currency_code, standards.lot_size_qty,
        {{ multiply_divide('standards.amount', '1000000', 'standards.price_unit_qty', 6) }} as amount_per_million
    from stretches
    inner join standards
        on stretches.company_id = standards.company_id and stretches.plant_id = standards.plant_id
        and stretches.item_id = standards.item_id
        and stretches.valid_from >= standards.valid_from and stretches.valid_to <= standards.valid_to
    where stretches.valid_to is not null
),

summed as (
    select company_id, plant_id, item_id, valid_from, valid_to,
        count(distinct version_id) = 1 as is_one_version,
        min(version_id) as version_id, string_agg(distinct version_id, ', ' order by version_id) as version_ids,
        max(lot_size_qty) as lot_size_qty, any_value(currency_code) as currency_code,
        sum(amount_per_million) as price_per_million
        {%- for component in components %},
        coalesce(sum(amount_per_million) filter (cost_component = '{{ component }}'), 0) as {{ component }}_per_million
        {%- endfor %}
    from priced
    group by company_id, plant_id, item_id, valid_from, valid_to
),

final as (
    select company_id, plant_id, item_id, valid_from, valid_to, version_id, version_ids,
        case when is_one_version then 'known' else 'two versions valid at once' end as price_status,
        case when is_one_version then lot_size_qty end as lot_size_qty, currency_code,
        cast(case when is_one_version then price_per_million end as decimal(28, 6)) as price_per_million,
        case when is_one_version then
            {{ quantity(multiply_divide('price_per_million', '1', '1000000', 6)) }}
        end as unit_price
        {%- for component in components %},
        cast(case when is_one_version then {{ component }}_per_million end as decimal(28, 6))
            as {{ component }}_per_million
        {%- endfor %}
    from summed
)

select * from final
