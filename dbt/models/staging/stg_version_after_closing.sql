-- All versions of the rows of which one was recorded after a period of their company had been closed.
-- One row per version of a ledger line, movement, confirmation, labour time, receipt line or invoice line.
{% set datasets = {
    'ledger_posting': {'document_id': 'document_id', 'posting_date': 'posting_date', 'period_id': 'period_id',
        'account_id': 'account_id', 'amount': 'amount', 'reversal_of': 'reversal_of', 'order_id': 'order_id'},
    'goods_movement': {'document_id': 'movement_id', 'posting_date': 'posting_date', 'amount': 'amount',
        'reversal_of': 'reversal_of', 'order_id': 'order_id'},
    'confirmation': {'document_id': 'confirmation_id', 'posting_date': 'posting_date', 'reversal_of': 'reversal_of',
        'order_id': 'order_id'},
    'labour_time': {'document_id': 'time_id', 'posting_date': 'work_date', 'reversal_of': 'reversal_of',
        'order_id': 'order_id'},
    'purchase_receipt': {'document_id': 'receipt_id', 'posting_date': 'posting_date', 'order_id': 'order_id'},
    'purchase_invoice': {'document_id': 'invoice_id', 'posting_date': 'posting_date', 'amount': 'amount',
        'order_id': 'order_id'},
} %}
{% set columns = ['document_id', 'posting_date', 'period_id', 'account_id', 'order_id', 'reversal_of',
    'amount'] %}
with

first_closings as (
    select company_id, min(known_at) as known_at from {{ source('raw', 'closing') }}{{ known_then('where') }}
    group by company_id
),

{% for dataset, named in datasets.items() %}
{{ dataset }}_versions as (
    select company_id, plant_id, '{{ dataset }}' as dataset, source_key,
        {%- for column in columns %}
        {{ named[column] ~ ' as ' if column in named else 'null as ' }}{{ column }},
        {%- endfor %}
        recorded_at, delivery_seq, source_file, source_line, is_deleted,
        regexp_matches(batch_id, '-replay[0-9]*$') as is_replayed
    from {{ source('raw', dataset) }}
    where (company_id, source_key) in (
        select (later.company_id, later.source_key) from {{ source('raw', dataset) }} as later
        inner join first_closings on later.company_id = first_closings.company_id
        where later.recorded_at > first_closings.known_at{{ known_then('and') }}
    ){{ known_then('and') }}
),

{% endfor %}
final as (
    {%- for dataset in datasets %}
    select * from {{ dataset }}_versions
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
