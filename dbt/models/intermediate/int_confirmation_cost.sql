-- Machine, labour and applied overhead cost of each confirmation, at its work center's rates, rounded to cents.
-- One row per confirmation. Machine and labour take the actual rate where one is valid, else the planned one; overhead
-- is applied at the planned rate on machine hours. Null where the hours or the rate are unknown.
with

confirmations as (
    select *, coalesce(production_date, posting_date) as cost_date from {{ ref('stg_confirmation') }}
),

placed as (
    select confirmations.*, coalesce(of_unit.cost_center_id, of_operation.cost_center_id) as cost_center_id
    from confirmations
    left join {{ ref('int_cost_center_of_unit') }} as of_unit using (company_id, work_unit_id)
    left join {{ ref('int_cost_center_of_operation') }} as of_operation using (company_id, order_id, operation_no)
),

rates as (
    select placed.company_id, placed.confirmation_id, rates.activity,
        arg_max(rates.hourly_amount, rates.valid_from) filter (rates.rate_type = 'planned') as planned_rate,
        arg_max(rates.hourly_amount, rates.valid_from) filter (rates.rate_type = 'actual') as actual_rate
    from placed
    inner join {{ ref('int_activity_rate') }} as rates
        on placed.company_id = rates.company_id and placed.cost_center_id = rates.cost_center_id
        and placed.cost_date >= rates.valid_from and placed.cost_date < rates.valid_to
    group by all
),

rate_row as (
    select company_id, confirmation_id,
        {% for activity in ['labour', 'machine', 'setup'] %}
        any_value(coalesce(actual_rate, planned_rate)) filter (activity = '{{ activity }}') as {{ activity }}_rate,
        {% endfor %}
        any_value(planned_rate) filter (activity = 'variable_overhead') as variable_overhead_rate,
        any_value(planned_rate) filter (activity = 'fixed_overhead') as fixed_overhead_rate
    from rates
    group by all
),

final as (
    select placed.company_id, placed.order_id, placed.confirmation_id, placed.cost_center_id, placed.cost_date,
        placed.machine_seconds, placed.setup_seconds, placed.labour_seconds,
        {{ multiply_divide('placed.labour_seconds', 'rate_row.labour_rate', '3600', 2) }} as labour_amount,
        {{ multiply_divide('placed.machine_seconds', 'rate_row.machine_rate', '3600', 2) }} as machine_amount,
        {{ multiply_divide('placed.setup_seconds', 'rate_row.setup_rate', '3600', 2) }} as setup_amount,
        {{ multiply_divide('placed.machine_seconds', 'rate_row.variable_overhead_rate', '3600', 2) }}
            as variable_overhead_amount,
        {{ multiply_divide('placed.machine_seconds', 'rate_row.fixed_overhead_rate', '3600', 2) }}
            as fixed_overhead_amount
    from placed
    left join rate_row using (company_id, confirmation_id)
)

select * from final
