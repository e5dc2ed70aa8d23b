-- Material used by each order: issues less returns and by-products. One row per order.
-- A movement without an amount is valued at its item's standard on its posting date.
with

movements as (
    select movements.*, case when movement_type = 'issue' then 1 else -1 end as direction
    from {{ ref('int_goods_movement') }} as movements
    where order_id is not null and movement_type in ('issue', 'return', 'by_product')
),

standards as (
    select movements.company_id, movements.movement_id,
        cast(sum({{ multiply_divide('standards.amount', '1000000', 'standards.price_unit_qty', 6) }}) as decimal(28, 6))
            as amount_per_million
    from movements
    inner join {{ ref('int_item_standard_cost') }} as standards
        on movements.company_id = standards.company_id and movements.item_id = standards.item_id
        and movements.plant_id = standards.plant_id
        and movements.posting_date >= standards.valid_from and movements.posting_date < standards.valid_to
    where movements.amount is null
    group by all
),

valued as (
    select movements.company_id, movements.order_id, movements.direction,
        coalesce(
            movements.amount,
            {{ multiply_divide('movements.base_qty', 'standards.amount_per_million', '1000000', 2) }}
        ) as amount
    from movements
    left join standards using (company_id, movement_id)
),

final as (
    select company_id, order_id, sum(direction * amount) as material_amount,
        count(*) filter (amount is null) as movements_without_value
    from valued
    group by all
)

select * from final
