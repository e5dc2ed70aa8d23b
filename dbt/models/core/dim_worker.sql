-- People under pseudonyms; neither name nor pay stands here. One row per company × worker.
select {{ surrogate_key(['company_id', 'worker_id']) }} as worker_key,
    company_id, worker_id, plant_id, team, grade, valid_from, valid_to
from {{ ref('stg_worker') }}
