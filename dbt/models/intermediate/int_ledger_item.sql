-- Why the ledger and the events differ: every difference with its kind, or unexplained. One row per difference ×
-- account × period × cause. The items of an account and period sum to ledger − subledger, to the cent.
-- An explanation is taken only where the amounts prove it. The first kind that does, in the order below, is the item's.
{% set group_columns = 'company_id, account_role, match_kind, match_id' %}
{% set event_datasets = {'goods_movement': 'movement_id', 'confirmation': 'confirmation_id', 'labour_time': 'time_id',
    'purchase_receipt': 'receipt_id', 'purchase_invoice': 'invoice_id'} %}
with

differences as (select * from {{ ref('int_ledger_difference') }}),

roles as (select * from {{ ref('int_ledger_role') }}),

wholes as (select * from differences where is_main_period),

documents as (
    select distinct company_id, match_id from differences
    where match_kind = 'document'
),

-- How far the ledger goes: the last day and moment it posts of, and the moment of its last delivery here.
ledger_sources as (
    select company_id, source_system, max(posting_date) filter (source_document is not null) as document_date,
        max(posting_date) as posting_date, max(entered_at) as entered_at
    from {{ ref('fct_ledger_posting') }}
    group by all
),

deliveries as (
    select source_system, max(recorded_at) as recorded_at from {{ ref('stg_load') }}
    where dataset = 'ledger_posting'
    group by all
),

horizons as (
    select ledger_sources.company_id,
        coalesce(max(ledger_sources.document_date), max(ledger_sources.posting_date)) as ledger_date,
        max(ledger_sources.entered_at) as entered_at, max(deliveries.recorded_at) as recorded_at
    from ledger_sources
    left join deliveries using (source_system)
    group by all
),

-- How far each kind of event goes, and what its numbers look like: a posting can name one that is yet to come.
event_sources as (
    select company_id, source_dataset, plant_id, translate(source_document_id, '0123456789', '##########') as pattern,
        max(posting_date) as last_date, min(posting_date) as first_date
    from {{ ref('int_subledger_posting') }}
    where source_document_id is not null and source_dataset <> 'revaluation'
    group by all
),

first_events as (select company_id, min(first_date) as first_date from event_sources group by all),

event_ends as (
    select patterns.company_id, patterns.pattern, patterns.plant_id, max(ends.last_date) as last_date
    from (
        select distinct company_id, source_dataset, plant_id, regexp_replace(pattern, '#+', '#', 'g') as pattern
        from event_sources
    ) as patterns
    inner join (
        select company_id, source_dataset, plant_id, max(last_date) as last_date from event_sources
        group by all
    ) as ends using (company_id, source_dataset, plant_id)
    group by all
),

last_of_pattern as (
    select company_id, pattern, max(last_date) as last_date from event_ends
    group by all
),

last_payroll as (
    select company_id, max(period_id) as period_id from {{ ref('int_subledger_posting') }}
    where source_dataset = 'payroll'
    group by all
),

last_wages as (
    select company_id, max(period_id) as period_id from {{ ref('int_ledger_line') }}
    where account_role = 'labour_actual' and match_kind = 'period'
    group by all
),

-- The events that differ, as they were delivered.
delivered_events as (
    select company_id, movement_id as match_id, 'goods_movement' as dataset, order_id, recorded_at,
        entered_at as happened_at, reversal_of, source_file, source_line
    from {{ ref('int_goods_movement') }}
    semi join documents on movement_id = documents.match_id
    union all
    select company_id, confirmation_id, 'confirmation', order_id, recorded_at, end_at, reversal_of, source_file,
        source_line
    from {{ ref('stg_confirmation') }}
    semi join documents on confirmation_id = documents.match_id
    union all
    select company_id, time_id, 'labour_time', order_id, recorded_at, null, reversal_of, source_file, source_line
    from {{ ref('stg_labour_time') }}
    semi join documents on time_id = documents.match_id
    union all
    select company_id, document_id, case when line_kind = 'receipt' then 'purchase_receipt' else 'purchase_invoice' end,
        order_id, recorded_at, null, null, source_file, source_line
    from {{ ref('int_purchase_line') }}
    semi join documents on document_id = documents.match_id
),

