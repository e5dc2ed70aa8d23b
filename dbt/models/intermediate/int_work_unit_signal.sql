-- Which signals each work unit has ever given; decides where its times and its pieces come from.
-- One row per company × work unit.
with

work_units as (select company_id, work_unit_id from {{ ref('stg_work_unit') }}),

states as (select distinct company_id, work_unit_id from {{ ref('int_state_day_edge') }}),

counters as (
    select company_id, work_unit_id, list(distinct counter) as counters
    from {{ ref('int_counter_day_edge') }}
    group by all
),

confirmed as (
    select distinct company_id, work_unit_id
    from {{ ref('stg_confirmation') }}
    where work_unit_id is not null
),

signals as (
    select work_units.company_id, work_units.work_unit_id,
        states.work_unit_id is not null as has_states,
        counters.counters is not null as has_counters,
        coalesce(list_contains(counters.counters, 'good'), false) as has_good_counter,
        coalesce(list_contains(counters.counters, 'scrap'), false) as has_scrap_counter,
        coalesce(list_contains(counters.counters, 'rework'), false) as has_rework_counter,
        coalesce(list_contains(counters.counters, 'total'), false) as has_total_counter,
        confirmed.work_unit_id is not null as has_confirmations
    from work_units
    left join states using (company_id, work_unit_id)
    left join counters using (company_id, work_unit_id)
    left join confirmed using (company_id, work_unit_id)
),

-- A total and one other counter tell the third kind by difference.
final as (
    select *,
        has_good_counter or has_total_counter as counts_good,
        has_scrap_counter or (has_total_counter and has_good_counter) as counts_scrap
    from signals
)

select * from final
