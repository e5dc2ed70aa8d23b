-- Days on which a machine's clock was set back while it was writing: lines of a file that are older than lines before
-- them. One row per work unit × signal × UTC day × file.
-- A late or corrected line or two is everyday work. A file most of which lies behind, or that begins with its newest
-- line, is only written in another order. Whole quarters of hours are compared first, since that needs no sorting;
-- line by line only where they disagree, so a step back of less than a quarter may pass.
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_affected('event_date', 'event') }}"
) }}

with

lines as (
    select * from {{ ref('stg_sensor_line') }}
    {% if not full_history() %} where event_date in {{ affected_event_dates() }} {% endif %}
),

quarters as (
    select company_id, work_unit_id, signal, event_date, delivery_seq, epoch_ms(occurred_at) // 900000 as epoch_quarter,
        min(source_line) as first_line, max(source_line) as last_line
    from lines
    group by all
),

disordered as (
    select distinct company_id, work_unit_id, signal, event_date, delivery_seq
    from quarters
    qualify last_line > min(first_line) over (
        partition by company_id, work_unit_id, signal, event_date, delivery_seq
        order by epoch_quarter rows between 1 following and unbounded following
    )
),

followed as (
    select lines.company_id, lines.work_unit_id, lines.signal, lines.event_date, lines.delivery_seq, lines.source_line,
        epoch_ms(lines.occurred_at) as occurred_ms,
        max(epoch_ms(lines.occurred_at)) over (
            partition by lines.company_id, lines.work_unit_id, lines.signal, lines.event_date, lines.delivery_seq
            order by lines.source_line
        ) as latest_ms
    from lines
    inner join disordered using (company_id, work_unit_id, signal, event_date, delivery_seq)
),

final as (
    select company_id, work_unit_id, signal, event_date, delivery_seq,
        count(*) filter (occurred_ms < latest_ms) as line_count,
        max(latest_ms - occurred_ms) as set_back_ms
    from followed
    group by all
    having line_count >= 3 and line_count * 2 <= count(*) and arg_min(occurred_ms, source_line) < max(occurred_ms)
)

select * from final
