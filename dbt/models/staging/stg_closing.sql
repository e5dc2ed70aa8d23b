-- Closings and reopenings of periods, in the order in which they were decided. One row per decision.
select * from {{ source('raw', 'closing') }}
{{- known_then('where') }}
