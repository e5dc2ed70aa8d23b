-- What the events say should stand on each account: the books that a perpetual standard cost system keeps of them.
-- One row per event × account role (× activity). Debit positive; every event's rows sum to zero but payroll, of which
-- only the cost side is known. A null amount: the event cannot be valued. Settlements name an order and no document.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders_and_others() }}"
) }}

with

bookings as (
    select * from {{ ref('fct_order_posting') }}
    {{- of_affected_orders() }}
),

movements as (
    select * from {{ ref('int_goods_movement') }}
    {{- of_affected_orders_or_none() }}
),

purchases as (
    select * from {{ ref('int_purchase_line') }}
    {{- of_affected_orders_or_none() }}
),

choices as (select company_id, price_variance_at from {{ ref('int_costing_choice') }}),

stock as (
    select items.company_id, items.item_id, roles.account_role
    from {{ ref('stg_item') }} as items
    inner join {{ ref('int_stock_account') }} as roles using (company_id, item_type)
),

-- An order's booking stands on work in process, and against it on the account it came from or went to.
order_lines as (
    select company_id, plant_id, 'wip' as account_role, null as cost_center_id, order_id, item_id, source_dataset,
        source_document_id, posting_date, period_id, booked_amount as amount, exact_amount
    from bookings
    union all
    select bookings.company_id, bookings.plant_id,
        case
            when bookings.cost_component in ('material', 'output') then coalesce(stock.account_role, 'raw_material')
            when bookings.cost_component = 'labour' then 'labour_absorbed'
            else 'overhead_absorbed'
        end,
        bookings.cost_center_id, bookings.order_id, bookings.item_id, bookings.source_dataset,
        bookings.source_document_id, bookings.posting_date, bookings.period_id, -bookings.booked_amount,
        -bookings.exact_amount
    from bookings
    left join stock using (company_id, item_id)
    where bookings.source_dataset not in ('purchase_receipt', 'purchase_invoice')
),

-- Movements that are no booking of an order: found, lost, scrapped or used up without one.
other_movements as (
    select movements.company_id, movements.plant_id, movements.cost_center_id, movements.order_id, movements.item_id,
        movements.movement_id, movements.posting_date, coalesce(stock.account_role, 'raw_material') as stock_role,
        case
            when movements.order_id is not null
                and movements.movement_type in ('issue', 'return', 'receipt', 'by_product') then 'wip'
            else 'scrap'
        end as other_role,
        case when movements.movement_type in ('issue', 'scrap') then -1 else 1 end * movements.booked_amount as amount,
        case when movements.movement_type in ('issue', 'scrap') then -1 else 1 end
        * coalesce(movements.amount, movements.exact_standard) as exact_amount
    from movements
    left join stock using (company_id, item_id)
    anti join bookings
        on movements.company_id = bookings.company_id and movements.movement_id = bookings.source_document_id
        and bookings.source_dataset = 'goods_movement'
    where movements.movement_type <> 'transfer'
),

movement_lines as (
    select other_movements.company_id, plant_id, stock_role as account_role, cost_center_id, order_id, item_id,
        'goods_movement' as source_dataset, movement_id as source_document_id, posting_date, amount, exact_amount
    from other_movements
    union all
    select company_id, plant_id, other_role, cost_center_id, order_id, item_id, 'goods_movement', movement_id,
        posting_date, -amount, -exact_amount
    from other_movements
),

-- Stock takes a purchase at standard, or at what it was bought for where there is no standard or the price difference
-- is shown when the goods are used.
priced_purchases as (
    select purchases.company_id, purchases.plant_id, purchases.line_kind, purchases.order_id, purchases.item_id,
        purchases.document_id, purchases.posting_date, purchases.period_id, purchases.value_amount,
        purchases.receipt_value_amount, purchases.exchange_difference_amount,
        coalesce(stock.account_role, 'raw_material') as stock_role,
        case when purchases.line_kind = 'receipt' then 'purchase_receipt' else 'purchase_invoice' end
            as source_dataset,
        case
            when purchases.line_kind <> 'receipt' then purchases.price_variance_amount
            when choices.price_variance_at = 'usage' then 0
            else coalesce(purchases.price_variance_amount, 0)
        end as price_variance_amount,
        case
            when choices.price_variance_at = 'usage' or purchases.price_variance_amount is null
                then purchases.value_amount
            else {{ multiply_divide('purchases.base_qty', 'purchases.standard_price_per_million', '1000000', 6) }}
        end as exact_stock_amount
    from purchases
    inner join choices using (company_id)
    left join stock using (company_id, item_id)
),

