-- What each order's costs are computed from, as a digest, and whether it differs from what the last completed build
-- knew. One row per order that is or was known; input_digest is null of one that is gone. Whatever way news takes to an
-- order, it passes through one of these tables. Prices, rates, routings and bills of material are not in it: news of
-- them reaches every order. A build that did not complete may have computed some orders and not others: what was
-- affected then still is.
{% set inputs = ['stg_production_order', 'stg_order_component', 'stg_order_operation', 'stg_confirmation',
    'int_goods_movement', 'int_confirmation_place', 'int_order_labour_time', 'int_purchase_line', 'int_order_output',
    'int_order_standard_date'] %}
{% set known = load_relation(this) if execute and not all_orders() %}
with

input_rows as (
    {% for input in inputs %}
    select company_id, order_id, hash('{{ input }}', inputs) as row_hash
    from {{ ref(input) }} as inputs
    where order_id is not null
    union all
    {% endfor %}
    select orders.company_id, orders.order_id, hash('labour', sources.labour_from) as row_hash
    from {{ ref('stg_production_order') }} as orders
    inner join {{ ref('int_labour_source') }} as sources using (company_id, plant_id)
),

digests as (
    select company_id, order_id, cast(sum(row_hash) as varchar) || ' ' || count(*) as input_digest
    from input_rows
    group by company_id, order_id
),

known as (
    {% if known %}
    select company_id, order_id, input_digest as known_digest,
        is_affected and built_by <> '{{ last_build() }}' as is_unfinished
    from {{ this }}
    {% else %}
    select company_id, order_id, input_digest as known_digest, false as is_unfinished from digests
    where false
    {% endif %}
),

final as (
    select coalesce(digests.company_id, known.company_id) as company_id,
        coalesce(digests.order_id, known.order_id) as order_id,
        digests.input_digest,
        coalesce(digests.input_digest, '') <> coalesce(known.known_digest, '')
        or coalesce(known.is_unfinished, false) as is_affected,
        '{{ build_id() }}' as built_by
    from digests
    full outer join known
        on digests.company_id = known.company_id and digests.order_id = known.order_id
)

select * from final
