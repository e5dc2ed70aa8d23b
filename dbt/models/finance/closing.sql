-- Which periods are open and which closed: every decision, who took it, when, why and despite what.
-- One row per company × period × decision; a period about which nothing was decided is open and has decision 0.
with

decisions as (select * from {{ ref('int_closing') }}),

final as (
    select {{ surrogate_key(['company_id', 'period_id', 'decision_no']) }} as closing_decision_id,
        company_id, period_id, start_date, end_date, cast(posting_count as bigint) as posting_count, decision_no,
        period_state, is_last_decision, closing_id, decided_at, decided_by, because, despite, known_at, frozen_build_id,
        frozen_marts, frozen_figure_count
    from decisions
)

select * from final
