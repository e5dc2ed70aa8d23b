-- Movements of which a version or a deletion was recorded since the last published build. One row per movement.
-- A table: a view would keep the moment of the night that made it.
{{ config(materialized='table') }}

select distinct company_id, movement_id from {{ source('raw', 'goods_movement') }}
where {{ recorded_since() }}