places as (
    select company_id, match_id, arg_max(dataset, recorded_at) as dataset, min(order_id) as order_id,
        max(recorded_at) as recorded_at, max(happened_at) as happened_at, min(reversal_of) as reversal_of,
        arg_max(source_file, recorded_at) as source_file, arg_max(source_line, recorded_at) as source_line
    from delivered_events
    group by all
),

-- An event and those that take it back are one chain: the ledger may leave out both, or post only what remains.
chains as (
    select documents.company_id, documents.match_id,
        coalesce(originals.reversal_of, places.reversal_of, documents.match_id) as first_match_id
    from documents
    left join places using (company_id, match_id)
    left join places as originals
        on places.company_id = originals.company_id and places.reversal_of = originals.match_id
),

reversed_chains as (
    select chains.company_id, chains.first_match_id, wholes.account_role
    from wholes
    inner join chains using (company_id, match_id)
    where wholes.match_kind = 'document'
    group by all
    having count(*) > 1 and sum(wholes.whole_difference_amount) = 0
),

-- What was refused, in money: an event of which the ledger knows, a ledger line whose event is here.
refused as (select * from {{ ref('stg_quarantine') }} where reason_codes <> ['duplicate']),

refused_events as (
    {% for dataset, key in event_datasets.items() %}
    select distinct company_id, json_extract_string(row_json, '$.{{ key }}') as match_id
    from refused
    where dataset = '{{ dataset }}'
    {{ 'union' if not loop.last }}
    {% endfor %}
),

refused_lines as (
    select refused.company_id, accounts.role as account_role,
        case when lines.source_document is null then 'settlement' else 'document' end as match_kind,
        coalesce(lines.source_document, lines.order_id) as match_id,
        sum(lines.amount) as amount, bool_or(lines.amount is null) as is_unreadable
    from (
        select quarantine_id, company_id,
            json_extract_string(row_json, '$.account_id') as account_id,
            json_extract_string(row_json, '$.source_document') as source_document,
            json_extract_string(row_json, '$.order_id') as order_id,
            try_cast(json_extract_string(row_json, '$.amount') as decimal(18, 4)) as amount
        from refused
        where dataset = 'ledger_posting'
    ) as lines
    inner join refused using (company_id, quarantine_id)
    left join {{ ref('stg_account') }} as accounts
        on lines.company_id = accounts.company_id and lines.account_id = accounts.account_id
    group by all
),

refused_payroll as (
    select company_id, json_extract_string(row_json, '$.period_id') as match_id,
        sum(try_cast(json_extract_string(row_json, '$.amount') as decimal(18, 4))) as amount
    from refused
    where dataset = 'payroll'
    group by all
),

-- Amounts that are missing on accounts with a role and stand, to the cent, on accounts without one.
astray as (
    select lines.company_id, lines.match_id, sum(lines.amount) as amount,
        string_agg(distinct lines.account_id, ', ' order by lines.account_id) as account_ids
    from {{ ref('int_ledger_line') }} as lines
    semi join documents
        on lines.company_id = documents.company_id and lines.match_id = documents.match_id
    where lines.account_role is null
    group by all
),

unmapped as (
    select astray.company_id, astray.match_id, astray.account_ids
    from astray
    inner join wholes using (company_id, match_id)
    where wholes.match_kind = 'document'
    group by all
    having not bool_or(wholes.is_posted) and sum(wholes.whole_difference_amount) + any_value(astray.amount) = 0
),

-- Documents in a foreign currency of which both sides name the same foreign amount: only the rates differ.
foreign_lines as (
    select purchases.company_id, purchases.document_id as match_id,
        case when purchases.line_kind = 'receipt' then 'goods_received_not_invoiced' else 'payables' end
            as account_role,
        min(purchases.transaction_currency_code) as currency_code, -sum(purchases.transaction_amount) as amount
    from {{ ref('int_purchase_line') }} as purchases
    semi join documents
        on purchases.company_id = documents.company_id and purchases.document_id = documents.match_id
    inner join {{ ref('int_costing_choice') }} as choices on purchases.company_id = choices.company_id
    where purchases.transaction_currency_code <> choices.currency_code and purchases.value_amount is not null
    group by all
),

