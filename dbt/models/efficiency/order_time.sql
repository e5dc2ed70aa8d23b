-- How each production order spent its time: from its first work to its last, and what machines did for it meanwhile.
-- Machine times are summed over all machines, so operations that overlap may take more than the order's whole time.
-- The order at a moment is the event's, else a confirmation's, else the schedule's; delay counts only where it is
-- registered.
with

orders as (
    select * from {{ ref('dim_order') }}
    where order_status not in ('planned', 'cancelled')
),

spans as (select * from {{ ref('int_order_span') }}),

times as (
    select company_id, order_id,
        sum(production_ms) as production_ms, sum(setup_ms) as setup_ms, sum(delay_ms) as delay_ms
    from {{ ref('int_machine_shift_order_time') }}
    where order_id is not null
    group by all
),

operations as (select * from {{ ref('int_order_operation_range') }}),

confirmed as (
    select confirmations.company_id, confirmations.order_id,
        sum(confirmations.good_qty + confirmations.scrap_qty + confirmations.rework_qty) as produced_qty
    from {{ ref('fct_confirmation') }} as confirmations
    inner join operations
        on confirmations.company_id = operations.company_id
        and confirmations.order_id = operations.order_id
        and coalesce(confirmations.operation_no, -1) = operations.last_operation_no
    group by all
),

counted as (
    select company_id, order_id, arg_max(produced_qty, operation_no) as produced_qty
    from (
        select company_id, order_id, operation_no, sum(produced_qty) as produced_qty
        from {{ ref('int_machine_shift_piece') }}
        where order_id is not null
        group by all
    )
    group by all
),

joined as (
    select orders.company_id, orders.plant_id, orders.order_id, orders.item_id, orders.order_status,
        spans.begun_at, spans.finished_at, spans.span_source,
        {{ milliseconds('spans.finished_at') }} - {{ milliseconds('spans.begun_at') }} as span_ms,
        times.production_ms, times.setup_ms, times.delay_ms, times.order_id is not null as has_times,
        coalesce(confirmed.produced_qty, counted.produced_qty) as produced_qty
    from orders
    left join spans using (company_id, order_id)
    left join times using (company_id, order_id)
    left join confirmed using (company_id, order_id)
    left join counted using (company_id, order_id)
),

components as (
    select company_id, plant_id, order_id, item_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'order_id']) }} as order_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        order_status, begun_at, finished_at,
        case when begun_at is not null and finished_at is not null then span_source end as span_source,
        {{ seconds('case when span_ms > 0 then span_ms end') }} as order_span_seconds,
        {{ seconds('production_ms + setup_ms + delay_ms') }} as busy_seconds,
        {{ seconds('production_ms') }} as production_seconds,
        {{ seconds('setup_ms') }} as setup_seconds,
        {{ seconds('delay_ms') }} as delay_seconds,
        {{ quantity('produced_qty') }} as produced_qty,
        case
            when begun_at is null then 'not available: the source tells no start'
            when finished_at is null then 'not available: the order is not finished'
            when finished_at <= begun_at then 'not available: it ends when it starts'
            when not has_times then 'machine times not available: no machine state names or covers the order'
            else 'known'
        end as order_time_status
    from joined
),

final as (
    select *,
        {{ ratio('3600 * produced_qty', 'order_span_seconds') }} as throughput_rate,
        {{ ratio('busy_seconds', 'order_span_seconds') }} as allocation_ratio,
        {{ ratio('production_seconds', 'order_span_seconds') }} as order_production_process_ratio
    from components
)

select * from final
