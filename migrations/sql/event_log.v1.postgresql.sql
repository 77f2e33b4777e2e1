-- Protects: facts are append-only and chained; the database computes the hash, and refuses one that does not agree.
-- Whoever calls: names are looked up in our schema first, so a table of that name in a session's own schema is not taken for
-- ours, and the trigger is no use on a table of somebody else's.
-- A fact follows the fact before it; the head moves once per statement. Moved with each row, a statement or a transaction of
-- thousands of facts would leave thousands of versions of the one row of the head, and walk over all of them each time.
-- Attacked by: tests/test_store_facts.py (raw SQL on both databases).

CREATE FUNCTION fund_event_in_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off
AS $$
DECLARE
    head event_head%ROWTYPE;
    last record;
    sealed bytea;
BEGIN
    IF TG_RELID <> 'public.event'::regclass THEN
        RAISE EXCEPTION 'append_only: this trigger is of the table event' USING ERRCODE = '23514';
    END IF;
    SELECT * INTO STRICT head FROM event_head WHERE id = 1 FOR UPDATE;
    SELECT seq, hash, recorded_us INTO last FROM event ORDER BY seq DESC LIMIT 1;
    IF FOUND AND last.seq > head.seq THEN  -- of this very statement: the head moves at its end
        head.seq := last.seq;
        head.hash := last.hash;
        head.recorded_us := last.recorded_us;
    END IF;
    IF NEW.seq IS NULL THEN NEW.seq := head.seq + 1; END IF;
    IF NEW.prev_hash IS NULL THEN NEW.prev_hash := head.hash; END IF;
    IF NEW.seq <> head.seq + 1 THEN
        RAISE EXCEPTION 'event_out_of_chain: the number does not follow the head' USING ERRCODE = '23514';
    END IF;
    IF NEW.prev_hash <> head.hash THEN
        RAISE EXCEPTION 'event_out_of_chain: the previous hash is not the head''s' USING ERRCODE = '23514';
    END IF;
    IF NEW.recorded_us < head.recorded_us THEN
        RAISE EXCEPTION 'event_out_of_chain: it was recorded before the last fact' USING ERRCODE = '23514';
    END IF;
    sealed := fund_seal('event', 1, head.hash, convert_to(
        fund_field(NEW.seq::text) || fund_field(NEW.event_id) || fund_field(NEW.stream) || fund_field(NEW.type)
        || fund_field(NEW.schema_version::text) || fund_field(NEW.occurred_us::text) || fund_field(NEW.recorded_us::text)
        || fund_field(NEW.effective_on) || fund_field(NEW.actor) || fund_field(NEW.on_behalf_of) || fund_field(NEW.command_id)
        || fund_field(NEW.made_by) || fund_field(NEW.made_command_id) || fund_field(NEW.causation_id) || fund_field(NEW.payload), 'UTF8'));
    IF NEW.hash IS NOT NULL AND NEW.hash <> sealed THEN
        RAISE EXCEPTION 'event_out_of_chain: the hash given is not the hash of this fact' USING ERRCODE = '23514';
    END IF;
    NEW.hash := sealed;
    RETURN NEW;
END
$$;

CREATE FUNCTION fund_event_moves_head() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    IF TG_RELID <> 'public.event'::regclass THEN
        RAISE EXCEPTION 'append_only: this trigger is of the table event' USING ERRCODE = '23514';
    END IF;
    UPDATE event_head SET seq = last.seq, hash = last.hash, recorded_us = last.recorded_us
      FROM (SELECT seq, hash, recorded_us FROM event ORDER BY seq DESC LIMIT 1) AS last
     WHERE id = 1 AND last.seq > event_head.seq;
    RETURN NULL;
END
$$;

CREATE FUNCTION fund_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'append_only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';
END
$$;

CREATE FUNCTION fund_head_follows_chain() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- the head may only move from within the trigger that seals a fact
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'append_only: the head follows the chain' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION fund_command_keeps_content() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.actor <> OLD.actor OR NEW.command_id <> OLD.command_id OR NEW.content_hash <> OLD.content_hash
        OR NEW.name <> OLD.name OR OLD.state = 'answered' THEN
        RAISE EXCEPTION 'append_only: what was asked, and its answer, is never changed' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION fund_event_in_chain(), fund_event_moves_head() FROM PUBLIC;

CREATE TRIGGER event_in_chain BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION fund_event_in_chain();
CREATE TRIGGER event_moves_head AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION fund_event_moves_head();
CREATE TRIGGER event_never_changes BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER event_never_emptied BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER event_link_never_changes BEFORE UPDATE OR DELETE ON event_link FOR EACH ROW EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER event_link_never_emptied BEFORE TRUNCATE ON event_link FOR EACH STATEMENT EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER event_head_follows_chain BEFORE UPDATE ON event_head FOR EACH ROW EXECUTE FUNCTION fund_head_follows_chain();
CREATE TRIGGER event_head_never_goes BEFORE DELETE ON event_head FOR EACH ROW EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER event_head_never_emptied BEFORE TRUNCATE ON event_head FOR EACH STATEMENT EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER command_never_forgets BEFORE DELETE ON command FOR EACH ROW EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER command_never_emptied BEFORE TRUNCATE ON command FOR EACH STATEMENT EXECUTE FUNCTION fund_append_only();
CREATE TRIGGER command_keeps_content BEFORE UPDATE ON command FOR EACH ROW EXECUTE FUNCTION fund_command_keeps_content();

-- uninstall
DROP TRIGGER command_keeps_content ON command;
DROP TRIGGER command_never_emptied ON command;
DROP TRIGGER command_never_forgets ON command;
DROP TRIGGER event_head_never_emptied ON event_head;
DROP TRIGGER event_head_never_goes ON event_head;
DROP TRIGGER event_head_follows_chain ON event_head;
DROP TRIGGER event_link_never_emptied ON event_link;
DROP TRIGGER event_link_never_changes ON event_link;
DROP TRIGGER event_never_emptied ON event;
DROP TRIGGER event_never_changes ON event;
DROP TRIGGER event_moves_head ON event;
DROP TRIGGER event_in_chain ON event;
DROP FUNCTION fund_command_keeps_content();
DROP FUNCTION fund_head_follows_chain();
DROP FUNCTION fund_append_only();
DROP FUNCTION fund_event_moves_head();
DROP FUNCTION fund_event_in_chain();
