-- Legal entities that close their own books. One row per company.
select company_id, name as company_name, currency_code, time_zone
from {{ ref('stg_company') }}
