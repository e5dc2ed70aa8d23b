-- Bills of material that contain themselves: such an item cannot be calculated. One row per node on a cycle.
-- cycle_path names one way round, from item to item. What is neither above nor below a cycle is stripped away first,
-- from the parts upwards and from the products downwards; hardly anything remains.
with recursive

edges as (
    select distinct node_id, component_node_id from {{ ref('int_bom_edge') }}
    where is_component and component_node_id is not null
),

-- Nodes of which every component is known to end in parts; the first row only starts the count.
ending as (
    select 0 as node_id
    union all
    select node_id
    from (
        with fresh as (
            select edges.node_id
            from edges
            left join ending on edges.component_node_id = ending.node_id
            left join edges as below on edges.component_node_id = below.node_id
            where edges.node_id not in (select done.node_id from ending as done)
            group by edges.node_id
            having bool_and(ending.node_id is not null or below.node_id is null)
        )

        select node_id from fresh
        union all
        select node_id from ending
        where exists (select 1 from fresh)
    ) as stripped
),

endless as (
    select edges.* from edges
    where edges.node_id not in (select node_id from ending)
        and edges.component_node_id in (select above.node_id from edges as above)
        and edges.component_node_id not in (select node_id from ending)
),

-- Nodes that nothing endless is made of.
topmost as (
    select 0 as node_id
    union all
    select node_id
    from (
        with fresh as (
            select node_id from endless
            where node_id not in (select node_id from topmost)
            except
            select component_node_id from endless
            where node_id not in (select node_id from topmost)
        )

        select node_id from fresh
        union all
        select node_id from topmost
        where exists (select 1 from fresh)
    ) as stripped
),

remaining as (
    select * from endless
    where node_id not in (select node_id from topmost)
),

reached as (
    select node_id, component_node_id from remaining
    union
    select reached.node_id, remaining.component_node_id
    from reached
    inner join remaining on reached.component_node_id = remaining.node_id
),

-- Nodes that reach each other share their cycles; the smallest number among them names the group.
members as (
    select there.node_id, min(there.component_node_id) as cycle_id
    from reached as there
    inner join reached as back
        on there.component_node_id = back.node_id and there.node_id = back.component_node_id
    group by all
),

-- From the first of the group always to the least component in the group, until a node comes again.
steps as (
    select remaining.node_id, min(remaining.component_node_id) as next_node_id
    from remaining
    inner join members as here on remaining.node_id = here.node_id
    inner join members as there on remaining.component_node_id = there.node_id and here.cycle_id = there.cycle_id
    group by all
),

walks as (
    select distinct cycle_id, cycle_id as node_id, [cycle_id] as passed, false as is_closed from members
    union all
    select walks.cycle_id, steps.next_node_id, list_append(walks.passed, steps.next_node_id),
        list_contains(walks.passed, steps.next_node_id)
    from walks
    inner join steps on walks.node_id = steps.node_id
    where not walks.is_closed
),

rounds as (
    select cycle_id, passed[list_position(passed, node_id):] as round_trip from walks
    where is_closed
),

places as (
    select cycle_id, unnest(round_trip) as node_id, unnest(range(len(round_trip))) as place_no from rounds
),

paths as (
    select places.cycle_id, string_agg(nodes.item_id, ' → ' order by places.place_no) as cycle_path
    from places
    inner join {{ ref('int_bom_node') }} as nodes using (node_id)
    group by all
),

final as (
    select members.node_id, members.cycle_id, paths.cycle_path
    from members
    inner join paths using (cycle_id)
)

select * from final
