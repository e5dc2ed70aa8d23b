-- Rows of a closed period, or of its orders, that are otherwise now than they were known when it closed, and why.
-- One row per closing × dataset × delivered row. The amounts are what the row says that counts in the closed period;
-- null where it names no money. Independent of the frozen figures: made from the versions of the delivered rows alone.
with

closings as (select * from {{ ref('int_closed_period') }}),

purchases as (
    select company_id, 'purchase_invoice' as dataset, document_id || '|' || line_no as source_key,
        any_value(order_id) as order_id
    from {{ ref('int_purchase_line') }}
    where line_kind <> 'receipt'
    group by all
),

versions as (
    select versions.* exclude (order_id), coalesce(versions.order_id, purchases.order_id) as order_id,
        (versions.recorded_at, versions.delivery_seq, coalesce(versions.source_line, -1)) as version_rank
    from {{ ref('stg_version_after_closing') }} as versions
    left join purchases using (company_id, dataset, source_key)
),

closed_orders as (
    select distinct closing_id, company_id, source_key as order_id
    from (
        select closing_id, company_id, dataset, source_key from {{ ref('int_closed_figure') }}
        union all
        select closing_id, company_id, dataset, source_key from {{ ref('int_restated_figure') }}
    )
    where dataset = 'production_order'
),

concerned as (
    select closings.closing_id, versions.company_id, versions.dataset, versions.source_key
    from versions
    inner join closings
        on versions.company_id = closings.company_id
        and case
            when versions.period_id is not null then versions.period_id = closings.period_id
            else versions.posting_date between closings.start_date and closings.end_date
        end
    union
    select closed_orders.closing_id, versions.company_id, versions.dataset, versions.source_key
    from versions
    inner join closed_orders using (company_id, order_id)
    where versions.dataset <> 'ledger_posting'
),

placed as (
    select concerned.closing_id, closings.known_at, closings.end_date, versions.*,
        case
            when versions.period_id is not null then versions.period_id = closings.period_id
            else versions.posting_date between closings.start_date and closings.end_date
        end as is_in_period
    from concerned
    inner join versions using (company_id, dataset, source_key)
    inner join closings on concerned.closing_id = closings.closing_id
),

packed as (
    select *,
        struct_pack(
            plant_id := plant_id, document_id := document_id, order_id := order_id, account_id := account_id,
            posting_date := posting_date, reversal_of := reversal_of, is_in_period := is_in_period,
            amount := case when is_deleted or not is_in_period then 0 else amount end, is_there := not is_deleted,
            is_replayed := is_replayed, source_file := source_file, source_line := source_line
        ) as version
    from placed
),

-- Both sides of each row: the version that was known when the period closed, and the one that is known now.
paired as (
    select closing_id, company_id, dataset, source_key, known_at, end_date,
        arg_max(version, version_rank) filter (where recorded_at <= known_at) as before_row,
        arg_max(version, version_rank) as after_row,
        max(recorded_at) as last_recorded_at,
        min(recorded_at) filter (where recorded_at > known_at) as first_recorded_at
    from packed
    group by all
    having max(recorded_at) > known_at
),

told as (
    select *, coalesce(before_row.is_there, false) as was_there, after_row.is_there,
        coalesce(before_row.is_there and before_row.is_in_period, false) as was_in_period,
        (after_row.is_there and after_row.is_in_period) as is_in_period
    from paired
),

final as (
    select told.closing_id, told.company_id, coalesce(after_row.plant_id, before_row.plant_id) as plant_id,
        told.dataset, told.source_key, after_row.document_id,
        coalesce(after_row.order_id, before_row.order_id) as order_id,
        after_row.account_id, before_row.account_id as before_account_id,
        before_row.plant_id as before_plant_id,
        coalesce(before_row.posting_date, after_row.posting_date) as before_posting_date,
        after_row.posting_date, told.first_recorded_at, told.last_recorded_at as recorded_at,
        told.was_in_period, told.is_in_period,
        least(coalesce(before_row.posting_date, after_row.posting_date), after_row.posting_date) <= told.end_date
            as is_by_end,
        case
            when not was_there and after_row.is_replayed then 'replay of quarantined rows'
            when not was_there and after_row.reversal_of is not null then 'reversal'
            when not was_there
                then case told.dataset
                    when 'ledger_posting' then 'late posting'
                    when 'purchase_invoice' then 'late invoice'
                    when 'confirmation' then 'back-dated confirmation'
                    when 'labour_time' then 'late labour time'
                    else 'back-dated movement'
                end
            when not is_there then 'row withdrawn'
            when after_row.is_replayed then 'replay of quarantined rows'
            else 'correction of a row'
        end as cause,
        {{ money('case when was_there then before_row.amount end') }} as as_closed_amount,
        {{ money('case when is_there then after_row.amount end') }} as as_now_amount,
        after_row.source_file, after_row.source_line
    from told
    where was_there or is_there
)

select * from final
