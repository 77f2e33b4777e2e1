-- Anchors: what the ledger was, signed, and sent to others. Each follows the one before it and names the head it was made at.
-- Attacked by tests/ledger/test_anchors.py.

CREATE FUNCTION ledger_seal_anchor() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    head chain_head%ROWTYPE;
    book_name text;
    body text;
BEGIN
    SELECT * INTO head FROM chain_head WHERE book_id = NEW.book_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', NEW.book_id::text));
    END IF;
    SELECT name INTO book_name FROM book WHERE id = NEW.book_id;
    IF (NEW.number, NEW.head_seq, NEW.head_hash, NEW.periods, NEW.period_hash, NEW.sets, NEW.set_hash, NEW.previous_hash)
        IS DISTINCT FROM (head.anchor_number + 1, head.seq, head.hash, head.period_number, head.period_hash, head.set_number,
                          head.set_hash, head.anchor_hash) OR NEW.recorded_at < head.recorded_at THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the head that the anchor names'));
    END IF;
    PERFORM ledger_check_instant(NEW.recorded_at);
    body := fund_field(book_name) || fund_field(NEW.number::text) || fund_field(NEW.head_seq::text)
        || fund_field(encode(NEW.head_hash, 'hex')) || fund_field(encode(NEW.root, 'hex')) || fund_field(NEW.legs::text)
        || fund_field(encode(NEW.trial_balance_hash, 'hex')) || fund_field(NEW.periods::text)
        || fund_field(encode(NEW.period_hash, 'hex')) || fund_field(NEW.sets::text) || fund_field(encode(NEW.set_hash, 'hex'))
        || fund_field(NEW.recorded_at::text) || fund_field(encode(NEW.public_key, 'hex'));
    IF NEW.hash <> fund_seal('anchor', NEW.version, NEW.previous_hash, convert_to(body, 'UTF8')) THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the anchor'));
    END IF;
    UPDATE chain_head SET anchor_number = NEW.number, anchor_hash = NEW.hash WHERE book_id = NEW.book_id;
    RETURN NEW;
END
$body$;

REVOKE EXECUTE ON FUNCTION ledger_seal_anchor() FROM PUBLIC;

CREATE TRIGGER anchor_seals BEFORE INSERT ON anchor FOR EACH ROW EXECUTE FUNCTION ledger_seal_anchor();
CREATE TRIGGER anchor_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON anchor FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- uninstall
DROP TRIGGER anchor_unchanged ON anchor;
DROP TRIGGER anchor_seals ON anchor;
DROP FUNCTION ledger_seal_anchor();
