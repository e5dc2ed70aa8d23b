-- The ledger tied out to the events: movement and balance of both sides, and what explains the difference.
-- One row per account with a role × period, from its first movement to the company's last period.
-- ledger = subledger + explained + unexplained, to the cent. Where no event feeds an account the subledger is unknown,
-- not 0. Unexplained amounts may cancel out in a sum: the status goes by their number.
with

lines as (
    select * from {{ ref('fct_ledger_posting') }}
    where account_role is not null
),

roles as (select company_id, account_role from {{ ref('int_ledger_role') }}),

accounts as (select * from {{ ref('dim_account') }}),

choices as (select company_id, currency_code from {{ ref('int_costing_choice') }}),

posted as (
    select company_id, account_id, account_role, period_id,
        sum(case when is_company_currency then amount else 0 end) as ledger_amount
    from lines
    group by all
),

items as (
    select company_id, account_id, account_role, period_id, count(*) as item_count,
        sum(reconciling_amount) as item_amount,
        {% for kind in reconciling_kinds() %}
        sum(case when reconciling_kind = '{{ kind }}' then reconciling_amount else 0 end)
            as {{ reconciling_column(kind) }},
        {% endfor %}
        sum(case when is_explained then reconciling_amount else 0 end) as explained_amount,
        sum(case when is_explained then 0 else reconciling_amount end) as unexplained_amount,
        sum(case when is_explained then 0 else 1 end) as unexplained_count
    from {{ ref('reconciling_item') }}
    group by all
),

moved as (
    select company_id, account_id, account_role, period_id from posted
    union
    select company_id, account_id, account_role, period_id from items
),

company_periods as (select distinct company_id, period_id from moved),

rows_shown as (
    select firsts.company_id, firsts.account_id, firsts.account_role, company_periods.period_id
    from (
        select company_id, account_id, account_role, min(period_id) as first_period_id from moved
        group by all
    ) as firsts
    inner join company_periods
        on firsts.company_id = company_periods.company_id and company_periods.period_id >= firsts.first_period_id
),

movements as (
    select rows_shown.*, roles.account_role is not null as is_reconciled,
        coalesce(posted.ledger_amount, 0) as ledger_amount,
        case when roles.account_role is not null
            then coalesce(posted.ledger_amount, 0) - coalesce(items.item_amount, 0) end as subledger_amount,
        {% for kind in reconciling_kinds() %}
        coalesce(items.{{ reconciling_column(kind) }}, 0) as {{ reconciling_column(kind) }},
        {% endfor %}
        coalesce(items.explained_amount, 0) as explained_amount,
        coalesce(items.unexplained_amount, 0) as unexplained_amount,
        coalesce(items.item_count, 0) as item_count, coalesce(items.unexplained_count, 0) as unexplained_count
    from rows_shown
    left join roles using (company_id, account_role)
    left join posted using (company_id, account_id, account_role, period_id)
    left join items using (company_id, account_id, account_role, period_id)
),

balanced as (
    select *,
        sum(ledger_amount) over balance as closing_ledger_amount,
        sum(subledger_amount) over balance as closing_subledger_amount
    from movements
    window balance as (partition by company_id, account_id order by period_id)
),

final as (
    select balanced.company_id, balanced.account_id,
        {{ surrogate_key(['balanced.company_id', 'balanced.account_id']) }} as account_key,
        accounts.account_name, balanced.account_role, balanced.period_id, choices.currency_code,
        {{ money('balanced.ledger_amount') }} as ledger_amount,
        {{ money('balanced.subledger_amount') }} as subledger_amount,
        {% for kind in reconciling_kinds() %}
        {{ money('balanced.' ~ reconciling_column(kind)) }} as {{ reconciling_column(kind) }},
        {% endfor %}
        {{ money('balanced.explained_amount') }} as explained_amount,
        {{ money('balanced.unexplained_amount') }} as unexplained_amount,
        cast(balanced.item_count as bigint) as item_count,
        cast(balanced.unexplained_count as bigint) as unexplained_count,
        {{ money('balanced.closing_ledger_amount - balanced.ledger_amount') }} as opening_ledger_amount,
        {{ money('balanced.closing_ledger_amount') }} as closing_ledger_amount,
        {{ money('balanced.closing_subledger_amount - balanced.subledger_amount') }} as opening_subledger_amount,
        {{ money('balanced.closing_subledger_amount') }} as closing_subledger_amount,
        case
            when not balanced.is_reconciled then 'no subledger'
            when balanced.unexplained_count > 0 then 'unexplained'
            when balanced.item_count > 0 then 'explained'
            else 'tied out'
        end as reconciliation_status
    from balanced
    left join accounts using (company_id, account_id)
    left join choices using (company_id)
)

select * from final
