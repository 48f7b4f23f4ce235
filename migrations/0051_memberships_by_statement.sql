-- A foreign key asks for each membership by itself whether its group and its person are there, which on PostgreSQL takes longer than writing it: of a large
-- directory's first import, a quarter. Here it is asked once for all rows of a statement. What it promises stays: the same rows are locked, what is not there is
-- refused with the same code, and memberships end with their person or group. SQLite's foreign keys cost little and stay.
-- for postgres:
ALTER TABLE group_members DROP CONSTRAINT group_members_group_id_fkey;
ALTER TABLE group_members DROP CONSTRAINT group_members_user_id_fkey;

CREATE FUNCTION check_members() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted BIGINT;
    there BIGINT;
BEGIN
    SELECT COUNT(DISTINCT group_id) INTO wanted FROM written;
    -- Whoever deletes one of them waits for the end of this transaction, and then deletes the membership too.
    PERFORM 1 FROM groups WHERE id IN (SELECT group_id FROM written) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS there = ROW_COUNT;
    IF there < wanted THEN
        RAISE EXCEPTION 'a membership names a group that is not there' USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT COUNT(DISTINCT user_id) INTO wanted FROM written;
    PERFORM 1 FROM users WHERE id IN (SELECT user_id FROM written) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS there = ROW_COUNT;
    IF there < wanted THEN
        RAISE EXCEPTION 'a membership names a person who is not there' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER group_members_added AFTER INSERT ON group_members
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_members();
CREATE TRIGGER group_members_changed AFTER UPDATE ON group_members
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_members();

CREATE FUNCTION end_memberships_of_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM group_members WHERE user_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER users_gone AFTER DELETE ON users REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION end_memberships_of_users();
CREATE FUNCTION end_memberships_of_groups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM group_members WHERE group_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER groups_gone AFTER DELETE ON groups REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION end_memberships_of_groups();
-- for both:
