-- What closed periods say now against what they said when they were closed, by cause.
-- One row per closing × plant × mart × figure × measure × cause. Every frozen or present figure counts under one cause,
-- `unchanged` among them: so the causes sum to the whole figure, then and now. An unknown figure counts as nothing.
-- The ledger's movement of an account is told apart line by line; what no line tells is the rest.
{% set own_marts = [
    ('gl_reconciliation', 'null', 'account_id', "'account'", 'account_id', 'ledger_amount', 'account_id'),
    ('gl_reconciliation', 'null', 'account_id', "'account_role'", 'account_role', 'subledger_amount', 'account_id'),
    ('budget_walk', 'plant_id',
        "coalesce(budget_version_id, '') || '|' || coalesce(cost_center_id, '') || '|' || account_id",
        "'account'", 'account_id', 'actual_amount', 'account_id')
] %}
with

frozen as (select * from {{ ref('int_closed_figure') }}),

closings as (
    select closing_id, company_id as closed_company_id, period_id, closed_at, known_at, marts
    from {{ ref('int_closed_period') }}
),

present as (
    select * from {{ ref('int_restated_figure') }}
    {% for mart, plant, key, dataset, source_key, measure, figure in own_marts %}
    union all by name
    select closings.closing_id, rows_now.company_id, cast({{ plant }} as varchar) as plant_id, rows_now.period_id,
        'finance.{{ mart }}' as mart, {{ key }} as figure_key, {{ figure }} as figure, {{ dataset }} as dataset,
        {{ source_key }} as source_key, '{{ measure }}' as measure, {{ measure }} as amount
    from {{ ref(mart) }} as rows_now
    inner join closings
        on rows_now.company_id = closings.closed_company_id
        and rows_now.period_id = closings.period_id
        and list_contains(string_split(closings.marts, ','), 'finance.{{ mart }}')
    {% endfor %}
),

companies as (select company_id, currency_code from {{ ref('dim_company') }}),

changes as (
    select closing_id, dataset, source_key, min(first_recorded_at) as first_recorded_at,
        max(recorded_at) as last_recorded_at
    from {{ ref('int_closed_row_change') }}
    group by all
),

both_sides as (
    select * exclude (amount), amount as then_amount, null as now_amount from frozen
    union all by name
    select * exclude (amount), null as then_amount, amount as now_amount from present
),

-- A figure whose account or plant was corrected leaves one and enters another.
compared as (
    select closing_id, company_id, plant_id, mart, figure_key, figure, dataset, source_key, measure,
        sum(then_amount) as as_closed_amount, sum(now_amount) as as_now_amount
    from both_sides
    group by all
),

explained as (
    select compared.*, changes.first_recorded_at, changes.last_recorded_at,
        case
            when compared.as_closed_amount = compared.as_now_amount then 'unchanged'
            when coalesce(compared.as_closed_amount, compared.as_now_amount) is null then 'unchanged'
            else coalesce(causes.cause, 'master data or rates changed')
        end as cause
    from compared
    left join {{ ref('int_closed_cause') }} as causes using (closing_id, dataset, source_key)
    left join changes using (closing_id, dataset, source_key)
),

account_lines as (
    select closing_id, figure, sum(as_closed_amount) as as_closed_amount, sum(as_now_amount) as as_now_amount
    from explained
    where mart = 'core.fct_ledger_posting'
    group by all
),

told as (
    select * from explained
    where not (mart = 'finance.gl_reconciliation' and measure = 'ledger_amount')
    union all by name
    select lines.* replace (
            null as plant_id, 'finance.gl_reconciliation' as mart, 'ledger_amount' as measure
        )
    from explained as lines
    semi join explained as accounts
        on lines.closing_id = accounts.closing_id
        and lines.figure = accounts.figure
        and accounts.measure = 'ledger_amount'
    where lines.mart = 'core.fct_ledger_posting'
    union all by name
    select accounts.* replace (
            coalesce(accounts.as_closed_amount, 0) - coalesce(lines.as_closed_amount, 0) as as_closed_amount,
            coalesce(accounts.as_now_amount, 0) - coalesce(lines.as_now_amount, 0) as as_now_amount,
            case
                when coalesce(accounts.as_closed_amount, 0) - coalesce(lines.as_closed_amount, 0)
                    = coalesce(accounts.as_now_amount, 0) - coalesce(lines.as_now_amount, 0) then 'unchanged'
                else 'master data or rates changed'
            end as cause
        )
    from explained as accounts
    left join account_lines as lines using (closing_id, figure)
    where accounts.mart = 'finance.gl_reconciliation' and accounts.measure = 'ledger_amount'
),

summed as (
    select closing_id, company_id, plant_id, mart, figure, measure, cause,
        coalesce(sum(as_closed_amount), 0) as as_closed_amount, coalesce(sum(as_now_amount), 0) as as_now_amount,
        count(distinct source_key) as document_count, min(first_recorded_at) as first_recorded_at,
        max(last_recorded_at) as last_recorded_at
    from told
    group by all
),

final as (
    select summed.closing_id || '|' || coalesce(summed.plant_id, '') || '|' || summed.mart || '|'
            || coalesce(summed.figure, '') || '|' || summed.measure || '|' || summed.cause as restatement_id,
        summed.closing_id, summed.company_id, summed.plant_id,
        {{ surrogate_key(['summed.company_id', 'summed.plant_id']) }} as plant_key,
        closings.period_id, summed.mart, summed.figure, summed.measure, summed.cause,
        {{ money('summed.as_closed_amount') }} as as_closed_amount,
        {{ money('summed.as_now_amount') }} as as_now_amount,
        {{ money('summed.as_now_amount - summed.as_closed_amount') }} as difference_amount, companies.currency_code,
        cast(summed.document_count as bigint) as document_count, summed.first_recorded_at, summed.last_recorded_at,
        closings.closed_at, closings.known_at
    from summed
    inner join closings using (closing_id)
    left join companies using (company_id)
)

select * from final
