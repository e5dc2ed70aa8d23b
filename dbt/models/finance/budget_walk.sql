-- From the static budget through the flexed one to what was posted.
-- One row per plant × cost center × account × period × budget version. Debit positive: a positive variance is
-- unfavourable for cost and for income alike. volume_variance_amount explains fixed overhead beside the walk and is no
-- part of it.
with

walk as (select * from {{ ref('int_budget_walk') }}),

final as (
    select company_id, plant_id, cost_center_id, account_id, period_id, version_id as budget_version_id,
        {{ surrogate_key([
            'company_id', "coalesce(plant_id, '')", "coalesce(cost_center_id, '')", 'account_id', 'period_id',
            "coalesce(version_id, '')"
        ]) }} as budget_walk_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'cost_center_id']) }} as cost_center_key,
        {{ surrogate_key(['company_id', 'account_id']) }} as account_key,
        fiscal_year, is_forecast, is_over as is_period_over, cost_center_kind, account_name, account_type,
        account_role, cast(account_sign as integer) as account_sign, parent_account_id, behaviour,
        driver as driver_kind,
        {{ quantity('driver_qty') }} as planned_driver_qty,
        {{ quantity('standard_driver_qty') }} as standard_driver_qty,
        {{ quantity('actual_driver_qty') }} as actual_driver_qty,
        currency_code,
        {% for measure in [
            'static', 'flexed', 'actual', 'activity_variance', 'efficiency_variance', 'rate_variance',
            'spending_variance', 'undivided_variance'
        ] %}
        {{ money(measure ~ '_amount') }} as {{ measure }}_amount,
        {% endfor %}
        {{ money('static_amount - absorbed_amount') }} as volume_variance_amount,
        {% for measure in ['ytd_static', 'ytd_flexed', 'ytd_actual', 'full_year_static', 'full_year_outlook'] %}
        {{ money(measure ~ '_amount') }} as {{ measure }}_amount,
        {% endfor %}
        group_currency_code, exchange_rate as group_exchange_rate,
        exchange_rate_type as group_exchange_rate_type,
        {% for measure in ['static', 'flexed', 'actual'] %}
        {{ money('group_' ~ measure ~ '_amount') }} as group_{{ measure }}_amount,
        {% endfor %}
        cast(group_rounding_amount as decimal(18, 13)) as group_rounding_amount,
        cast(line_count as bigint) as ledger_line_count,
        walk_status
    from walk
)

select * from final
