-- Why what a figure stands for may have changed since its period closed: a document with its line, a document, an
-- order, an account, or the events behind the accounts of a role. One row per closing × dataset × key. What was booked
-- up to the period's end counts before what was booked later on an order that had ended in it.
with

changes as (select * from {{ ref('int_closed_row_change') }}),

event_roles as (
    select distinct company_id, account_role, source_dataset, source_document_id
    from {{ ref('int_subledger_posting') }}
),

scopes as (
    select closing_id, dataset, source_key, cause, is_by_end from changes
    union all
    select closing_id, dataset, document_id, cause, is_by_end from changes
    where document_id <> source_key
    union all
    select closing_id, 'production_order', order_id, cause, is_by_end from changes
    where order_id is not null and dataset <> 'ledger_posting'
    union all
    select closing_id, 'account', unnest(list_distinct([account_id, before_account_id])), cause, is_by_end from changes
    where dataset = 'ledger_posting'
    union all
    select changes.closing_id, 'account_role', postings.account_role, changes.cause, changes.is_by_end
    from changes
    inner join event_roles as postings
        on changes.company_id = postings.company_id
        and changes.dataset = postings.source_dataset
        and changes.document_id = postings.source_document_id
    where changes.was_in_period or changes.is_in_period
),

counted as (
    select closing_id, dataset, source_key,
        count(distinct cause) filter (where is_by_end) as cause_count, min(cause) filter (where is_by_end) as only_cause
    from scopes
    where source_key is not null
    group by all
),

final as (
    select closing_id, dataset, source_key,
        case
            when cause_count = 0 then 'booked after the order had ended'
            when cause_count = 1 then only_cause
            else 'several causes'
        end as cause
    from counted
)

select * from final
