-- Every variance leaf is the sum of the parts that explain it (I15). One row per leaf.
with

parts as (
    select company_id, order_id, order_variance_id, sum(part_amount) as part_amount
    from {{ ref('fct_variance_part') }}
    group by all
),

final as (
    select leaves.company_id, leaves.plant_id, 'I15.LEAF' as identity_id, leaves.exact_amount as left_value,
        cast(coalesce(parts.part_amount, 0) as decimal(28, 6)) as right_value
    from {{ ref('int_order_variance') }} as leaves
    left join parts using (company_id, order_id, order_variance_id)
)

select * from final
