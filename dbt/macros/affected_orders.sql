{# Which orders, movements and ledger documents the cost models compute again. TIEOUT_AFFECTED_ORDERS is `all`, or
   `news`: then only what was recorded since TIEOUT_NEWS_FROM, and orders of which any input differs from what the last
   completed build, TIEOUT_LAST_BUILD, knew of them. What reaches every order, as a price or a routing does, is `all`. #}
{% macro all_orders() -%}
    {{ return(env_var('TIEOUT_AFFECTED_ORDERS', 'all') == 'all') }}
{%- endmacro %}

{# For config(full_refresh=...): none leaves the choice to the command line. #}
{% macro refresh_all_orders() -%}
    {{ return(true if all_orders() else none) }}
{%- endmacro %}

{# Narrows a FROM clause with unambiguous columns company_id and order_id. #}
{% macro of_affected_orders() -%}
    {%- set inputs = ref('int_order_input') -%}
    {%- if is_incremental() %}
    semi join (select company_id, order_id from {{ inputs }} where is_affected) as affected using (company_id, order_id)
    {%- endif -%}
{%- endmacro %}

{# Removes what an incremental model is about to compute again, in the same transaction. #}
{% macro delete_affected_orders() -%}
    {%- set inputs = ref('int_order_input') -%}
    {%- if is_incremental() -%}
    delete from {{ this }} using {{ inputs }} as inputs
    where {{ this.identifier }}.company_id = inputs.company_id and {{ this.identifier }}.order_id = inputs.order_id
        and inputs.is_affected
    {%- endif -%}
{%- endmacro %}

{# Removes the same, and what names no order: that is computed again every night. #}
{% macro delete_affected_orders_and_others() -%}
    {%- set inputs = ref('int_order_input') -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where order_id is null
        or (company_id, order_id) in (select (company_id, order_id) from {{ inputs }} where is_affected)
    {%- endif -%}
{%- endmacro %}

{% macro of_affected_orders_or_none() -%}
    {%- set inputs = ref('int_order_input') -%}
    {%- if is_incremental() %}
    where order_id is null
        or (company_id, order_id) in (select (company_id, order_id) from {{ inputs }} where is_affected)
    {%- endif -%}
{%- endmacro %}

{# The same by a staging model of keys that have news. #}
{% macro of_news(news, key) -%}
    {%- set keys = ref(news) -%}
    {%- if is_incremental() %} semi join {{ keys }} as news using (company_id, {{ key }}) {%- endif -%}
{%- endmacro %}

{% macro delete_news(news, key) -%}
    {%- set keys = ref(news) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where (company_id, {{ key }}) in (select (company_id, {{ key }}) from {{ keys }})
    {%- endif -%}
{%- endmacro %}

{# As a condition: what was recorded since the last published build; nobody asks where all is computed again. #}
{% macro recorded_since() -%}
    {%- if all_orders() -%} false {%- else -%} recorded_at >= timestamp '{{ told('TIEOUT_NEWS_FROM') }}' {%- endif -%}
{%- endmacro %}
