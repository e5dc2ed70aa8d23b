-- The bill of material each order is measured by: its own version, else the first by name that is valid on its standard
-- date; without one, what was planned for the order itself.
-- One row per order × line. processed_qty: base units of the component for one piece that the line's operation
-- processes, component scrap in it; unit_qty: for one good piece of the order, planned scrap in it as well;
-- order_qty: for the whole order as it was planned, where the order itself says so.
{{ config(
    materialized='incremental', incremental_strategy='append', tags=['by_order'], full_refresh=refresh_all_orders(),
    pre_hook="{{ delete_affected_orders() }}"
) }}

with

dates as (
    select dates.*, orders.bom_version_id, orders.planned_qty
    from {{ ref('int_order_standard_date') }} as dates
    inner join {{ ref('stg_production_order') }} as orders using (company_id, order_id)
    {{- of_affected_orders() }}
),

units as (select * from {{ ref('int_item_unit') }}),

-- Once a line, not once an order: the products of three exact fractions are costly.
converted as (
    select lines.*, coalesce(lines.valid_from, date '0001-01-01') as from_date,
        coalesce(lines.valid_to, date '9999-12-31') as to_date,
        {{ exact_quotient([['lines.qty', 6], ['units.numerator', 6]], [['units.denominator', 6]], 12) }}
            as component_qty
    from {{ ref('stg_bom_line') }} as lines
    left join units
        on lines.company_id = units.company_id and lines.component_item_id = units.item_id
        and lines.uom = units.uom
),

lines as (
    select *,
        {{ exact_quotient(
            [['component_qty', 12], ['1 + coalesce(component_scrap_ratio, 0)', 9]], [['base_qty', 6]], 12) }}
            as processed_qty
    from converted
),

-- By item and day, of which there are fewer than orders.
versions as (
    select days.company_id, days.plant_id, days.item_id, days.standard_date, days.bom_version_id,
        min(lines.version_id) as version_id
    from (select distinct company_id, plant_id, item_id, standard_date, bom_version_id from dates) as days
    inner join lines
        on days.company_id = lines.company_id and days.plant_id = lines.plant_id
        and days.item_id = lines.item_id
        and days.standard_date >= lines.from_date and days.standard_date < lines.to_date
        and (days.bom_version_id is null or days.bom_version_id = lines.version_id)
    group by all
),

valid as (
    select dates.company_id, dates.order_id, dates.plant_id, dates.standard_date, lines.version_id, lines.line_no,
        lines.component_item_id, lines.line_type, lines.mix_group, lines.operation_no, lines.processed_qty
    from dates
    inner join versions
        on dates.company_id = versions.company_id and dates.plant_id = versions.plant_id
        and dates.item_id = versions.item_id and dates.standard_date = versions.standard_date
        and dates.bom_version_id is not distinct from versions.bom_version_id
    inner join lines
        on versions.company_id = lines.company_id and versions.plant_id = lines.plant_id
        and versions.item_id = lines.item_id and versions.version_id = lines.version_id
        and versions.standard_date >= lines.from_date and versions.standard_date < lines.to_date
),

routings as (select * from {{ ref('int_order_routing') }}),

placed as (
    select valid.*, coalesce(own.operation_no, first_operation.operation_no) as at_operation_no,
        coalesce(own.entering_factor, first_operation.entering_factor, 1) as entering_factor
    from valid
    left join routings as own
        on valid.company_id = own.company_id and valid.order_id = own.order_id
        and valid.operation_no = own.operation_no
    left join routings as first_operation
        on valid.company_id = first_operation.company_id and valid.order_id = first_operation.order_id
        and first_operation.is_first
),

from_bom as (
    select company_id, order_id, plant_id, standard_date, line_no, component_item_id, line_type, mix_group,
        at_operation_no as operation_no, processed_qty,
        case
            when entering_factor = 1 then processed_qty
            else {{ exact_quotient([['processed_qty', 12], ['entering_factor', 12]], [], 12) }}
        end as unit_qty,
        null::decimal(37, 12) as order_qty
    from placed
),

from_order as (
    select dates.company_id, dates.order_id, dates.plant_id, dates.standard_date, components.line_no,
        components.item_id as component_item_id, 'component' as line_type, null::varchar as mix_group,
        coalesce(own.operation_no, first_operation.operation_no) as operation_no,
        {{ exact_quotient([['components.planned_qty', 6], ['units.numerator', 6]], [['units.denominator', 6]], 12) }}
            as order_qty,
        {{ exact_quotient([['order_qty', 12]], [['dates.planned_qty', 6]], 12) }} as unit_qty,
        {{ exact_quotient([['unit_qty', 12]],
            [['coalesce(own.entering_factor, first_operation.entering_factor, 1)', 12]], 12) }} as processed_qty
    from dates
    inner join {{ ref('stg_order_component') }} as components using (company_id, order_id)
    anti join valid on dates.company_id = valid.company_id and dates.order_id = valid.order_id
    left join units
        on dates.company_id = units.company_id and components.item_id = units.item_id and components.uom = units.uom
    left join routings as own
        on dates.company_id = own.company_id and dates.order_id = own.order_id
        and components.operation_no = own.operation_no
    left join routings as first_operation
        on dates.company_id = first_operation.company_id and dates.order_id = first_operation.order_id
        and first_operation.is_first
),

final as (
    select * from from_bom
    union all by name
    select * from from_order
)

select * from final
