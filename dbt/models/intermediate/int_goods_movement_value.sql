-- Goods movements with what they are worth: as the books took them, and at the standard of their day.
-- One row per movement. booked_amount: as delivered, else at standard; null where neither is known.
-- exact_standard is unrounded to a millionth: no booking of it can be further than half a cent away.
with

movements as (select * from {{ ref('int_goods_movement') }}),

prices as (select * from {{ ref('int_item_price') }}),

final as (
    select movements.*, prices.price_per_million,
        coalesce(
            case when movements.base_qty is null then 'no conversion to the base unit' end,
            prices.price_status,
            'no standard'
        ) as price_status,
        {{ multiply_divide('movements.base_qty', 'prices.price_per_million', '1000000', 6) }} as exact_standard,
        {{ multiply_divide('movements.base_qty', 'prices.price_per_million', '1000000', 2) }} as standard_amount,
        coalesce(
            movements.amount, {{ multiply_divide('movements.base_qty', 'prices.price_per_million', '1000000', 2) }}
        ) as booked_amount
    from movements
    left join prices
        on movements.company_id = prices.company_id and movements.plant_id = prices.plant_id
        and movements.item_id = prices.item_id
        and movements.posting_date >= prices.valid_from and movements.posting_date < prices.valid_to
)

select * from final
