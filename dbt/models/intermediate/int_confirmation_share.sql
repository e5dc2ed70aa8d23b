-- Each confirmation placed on the shift, or the shifts, in which its pieces were made.
-- One row per confirmation × shift.
-- A confirmation that names its shift belongs there. One that has times only is shared out over the shifts it spans by
-- the machine's producing time in each, by the time spanned where that is unknown; whole pieces stay whole (largest
-- remainder, ties to the earlier shift). One with neither has no shift, and counts on its posting date.
with

confirmations as (select * from {{ ref('stg_confirmation') }}),

to_share as (
    select * from confirmations
    where (production_date is null or shift_id is null)
        and start_at is not null and end_at is not null and work_unit_id is not null
),

weights as (
    select *,
        case
            when sum(producing_ms) over (partition by company_id, confirmation_id) > 0 then producing_ms
            else spanned_ms
        end as weight
    from {{ ref('int_confirmation_weight') }}
),

quantities as (
    unpivot (
        select company_id, confirmation_id, good_qty, scrap_qty, coalesce(rework_qty, 0) as rework_qty,
            first_pass_good_qty
        from to_share
    )
    on good_qty, scrap_qty, rework_qty, first_pass_good_qty into name quantity_name value qty
),

portions as (
    select quantities.*, weights.production_date, weights.shift_id, weights.shift_start_ms,
        weights.weight, sum(weights.weight) over (
            partition by quantities.company_id, quantities.confirmation_id, quantities.quantity_name
        ) as total_weight,
        -- Millionths where the quantity is not whole, pieces where it is.
        case when quantities.qty = trunc(quantities.qty) then 1000000 else 1 end as unit,
        abs({{ scaled('quantities.qty') }}) // case
            when quantities.qty = trunc(quantities.qty) then 1000000 else 1
        end as units
    from quantities
    inner join weights using (company_id, confirmation_id)
),

floors as (
    select *, units * weight // total_weight as whole_units, units * weight % total_weight as remainder from portions
),

shared as (
    select *,
        whole_units + case
            when row_number() over (
                partition by company_id, confirmation_id, quantity_name order by remainder desc, shift_start_ms asc
            ) <= units - sum(whole_units) over (partition by company_id, confirmation_id, quantity_name)
                then 1
            else 0
        end as share_units
    from floors
),

shares as (
    pivot (
        select company_id, confirmation_id, production_date, shift_id, quantity_name,
            case when qty < 0 then -1 else 1 end
                * {{ quantity('cast(share_units * unit as decimal(24, 0)) * 0.000001') }} as share_qty
        from shared
    )
    on quantity_name in ('good_qty', 'scrap_qty', 'rework_qty', 'first_pass_good_qty')
    using first(share_qty)
    group by company_id, confirmation_id, production_date, shift_id
),

placed as (
    select confirmations.company_id, confirmations.confirmation_id, confirmations.plant_id,
        confirmations.work_unit_id, confirmations.order_id, confirmations.operation_no, confirmations.reason_id,
        confirmations.routing_version_id,
        coalesce(shares.production_date, confirmations.production_date, confirmations.posting_date) as production_date,
        coalesce(shares.shift_id, confirmations.shift_id) as shift_id,
        case when shares.confirmation_id is null then confirmations.good_qty else shares.good_qty end as good_qty,
        case when shares.confirmation_id is null then confirmations.scrap_qty else shares.scrap_qty end as scrap_qty,
        coalesce(
            case when shares.confirmation_id is null then confirmations.rework_qty else shares.rework_qty end, 0
        ) as rework_qty,
        case
            when shares.confirmation_id is null then confirmations.first_pass_good_qty
            else shares.first_pass_good_qty
        end as first_pass_good_qty
    from confirmations
    left join shares using (company_id, confirmation_id)
)

select * from placed
