-- What bought goods cost above standard, when they came in and when they were charged, and what exchange rates did.
-- One row per company × purchase receipt line or invoice line. price_variance = actual − standard; above 0 is
-- unfavourable. It belongs to the buyer and to the period of the posting. Outside work on an order has no price
-- variance here: its price is the order's.
with

lines as (select * from {{ ref('int_purchase_line') }}),

companies as (select company_id, currency_code, price_variance_at from {{ ref('int_costing_choice') }}),

explained as (
    select lines.*, companies.currency_code, companies.price_variance_at,
        case
            when lines.order_id is not null then 'outside work'
            when lines.line_kind = 'receipt' then 'at receipt'
            when lines.line_kind = 'invoice' then 'at invoice'
            else 'later charge'
        end as variance_kind,
        case when lines.order_id is not null then 0 else lines.price_variance_amount end as variance_amount
    from lines
    left join companies using (company_id)
),

final as (
    select {{ surrogate_key(["company_id", "case when line_kind = 'receipt' then 'receipt' else 'invoice' end",
            "document_id", "line_no"]) }} as purchase_line_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        company_id, plant_id, document_id as purchase_document_id, line_no as purchase_line_no, variance_kind,
        receipt_id, receipt_line_no, supplier_id, item_id,
        order_id, operation_no, posting_date, period_id, base_qty, base_price_unit_qty as price_unit_qty,
        case when order_id is null then
            {{ money(multiply_divide('standard_price_per_million', 'base_price_unit_qty', '1000000', 4)) }}
        end as standard_price_amount,
        {{ money(multiply_divide('value_amount', 'base_price_unit_qty', 'base_qty', 4)) }} as actual_price_amount,
        transaction_amount, transaction_currency_code, exchange_rate, rate_status, value_amount, receipt_value_amount,
        standard_amount as standard_value_amount, {{ money('variance_amount') }} as price_variance_amount,
        exchange_difference_amount,
        case sign(variance_amount)
            when 1 then 'unfavourable' when -1 then 'favourable' when 0 then 'none'
        end as variance_side,
        price_variance_at,
        -- Stock takes what was paid on receipt where prices count at usage; what comes later finds it perhaps used.
        case
            when order_id is not null then null
            when price_variance_at = 'usage' and line_kind = 'receipt' then 'stock'
            else 'ppv'
        end as account_role,
        currency_code, purchase_status, source_file, source_line
    from explained
)

select * from final
