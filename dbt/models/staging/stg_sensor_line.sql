-- Where each machine event stands in the file that brought it, in every version delivered. One row per stored event;
-- staging of the events themselves keeps the time they tell of and forgets the order in which they were written down.
-- An event that names its end is written when it is over, often by hand: it says nothing of the clock.
select company_id, work_unit_id, 'state' as signal, event_date, occurred_at, delivery_seq, source_line
from {{ source('raw', 'machine_state') }}
where ended_at is null{{ known_then('and') }}
union all
select company_id, work_unit_id, counter, event_date, occurred_at, delivery_seq, source_line
from {{ source('raw', 'production_counter') }}{{ known_then('where') }}
