-- What refused rows stand for in money. One row per refused row.
-- The amount the row carries; a confirmation or a movement without one is valued at the standard cost of its item on
-- its day, so that quarantine never makes the figures look complete. Null where nothing tells a value.
with

refused as (
    select quarantine_id, company_id, plant_id, dataset, event_date, value_at_risk_amount, currency_code,
        json_extract_string(row_json, '$.order_id') as order_id,
        json_extract_string(row_json, '$.item_id') as item_id,
        try_cast(json_extract_string(row_json, '$.good_qty') as decimal(18, 6)) as good_qty,
        try_cast(json_extract_string(row_json, '$.scrap_qty') as decimal(18, 6)) as scrap_qty,
        try_cast(json_extract_string(row_json, '$.qty') as decimal(18, 6)) as qty
    from {{ ref('stg_quarantine') }}
),

orders as (select company_id, order_id, plant_id, item_id from {{ ref('stg_production_order') }}),

quantified as (
    select refused.quarantine_id, refused.company_id, refused.event_date,
        coalesce(refused.plant_id, orders.plant_id) as plant_id,
        case when refused.dataset = 'confirmation' then orders.item_id else refused.item_id end as item_id,
        abs(
            case
                when refused.dataset = 'confirmation'
                    then coalesce(refused.good_qty, 0) + coalesce(refused.scrap_qty, 0)
                when refused.dataset = 'goods_movement' then refused.qty
            end
        ) as qty
    from refused
    left join orders using (company_id, order_id)
    where refused.value_at_risk_amount is null
),

estimated as (
    select quantified.company_id, quantified.quarantine_id, any_value(standards.currency_code) as currency_code,
        sum({{ multiply_divide('quantified.qty', 'standards.amount', 'standards.price_unit_qty', 2) }}) as amount
    from quantified
    inner join {{ ref('int_item_standard_cost') }} as standards
        on quantified.company_id = standards.company_id and quantified.item_id = standards.item_id
        and quantified.plant_id = standards.plant_id
        and quantified.event_date >= standards.valid_from and quantified.event_date < standards.valid_to
    where quantified.qty is not null
    group by all
),

final as (
    select refused.quarantine_id,
        {{ money('coalesce(refused.value_at_risk_amount, estimated.amount)') }} as value_at_risk_amount,
        case
            when refused.value_at_risk_amount is not null then refused.currency_code
            else estimated.currency_code
        end as currency_code
    from refused
    left join estimated using (quarantine_id)
)

select * from final
