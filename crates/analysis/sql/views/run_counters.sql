-- run_counters: one row per run and thing that it counted
--
-- Columns:
--   run_id : the run
--   kind : what kind of work it is
--   state : where it stands; while it runs, and where it was killed, it has no counters
--   started_at : when it began first
--   name : what was counted
--   count : how many
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT run_id, kind, state, started_at, counter['name'] AS name, counter['count'] AS count
FROM (SELECT run_id, kind, state, started_at, unnest(counters) AS counter FROM runs) AS unnested
