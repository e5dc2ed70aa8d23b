-- What stock gains or loses on the day a new standard takes effect: on hand × (new − old); no production variance.
-- One row per company × plant × item × day on which another version begins, where there is or may be stock.
-- On hand: the last balance delivered before anything moved, and all that moved before the day: goods movements,
-- purchases, and confirmations where these stand in for receipts of output.
with

movements as (
    select company_id, plant_id, item_id, posting_date,
        case
            when movement_type in ('issue', 'scrap') then -base_qty
            when movement_type = 'transfer' then 0
            else base_qty
        end as base_qty
    from {{ ref('int_goods_movement') }}
    union all
    select company_id, plant_id, item_id, posting_date, base_qty
    from {{ ref('int_purchase_line') }}
    where line_kind = 'receipt' and order_id is null
    union all
    select company_id, plant_id, item_id, posting_date, good_qty
    from {{ ref('int_order_output') }}
    where output_source = 'confirmation'
),

first_days as (
    select company_id, plant_id, item_id, min(posting_date) as first_date from movements
    group by all
),

balances as (
    select balances.company_id, balances.plant_id, balances.item_id, balances.balance_date,
        {{ quantity(multiply_divide('balances.qty', 'units.numerator', 'units.denominator', 6)) }} as base_qty
    from {{ ref('stg_inventory_balance') }} as balances
    left join {{ ref('int_item_unit') }} as units using (company_id, item_id, uom)
),

openings as (
    select balances.company_id, balances.plant_id, balances.item_id, balances.balance_date as posting_date,
        balances.base_qty
    from balances
    left join first_days using (company_id, plant_id, item_id)
    where first_days.first_date is null or balances.balance_date < first_days.first_date
    qualify balances.balance_date = max(balances.balance_date)
        over (partition by balances.company_id, balances.plant_id, balances.item_id)
),

flows as (
    select * from movements
    union all by name
    select * from openings
),

prices as (select * from {{ ref('int_item_price') }}),

-- A stretch that begins where another ends, or after nothing.
changes as (
    select later.company_id, later.plant_id, later.item_id, later.valid_from as change_date,
        later.version_id as new_version_id, earlier.version_id as old_version_id, later.currency_code,
        later.price_per_million as new_price_per_million, earlier.price_per_million as old_price_per_million,
        case
            when earlier.item_id is null then 'no standard before'
            when earlier.price_status <> 'known' or later.price_status <> 'known' then 'two versions valid at once'
            else 'known'
        end as price_status
    from prices as later
    left join prices as earlier
        on later.company_id = earlier.company_id and later.plant_id = earlier.plant_id
        and later.item_id = earlier.item_id and later.valid_from = earlier.valid_to
    where earlier.item_id is null or earlier.version_id <> later.version_id
        or earlier.price_per_million is distinct from later.price_per_million
),

stocked as (
    select changes.company_id, changes.plant_id, changes.item_id, changes.change_date,
        coalesce(sum(flows.base_qty), 0) as on_hand_qty,
        count(*) filter (flows.item_id is not null and flows.base_qty is null) as unknown_flows
    from changes
    left join flows
        on changes.company_id = flows.company_id and changes.plant_id = flows.plant_id
        and changes.item_id = flows.item_id and flows.posting_date < changes.change_date
    group by all
),

valued as (
    select changes.*,
        case when stocked.unknown_flows = 0 then {{ quantity('stocked.on_hand_qty') }} end as on_hand_qty,
        case
            when stocked.unknown_flows > 0 then 'no conversion to the base unit'
            else changes.price_status
        end as revaluation_status
    from changes
    inner join stocked using (company_id, plant_id, item_id, change_date)
    where changes.old_version_id is not null or stocked.on_hand_qty <> 0 or stocked.unknown_flows > 0
),

final as (
    select valued.company_id, valued.plant_id, valued.item_id, valued.change_date, periods.period_id,
        valued.old_version_id, valued.new_version_id, valued.on_hand_qty, valued.old_price_per_million,
        valued.new_price_per_million, valued.currency_code, valued.revaluation_status,
        'REVAL-' || valued.plant_id || '-' || valued.item_id || '-' || valued.change_date as source_document_id,
        {{ multiply_divide(
            'valued.on_hand_qty', 'valued.new_price_per_million - valued.old_price_per_million', '1000000', 6
        ) }} as exact_amount,
        {{ money(multiply_divide(
            'valued.on_hand_qty', 'valued.new_price_per_million - valued.old_price_per_million', '1000000', 2
        )) }} as revaluation_amount
    from valued
    left join {{ ref('int_posting_period') }} as periods
        on valued.company_id = periods.company_id and valued.change_date = periods.posting_date
)

select * from final
