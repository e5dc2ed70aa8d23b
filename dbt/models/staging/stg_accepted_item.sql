-- Ledger documents that a person has accepted with a reason, as last decided. One row per accepted item.
with

source as (
    select * from {{ source('raw', 'accepted_item') }}
    {%- if as_of() %}
    where accepted_at <= timestamp '{{ as_of() }}'
    {%- endif %}
    qualify row_number() over (partition by item_id order by entry_no desc) = 1
),

final as (
    select * exclude (is_withdrawn) from source
    where not coalesce(is_withdrawn, false)
)

select * from final
