-- The schema of a Chappe store, version 1. Made by `chappe migrate`.

-- What version this is.
create table schema (version bigint not null);
insert into schema values (1);

-- Names of tables, and the numbers that stand for them in every row.
create table tables (
    id smallint primary key,
    name text not null unique
);
insert into tables values (1, 'schema'), (2, 'log');

-- Every row of every table: its key sorts as bytes, its value is mostly sealed, so compressing
-- it would be work for nothing.
create table rows (
    t smallint not null,
    k bytea not null,
    v bytea not null,
    primary key (t, k)
) with (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
alter table rows alter column v set storage external;

-- Where the log ends. Its one row is also the lock that makes one commit follow another.
create table log_end (position bigint not null) with (fillfactor = 10);
insert into log_end values (0);

-- The last turn of each committer, and what it was answered: for one who asks again because the
-- first answer was lost.
create table committers (
    id bytea primary key,
    turn bigint not null,
    refused bigint[],
    log_before bigint not null,
    seen timestamptz not null
) with (fillfactor = 10);

-- Applies a run of batches that do not touch each other: all of them, or none when a check fails.
-- `refused` then holds the numbers (from 1) of the checks that failed; `log_before` is where the
-- log ended before the run.
create function chappe_commit(
    me bytea, this_turn bigint,
    check_t smallint[], check_k bytea[], check_v bytea[],
    range_t smallint[], range_from bytea[], range_to_t smallint[], range_to bytea[],
    delete_t smallint[], delete_k bytea[],
    put_t smallint[], put_k bytea[], put_v bytea[],
    add_t smallint[], add_k bytea[], add_n bigint[],
    at_t smallint[], at_prefix bytea[], at_record bigint[], at_v bytea[],
    log_t smallint, log_records bytea[],
    out refused bigint[], out log_before bigint
)
language plpgsql
-- The plan is always the same: by the index. (Compiling it would take longer than running it.)
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_variable
declare
    last committers%rowtype;
begin
    select e.position into strict log_before from log_end e for update;

    select * into last from committers c where c.id = me;
    if last.turn = this_turn then
        refused := last.refused;
        log_before := last.log_before;
        return;
    elsif last.turn > this_turn then
        -- It was held up on its way, repeated meanwhile, and answered: nobody waits for it.
        raise exception 'turn % is over, turn % was answered', this_turn, last.turn;
    end if;

    if cardinality(check_k) > 0 then
        select array_agg(c.n order by c.n) into refused
        from unnest(check_t, check_k, check_v) with ordinality as c(t, k, v, n)
        left join rows r on r.t = c.t and r.k = c.k
        where r.v is distinct from c.v;
        if refused is not null then
            -- Not worth a wait for the disk: whoever could still ask again dies with the server.
            perform set_config('synchronous_commit', 'off', true);
        end if;
    end if;

    insert into committers values (me, this_turn, refused, log_before, now())
    on conflict on constraint committers_pkey do update set
        turn = excluded.turn, refused = excluded.refused,
        log_before = excluded.log_before, seen = excluded.seen;
    if refused is not null then
        return;
    end if;

    if cardinality(range_t) > 0 then
        delete from rows r
        using unnest(range_t, range_from, range_to_t, range_to) as d(t, k, to_t, to_k)
        where (r.t, r.k) >= (d.t, d.k) and (r.t, r.k) < (d.to_t, d.to_k);
    end if;

    if cardinality(delete_t) > 0 then
        delete from rows r
        using unnest(delete_t, delete_k) as d(t, k)
        where r.t = d.t and r.k = d.k;
    end if;

    insert into rows (t, k, v)
        select p.t, p.k, p.v from unnest(put_t, put_k, put_v) as p(t, k, v)
        union all
        select a.t, a.k, int8send(least(greatest(
            a.n::numeric + coalesce(('x' || encode(r.v, 'hex'))::bit(64)::bigint, 0),
            -9223372036854775808), 9223372036854775807)::bigint)
        from unnest(add_t, add_k, add_n) as a(t, k, n)
        left join rows r on r.t = a.t and r.k = a.k
        union all
        select a.t, a.prefix || int8send(log_before + a.record), a.v
        from unnest(at_t, at_prefix, at_record, at_v) as a(t, prefix, record, v)
        union all
        select log_t, int8send(log_before + l.n), l.record
        from unnest(log_records) with ordinality as l(record, n)
    on conflict on constraint rows_pkey do update set v = excluded.v;

    if cardinality(log_records) > 0 then
        update log_end set position = log_before + cardinality(log_records);
    end if;
end
$$;
