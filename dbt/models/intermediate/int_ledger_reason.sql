-- Why the two sides of each document, journal and period differ, where the amounts prove a reason.
-- One row per company × account role × what is compared, settlements apart: theirs follow from these.
-- The first kind that holds, in the order below, is the reason; null: nothing explains it.
{% set group_columns = 'company_id, account_role, match_kind, match_id' %}
with

differences as (select * from {{ ref('int_ledger_difference') }}),

wholes as (
    select * from differences
    where is_main_period
),

documents as (
    select distinct company_id, match_id from differences
    where match_kind = 'document'
),

events as (select * from {{ ref('int_ledger_event') }}),

horizons as (select * from {{ ref('int_ledger_horizon') }}),

refused_events as (
    select * from {{ ref('int_ledger_refused') }}
    where side = 'event'
),

refused_lines as (
    select * from {{ ref('int_ledger_refused') }}
    where side = 'line'
),

refused_payroll as (
    select * from {{ ref('int_ledger_refused') }}
    where side = 'payroll'
),

-- How far each kind of event goes, and what its numbers look like: a posting can name one that is yet to come.
event_sources as (
    select company_id, source_dataset, plant_id, translate(source_document_id, '0123456789', '##########') as pattern,
        max(posting_date) as last_date
    from {{ ref('int_subledger_posting') }}
    where source_document_id is not null and source_dataset <> 'revaluation'
    group by all
),

dataset_ends as (
    select company_id, source_dataset, plant_id, max(last_date) as last_date from event_sources
    group by all
),

event_ends as (
    select event_sources.company_id, event_sources.plant_id, max(dataset_ends.last_date) as last_date,
        regexp_replace(event_sources.pattern, '#+', '#', 'g') as pattern
    from event_sources
    inner join dataset_ends using (company_id, source_dataset, plant_id)
    group by all
),

last_of_pattern as (
    select company_id, pattern, max(last_date) as last_date from event_ends
    group by all
),

reversed_chains as (
    select wholes.company_id, events.first_match_id, wholes.account_role
    from wholes
    inner join events using (company_id, match_id)
    where wholes.match_kind = 'document'
    group by all
    having count(*) > 1 and sum(wholes.whole_difference_amount) = 0
),

-- Amounts that are missing on accounts with a role and stand, to the cent, on accounts without one.
astray as (
    select lines.company_id, lines.match_id, sum(lines.amount) as amount,
        string_agg(distinct lines.account_id, ', ' order by lines.account_id) as account_ids
    from {{ ref('int_ledger_line') }} as lines
    semi join documents
        on lines.company_id = documents.company_id and lines.match_id = documents.match_id
    where lines.account_role is null
    group by all
),

unmapped as (
    select astray.company_id, astray.match_id, astray.account_ids
    from astray
    inner join wholes using (company_id, match_id)
    where wholes.match_kind = 'document'
    group by all
    having not bool_or(wholes.is_posted) and sum(wholes.whole_difference_amount) + any_value(astray.amount) = 0
),

-- Documents in a foreign currency of which both sides name the same foreign amount: only the rates differ.
foreign_lines as (
    select purchases.company_id, purchases.document_id as match_id,
        case when purchases.line_kind = 'receipt' then 'goods_received_not_invoiced' else 'payables' end
            as account_role,
        min(purchases.transaction_currency_code) as currency_code, -sum(purchases.transaction_amount) as amount
    from {{ ref('int_purchase_line') }} as purchases
    semi join documents
        on purchases.company_id = documents.company_id and purchases.document_id = documents.match_id
    inner join {{ ref('int_costing_choice') }} as choices on purchases.company_id = choices.company_id
    where purchases.transaction_currency_code <> choices.currency_code and purchases.value_amount is not null
    group by all
),

other_rates as (
    select foreign_lines.company_id, foreign_lines.match_id
    from foreign_lines
    inner join {{ ref('int_ledger_line') }} as lines
        on foreign_lines.company_id = lines.company_id and foreign_lines.match_id = lines.match_id
        and foreign_lines.account_role = lines.account_role and lines.match_kind = 'document'
        and foreign_lines.currency_code = lines.transaction_currency_code
    group by foreign_lines.company_id, foreign_lines.match_id, foreign_lines.amount
    having sum(lines.transaction_amount) = foreign_lines.amount
),

-- Postings of a revaluation may be numbered by the ledger: then the sums of an item and period are compared.
revaluations as (
    select company_id, account_role, item_id, last_period_id
    from (
        select company_id, account_role, item_id, whole_difference_amount,
            max(period_id) over (partition by {{ group_columns }}) as last_period_id
        from wholes
        where is_revaluation or source_dataset = 'revaluation'
    )
    group by all
    having sum(whole_difference_amount) = 0 and count(*) > 1
),

