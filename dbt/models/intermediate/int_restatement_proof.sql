-- What a closed period's ledger is now less what it was then, against the sum of the lines recorded in between.
-- One row per closing × plant × account. Left comes from frozen and published figures, right from the versions of the
-- delivered rows alone.
with

figures as (
    select company_id, plant_id, closing_id, figure as account_id, amount as left_value, 0 as right_value
    from {{ ref('int_restated_figure') }}
    where mart = 'core.fct_ledger_posting'
    union all
    select company_id, plant_id, closing_id, figure, -amount, 0 from {{ ref('int_closed_figure') }}
    where mart = 'core.fct_ledger_posting'
),

frozen as (
    select closing_id from {{ ref('int_closed_period') }}
    where list_contains(string_split(marts, ','), 'core.fct_ledger_posting')
),

facts as (
    select company_id, plant_id, closing_id, account_id, 0 as left_value, as_now_amount as right_value
    from {{ ref('int_closed_row_change') }}
    where dataset = 'ledger_posting' and is_in_period
    union all
    select company_id, before_plant_id, closing_id, before_account_id, 0, -as_closed_amount
    from {{ ref('int_closed_row_change') }}
    where dataset = 'ledger_posting' and was_in_period
),

compared as (
    select * from figures
    union all
    select facts.* from facts
    inner join frozen using (closing_id)
),

final as (
    select company_id, plant_id, 'RESTATEMENT.LEDGER' as identity_id,
        cast(sum(left_value) as decimal(38, 6)) as left_value, cast(sum(right_value) as decimal(38, 6)) as right_value
    from compared
    group by company_id, plant_id, closing_id, account_id
)

select * from final
