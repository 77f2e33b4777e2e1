-- Protects: facts are append-only and chained; the head moves with the chain and never by hand.
-- INSERT OR REPLACE fires no DELETE trigger: hence the checks on rows that are there. Of a command that is there nothing is
-- written, as ON CONFLICT DO NOTHING has it: what was asked first stays.
-- Attacked by: tests/test_store_facts.py (raw SQL on both databases).

CREATE TRIGGER event_not_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq OR event_id = NEW.event_id OR hash = NEW.hash)
BEGIN
    SELECT RAISE(ABORT, 'append_only: a fact is never replaced');
END;

CREATE TRIGGER event_link_not_replaced BEFORE INSERT ON event_link
WHEN EXISTS (SELECT 1 FROM event_link WHERE stream = NEW.stream AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'append_only: what a fact belongs to is never replaced');
END;

CREATE TRIGGER event_head_not_replaced BEFORE INSERT ON event_head
WHEN EXISTS (SELECT 1 FROM event_head)
BEGIN
    SELECT RAISE(ABORT, 'append_only: there is one head');
END;

CREATE TRIGGER command_not_replaced BEFORE INSERT ON command
WHEN EXISTS (SELECT 1 FROM command WHERE actor = NEW.actor AND command_id = NEW.command_id)
BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER event_in_chain BEFORE INSERT ON event
BEGIN
    SELECT RAISE(ABORT, 'event_out_of_chain: the number does not follow the head')
     WHERE NEW.seq <> (SELECT seq + 1 FROM event_head WHERE id = 1);
    SELECT RAISE(ABORT, 'event_out_of_chain: the previous hash is not the head''s')
     WHERE NEW.prev_hash <> (SELECT hash FROM event_head WHERE id = 1);
    SELECT RAISE(ABORT, 'event_out_of_chain: it was recorded before the last fact')
     WHERE NEW.recorded_us < (SELECT recorded_us FROM event_head WHERE id = 1);
    SELECT RAISE(ABORT, 'event_out_of_chain: a hash has 32 bytes') WHERE length(NEW.hash) <> 32;
END;

CREATE TRIGGER event_moves_head AFTER INSERT ON event
BEGIN
    UPDATE event_head SET seq = NEW.seq, hash = NEW.hash, recorded_us = NEW.recorded_us WHERE id = 1;
END;

CREATE TRIGGER event_never_changes BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'append_only: a fact is never changed');
END;

CREATE TRIGGER event_never_goes BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'append_only: a fact is never removed');
END;

CREATE TRIGGER event_link_never_changes BEFORE UPDATE ON event_link
BEGIN
    SELECT RAISE(ABORT, 'append_only: what a fact belongs to is never changed');
END;

CREATE TRIGGER event_link_never_goes BEFORE DELETE ON event_link
BEGIN
    SELECT RAISE(ABORT, 'append_only: what a fact belongs to is never removed');
END;

CREATE TRIGGER event_head_follows_chain BEFORE UPDATE ON event_head
BEGIN
    SELECT RAISE(ABORT, 'append_only: the head follows the chain')
     WHERE NOT EXISTS (SELECT 1 FROM event
                        WHERE seq = (SELECT max(seq) FROM event) AND seq = NEW.seq AND hash = NEW.hash
                          AND recorded_us = NEW.recorded_us);
END;

CREATE TRIGGER event_head_never_goes BEFORE DELETE ON event_head
BEGIN
    SELECT RAISE(ABORT, 'append_only: the head is never removed');
END;

CREATE TRIGGER command_never_forgets BEFORE DELETE ON command
BEGIN
    SELECT RAISE(ABORT, 'append_only: what was asked is never forgotten');
END;

CREATE TRIGGER command_keeps_content BEFORE UPDATE ON command
BEGIN
    SELECT RAISE(ABORT, 'append_only: what was asked, and its answer, is never changed')
     WHERE NEW.actor <> OLD.actor OR NEW.command_id <> OLD.command_id OR NEW.content_hash <> OLD.content_hash
        OR NEW.name <> OLD.name OR OLD.state = 'answered';
END;

-- uninstall
DROP TRIGGER command_not_replaced;
DROP TRIGGER event_head_not_replaced;
DROP TRIGGER event_link_not_replaced;
DROP TRIGGER event_not_replaced;
DROP TRIGGER command_keeps_content;
DROP TRIGGER command_never_forgets;
DROP TRIGGER event_head_never_goes;
DROP TRIGGER event_head_follows_chain;
DROP TRIGGER event_link_never_goes;
DROP TRIGGER event_link_never_changes;
DROP TRIGGER event_never_goes;
DROP TRIGGER event_never_changes;
DROP TRIGGER event_moves_head;
DROP TRIGGER event_in_chain;
