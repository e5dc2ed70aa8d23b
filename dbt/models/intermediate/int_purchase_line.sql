-- What suppliers delivered and charged, in the company's currency. One row per purchase receipt line or invoice line.
-- receipt: the ordered value against the standard of the day. invoice: what is charged against the value of what it
-- settles, told apart into price and exchange. charge: an invoice line without quantity, all of it price.
-- With an order_id the line is outside work: the value of a receipt and the price part of an invoice are the order's.
with

companies as (select company_id, currency_code, exchange_rate_type from {{ ref('int_costing_choice') }}),

rates as (select * from {{ ref('int_exchange_rate_range') }}),

receipt_lines as (
    select receipts.*,
        {{ quantity(multiply_divide('receipts.qty', 'units.numerator', 'units.denominator', 6)) }} as base_qty,
        {{ quantity(multiply_divide('receipts.price_unit_qty', 'units.numerator', 'units.denominator', 6)) }}
            as base_price_unit_qty,
        {{ multiply_divide('receipts.qty', 'receipts.price_amount', 'receipts.price_unit_qty', 2) }}
            as transaction_amount
    from {{ ref('stg_purchase_receipt') }} as receipts
    left join {{ ref('int_item_unit') }} as units using (company_id, item_id, uom)
),

invoice_lines as (
    select *, case when qty is null then 'charge' else 'invoice' end as line_kind
    from {{ ref('stg_purchase_invoice') }}
),

-- Every currency and day on which something is valued.
days as (
    select company_id, currency_code, posting_date from receipt_lines
    union
    select company_id, currency_code, posting_date from invoice_lines
    union
    select company_id, receipt_lines.currency_code, invoice_lines.posting_date
    from invoice_lines
    inner join receipt_lines using (company_id, receipt_id)
),

day_rates as (
    select days.company_id, days.currency_code, days.posting_date,
        case when days.currency_code = companies.currency_code then 1 else rates.rate end as exchange_rate,
        case
            when days.currency_code = companies.currency_code then 'own currency'
            when rates.rate is not null then 'known'
            else 'missing'
        end as rate_status
    from days
    left join companies using (company_id)
    left join rates
        on days.company_id = rates.company_id and days.currency_code = rates.from_currency_code
        and companies.currency_code = rates.to_currency_code and companies.exchange_rate_type = rates.rate_type
        and days.posting_date >= rates.valid_from and days.posting_date < rates.valid_to
),

receipts as (
    select receipt_lines.*, day_rates.exchange_rate, day_rates.rate_status,
        {{ exchanged('receipt_lines.transaction_amount', 'day_rates.exchange_rate') }} as value_amount,
        prices.price_per_million as standard_price_per_million, prices.price_status,
        case
            when receipt_lines.order_id is not null then 0
            else {{ multiply_divide('receipt_lines.base_qty', 'prices.price_per_million', '1000000', 2) }}
        end as standard_amount
    from receipt_lines
    left join day_rates using (company_id, currency_code, posting_date)
    left join {{ ref('int_item_price') }} as prices
        on receipt_lines.company_id = prices.company_id and receipt_lines.plant_id = prices.plant_id
        and receipt_lines.item_id = prices.item_id
        and receipt_lines.posting_date >= prices.valid_from and receipt_lines.posting_date < prices.valid_to
),

-- What an invoice line settles: the receipt line it names, else the lines of its item, else the whole receipt. A sum of
-- which a part is unknown is unknown.
settled as (
    select invoice_lines.company_id, invoice_lines.invoice_id, invoice_lines.line_no,
        case when count(*) = 1 then min(receipts.line_no) end as receipt_line_no,
        min(receipts.supplier_id) as supplier_id,
        case when count(distinct receipts.item_id) = 1 then min(receipts.item_id) end as item_id,
        min(receipts.order_id) as order_id,
        case when count(*) = 1 then min(receipts.operation_no) end as operation_no,
        min(receipts.base_price_unit_qty) as base_price_unit_qty,
        {% for measure in ['base_qty', 'transaction_amount', 'value_amount'] %}
        case when count(receipts.{{ measure }}) = count(*) then sum(receipts.{{ measure }}) end as {{ measure }},
        {% endfor %}
        -- Lines of one receipt that were taken in at different rates have no one rate to compare with.
        case when count(distinct receipts.exchange_rate) = 1 and count(distinct receipts.currency_code) = 1
            then min(receipts.exchange_rate) end as exchange_rate,
        case when count(distinct receipts.currency_code) = 1 then min(day_rates.exchange_rate) end
            as exchange_rate_at_invoice
    from invoice_lines
    inner join receipts
        on invoice_lines.company_id = receipts.company_id and invoice_lines.receipt_id = receipts.receipt_id
        and case
            when invoice_lines.receipt_line_no is not null then invoice_lines.receipt_line_no = receipts.line_no
            else coalesce(invoice_lines.item_id, receipts.item_id) = receipts.item_id
        end
    left join day_rates
        on receipts.company_id = day_rates.company_id and receipts.currency_code = day_rates.currency_code
        and invoice_lines.posting_date = day_rates.posting_date
    group by all
),