other_rates as (
    select foreign_lines.company_id, foreign_lines.match_id
    from foreign_lines
    inner join {{ ref('int_ledger_line') }} as lines
        on foreign_lines.company_id = lines.company_id and foreign_lines.match_id = lines.match_id
        and foreign_lines.account_role = lines.account_role and lines.match_kind = 'document'
        and foreign_lines.currency_code = lines.transaction_currency_code
    group by foreign_lines.company_id, foreign_lines.match_id, foreign_lines.amount
    having sum(lines.transaction_amount) = foreign_lines.amount
),

-- Postings of a revaluation may be numbered by the ledger: then the sums of an item and period are compared.
revaluations as (
    select company_id, account_role, item_id, last_period_id
    from (
        select company_id, account_role, item_id, whole_difference_amount,
            max(period_id) over (partition by {{ group_columns }}) as last_period_id
        from wholes
        where is_revaluation or source_dataset = 'revaluation'
    )
    group by all
    having sum(whole_difference_amount) = 0 and count(*) > 1
),

judged as (
    select wholes.*, places.dataset, places.source_file as event_file, places.source_line as event_line,
        places.order_id as event_order_id, unmapped.account_ids as astray_account_ids, horizons.ledger_date,
        coalesce(event_ends.last_date, last_of_pattern.last_date) as delivered_to,
        case
            when wholes.whole_difference_amount = 0 and wholes.has_event then 'cut_off'
            when wholes.whole_difference_amount = 0 then 'reversed'
            when wholes.match_kind = 'document' then case
                when wholes.is_posted and wholes.has_event and wholes.unvalued_count = 0
                    and abs(wholes.whole_ledger_amount - wholes.exact_amount) <= 0.005 then 'rounding'
                when reversed_chains.account_role is not null then 'reversed'
                when refused_lines.is_unreadable
                    or wholes.whole_difference_amount + refused_lines.amount = 0 then 'quarantined'
                when refused_events.match_id is not null then 'quarantined'
                when unmapped.match_id is not null then 'unmapped_account'
                when other_rates.match_id is not null then 'exchange'
                when revaluations.item_id is not null then 'revaluation'
                when not wholes.is_posted and (
                    wholes.event_date > horizons.ledger_date
                    or places.recorded_at > horizons.recorded_at
                    or places.happened_at > horizons.entered_at
                ) then 'not_yet_posted'
                when not wholes.has_event then case
                    when wholes.last_posting_date < first_events.first_date then 'opening_balance'
                    when wholes.is_revaluation then 'revaluation'
                    when places.match_id is null and wholes.first_posting_date
                        > coalesce(event_ends.last_date, last_of_pattern.last_date) then 'not_extracted'
                    when wholes.is_goods_sold or not wholes.is_closed then 'no_subledger'
                end
            end
            when wholes.match_kind = 'journal' then case
                when wholes.last_posting_date < first_events.first_date
                    or (
                        wholes.last_posting_date = first_events.first_date and wholes.order_id is null
                        and (
                            wholes.account_role in {{ stock_roles() }}
                            or wholes.account_role in ('wip', 'goods_received_not_invoiced', 'payables')
                        )
                    ) then 'opening_balance'
                when wholes.is_revaluation then 'revaluation'
                when wholes.is_exchange then 'exchange'
                when wholes.is_goods_sold or not wholes.is_closed then 'no_subledger'
            end
            when wholes.match_kind = 'period' and wholes.account_role = 'labour_actual' then case
                when wholes.whole_difference_amount = refused_payroll.amount then 'quarantined'
                when not wholes.is_posted and wholes.period_id > coalesce(last_wages.period_id, '')
                    then 'not_yet_posted'
                when not wholes.has_event and wholes.period_id > last_payroll.period_id then 'not_extracted'
            end
        end as kind
    from wholes
    left join horizons using (company_id)
    left join first_events using (company_id)
    left join last_wages using (company_id)
    left join last_payroll using (company_id)
    left join places using (company_id, match_id)
    left join chains using (company_id, match_id)
    left join reversed_chains
        on chains.company_id = reversed_chains.company_id and chains.first_match_id = reversed_chains.first_match_id
        and wholes.account_role = reversed_chains.account_role
    left join refused_events
        on wholes.company_id = refused_events.company_id and wholes.match_id = refused_events.match_id
    left join refused_lines
        on wholes.company_id = refused_lines.company_id and wholes.match_id = refused_lines.match_id
        and wholes.match_kind = refused_lines.match_kind and wholes.account_role = refused_lines.account_role
    left join refused_payroll
        on wholes.company_id = refused_payroll.company_id and wholes.match_id = refused_payroll.match_id
    left join unmapped on wholes.company_id = unmapped.company_id and wholes.match_id = unmapped.match_id
    left join other_rates on wholes.company_id = other_rates.company_id and wholes.match_id = other_rates.match_id
    left join revaluations
        on wholes.company_id = revaluations.company_id and wholes.account_role = revaluations.account_role
        and wholes.item_id = revaluations.item_id and wholes.period_id = revaluations.last_period_id
        and (wholes.is_revaluation or wholes.source_dataset = 'revaluation')
    left join event_ends
        on wholes.company_id = event_ends.company_id and wholes.plant_id = event_ends.plant_id
        and regexp_replace(wholes.match_id, '[0-9]+', '#', 'g') = event_ends.pattern
    left join last_of_pattern
        on wholes.company_id = last_of_pattern.company_id
        and regexp_replace(wholes.match_id, '[0-9]+', '#', 'g') = last_of_pattern.pattern
    where wholes.match_kind <> 'settlement'
),

