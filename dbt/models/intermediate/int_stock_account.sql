-- The account role on which a company keeps the stock of each type of item. One row per company × item type.
-- Where no account has the type's own role, the nearest one holds its stock too; one account of role `inventory` may
-- hold all of it.
{% set roles = {
    'raw': ['raw_material'], 'consumable': ['raw_material'], 'packaging': ['packaging', 'raw_material'],
    'semi_finished': ['semi_finished_goods', 'finished_goods'], 'by_product': ['semi_finished_goods', 'finished_goods'],
    'finished': ['finished_goods'],
} %}
with

accounts as (select distinct company_id, role as account_role from {{ ref('stg_account') }}),

choices as (
    {% for item_type, candidates in roles.items() %}
    {% for candidate in candidates + ['inventory'] %}
    select '{{ item_type }}' as item_type, '{{ candidate }}' as account_role, {{ loop.index }} as choice_no
    union all
    {% endfor %}
    select '{{ item_type }}', '{{ candidates[0] }}', 9
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

companies as (select company_id from {{ ref('stg_company') }}),

final as (
    select companies.company_id, choices.item_type,
        arg_min(choices.account_role, choices.choice_no) as account_role
    from companies
    cross join choices
    left join accounts
        on companies.company_id = accounts.company_id and choices.account_role = accounts.account_role
    where accounts.account_role is not null or choices.choice_no = 9
    group by all
)

select * from final