invoices as (
    select invoice_lines.*, settled.supplier_id, settled.operation_no, settled.base_price_unit_qty,
        settled.invoice_id is not null as is_receipt_known,
        settled.item_id as settled_item_id, settled.order_id as settled_order_id,
        settled.receipt_line_no as settled_line_no,
        settled.exchange_rate as settled_rate, settled.exchange_rate_at_invoice,
        day_rates.exchange_rate, day_rates.rate_status,
        {{ exchanged('invoice_lines.amount', 'day_rates.exchange_rate') }} as value_amount,
        case
            when invoice_lines.line_kind = 'charge' then 0
            else {{ multiply_divide('settled.value_amount', 'invoice_lines.qty', 'settled.base_qty', 2) }}
        end as receipt_value_amount,
        {{ multiply_divide('settled.transaction_amount', 'invoice_lines.qty', 'settled.base_qty', 2) }}
            as settled_transaction_amount
    from invoice_lines
    left join settled using (company_id, invoice_id, line_no)
    left join day_rates using (company_id, currency_code, posting_date)
),

exchange as (
    select *,
        case
            when line_kind = 'charge' then 0
            else {{ exchanged('settled_transaction_amount', 'exchange_rate_at_invoice - settled_rate') }}
        end as exchange_difference_amount
    from invoices
),

lines as (
    select company_id, plant_id, 'receipt' as line_kind, receipt_id as document_id, line_no, receipt_id,
        line_no as receipt_line_no, supplier_id, item_id, order_id, operation_no, posting_date, base_qty,
        base_price_unit_qty, transaction_amount, currency_code as transaction_currency_code, exchange_rate, rate_status,
        value_amount, 0 as receipt_value_amount, standard_amount, standard_price_per_million,
        case when order_id is not null then 0 else value_amount - standard_amount end as price_variance_amount,
        0 as exchange_difference_amount,
        case
            when rate_status = 'missing' then 'no exchange rate on the posting date'
            when order_id is not null then 'known'
            when base_qty is null then 'no conversion to the base unit'
            when price_status is null then 'no standard on the posting date'
            when price_status <> 'known' then 'two standards on the posting date'
            else 'known'
        end as purchase_status,
        source_file, source_line, recorded_at
    from receipts
    union all
    select company_id, plant_id, line_kind, invoice_id, line_no, receipt_id,
        coalesce(receipt_line_no, settled_line_no), supplier_id, coalesce(item_id, settled_item_id),
        coalesce(order_id, settled_order_id), operation_no, posting_date, qty, base_price_unit_qty, amount,
        currency_code, exchange_rate, rate_status, value_amount, receipt_value_amount, 0, null,
        value_amount - receipt_value_amount - exchange_difference_amount, exchange_difference_amount,
        case
            when rate_status = 'missing' then 'no exchange rate on the posting date'
            when line_kind = 'charge' then 'known'
            when not is_receipt_known then 'no receipt is known'
            when receipt_value_amount is null then 'the receipt has no value or no quantity'
            when exchange_difference_amount is null then 'no one exchange rate of the receipt'
            else 'known'
        end,
        source_file, source_line, recorded_at
    from exchange
),

final as (
    select lines.company_id, lines.plant_id, lines.line_kind, lines.document_id, lines.line_no, lines.receipt_id,
        lines.receipt_line_no, lines.supplier_id, lines.item_id, lines.order_id, lines.operation_no,
        lines.posting_date, periods.period_id, {{ quantity('lines.base_qty') }} as base_qty,
        {{ quantity('lines.base_price_unit_qty') }} as base_price_unit_qty,
        {{ money('lines.transaction_amount') }} as transaction_amount, lines.transaction_currency_code,
        cast(lines.exchange_rate as decimal(18, 9)) as exchange_rate, lines.rate_status,
        {{ money('lines.value_amount') }} as value_amount,
        {{ money('lines.receipt_value_amount') }} as receipt_value_amount,
        {{ money('lines.standard_amount') }} as standard_amount, lines.standard_price_per_million,
        {{ money('lines.price_variance_amount') }} as price_variance_amount,
        {{ money('lines.exchange_difference_amount') }} as exchange_difference_amount,
        lines.purchase_status, lines.source_file, lines.source_line, lines.recorded_at
    from lines
    left join {{ ref('int_posting_period') }} as periods using (company_id, posting_date)
)

select * from final
