{# Account roles whose every posting must have an event behind it, by the kind of event that feeds them. Where a company
   delivers none of these events there is nothing to reconcile with, and that is not the same as nothing to explain. #}
{% macro fed_roles() -%}
    {{ return({
        'raw_material': 'goods', 'packaging': 'goods', 'semi_finished_goods': 'goods', 'finished_goods': 'goods',
        'inventory': 'goods', 'scrap': 'goods', 'revaluation': 'goods',
        'wip': 'orders', 'production_variance': 'orders', 'labour_absorbed': 'orders', 'overhead_absorbed': 'orders',
        'ppv': 'purchases', 'goods_received_not_invoiced': 'purchases', 'exchange_difference': 'purchases',
        'labour_actual': 'payroll'
    }) }}
{%- endmacro %}

{# Roles that hold stock, as a SQL list. #}
{% macro stock_roles() -%}
    ('raw_material', 'packaging', 'semi_finished_goods', 'finished_goods', 'inventory')
{%- endmacro %}

{# Reasons for which a ledger and the events may rightly differ, in the order in which they are shown. #}
{% macro reconciling_kinds() -%}
    {{ return(['cut_off', 'not_yet_posted', 'not_extracted', 'quarantined', 'reversed', 'rounding', 'revaluation',
        'exchange', 'unmapped_account', 'no_subledger', 'opening_balance', 'accepted']) }}
{%- endmacro %}

{# A difference that a person has accepted is explained at the amount it had then, and at no other. #}
{% macro decided_items(step, name) -%}
{{ name }} as (
    select {{ step }}.* replace (
        case when accepted.document_id is not null then 'accepted' else {{ step }}.item_kind end as item_kind
    ), accepted.because, accepted.accepted_by
    from (
        select *,
            sum(case when item_kind = 'unexplained' then abs(amount) end) over (
                partition by company_id, named_document
            ) as document_unexplained_amount
        from {{ step }}
    ) as {{ step }}
    left join accepted
        on {{ step }}.item_kind = 'unexplained' and {{ step }}.company_id = accepted.company_id
        and {{ step }}.named_document = accepted.document_id
        and (accepted.account_id is null or {{ step }}.account_id = accepted.account_id)
        and (accepted.amount is null or {{ step }}.document_unexplained_amount = accepted.amount)
)
{%- endmacro %}

{# The column of finance.gl_reconciliation that holds the sum of a kind. #}
{% macro reconciling_column(kind) -%}
    {{ return(('ledger_revaluation' if kind == 'revaluation' else kind) ~ '_amount') }}
{%- endmacro %}

{# Roles as a SQL list, a few to a line; `without` are left out. #}
{% macro role_list(roles, without) -%}
    (
        {%- for role in roles if role not in without %}'{{ role }}'{{ ',' if not loop.last }}
        {% endfor -%}
    )
{%- endmacro %}
