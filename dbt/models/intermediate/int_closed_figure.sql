-- The figures of periods that are closed now, as they were published then.
-- One row per closing × mart × figure key × measure.
{{ config(materialized="view") }}

select figures.closing_id, figures.company_id, figures.plant_id, figures.period_id, figures.mart, figures.figure_key,
    figures.figure, figures.dataset, figures.source_key, figures.measure, figures.amount
from {{ ref('stg_closed_figure') }} as figures
inner join {{ ref('int_closed_period') }} as closings using (closing_id)