purchase_lines as (
    select company_id, plant_id, 'goods_received_not_invoiced' as account_role, order_id, item_id, source_dataset,
        document_id as source_document_id, posting_date, period_id, -value_amount as amount,
        -value_amount as exact_amount
    from priced_purchases
    where line_kind = 'receipt'
    union all
    select company_id, plant_id, stock_role, order_id, item_id, source_dataset, document_id, posting_date, period_id,
        value_amount - price_variance_amount, exact_stock_amount
    from priced_purchases
    where line_kind = 'receipt' and order_id is null
    union all
    select company_id, plant_id, 'ppv', order_id, item_id, source_dataset, document_id, posting_date, period_id,
        price_variance_amount,
        case
            when line_kind = 'receipt' then value_amount - exact_stock_amount
            else price_variance_amount
        end
    from priced_purchases
    where order_id is null
    union all
    select company_id, plant_id, 'goods_received_not_invoiced', order_id, item_id, source_dataset, document_id,
        posting_date, period_id, receipt_value_amount, receipt_value_amount as exact_amount
    from priced_purchases
    where line_kind <> 'receipt'
    union all
    select company_id, plant_id, 'payables', order_id, item_id, source_dataset, document_id, posting_date, period_id,
        -value_amount, -value_amount
    from priced_purchases
    where line_kind <> 'receipt'
    union all
    select company_id, plant_id, 'exchange_difference', order_id, item_id, source_dataset, document_id, posting_date,
        period_id, exchange_difference_amount, exchange_difference_amount as exact_amount
    from priced_purchases
    where line_kind <> 'receipt'
),

-- What a finished order leaves in work in process is settled on the day after which nothing more was booked on it.
last_bookings as (
    select company_id, order_id, period_id, max(posting_date) as posting_date
    from bookings
    group by all
),

settlements as (
    select order_periods.company_id, orders.plant_id, order_periods.order_id, orders.item_id, order_periods.period_id,
        case
            when order_periods.period_id = order_periods.completed_period_id
                then greatest(order_periods.completed_date, last_bookings.posting_date)
            else coalesce(last_bookings.posting_date, order_periods.completed_date)
        end as posting_date,
        order_periods.settled_amount as amount
    from {{ ref('int_order_period') }} as order_periods
    {{- of_affected_orders() }}
    left join last_bookings using (company_id, order_id, period_id)
    left join {{ ref('dim_order') }} as orders using (company_id, order_id)
    where order_periods.settled_amount <> 0
),

settlement_lines as (
    select company_id, plant_id, 'production_variance' as account_role, order_id, item_id,
        'settlement' as source_dataset, null as source_document_id, posting_date, period_id, amount,
        amount as exact_amount
    from settlements
    union all
    select company_id, plant_id, 'wip', order_id, item_id, 'settlement', null, posting_date, period_id, -amount,
        -amount
    from settlements
),

-- A new standard values the stock of its day anew.
revaluation_lines as (
    select revaluations.company_id, revaluations.plant_id,
        coalesce(stock.account_role, 'raw_material') as account_role, revaluations.item_id,
        'revaluation' as source_dataset, revaluations.source_document_id, revaluations.change_date as posting_date,
        revaluations.revaluation_amount as amount, revaluations.exact_amount
    from {{ ref('int_standard_revaluation') }} as revaluations
    left join stock using (company_id, item_id)
    union all
    select company_id, plant_id, 'revaluation', item_id, 'revaluation', source_document_id, change_date,
        -revaluation_amount, -exact_amount
    from {{ ref('int_standard_revaluation') }}
),

payroll_lines as (
    select payroll.company_id, workers.plant_id, 'labour_actual' as account_role, 'payroll' as source_dataset,
        null as source_document_id, cast(null as date) as posting_date, payroll.period_id,
        sum(payroll.amount) as amount, sum(payroll.amount) as exact_amount
    from {{ ref('stg_payroll') }} as payroll
    left join {{ ref('dim_worker') }} as workers using (company_id, worker_id)
    group by all
),

lines as (
    select * from order_lines
    union all by name
    select * from movement_lines
    union all by name
    select * from purchase_lines
    union all by name
    select * from settlement_lines
    union all by name
    select * from revaluation_lines
    union all by name
    select * from payroll_lines
),

final as (
    select lines.company_id, lines.plant_id, lines.account_role, lines.cost_center_id, lines.order_id, lines.item_id,
        lines.source_dataset, lines.source_document_id, lines.posting_date,
        coalesce(lines.period_id, periods.period_id) as period_id,
        {{ money('lines.amount') }} as amount,
        cast(lines.exact_amount as decimal(28, 6)) as exact_amount
    from lines
    left join {{ ref('int_posting_period') }} as periods
        on lines.company_id = periods.company_id and lines.posting_date = periods.posting_date
    where lines.amount is distinct from 0
)

select * from final
