-- A number that grows with each change of clients, their secrets, APIs and rights at them. Instances keep copies of those in memory and compare the number
-- before they use one, so that a change counts at once everywhere, whoever makes it.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revisions (name, number) VALUES ('registrations', 1);

-- for postgres:
CREATE FUNCTION note_registration_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE revisions SET number = number + 1 WHERE name = 'registrations';
    RETURN NULL;
END $$;
-- Deferred: the row of the number is locked at the very end of a transaction only, when it waits for nothing else.
CREATE CONSTRAINT TRIGGER clients_revision AFTER INSERT OR UPDATE OR DELETE ON clients
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_registration_change();
-- When a secret was last used is noted every minute, and is nobody's business here.
CREATE CONSTRAINT TRIGGER client_secrets_revision AFTER INSERT OR UPDATE OF secret_hash, client_id, expires_at OR DELETE ON client_secrets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_registration_change();
CREATE CONSTRAINT TRIGGER apis_revision AFTER INSERT OR UPDATE OR DELETE ON apis
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_registration_change();
CREATE CONSTRAINT TRIGGER api_clients_revision AFTER INSERT OR UPDATE OR DELETE ON api_clients
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_registration_change();
-- for sqlite:
CREATE TRIGGER clients_inserted AFTER INSERT ON clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER clients_updated AFTER UPDATE ON clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER clients_deleted AFTER DELETE ON clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER client_secrets_inserted AFTER INSERT ON client_secrets BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER client_secrets_updated AFTER UPDATE OF secret_hash, client_id, expires_at ON client_secrets
    BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER client_secrets_deleted AFTER DELETE ON client_secrets BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER apis_inserted AFTER INSERT ON apis BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER apis_updated AFTER UPDATE ON apis BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER apis_deleted AFTER DELETE ON apis BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER api_clients_inserted AFTER INSERT ON api_clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER api_clients_updated AFTER UPDATE ON api_clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
CREATE TRIGGER api_clients_deleted AFTER DELETE ON api_clients BEGIN UPDATE revisions SET number = number + 1 WHERE name = 'registrations'; END;
