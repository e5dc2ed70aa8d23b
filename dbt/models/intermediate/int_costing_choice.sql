-- How each company costs, as tieout.yml declares it. One row per company.
-- The budget version that fixed overhead is measured against: the declared one, else the first by name.
{% set keys = ['price_variance_at', 'joint_variance', 'mix_method', 'absorption_base', 'wip_valuation',
    'labour_from', 'budget_version', 'exchange_rate_type', 'group_currency_code'] %}
with

companies as (select company_id, currency_code from {{ ref('stg_company') }}),

declared as (
    {% for company_id, choices in costing_choices().items() %}
    select '{{ company_id | replace("'", "''") }}' as company_id
        {%- for key in keys %},
        {{ "'" ~ (choices[key] | replace("'", "''")) ~ "'" if key in choices else 'null::varchar' }} as {{ key }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

budget_versions as (
    select company_id, min(version_id) as first_version_id from {{ ref('stg_budget') }}
    group by all
),

final as (
    select companies.company_id, companies.currency_code, declared.price_variance_at, declared.joint_variance,
        declared.mix_method, declared.absorption_base, declared.wip_valuation, declared.labour_from,
        coalesce(declared.budget_version, budget_versions.first_version_id) as budget_version_id,
        declared.exchange_rate_type, declared.group_currency_code
    from companies
    left join budget_versions using (company_id)
    inner join declared
        on companies.company_id = declared.company_id
        or (declared.company_id = '' and companies.company_id not in (select own.company_id from declared as own))
)

select * from final
