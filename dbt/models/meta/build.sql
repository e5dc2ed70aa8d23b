-- The build that this warehouse is. One row.
{% set built_at = told('TIEOUT_BUILT_AT') %}
select '{{ build_id() }}' as build_id,
    {{ "timestamp '" ~ built_at ~ "'" if built_at else 'cast(null as timestamp)' }} as built_at,
    {{ "timestamp '" ~ as_of() ~ "'" if as_of() else 'cast(null as timestamp)' }} as as_of,
    '{{ told("TIEOUT_CODE_VERSION", "development") }}' as code_version