-- One side only: every period's amount has the same reason. Both sides: the difference stands in the main period, and
-- what only moved between periods is cut-off.
parts as (
    select judged.* exclude (period_id, difference_amount), differences.period_id,
        coalesce(judged.kind, 'unexplained') as item_kind, differences.difference_amount as amount
    from judged
    inner join differences using ({{ group_columns }})
    where (not judged.is_posted or not judged.has_event or judged.kind = 'cut_off')
        and differences.difference_amount <> 0
    union all by name
    select * exclude (difference_amount), coalesce(kind, 'unexplained') as item_kind,
        whole_difference_amount as amount
    from judged
    where is_posted and has_event and kind is distinct from 'cut_off'
    union all by name
    select judged.* exclude (period_id, difference_amount), differences.period_id, 'cut_off' as item_kind,
        case
            when differences.is_main_period then differences.difference_amount - judged.whole_difference_amount
            else differences.difference_amount
        end as amount
    from judged
    inner join differences using ({{ group_columns }})
    where judged.is_posted and judged.has_event and judged.kind is distinct from 'cut_off'
),

accepted as (
    select company_id, document_id, account_id, amount, arg_max(because, (accepted_at, item_id)) as because,
        arg_max(accepted_by, (accepted_at, item_id)) as accepted_by
    from {{ ref('stg_accepted_item') }}
    group by all
),

named as (
    select *,
        coalesce(max(document_id) over (partition by company_id, match_kind, match_id), match_id) as named_document
    from parts
    where amount <> 0
),

{{ decided_items('named', 'decided') }},

-- What differs on an order's work in process is settled with it, and differs there once more.
causes as (
    select company_id, order_id, item_kind, named_document, any_value(because) as because,
        any_value(accepted_by) as accepted_by, sum(amount) as amount
    from decided
    where account_role = 'wip' and order_id is not null
    group by company_id, order_id, item_kind, named_document
    having sum(amount) <> 0
),

order_causes as (
    select company_id, order_id, sum(amount) as amount from causes
    group by all
),

settled as (
    select wholes.*, horizons.ledger_date,
        case when wholes.account_role = 'wip' then -1 else 1 end as direction,
        wholes.whole_difference_amount - direction * coalesce(order_causes.amount, 0) as other_amount
    from wholes
    left join order_causes
        on wholes.company_id = order_causes.company_id and wholes.match_id = order_causes.order_id
    left join horizons on wholes.company_id = horizons.company_id
    where wholes.match_kind = 'settlement'
),

settlement_parts as (
    select settled.* exclude (difference_amount), causes.item_kind, causes.named_document as follows_from,
        causes.because, causes.accepted_by, settled.direction * causes.amount as amount
    from settled
    inner join causes on settled.company_id = causes.company_id and settled.match_id = causes.order_id
    union all by name
    select settled.* exclude (difference_amount),
        case
            when not settled.is_posted and settled.event_date >= settled.ledger_date then 'not_yet_posted'
            when refused_lines.is_unreadable or settled.whole_difference_amount + refused_lines.amount = 0
                then 'quarantined'
            else 'unexplained'
        end as item_kind,
        null as follows_from, null as because, null as accepted_by, settled.other_amount as amount
    from settled
    left join refused_lines
        on settled.company_id = refused_lines.company_id and settled.match_id = refused_lines.match_id
        and refused_lines.match_kind = 'settlement' and settled.account_role = refused_lines.account_role
    union all by name
    select settled.* exclude (period_id, difference_amount), differences.period_id, 'cut_off' as item_kind,
        null as follows_from,
        case
            when differences.is_main_period then differences.difference_amount - settled.whole_difference_amount
            else differences.difference_amount
        end as amount
    from settled
    inner join differences using ({{ group_columns }})
),

