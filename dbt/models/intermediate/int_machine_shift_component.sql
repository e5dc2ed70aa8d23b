-- What is known of each machine-shift: time elements, standard time and pieces, null where no signal can tell, and
-- from where. One row per machine-shift. Every coarser grain sums these.
with

machine_shifts as (select * from {{ ref('int_machine_shift') }}),

times as (select * from {{ ref('int_machine_shift_time') }}),

signals as (select * from {{ ref('int_work_unit_signal') }}),

pieces as (
    select company_id, work_unit_id, production_date, shift_id,
        sum(produced_qty) as produced_qty,
        sum(good_qty) as good_qty,
        sum(scrap_qty) as scrap_qty,
        sum(rework_qty) as rework_qty,
        sum(standard_produced_seconds) as standard_produced_seconds,
        sum(standard_good_seconds) as standard_good_seconds,
        coalesce(sum(produced_qty) filter (standard_produced_seconds is null), 0) as produced_without_standard_qty,
        count(*) filter (standard_produced_seconds is null or standard_good_seconds is null) as rows_without_standard
    from {{ ref('int_machine_shift_piece') }}
    group by all
),

joined as (
    select
        machine_shifts.company_id, machine_shifts.plant_id, machine_shifts.work_center_id,
        machine_shifts.work_unit_id, machine_shifts.production_date, machine_shifts.shift_id,
        machine_shifts.start_at as shift_start_at, machine_shifts.end_at as shift_end_at,
        machine_shifts.end_ms > machine_shifts.known_until_ms as is_provisional,
        times.* exclude (company_id, work_unit_id, production_date, shift_id),
        signals.has_states,
        signals.has_counters or signals.has_confirmations as has_pieces,
        case
            when signals.counts_good and (signals.counts_scrap or not signals.has_confirmations) then 'counter'
            when signals.has_counters and signals.has_confirmations then 'counter and confirmation'
            when signals.has_confirmations then 'confirmation'
            when signals.has_counters then 'counter'
        end as pieces_source,
        (signals.counts_good and (signals.has_good_counter or signals.counts_scrap)) or signals.has_confirmations
            as knows_good,
        signals.counts_scrap or signals.has_confirmations as knows_scrap,
        signals.has_total_counter or (signals.counts_good and signals.counts_scrap) or signals.has_confirmations
            as knows_produced,
        pieces.* exclude (company_id, work_unit_id, production_date, shift_id)
    from machine_shifts
    inner join times using (company_id, work_unit_id, production_date, shift_id)
    inner join signals using (company_id, work_unit_id)
    left join pieces using (company_id, work_unit_id, production_date, shift_id)
),

judged as (
    select *,
        has_pieces and knows_produced and knows_good and coalesce(rows_without_standard, 0) = 0 as knows_standards
    from joined
),

-- A machine without a signal has no figure; one with the signal that made nothing has made 0.
final as (
    select company_id, plant_id, work_center_id, work_unit_id, production_date, shift_id, shift_start_at, shift_end_at,
        is_provisional, has_states as knows_states, knows_standards, order_source, pieces_source,
        calendar_ms, planned_operation_ms, planned_busy_ms,
        {% for measure in [
            'production', 'setup', 'delay', 'down', 'unknown', 'busy_outside_plan', 'order_execution'
        ] %}
        case when has_states then {{ measure }}_ms end as {{ measure }}_ms,
        {% endfor %}
        case when knows_standards then cast(coalesce(standard_produced_seconds, 0) as decimal(18, 3)) end
            as standard_produced_seconds,
        case when knows_standards then cast(coalesce(standard_good_seconds, 0) as decimal(18, 3)) end
            as standard_good_seconds,
        {{ quantity('case when has_pieces and knows_produced then coalesce(produced_qty, 0) end') }} as produced_qty,
        {{ quantity('case when has_pieces and knows_good then coalesce(good_qty, 0) end') }} as good_qty,
        {{ quantity('case when has_pieces and knows_scrap then coalesce(scrap_qty, 0) end') }} as scrap_qty,
        {{ quantity('case when has_pieces then coalesce(rework_qty, 0) end') }} as rework_qty,
        {{ quantity('coalesce(produced_without_standard_qty, 0)') }} as produced_without_standard_qty,
        case
            when not has_states then 'not available: no machine states from this source'
            when planned_busy_ms = 0 then 'not available: no planned busy time'
            when unknown_ms = planned_busy_ms then 'unknown: the machine was silent all shift'
            when unknown_ms > 0 then 'partly unknown: the machine was silent part of the shift'
            else 'known'
        end as time_status,
        case
            when not has_pieces then 'not available: neither counters nor confirmations from this source'
            when not knows_produced then 'not available: the counters tell no total'
            when not knows_good then 'not available: the counters do not tell good from scrap'
            when coalesce(rows_without_standard, 0) > 0 then 'not available: pieces without a routing standard'
            else 'known'
        end as standard_status
    from judged
)

select * from final
