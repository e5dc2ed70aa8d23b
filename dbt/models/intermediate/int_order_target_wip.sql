select null::varchar as company_id, null::varchar as order_id, null::varchar as period_id,
    null::decimal(18, 4) as target_wip_amount limit 0
