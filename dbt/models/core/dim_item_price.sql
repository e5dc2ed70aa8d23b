-- What one million base units of an item should cost, by component and stretch of days: it explains a valued quantity.
-- One row per company × plant × item × stretch; stretches do not overlap, valid_to is the day after the last.
with

prices as (select * from {{ ref('int_item_price') }}),

final as (
    select company_id, plant_id, item_id, valid_from, valid_to, version_ids as standard_version_ids, price_status,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        {{ quantity('lot_size_qty') }} as lot_size_qty, currency_code, price_per_million
        {%- for component in cost_components() %},
        {{ component }}_per_million
        {%- endfor %}
    from prices
)

select * from final