settlements_named as (
    select * exclude (because, accepted_by), 'settlement' as dataset,
        coalesce(max(document_id) over (partition by company_id, match_id), match_id) as named_document
    from settlement_parts
    where amount <> 0 and follows_from is null
),

{{ decided_items('settlements_named', 'settlements_decided') }},

items as (
    select *, null as follows_from from decided
    union all by name
    select * from settlements_decided
    union all by name
    select *, 'settlement' as dataset, follows_from as named_document from settlement_parts
    where amount <> 0 and follows_from is not null
),

worded as (
    select *, coalesce(source_dataset, dataset) as event_dataset,
        case match_kind
            when 'document' then coalesce(source_dataset, dataset, 'document') || ' ' || match_id
            when 'settlement' then 'settlement of order ' || match_id
            when 'period' then 'sum of ' || match_id
            else 'journal ' || match_id
        end as what
    from items
),

final as (
    select company_id, plant_id, account_id, account_role, period_id, item_kind as kind,
        item_kind <> 'unexplained' as is_explained, match_kind, match_id,
        named_document, document_id, line_no,
        case when match_kind = 'document' then match_id end as source_document_id, event_dataset as source_dataset,
        order_id, item_id, cost_center_id, follows_from,
        coalesce(last_posting_date, event_date) as posting_date,
        {{ money('whole_ledger_amount') }} as document_ledger_amount,
        {{ money('whole_subledger_amount') }} as document_subledger_amount,
        {{ money('amount') }} as amount,
        case item_kind
            when 'cut_off' then what || ' counts in one period by its date and is posted in another'
            when 'not_yet_posted' then what || ' is later than the ledger, which was delivered up to ' || ledger_date
            when 'not_extracted' then what || ' is posted; events were delivered up to ' || delivered_to
            when 'quarantined' then what || ' was refused on one side; see meta.quarantine'
            when 'reversed' then what || ' and what takes it back cancel each other'
            when 'rounding' then what || ' was rounded the other way'
            when 'revaluation' then what || ' values stock anew'
            when 'exchange' then what || ' was taken in at another exchange rate'
            when 'unmapped_account' then what || ' is posted on account ' || astray_account_ids || ', which has no role'
            when 'no_subledger' then what || ' comes from outside production'
            when 'opening_balance' then what || ' is older than the first event delivered'
            when 'accepted' then what || ' accepted by ' || accepted_by || ': ' || because
            else case
                when follows_from is not null then what || ' follows from ' || follows_from
                when match_kind = 'settlement' and not is_posted then what || ' is missing in the ledger: settle it'
                when match_kind = 'settlement' and not has_event
                    then what || ' is posted, but nothing here settles that order: see whether it is completed'
                when match_kind = 'settlement'
                    then what || ' differs from its balance: find the booking that one side does not know'
                when match_kind = 'period' then what || ': this account names no source documents, so only sums compare'
                when match_kind = 'journal'
                    then what || ' was posted by hand: correct it, or accept it with a reason'
                when unvalued_count > 0
                    then what || ' has no value here: deliver its standard, rate or exchange rate'
                when not is_posted then what || ' is not in the ledger on this role: post it'
                when not has_event and dataset is not null and event_order_id is not null and account_role in ('wip', 'labour_absorbed')
                    then what || ' books nothing on this role here: see how order ' || event_order_id || ' takes its labour'
                when not has_event and dataset is not null then what || ' books nothing on this role here'
                when not has_event then what || ' is not among the events: deliver it, or accept the posting'
                else what || ' is worth another amount here: correct the wrong side and deliver it again'
            end
        end as explanation,
        coalesce(source_file, event_file) as source_file, coalesce(source_line, event_line) as source_line,
        event_file as event_source_file, event_line as event_source_line
    from worded
)

select * from final
