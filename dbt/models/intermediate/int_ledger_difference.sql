-- What does not tie out between the ledger and the events, period by period. One row per company × account role × what
-- is compared (document, order, journal, period) × period. An amount of several accounts is compared on the role; the
-- difference stands on the account that took most of it, else on the role's first account.
{% set group_columns = 'company_id, account_role, match_kind, match_id' %}
with

roles as (select * from {{ ref('int_ledger_role') }}),

ledger_lines as (select * from {{ ref('int_ledger_line') }}),

companies_with_ledger as (select distinct company_id from {{ ref('fct_ledger_posting') }}),

events as (
    select events.company_id, events.account_role, events.period_id, events.posting_date, events.amount,
        events.exact_amount, events.plant_id, events.order_id, events.item_id, events.cost_center_id,
        events.source_dataset,
        case
            when roles.is_matched_by_period or events.source_dataset = 'payroll' then 'period'
            when events.source_dataset = 'settlement' then 'settlement'
            else 'document'
        end as match_kind,
        case
            when roles.is_matched_by_period or events.source_dataset = 'payroll' then events.period_id
            when events.source_dataset = 'settlement' then events.order_id
            else events.source_document_id
        end as match_id
    from {{ ref('int_subledger_posting') }} as events
    inner join companies_with_ledger using (company_id)
    inner join roles using (company_id, account_role)
),

sides as (
    select {{ group_columns }}, period_id, amount as ledger_amount, null as subledger_amount, 1 as line_count,
        0 as event_count, 0 as unvalued_count
    from ledger_lines
    where account_role is not null
    union all
    select {{ group_columns }}, period_id, null, amount, 0, 1, case when amount is null then 1 else 0 end
    from events
),

-- By one number instead of four texts: nearly all tie out, and only what does not is compared by name. Two that share
-- a number could hide only by opposite differences, which the proof of the whole account would still hold against us.
suspects as (
    select hash({{ group_columns }}) as group_hash, period_id
    from sides
    group by hash({{ group_columns }}), period_id
    having coalesce(sum(ledger_amount), 0) <> coalesce(sum(subledger_amount), 0)
),

compared as (
    select {{ group_columns }}, period_id,
        coalesce(sum(ledger_amount), 0) as ledger_amount,
        coalesce(sum(subledger_amount), 0) as subledger_amount,
        sum(line_count) as line_count, sum(event_count) as event_count, sum(unvalued_count) as unvalued_count
    from sides
    where hash({{ group_columns }}) in (select group_hash from suspects)
    group by {{ group_columns }}, period_id
),

different as (
    select distinct {{ group_columns }} from compared
    where ledger_amount <> subledger_amount
),

-- What is known of each of the few that differ.
posted as (
    select {{ group_columns }},
        arg_max(document_id, (posting_date, document_id, line_no)) as document_id,
        arg_max(line_no, (posting_date, document_id, line_no)) as line_no,
        arg_max(source_file, (posting_date, document_id, line_no)) as source_file,
        arg_max(source_line, (posting_date, document_id, line_no)) as source_line,
        count(distinct document_id) as document_count,
        min(posting_date) as first_posting_date, max(posting_date) as last_posting_date,
        min(order_id) as order_id, min(item_id) as item_id, min(cost_center_id) as cost_center_id,
        min(plant_id) as plant_id,
        sum(transaction_amount) as transaction_amount, min(transaction_currency_code) as transaction_currency_code,
        bool_and(is_revaluation) as is_revaluation, bool_and(is_exchange) as is_exchange,
        bool_and(is_goods_sold) as is_goods_sold
    from ledger_lines
    semi join different using ({{ group_columns }})
    group by {{ group_columns }}
),

happened as (
    select {{ group_columns }}, sum(exact_amount) as exact_amount, count(*) as event_count,
        sum(case when amount is null then 1 else 0 end) as unvalued_count,
        max(posting_date) as posting_date, min(order_id) as order_id, min(item_id) as item_id,
        min(cost_center_id) as cost_center_id, min(plant_id) as plant_id, min(source_dataset) as source_dataset
    from events
    semi join different using ({{ group_columns }})
    group by {{ group_columns }}
),

used_accounts as (
    select {{ group_columns }}, arg_min(account_id, (-used_amount, account_id)) as account_id
    from (
        select {{ group_columns }}, account_id, abs(sum(amount)) as used_amount
        from ledger_lines
        semi join different using ({{ group_columns }})
        group by {{ group_columns }}, account_id
    )
    group by {{ group_columns }}
),

final as (
    select compared.company_id, compared.account_role, compared.match_kind, compared.match_id, compared.period_id,
        coalesce(used_accounts.account_id, roles.account_id) as account_id, roles.is_closed,
        {{ money('compared.ledger_amount') }} as ledger_amount,
        {{ money('compared.subledger_amount') }} as subledger_amount,
        {{ money('compared.ledger_amount - compared.subledger_amount') }} as difference_amount,
        {{ money('sum(compared.ledger_amount) over whole') }} as whole_ledger_amount,
        {{ money('sum(compared.subledger_amount) over whole') }} as whole_subledger_amount,
        {{ money('sum(compared.ledger_amount - compared.subledger_amount) over whole') }} as whole_difference_amount,
        posted.document_id is not null as is_posted, happened.event_count is not null as has_event,
        happened.exact_amount, coalesce(happened.unvalued_count, 0) as unvalued_count,
        row_number() over (
            partition by compared.company_id, compared.account_role, compared.match_kind, compared.match_id
            order by abs(compared.ledger_amount - compared.subledger_amount) desc, compared.period_id desc
        ) = 1 as is_main_period,
        posted.document_id, posted.line_no, posted.document_count,
        coalesce(happened.order_id, posted.order_id) as order_id,
        coalesce(happened.item_id, posted.item_id) as item_id,
        coalesce(happened.cost_center_id, posted.cost_center_id) as cost_center_id,
        coalesce(happened.plant_id, posted.plant_id) as plant_id,
        happened.source_dataset, happened.posting_date as event_date,
        posted.first_posting_date, posted.last_posting_date, posted.transaction_amount,
        posted.transaction_currency_code, coalesce(posted.is_revaluation, false) as is_revaluation,
        coalesce(posted.is_exchange, false) as is_exchange, coalesce(posted.is_goods_sold, false) as is_goods_sold,
        posted.source_file, posted.source_line
    from compared
    semi join different using ({{ group_columns }})
    inner join roles using (company_id, account_role)
    left join posted using ({{ group_columns }})
    left join happened using ({{ group_columns }})
    left join used_accounts using ({{ group_columns }})
    window whole as (
        partition by compared.company_id, compared.account_role, compared.match_kind, compared.match_id
    )
)

select * from final
