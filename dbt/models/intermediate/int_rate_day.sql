-- The hourly rates of each cost center on each day on which something was booked.
-- One row per company × cost center × date. Planned rates price what is charged to orders; actual ones, once known,
-- say what the hours did cost. Null where no rate is valid.
{% set activities = ['labour', 'machine', 'setup', 'variable_overhead', 'fixed_overhead'] %}
with

rates as (select * from {{ ref('int_activity_rate') }}),

final as (
    select rates.company_id, rates.cost_center_id, dates.posting_date as rate_date
        {%- for activity in activities %},
        arg_max(rates.hourly_amount, rates.valid_from)
            filter (rates.activity = '{{ activity }}' and rates.rate_type = 'planned') as planned_{{ activity }}_rate
        {%- endfor %}
        {%- for activity in ['labour', 'machine', 'setup'] %},
        arg_max(rates.hourly_amount, rates.valid_from)
            filter (rates.activity = '{{ activity }}' and rates.rate_type = 'actual') as actual_{{ activity }}_rate
        {%- endfor %},
        arg_max(coalesce(rates.expected_idle_ratio, 0), rates.valid_from)
            filter (rates.activity = 'labour' and rates.rate_type = 'planned') as expected_idle_ratio
    from rates
    inner join {{ ref('int_posting_period') }} as dates
        on rates.company_id = dates.company_id
        and dates.posting_date >= rates.valid_from and dates.posting_date < rates.valid_to
    group by rates.company_id, rates.cost_center_id, dates.posting_date
)

select * from final
