-- Most events of a large directory are the sync's own, which is nobody: they need no place in the index by person.
DROP INDEX audit_events_by_actor;
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, at) WHERE actor_id IS NOT NULL;
