-- Protects: no fact without its delivery rows, whoever records it (service.md 2).
-- Attacked by: tests/workflows/test_delivery.py.

CREATE TRIGGER event_fills_outbox AFTER INSERT ON event
BEGIN
    INSERT INTO delivery (event_id, reaction, stream, seq, state, attempts, starts, handed_out, due_us)
    SELECT NEW.event_id, reaction, NEW.stream, NEW.seq, 'pending', 0, 0, 0, 0
      FROM subscription WHERE event_type = NEW.type AND since_seq < NEW.seq;
END;

-- uninstall
DROP TRIGGER event_fills_outbox;
