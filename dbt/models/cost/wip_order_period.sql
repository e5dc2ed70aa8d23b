-- Work in process of each order at the end of each period, and how it came about.
-- One row per order × period: opening + debits − credits − settled variance = closing, as the books carry it. Beside it
-- the standard cost of what is done, and wip_amount at the declared valuation. A finished order is empty.
with

periods as (select * from {{ ref('int_order_period') }}),

orders as (select * from {{ ref('dim_order') }}),

final as (
    select periods.company_id, orders.plant_id, periods.order_id, orders.item_id, periods.period_id,
        {{ surrogate_key(['periods.company_id', 'periods.order_id']) }} as order_key,
        {{ surrogate_key(['periods.company_id', 'orders.plant_id']) }} as plant_key,
        {{ surrogate_key(['periods.company_id', 'orders.item_id']) }} as item_key,
        periods.is_settled, periods.completed_date, periods.wip_valuation,
        periods.opening_amount, periods.debit_amount, periods.credit_amount, periods.settled_amount,
        periods.closing_amount, periods.target_wip_amount, periods.wip_amount,
        {{ money('periods.closing_amount - periods.target_wip_amount') }} as variance_in_process_amount,
        periods.currency_code,
        case
            when periods.unvalued_count > 0 then 'incomplete: ' || periods.unvalued_count || ' bookings without value'
            when periods.wip_valuation = 'target' and periods.target_wip_amount is null
                then 'at actual: no routing or standard to value it by'
            else 'known'
        end as wip_status
    from periods
    inner join orders using (company_id, order_id)
)

select * from final
