-- The chart of accounts, with the role each account plays in costing. One row per company × account.
select {{ surrogate_key(['company_id', 'account_id']) }} as account_key,
    company_id, account_id, name as account_name, account_type, role as account_role, parent_account_id,
    sign as account_sign
from {{ ref('stg_account') }}
