-- Figures as they were published when their period closed. One row per closing, mart, key and measure.
select * from {{ source('raw', 'closed_figure') }}
