-- Goods movement, as last delivered. One row per posted movement of one item; a reversal is a row of its own.
-- Kept as a table: many models read it, and to choose among the versions of millions of rows costs seconds.
{{ config(materialized='table') }}

with

source as (
    {{ latest_version('goods_movement') }}
),

final as (
    select * exclude ({{ store_columns(keep_place=true) }}) from source
)

select * from final
