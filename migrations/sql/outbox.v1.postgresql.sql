-- Protects: no fact without its delivery rows, whoever records it (service.md 2).
-- Attacked by: tests/workflows/test_delivery.py.

CREATE FUNCTION fund_fill_outbox() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.event'::regclass THEN
        RAISE EXCEPTION 'append_only: this trigger is of the table event' USING ERRCODE = '23514';
    END IF;
    INSERT INTO delivery (event_id, reaction, stream, seq, state, attempts, starts, handed_out, due_us)
    SELECT NEW.event_id, reaction, NEW.stream, NEW.seq, 'pending', 0, 0, 0, 0
      FROM subscription WHERE event_type = NEW.type AND since_seq < NEW.seq;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION fund_fill_outbox() FROM PUBLIC;

CREATE TRIGGER event_fills_outbox AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION fund_fill_outbox();

-- uninstall
DROP TRIGGER event_fills_outbox ON event;
DROP FUNCTION fund_fill_outbox();
