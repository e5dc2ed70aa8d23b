-- Every booking on a production order: what it was charged with and what it was credited for, with file and line.
-- One row per booking: a movement, an activity of a confirmation, a labour time record, outside work, or output.
-- booked_amount is what the books take into work in process, debit positive: activities at planned rates, material as
-- posted. actual_amount is what it did cost: hours at the actual rate of the month where that is known.
{% set rates = ['labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    tags=['by_order'], full_refresh=refresh_all_orders(), pre_hook="{{ delete_affected_orders() }}"
) }}

with

choices as (select company_id, absorption_base from {{ ref('int_costing_choice') }}),

orders as (
    select company_id, order_id, plant_id, item_id from {{ ref('dim_order') }}
    {{- of_affected_orders() }}
),

materials as (
    select movements.company_id, movements.order_id, 'goods_movement' as source_dataset,
        movements.movement_id as source_document_id,
        case movements.movement_type when 'receipt' then 'by_product' else movements.movement_type end as posting_kind,
        'material' as cost_component, movements.item_id, movements.operation_no, movements.posting_date,
        case when movements.movement_type = 'issue' then 1 else -1 end as direction,
        direction * movements.base_qty as base_qty,
        direction * movements.booked_amount as booked_amount,
        direction * coalesce(movements.amount, movements.exact_standard)
            as exact_amount,
        direction * movements.exact_standard as exact_standard_amount,
        movements.source_file, movements.source_line
    from {{ ref('int_goods_movement') }} as movements
    inner join orders using (company_id, order_id)
    -- Another item than the order's received on it is a co-product: it is credited like a by-product.
    where movements.movement_type in ('issue', 'return', 'by_product')
        or (movements.movement_type = 'receipt' and movements.item_id <> orders.item_id)
),

outputs as (
    select company_id, order_id, case output_source when 'receipt' then 'goods_movement' else 'confirmation' end
            as source_dataset,
        line_id as source_document_id, 'output' as posting_kind, 'output' as cost_component, item_id, posting_date,
        -good_qty as base_qty, -booked_amount as booked_amount, -exact_amount as exact_amount, source_file, source_line
    from {{ ref('int_order_output') }}
),

outside as (
    select company_id, order_id,
        case line_kind when 'receipt' then 'purchase_receipt' else 'purchase_invoice' end as source_dataset,
        document_id as source_document_id, line_no as source_line_no, 'subcontract' as posting_kind,
        'subcontract' as cost_component, item_id, operation_no, posting_date,
        case when line_kind = 'receipt' then base_qty else 0 end as base_qty,
        case when line_kind = 'receipt' then value_amount else price_variance_amount end as booked_amount,
        case when line_kind = 'receipt' then value_amount else price_variance_amount end as exact_amount,
        source_file, source_line
    from {{ ref('int_purchase_line') }}
    where order_id is not null
),

labour_sources as (select * from {{ ref('int_labour_source') }}),

orders_with_labour_time as (select distinct company_id, order_id from {{ ref('int_order_labour_time') }}),

labour_times as (
    select labour_times.company_id, labour_times.order_id, 'labour_time' as source_dataset,
        labour_times.time_id as source_document_id,
        case when labour_times.activity = 'rework' then 'rework' else 'labour' end as posting_kind,
        'labour' as cost_component, labour_times.cost_center_id, labour_times.operation_no,
        labour_times.work_date as posting_date, labour_times.hours, 3600 * labour_times.hours as seconds,
        'labour' as activity, labour_times.source_file, labour_times.source_line
    from {{ ref('int_order_labour_time') }} as labour_times
    inner join orders using (company_id, order_id)
    inner join labour_sources using (company_id, plant_id)
    where labour_sources.labour_from = 'labour_time'
),

confirmations as (
    select confirmations.company_id, confirmations.order_id, confirmations.confirmation_id, confirmations.operation_no,
        confirmations.posting_date, confirmations.source_file, confirmations.source_line,
        confirmations.cost_center_id,
        case
            when labour_sources.labour_from = 'confirmation' or with_labour_time.order_id is null
                then confirmations.labour_seconds
        end as labour_seconds,
        labour_sources.labour_from = 'labour_time' as is_labour_unknown,
        confirmations.machine_seconds, confirmations.setup_seconds,
        case
            when choices.absorption_base = 'actual_hours' then confirmations.machine_seconds
            else {{ multiply_divide('confirmations.good_qty', 'routings.run_seconds_per_unit',
                'routings.run_base_qty', 3) }}
        end as overhead_seconds
    from {{ ref('int_confirmation_place') }} as confirmations
    inner join orders using (company_id, order_id)
    inner join choices on confirmations.company_id = choices.company_id
    inner join labour_sources
        on orders.company_id = labour_sources.company_id and orders.plant_id = labour_sources.plant_id
    left join orders_with_labour_time as with_labour_time
        on confirmations.company_id = with_labour_time.company_id
        and confirmations.order_id = with_labour_time.order_id
    left join {{ ref('int_order_routing') }} as routings
        on confirmations.company_id = routings.company_id and confirmations.order_id = routings.order_id
        and confirmations.operation_no = routings.operation_no
),