final as (
    select wholes.*, events.dataset, events.source_file as event_file, events.source_line as event_line,
        events.order_id as event_order_id, unmapped.account_ids as astray_account_ids, horizons.ledger_date,
        coalesce(event_ends.last_date, last_of_pattern.last_date) as delivered_to,
        case
            when wholes.whole_difference_amount = 0 and wholes.has_event then 'cut_off'
            when wholes.whole_difference_amount = 0 then 'reversed'
            when wholes.match_kind = 'document' then case
                when wholes.is_posted and wholes.has_event and wholes.unvalued_count = 0
                    and abs(wholes.whole_ledger_amount - wholes.exact_amount) <= 0.005 then 'rounding'
                when reversed_chains.account_role is not null then 'reversed'
                when refused_lines.is_unreadable
                    or wholes.whole_difference_amount + refused_lines.amount = 0 then 'quarantined'
                when refused_events.match_id is not null then 'quarantined'
                when unmapped.match_id is not null then 'unmapped_account'
                when other_rates.match_id is not null then 'exchange'
                when revaluations.item_id is not null then 'revaluation'
                when not wholes.is_posted and (
                    wholes.event_date > horizons.ledger_date
                    or events.recorded_at > horizons.recorded_at
                    or events.happened_at > horizons.entered_at
                ) then 'not_yet_posted'
                when not wholes.has_event then case
                    when wholes.last_posting_date < horizons.first_event_date then 'opening_balance'
                    when wholes.is_revaluation then 'revaluation'
                    when events.dataset is null and wholes.first_posting_date
                        > coalesce(event_ends.last_date, last_of_pattern.last_date) then 'not_extracted'
                    when wholes.is_goods_sold or not wholes.is_closed then 'no_subledger'
                end
            end
            when wholes.match_kind = 'journal' then case
                when wholes.last_posting_date < horizons.first_event_date
                    or (
                        wholes.last_posting_date = horizons.first_event_date and wholes.order_id is null
                        and (
                            wholes.account_role in {{ stock_roles() }}
                            or wholes.account_role in ('wip', 'goods_received_not_invoiced', 'payables')
                        )
                    ) then 'opening_balance'
                when wholes.is_revaluation then 'revaluation'
                when wholes.is_exchange then 'exchange'
                when wholes.is_goods_sold or not wholes.is_closed then 'no_subledger'
            end
            when wholes.match_kind = 'period' and wholes.account_role = 'labour_actual' then case
                when wholes.whole_difference_amount = refused_payroll.amount then 'quarantined'
                when not wholes.is_posted and wholes.period_id > coalesce(horizons.last_wages_period_id, '')
                    then 'not_yet_posted'
                when not wholes.has_event and wholes.period_id > horizons.last_payroll_period_id then 'not_extracted'
            end
        end as kind
    from wholes
    left join horizons using (company_id)
    left join events using (company_id, match_id)
    left join reversed_chains
        on events.company_id = reversed_chains.company_id and events.first_match_id = reversed_chains.first_match_id
        and wholes.account_role = reversed_chains.account_role
    left join refused_events
        on wholes.company_id = refused_events.company_id and wholes.match_id = refused_events.match_id
    left join refused_lines
        on wholes.company_id = refused_lines.company_id and wholes.match_id = refused_lines.match_id
        and wholes.match_kind = refused_lines.match_kind and wholes.account_role = refused_lines.account_role
    left join refused_payroll
        on wholes.company_id = refused_payroll.company_id and wholes.match_id = refused_payroll.match_id
        and wholes.match_kind = refused_payroll.match_kind
    left join unmapped on wholes.company_id = unmapped.company_id and wholes.match_id = unmapped.match_id
    left join other_rates on wholes.company_id = other_rates.company_id and wholes.match_id = other_rates.match_id
    left join revaluations
        on wholes.company_id = revaluations.company_id and wholes.account_role = revaluations.account_role
        and wholes.item_id = revaluations.item_id and wholes.period_id = revaluations.last_period_id
        and (wholes.is_revaluation or wholes.source_dataset = 'revaluation')
    left join event_ends
        on wholes.company_id = event_ends.company_id and wholes.plant_id = event_ends.plant_id
        and regexp_replace(wholes.match_id, '[0-9]+', '#', 'g') = event_ends.pattern
    left join last_of_pattern
        on wholes.company_id = last_of_pattern.company_id
        and regexp_replace(wholes.match_id, '[0-9]+', '#', 'g') = last_of_pattern.pattern
    where wholes.match_kind <> 'settlement'
)

select * from final
