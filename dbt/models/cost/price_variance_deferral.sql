-- Where a company counts price variances when goods are used: what was bought, used and is still in stock.
-- One row per company × plant × item × period with a purchase or a use; only companies with price_variance_at usage.
-- bought − used = deferred in stock: the same variance, later. A use that carries no amount of its own leaves what was
-- used, and all that follows, unknown.
with

companies as (
    select company_id, currency_code from {{ ref('int_costing_choice') }}
    where price_variance_at = 'usage'
),

bought as (
    select company_id, plant_id, item_id, period_id, price_variance_amount as bought_amount,
        price_variance_amount is null as is_bought_unknown
    from {{ ref('int_purchase_line') }}
    where order_id is null and item_id is not null
),

movements as (
    select movements.*, periods.period_id,
        case when movement_type in ('issue', 'scrap') then 1 else -1 end as direction
    from {{ ref('int_goods_movement') }} as movements
    left join {{ ref('int_posting_period') }} as periods using (company_id, posting_date)
    where movement_type <> 'transfer'
),

-- What comes in from production without an amount of its own is booked at standard.
used as (
    select company_id, plant_id, item_id, period_id,
        case
            when amount is not null then direction * (amount - standard_amount)
            when movement_type in ('receipt', 'by_product') then 0
        end as used_amount,
        standard_amount is null or (amount is null and movement_type not in ('receipt', 'by_product'))
            as is_used_unknown
    from movements
    semi join bought using (company_id, plant_id, item_id)
),

flows as (
    select * from bought
    union all by name
    select * from used
),

summed as (
    select flows.company_id, flows.plant_id, flows.item_id, flows.period_id, companies.currency_code,
        coalesce(sum(flows.bought_amount), 0) as bought_amount, coalesce(sum(flows.used_amount), 0) as used_amount,
        count(*) filter (flows.is_bought_unknown) as unknown_bought,
        count(*) filter (flows.is_used_unknown) as unknown_used
    from flows
    inner join companies using (company_id)
    group by all
),

running as (
    select *,
        sum(bought_amount - used_amount) over so_far as closing_amount,
        sum(unknown_bought + unknown_used) over so_far as unknown_so_far
    from summed
    window so_far as (
        partition by company_id, plant_id, item_id order by period_id
        rows between unbounded preceding and current row
    )
),

final as (
    select {{ surrogate_key(['company_id', 'plant_id', 'item_id', 'period_id']) }} as price_variance_deferral_id,
        {{ surrogate_key(['company_id', 'plant_id']) }} as plant_key,
        {{ surrogate_key(['company_id', 'item_id']) }} as item_key,
        company_id, plant_id, item_id, period_id,
        case when unknown_so_far - unknown_bought - unknown_used = 0
            then {{ money('closing_amount - bought_amount + used_amount') }} end as opening_deferred_amount,
        case when unknown_bought = 0 then {{ money('bought_amount') }} end as bought_variance_amount,
        case when unknown_used = 0 then {{ money('used_amount') }} end as used_variance_amount,
        case when unknown_so_far = 0 then {{ money('closing_amount') }} end as deferred_variance_amount,
        currency_code,
        case
            when unknown_bought > 0 then 'not available: a purchase has no standard, no rate or no receipt'
            when unknown_used > 0 then 'not available: a movement has no amount of its own or no standard'
            when unknown_so_far > 0 then 'not available: unknown in an earlier period'
            else 'known'
        end as deferral_status
    from running
)

select * from final