activities as (
    {% for activity in rates %}
    select company_id, order_id, 'confirmation' as source_dataset, confirmation_id as source_document_id,
        '{{ activity }}' as posting_kind, '{{ activity }}' as cost_component, cost_center_id, operation_no,
        posting_date,
        cast({{ 'overhead' if activity.endswith('overhead') else activity }}_seconds as decimal(28, 6)) as seconds,
        '{{ activity }}' as activity, source_file, source_line
        {{- ', is_labour_unknown' if activity == 'labour' }}
    from confirmations
    where {{ 'overhead' if activity.endswith('overhead') else activity }}_seconds <> 0
    union all by name
    {% endfor %}
    select * from labour_times
),

rated as (
    select activities.*,
        case
            -- Confirmed labour of an order without a time record, where hours come from time records: not 0, not known.
            when activities.is_labour_unknown then null
            {% for activity in rates %}
            when activities.activity = '{{ activity }}' then rates.planned_{{ activity }}_rate
            {% endfor %}
        end as planned_rate,
        case activities.activity
            {% for activity in ['labour', 'machine', 'setup'] %}
            when '{{ activity }}' then rates.actual_{{ activity }}_rate
            {% endfor %}
        end as actual_rate,
        rates.planned_variable_overhead_rate is null and rates.planned_fixed_overhead_rate is null as has_no_overhead
    from activities
    left join {{ ref('int_rate_day') }} as rates
        on activities.company_id = rates.company_id and activities.cost_center_id = rates.cost_center_id
        and activities.posting_date = rates.rate_date
),

priced as (
    select * exclude (hours),
        coalesce(hours, {{ multiply_divide('seconds', '1', '3600', 6) }}) as hours,
        {{ multiply_divide('seconds', 'planned_rate', '3600', 2) }} as booked_amount,
        {{ multiply_divide('seconds', 'planned_rate', '3600', 6) }} as exact_amount,
        {{ multiply_divide('seconds',
            'case when not coalesce(is_labour_unknown, false) then coalesce(actual_rate, planned_rate) end', '3600', 2) }}
            as actual_amount,
        case
            when is_labour_unknown then 'no labour time delivered'
            when planned_rate is null then 'no planned rate'
            else 'known'
        end as valuation_status
    from rated
    -- A cost center with a rate for one overhead only has no other; without any, the overhead is unknown, not 0.
    where planned_rate is not null or has_no_overhead or not activity like '%overhead'
),

postings as (
    select * exclude (direction), booked_amount as actual_amount from materials
    union all by name
    select *, booked_amount as actual_amount from outputs
    union all by name
    select *, booked_amount as actual_amount from outside
    union all by name
    select * exclude (activity, actual_rate, has_no_overhead, is_labour_unknown) from priced
),

final as (
    select postings.company_id, orders.plant_id, postings.order_id,
        {{ surrogate_key(['postings.company_id', 'postings.order_id']) }} as order_key,
        {{ surrogate_key(['orders.company_id', 'orders.plant_id']) }} as plant_key,
        postings.source_dataset || '|' || postings.source_document_id || '|'
        || coalesce(postings.source_line_no || '|', '') || postings.posting_kind as posting_id,
        postings.source_dataset, postings.source_document_id, postings.posting_kind, postings.cost_component,
        postings.item_id, postings.operation_no, postings.cost_center_id, postings.posting_date, periods.period_id,
        {{ quantity('postings.base_qty') }} as base_qty,
        {{ quantity('postings.hours') }} as hours,
        cast(postings.seconds as decimal(18, 3)) as activity_seconds,
        {{ money('postings.planned_rate') }} as planned_hourly_amount,
        {{ money('postings.booked_amount') }} as booked_amount,
        {{ money('postings.actual_amount') }} as actual_amount,
        cast(postings.exact_amount as decimal(28, 6)) as exact_amount,
        cast(postings.exact_standard_amount as decimal(28, 6)) as exact_standard_amount,
        choices.currency_code,
        coalesce(postings.valuation_status, case when postings.booked_amount is null then 'no value' else 'known' end)
            as valuation_status,
        postings.source_file, postings.source_line
    from postings
    inner join orders using (company_id, order_id)
    inner join {{ ref('int_costing_choice') }} as choices on postings.company_id = choices.company_id
    left join {{ ref('int_posting_period') }} as periods
        on postings.company_id = periods.company_id and postings.posting_date = periods.posting_date
)

select * from final
