-- Routing standards held against what machines took: which are too slow, which drift, and what would fit.
-- One row per plant × item × operation × routing version × calendar month of the production date.
-- A standard is too slow where pieces were made in less than their standard time: effectiveness above 1. It drifts
-- where effectiveness differs by more than a tenth from that of the three months before.
{% set drift_limit = '0.1' %}
{% set months_before = 3 %}
with

pieces as (
    select *, strftime(production_date, '%Y-%m') as month_id
    from {{ ref('int_machine_shift_piece') }}
    where item_id is not null and operation_no is not null
),

times as (
    select company_id, work_unit_id, order_id, operation_no, strftime(production_date, '%Y-%m') as month_id,
        sum(production_ms) as production_ms
    from {{ ref('int_machine_shift_order_time') }}
    where order_id is not null
    group by all
),

signals as (select company_id, work_unit_id, has_states from {{ ref('int_work_unit_signal') }}),

routings as (select * from {{ ref('int_routing_standard') }}),

made as (
    select pieces.company_id, pieces.plant_id, pieces.work_unit_id, pieces.order_id, pieces.item_id,
        pieces.operation_no, pieces.month_id,
        coalesce(pieces.standard_version_id, 'none') as standard_version_id,
        sum(pieces.produced_qty) as produced_qty,
        case when count(*) = count(pieces.standard_produced_seconds) then sum(pieces.standard_produced_seconds) end
            as standard_produced_seconds
    from pieces
    group by all
),

-- Time of an order without an operation belongs to the only one that the machine worked of it in the month.
only_operations as (
    select company_id, work_unit_id, order_id, month_id, min(operation_no) as operation_no
    from made
    group by all
    having count(distinct operation_no) = 1
),

taken as (
    select times.company_id, times.work_unit_id, times.order_id, times.month_id,
        coalesce(times.operation_no, only_operations.operation_no) as operation_no,
        sum(times.production_ms) as production_ms
    from times
    left join only_operations using (company_id, work_unit_id, order_id, month_id)
    group by all
),

-- Two versions of one operation in one month share its time by standard time.
shared as (
    select made.*, taken.production_ms, signals.has_states,
        count(*) over same_work as version_count,
        sum(made.standard_produced_seconds) over same_work as all_standard_seconds
    from made
    inner join signals using (company_id, work_unit_id)
    left join taken using (company_id, work_unit_id, order_id, operation_no, month_id)
    window same_work as (
        partition by made.company_id, made.work_unit_id, made.order_id, made.operation_no, made.month_id
    )
),

sums as (
    select company_id, plant_id, item_id, operation_no, standard_version_id, month_id,
        bool_and(has_states) as has_states,
        sum(produced_qty) as produced_qty,
        case when count(*) = count(standard_produced_seconds) then sum(standard_produced_seconds) end
            as standard_produced_seconds,
        case
            when bool_and(has_states) then sum(
                case
                    when version_count = 1 then coalesce({{ seconds('production_ms') }}, 0)
                    else coalesce(
                        {{ multiply_divide(seconds('production_ms'), 'standard_produced_seconds',
                            'all_standard_seconds', 3) }}, 0
                    )
                end
            )
        end as production_seconds
    from shared
    group by all
),

components as (
    select sums.company_id, sums.plant_id, sums.item_id, sums.operation_no, sums.standard_version_id, sums.month_id,
        {{ surrogate_key(['sums.company_id', 'sums.plant_id']) }} as plant_key,
        {{ surrogate_key(['sums.company_id', 'sums.item_id']) }} as item_key,
        routings.work_center_id, routings.run_seconds_per_unit, routings.base_qty as routing_base_qty,
        sums.has_states,
        {{ quantity('sums.produced_qty') }} as produced_qty,
        cast(sums.production_seconds as decimal(18, 3)) as production_seconds,
        cast(sums.standard_produced_seconds as decimal(18, 3)) as standard_produced_seconds,
        cast(sum(sums.production_seconds) over months_before as decimal(18, 3)) as earlier_production_seconds,
        cast(sum(sums.standard_produced_seconds) over months_before as decimal(18, 3))
            as earlier_standard_produced_seconds
    from sums
    left join routings
        on sums.company_id = routings.company_id and sums.plant_id = routings.plant_id
        and sums.item_id = routings.item_id and sums.operation_no = routings.operation_no
        and sums.standard_version_id = routings.version_id
    window months_before as (
        partition by sums.company_id, sums.plant_id, sums.item_id, sums.operation_no, sums.standard_version_id
        order by cast(sums.month_id || '-01' as date)
        range between interval {{ months_before }} month preceding and interval 1 month preceding
    )
),

compared as (
    select *,
        {{ ratio('standard_produced_seconds', 'production_seconds') }} as effectiveness_ratio,
        {{ ratio('earlier_standard_produced_seconds', 'earlier_production_seconds') }} as earlier_effectiveness_ratio,
        -- Effectiveness now ÷ before − 1 as a comparison of products: no quotient decides on an edge.
        cast(standard_produced_seconds as double) * cast(earlier_production_seconds as double) as now_weighed,
        cast(earlier_standard_produced_seconds as double) * cast(production_seconds as double) as before_weighed
    from components
),

final as (
    select company_id, plant_id, item_id, operation_no, standard_version_id, month_id, plant_key, item_key,
        work_center_id, produced_qty, production_seconds, standard_produced_seconds, effectiveness_ratio,
        earlier_production_seconds, earlier_standard_produced_seconds, earlier_effectiveness_ratio,
        {{ ratio('now_weighed - before_weighed', 'before_weighed') }} as drift_ratio,
        cast(run_seconds_per_unit as decimal(18, 3)) as run_seconds_per_unit,
        {{ quantity('routing_base_qty') }} as routing_base_qty,
        case
            when production_seconds > 0
                then cast({{ multiply_divide('production_seconds', 'routing_base_qty', 'produced_qty', 3) }}
                    as decimal(18, 3))
        end as fitting_run_seconds_per_unit,
        case
            when not has_states then 'not available: a machine without machine states'
            when standard_produced_seconds is null then 'not available: no single routing standard'
            when produced_qty = 0 or production_seconds = 0 then 'not available: nothing was made in known time'
            when standard_produced_seconds > production_seconds then 'standard too slow'
            when abs(now_weighed - before_weighed) > {{ drift_limit }} * before_weighed then 'drifting'
            else 'in line'
        end as audit_status
    from compared
)

select *, audit_status in ('standard too slow', 'drifting') as is_to_revise from final
