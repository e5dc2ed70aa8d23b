-- Each confirmation placed on the shift, or the shifts, in which its pieces were made.
-- One row per confirmation × shift.
-- A confirmation that names its shift belongs there. One that has times only is shared out over the shifts it spans by
-- the machine's producing time in each, by the time spanned where that is unknown; whole pieces stay whole (largest
-- remainder, ties to the earlier shift). One with neither has no shift, and counts on its posting date.
with

confirmations as (select * from {{ ref('stg_confirmation') }}),

spans as (
    select company_id, confirmation_id, count(*) as shift_count, any_value(production_date) as production_date,
        any_value(shift_id) as shift_id, sum(producing_ms) as producing_ms
    from {{ ref('int_confirmation_weight') }}
    group by all
),

-- Nearly every confirmation lies within one shift, and needs no sharing out.
within_one as (
    select company_id, confirmation_id, production_date, shift_id from spans
    where shift_count = 1
),

weights as (
    select weights.company_id, weights.confirmation_id, weights.production_date, weights.shift_id,
        weights.shift_start_ms,
        case when spans.producing_ms > 0 then weights.producing_ms else weights.spanned_ms end as weight
    from {{ ref('int_confirmation_weight') }} as weights
    inner join spans using (company_id, confirmation_id)
    where spans.shift_count > 1
),

to_share as (
    select * from confirmations
    semi join weights using (company_id, confirmation_id)
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
        coalesce(
            shares.production_date, within_one.production_date, confirmations.production_date,
            confirmations.posting_date
        ) as production_date,
        coalesce(shares.shift_id, within_one.shift_id, confirmations.shift_id) as shift_id,
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
    left join within_one using (company_id, confirmation_id)
)

select * from placed
