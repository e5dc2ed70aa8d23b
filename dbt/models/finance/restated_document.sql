-- What was recorded about a closed period after it closed, row by row: with the date it counts on, the moment it became
-- known, and its file and line. One row per closing × delivered row. Amounts are the row's own, null where it names
-- none.
with

changes as (select * from {{ ref('int_closed_row_change') }}),

closings as (select closing_id, period_id, closed_at, known_at from {{ ref('int_closed_period') }}),

companies as (select company_id, currency_code from {{ ref('dim_company') }}),

final as (
    select changes.closing_id || '|' || changes.dataset || '|' || changes.source_key as restated_document_id,
        changes.closing_id, changes.company_id, changes.plant_id,
        {{ surrogate_key(['changes.company_id', 'changes.plant_id']) }} as plant_key,
        closings.period_id, changes.dataset as source_dataset, changes.document_id as source_document_id,
        changes.source_key, changes.order_id, changes.account_id, changes.cause, changes.is_in_period,
        changes.posting_date, changes.recorded_at, closings.known_at, changes.as_closed_amount, changes.as_now_amount,
        {{ money('coalesce(changes.as_now_amount, 0) - coalesce(changes.as_closed_amount, 0)') }} as difference_amount,
        companies.currency_code, changes.source_file, changes.source_line
    from changes
    inner join closings using (closing_id)
    left join companies using (company_id)
    where changes.was_in_period or changes.is_in_period or changes.order_id is not null
)

select * from final
