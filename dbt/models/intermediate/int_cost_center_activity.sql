-- What orders were charged by each cost center: hours, amounts at planned rates and what the hours did cost.
-- One row per company × cost center × period. Overheads are charged on the company's absorption base; at_actual_hours
-- is what the machine hours worked would carry at the planned rates, whatever the base. Set-up of machines carries no
-- overhead.
{% set overheads = ['variable_overhead', 'fixed_overhead'] %}
with

postings as (
    select * from {{ ref('fct_order_posting') }}
    where hours is not null
),

rates as (select * from {{ ref('int_rate_day') }}),

priced as (
    select postings.*,
        {% for overhead in overheads %}
        case when postings.posting_kind = 'machine' then
            {{ multiply_divide('postings.activity_seconds', 'rates.planned_' ~ overhead ~ '_rate', '3600', 2) }}
        end as {{ overhead }}_at_actual_hours{{ ',' if not loop.last }}
        {% endfor %}
    from postings
    left join rates
        on postings.company_id = rates.company_id and postings.cost_center_id = rates.cost_center_id
        and postings.posting_date = rates.rate_date
),

final as (
    select company_id, cost_center_id, period_id,
        cast(coalesce(sum(hours) filter (posting_kind = 'machine'), 0) as decimal(28, 6)) as machine_hours,
        cast(coalesce(sum(hours) filter (posting_kind = 'setup'), 0) as decimal(28, 6)) as setup_hours,
        cast(coalesce(sum(hours) filter (cost_component = 'labour'), 0) as decimal(28, 6)) as labour_hours,
        cast(coalesce(sum(hours) filter (posting_kind = 'rework'), 0) as decimal(28, 6)) as rework_hours,
        cast(coalesce(sum(hours) filter (valuation_status <> 'known'), 0) as decimal(28, 6)) as hours_without_rate,
        {% for component in ['labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
        coalesce(sum(booked_amount) filter (cost_component = '{{ component }}'), 0) as booked_{{ component }}_amount,
        {% endfor %}
        {% for component in ['labour', 'machine', 'setup'] %}
        coalesce(sum(actual_amount) filter (cost_component = '{{ component }}'), 0) as actual_{{ component }}_amount,
        {% endfor %}
        {% for overhead in overheads %}
        coalesce(sum({{ overhead }}_at_actual_hours), 0) as {{ overhead }}_at_actual_hours_amount,
        {% endfor %}
        sum(exact_amount) filter (cost_component = 'labour') as exact_labour_amount,
        min(planned_hourly_amount) filter (cost_component = 'labour') as lowest_labour_rate,
        max(planned_hourly_amount) filter (cost_component = 'labour') as highest_labour_rate
    from priced
    group by company_id, cost_center_id, period_id
)

select * from final
