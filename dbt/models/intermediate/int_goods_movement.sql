-- Goods movements in base units with what they are worth: as the books took them, and at the standard of their day.
-- One row per movement. base_qty is null where no conversion is known. booked_amount: as delivered, else at standard;
-- null where neither is known. exact_standard is unrounded to a millionth: no booking can be further than half a cent.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_news('stg_goods_movement_news', 'movement_id') }}"
) }}

with

movements as (
    select * from {{ ref('stg_goods_movement') }}
    {{- of_news('stg_goods_movement_news', 'movement_id') }}
),

items as (select company_id, item_id, base_uom from {{ ref('stg_item') }}),

units as (select * from {{ ref('int_item_unit') }}),

prices as (select * from {{ ref('int_item_price') }}),

-- An item that is not in the master is taken in the unit that it moved in.
converted as (
    select movements.*, items.base_uom,
        case
            when items.base_uom is null or movements.uom = items.base_uom then movements.qty
            else {{ quantity(multiply_divide('movements.qty', 'units.numerator', 'units.denominator', 6)) }}
        end as base_qty
    from movements
    left join items using (company_id, item_id)
    left join units
        on movements.company_id = units.company_id and movements.item_id = units.item_id
        and movements.uom = units.uom
),

valued as (
    select converted.*, prices.price_per_million,
        coalesce(
            case when converted.base_qty is null then 'no conversion to the base unit' end,
            prices.price_status,
            'no standard'
        ) as price_status,
        {{ multiply_divide('converted.base_qty', 'prices.price_per_million', '1000000', 6) }} as exact_standard,
        {{ multiply_divide('converted.base_qty', 'prices.price_per_million', '1000000', 2) }} as standard_amount
    from converted
    left join prices
        on converted.company_id = prices.company_id and converted.plant_id = prices.plant_id
        and converted.item_id = prices.item_id
        and converted.posting_date >= prices.valid_from and converted.posting_date < prices.valid_to
),

final as (select *, coalesce(amount, standard_amount) as booked_amount from valued)

select * from final
