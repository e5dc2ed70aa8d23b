-- Goods movement, as last delivered. One row per posted movement of one item; a reversal is a row of its own.
with

source as (
    {{ latest_version('goods_movement') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
