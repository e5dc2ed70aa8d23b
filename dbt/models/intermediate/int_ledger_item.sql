-- Why the ledger and the events differ: every difference with its kind, or unexplained. One row per difference ×
-- account × period × cause. The items of an account and period sum to ledger − subledger, to the cent.
-- An explanation is taken only where the amounts prove it. The first kind that does, in the order below, is the item's.
{% set group_columns = 'company_id, account_role, match_kind, match_id' %}
with

differences as (select * from {{ ref('int_ledger_difference') }}),

wholes as (
    select * from differences
    where is_main_period
),

judged as (select * from {{ ref('int_ledger_reason') }}),

horizons as (select * from {{ ref('int_ledger_horizon') }}),

refused_lines as (
    select * from {{ ref('int_ledger_refused') }}
    where side = 'line' and match_kind = 'settlement'
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
        case
            when follows_from is not null then what || ' follows from ' || follows_from
            when item_kind = 'cut_off' then what || ' counts in one period by its date and is posted in another'
            when item_kind = 'not_yet_posted'
                then what || ' is later than the ledger, which was delivered up to ' || ledger_date
            when item_kind = 'not_extracted' then what || ' is posted; events were delivered up to ' || delivered_to
            when item_kind = 'quarantined' then what || ' was refused on one side; see meta.quarantine'
            when item_kind = 'reversed' then what || ' and what takes it back cancel each other'
            when item_kind = 'rounding' then what || ' was rounded the other way'
            when item_kind = 'revaluation' then what || ' values stock anew'
            when item_kind = 'exchange' then what || ' is a matter of exchange rates'
            when item_kind = 'unmapped_account'
                then what || ' is posted on account ' || astray_account_ids || ', which has no role'
            when item_kind = 'no_subledger' then what || ' comes from outside production'
            when item_kind = 'opening_balance' then what || ' is older than the first event delivered'
            when item_kind = 'accepted' then what || ' accepted by ' || accepted_by || ': ' || because
            when match_kind = 'settlement' and not is_posted then what || ' is missing in the ledger: settle it'
            when match_kind = 'settlement' and not has_event
                then what || ' is posted, but nothing here settles that order: see whether it is completed'
            when match_kind = 'settlement'
                then what || ' differs from its balance: find the booking that one side does not know'
            when match_kind = 'period' then what || ': this account names no source documents, so only sums compare'
            when match_kind = 'journal'
                then what || ' was posted by hand: correct it, or accept it with a reason'
            when unvalued_count > 0 and whole_subledger_amount = 0
                then what || ' has no value here: deliver its standard, rate or exchange rate'
            when not is_posted and named_document <> match_id
                then what || ' is posted, but not on this role: correct the wrong side and deliver it again'
            when not is_posted then what || ' is not in the ledger: post it'
            when not has_event and dataset is not null
                then what || ' is known here and books nothing on this role: see whether the posting is right'
            when not has_event then what || ' is not among the events: deliver it, or accept the posting'
            else what || ' is worth another amount here: correct the wrong side and deliver it again'
        end as explanation,
        coalesce(source_file, event_file) as source_file, coalesce(source_line, event_line) as source_line,
        event_file as event_source_file, event_line as event_source_line
    from worded
)

select * from final
