-- The build that this warehouse is. One row.
select '{{ var("build_id") }}' as build_id,
    {{ "timestamp '" ~ var('built_at') ~ "'" if var('built_at') else 'cast(null as timestamp)' }} as built_at,
    {{ "timestamp '" ~ var('as_of') ~ "'" if var('as_of') else 'cast(null as timestamp)' }} as as_of,
    '{{ var("code_version") }}' as code_version
