-- What is odd about standards, and how much money hangs on it. One row per finding × company × plant × subject.
-- finding_amount: what was moved or bought while the oddity held, at the standard concerned; null where nothing has a
-- value.
with

companies as (select company_id, currency_code from {{ ref('int_costing_choice') }}),

prices as (select * from {{ ref('int_item_price') }}),

movements as (select * from {{ ref('int_goods_movement') }}),

receipts as (
    select * from {{ ref('int_purchase_line') }}
    where line_kind = 'receipt' and order_id is null
),

version_prices as (
    select company_id, plant_id, item_id, version_id, valid_from, valid_to,
        sum(delivered_per_million) as price_per_million
    from {{ ref('int_standard_rollup_version') }}
    group by all
),

-- The dearest of the versions that hold at once.
doubtful as (
    select prices.company_id, prices.plant_id, prices.item_id, prices.valid_from, prices.valid_to, prices.version_ids,
        max(version_prices.price_per_million) as price_per_million
    from prices
    inner join version_prices
        on prices.company_id = version_prices.company_id and prices.plant_id = version_prices.plant_id
        and prices.item_id = version_prices.item_id
        and prices.valid_from >= version_prices.valid_from and prices.valid_to <= version_prices.valid_to
    where prices.price_status <> 'known'
    group by all
),

flows as (
    select company_id, plant_id, item_id, posting_date, base_qty from movements
    where movement_type <> 'transfer'
    union all
    select company_id, plant_id, item_id, posting_date, base_qty from receipts
),

doubtful_flows as (
    select doubtful.company_id, doubtful.plant_id, doubtful.item_id, doubtful.valid_from,
        sum({{ multiply_divide('abs(flows.base_qty)', 'doubtful.price_per_million', '1000000', 2) }}) as amount
    from doubtful
    inner join flows
        on doubtful.company_id = flows.company_id and doubtful.plant_id = flows.plant_id
        and doubtful.item_id = flows.item_id
        and flows.posting_date >= doubtful.valid_from and flows.posting_date < doubtful.valid_to
    group by all
),

two_standards as (
    select doubtful.company_id, doubtful.plant_id, doubtful.item_id as subject, 'standard_cost' as dataset,
        'two_standards_at_once' as finding, count(*) as finding_count, sum(doubtful_flows.amount) as finding_amount,
        min(doubtful.valid_from) as first_date, max(doubtful.valid_to - 1) as last_date,
        'versions ' || min(doubtful.version_ids) as detail
    from doubtful
    left join doubtful_flows using (company_id, plant_id, item_id, valid_from)
    group by all
),

-- A company that delivers no standards at all does not cost by them.
orders as (
    select dates.company_id, dates.plant_id, dates.item_id, dates.order_id, dates.standard_date
    from {{ ref('int_order_standard_date') }} as dates
    left join prices
        on dates.company_id = prices.company_id and dates.plant_id = prices.plant_id and dates.item_id = prices.item_id
        and dates.standard_date >= prices.valid_from and dates.standard_date < prices.valid_to
    where prices.item_id is null and dates.company_id in (select one.company_id from prices as one)
),

issued as (
    select company_id, order_id, sum(case when movement_type = 'issue' then 1 else -1 end * booked_amount) as amount
    from movements
    where order_id is not null and movement_type in ('issue', 'return', 'by_product')
    group by all
),

without_standard as (
    select orders.company_id, orders.plant_id, orders.item_id as subject, 'standard_cost' as dataset,
        'order_without_standard' as finding, count(*) as finding_count, sum(issued.amount) as finding_amount,
        min(orders.standard_date) as first_date, max(orders.standard_date) as last_date,
        'orders from ' || min(orders.order_id) || ' to ' || max(orders.order_id) as detail
    from orders
    left join issued using (company_id, order_id)
    group by all
),

far_off as (
    select company_id, plant_id, item_id as subject, 'purchase_receipt' as dataset,
        'price_unit_looks_wrong' as finding, count(*) as finding_count,
        sum(abs(price_variance_amount)) as finding_amount, min(posting_date) as first_date,
        max(posting_date) as last_date,
        'receipts from ' || min(document_id) || ' to ' || max(document_id) as detail
    from receipts
    where standard_amount <> 0 and value_amount <> 0
        and (abs(value_amount) >= 100 * abs(standard_amount) or abs(standard_amount) >= 100 * abs(value_amount))
    group by all
),

cycle_items as (
    select nodes.company_id, nodes.plant_id, nodes.item_id, cycles.cycle_path, min(nodes.node_date) as node_date
    from {{ ref('int_bom_cycle') }} as cycles
    inner join {{ ref('int_bom_node') }} as nodes using (node_id)
    group by all
),

cycle_moves as (
    select cycle_items.company_id, cycle_items.plant_id, cycle_items.cycle_path,
        sum(abs(movements.standard_amount)) as amount, min(movements.posting_date) as first_date,
        max(movements.posting_date) as last_date
    from cycle_items
    inner join movements using (company_id, plant_id, item_id)
    group by all
),

cycles as (
    select cycle_items.company_id, cycle_items.plant_id, min(cycle_items.item_id) as subject, 'bom_line' as dataset,
        'bom_cycle' as finding, count(distinct cycle_items.item_id) as finding_count,
        any_value(cycle_moves.amount) as finding_amount,
        coalesce(any_value(cycle_moves.first_date), min(cycle_items.node_date)) as first_date,
        coalesce(any_value(cycle_moves.last_date), max(cycle_items.node_date)) as last_date,
        cycle_items.cycle_path as detail
    from cycle_items
    left join cycle_moves using (company_id, plant_id, cycle_path)
    group by cycle_items.company_id, cycle_items.plant_id, cycle_items.cycle_path
),

findings as (
    select * from two_standards
    {% for step in ['without_standard', 'far_off', 'cycles'] %}
    union all by name
    select * from {{ step }}
    {% endfor %}
),

final as (
    select findings.company_id, findings.plant_id, findings.subject, findings.dataset, findings.finding,
        'warning' as severity, cast(findings.finding_count as bigint) as finding_count,
        {{ money('findings.finding_amount') }} as finding_amount, companies.currency_code, findings.first_date,
        findings.last_date, findings.detail,
        case findings.finding
            when 'two_standards_at_once'
                then 'end one of the versions: until then the item has no standard on these days'
            when 'order_without_standard' then 'deliver a standard valid on these days: the orders have no variance'
            when 'price_unit_looks_wrong'
                then 'compare price_unit_qty of standard and receipt: the price is 100 times off'
            when 'bom_cycle' then 'take one line out: the items on the cycle cannot be calculated'
        end as what_to_do
    from findings
    left join companies using (company_id)
)

select * from final
