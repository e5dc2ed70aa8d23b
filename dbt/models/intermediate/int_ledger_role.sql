-- How each account role of a company is reconciled. One row per company × account role that is.
-- is_closed: whatever stands there must come from an event, so a posting without one has to be explained.
-- is_matched_by_period: the ledger names no source documents there, so sums of a period are all that can be compared.
with

accounts as (select company_id, account_id, role as account_role from {{ ref('stg_account') }}),

events as (
    select company_id, account_role, source_dataset
    from {{ ref('int_subledger_posting') }}
    group by all
),

fed as (
    {% for role, feed in fed_roles().items() %}
    select '{{ role }}' as account_role, '{{ feed }}' as feed
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

feeds as (
    select distinct company_id,
        unnest(
            case source_dataset
                when 'goods_movement' then ['goods', 'orders']
                when 'purchase_receipt' then ['goods', 'purchases']
                when 'purchase_invoice' then ['purchases']
                when 'payroll' then ['payroll']
                when 'revaluation' then ['goods']
                else ['orders']
            end
        ) as feed
    from events
),

reconciled as (
    select company_id, account_role from events
    union
    select accounts.company_id, accounts.account_role
    from accounts
    inner join fed using (account_role)
    inner join feeds
        on accounts.company_id = feeds.company_id and fed.feed = feeds.feed
),

posted as (
    select company_id, account_role, bool_or(source_document is not null) as names_documents
    from {{ ref('fct_ledger_posting') }}
    where account_role is not null
    group by all
),

fed_by_events as (select distinct company_id, account_role from events),

modes as (
    select reconciled.company_id, reconciled.account_role,
        fed_by_events.company_id is not null and posted.company_id is not null and not posted.names_documents
            as is_by_period
    from reconciled
    left join posted using (company_id, account_role)
    left join fed_by_events using (company_id, account_role)
),

-- Settlements name orders, never documents: they are matched as work in process is.
final as (
    select modes.company_id, modes.account_role, fed.account_role is not null as is_closed,
        case
            when modes.account_role = 'production_variance' then coalesce(wip.is_by_period, false)
            else modes.is_by_period
        end as is_matched_by_period,
        coalesce(min(accounts.account_id), '(' || modes.account_role || ')') as account_id
    from modes
    left join fed using (account_role)
    left join modes as wip on modes.company_id = wip.company_id and wip.account_role = 'wip'
    left join accounts
        on modes.company_id = accounts.company_id and modes.account_role = accounts.account_role
    group by modes.company_id, modes.account_role, fed.account_role, modes.is_by_period, wip.is_by_period
)

select * from final
