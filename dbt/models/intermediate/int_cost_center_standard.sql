-- Standard hours of good output, and the overhead they carry at the planned rates of each order's standard date.
-- One row per company × cost center × period of the output.
with

hours as (select * from {{ ref('int_order_standard_hour') }}),

rates as (select * from {{ ref('int_rate_day') }}),

final as (
    select hours.company_id, hours.cost_center_id, hours.period_id,
        cast(sum(hours.standard_machine_hours) as decimal(28, 6)) as standard_machine_hours,
        cast(sum(hours.standard_labour_hours) as decimal(28, 6)) as standard_labour_hours,
        {% for overhead in ['variable_overhead', 'fixed_overhead'] %}
        coalesce(sum({{ multiply_divide(
            'hours.standard_machine_hours', 'rates.planned_' ~ overhead ~ '_rate', '1', 2) }}), 0)
            as {{ overhead }}_at_standard_hours_amount{{ ',' if not loop.last }}
        {% endfor %}
    from hours
    inner join {{ ref('int_order_standard_date') }} as dates using (company_id, order_id)
    left join rates
        on hours.company_id = rates.company_id and hours.cost_center_id = rates.cost_center_id
        and dates.standard_date = rates.rate_date
    group by all
)

select * from final
