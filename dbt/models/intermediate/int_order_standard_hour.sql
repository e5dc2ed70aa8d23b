-- The hours that each order's good output should have taken, by operation and period of the output.
-- One row per order × operation × period. Planned scrap of later operations is in them; set-up is the share of its lot.
with

outputs as (
    select outputs.company_id, outputs.order_id, outputs.plant_id, outputs.item_id, periods.period_id,
        sum(outputs.good_qty) as good_qty
    from {{ ref('int_order_output') }} as outputs
    inner join {{ ref('int_posting_period') }} as periods using (company_id, posting_date)
    group by all
),

final as (
    select outputs.company_id, outputs.plant_id, outputs.order_id, routings.operation_no, routings.work_center_id,
        routings.cost_center_id, outputs.period_id, outputs.good_qty,
        {{ quantity(multiply_divide(
            exact_quotient([['outputs.good_qty', 6], ['routings.entering_factor', 12]], [], 6),
            'coalesce(routings.run_seconds_per_unit, 0)', '3600 * routings.run_base_qty', 6)) }}
            as standard_machine_hours,
        {{ quantity(multiply_divide(
            exact_quotient([['outputs.good_qty', 6], ['routings.entering_factor', 12]], [], 6),
            'coalesce(routings.labour_run_seconds_per_unit, 0)', '3600 * routings.run_base_qty', 6)) }}
            as standard_labour_hours
    from outputs
    inner join {{ ref('int_order_routing') }} as routings using (company_id, order_id)
)

select * from final
