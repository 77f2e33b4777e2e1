-- The guards of the ledger. Whoever writes, with whatever client: an entry that is unbalanced, half written, out of the
-- chain or in a closed month cannot exist; what is written is not changed; balances and heads are kept here alone.
-- A refusal is 'ledger: <code>' with its particulars as JSON in DETAIL; fund/ledger/store/refusals.py names them.
-- Attacked by tests/ledger/test_attacks.py.

CREATE FUNCTION ledger_refuse(code text, detail json) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION 'ledger: %', code USING DETAIL = detail::text, ERRCODE = 'P0001';
END
$body$;

-- A trigger of ours does nothing for a table of somebody else's.
CREATE FUNCTION ledger_only_on(fired_on oid, wanted regclass) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    IF fired_on <> wanted::oid THEN
        PERFORM ledger_refuse('append_only', json_build_object('table', fired_on::regclass::text, 'operation', 'TRIGGER'));
    END IF;
END
$body$;

-- An instant that every program can read: from 1970 until the end of the year 9999, in microseconds.
CREATE FUNCTION ledger_check_instant(at bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    IF at NOT BETWEEN 0 AND 253402300799999999 THEN
        PERFORM ledger_refuse('wrong_instant', json_build_object('value', at::text));
    END IF;
END
$body$;

CREATE FUNCTION ledger_refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    PERFORM ledger_refuse('append_only', json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP));
    RETURN NULL;
END
$body$;

CREATE FUNCTION ledger_keep_account() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    IF (OLD.id, OLD.book_id, OLD.code, OLD.type, OLD.layer, OLD.currency, OLD.normal_side)
        IS DISTINCT FROM (NEW.id, NEW.book_id, NEW.code, NEW.type, NEW.layer, NEW.currency, NEW.normal_side) THEN
        PERFORM ledger_refuse('append_only', json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP));
    END IF;
    RETURN NEW;
END
$body$;

CREATE FUNCTION ledger_open_book() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    PERFORM ledger_only_on(TG_RELID, 'public.book'::regclass);
    INSERT INTO chain_head (book_id, seq, hash, recorded_at, period_number, period_hash)
    VALUES (NEW.id, 0, decode(repeat('00', 32), 'hex'), 0, 0, decode(repeat('00', 32), 'hex'));
    RETURN NULL;
END
$body$;

-- A month is locked after the month before it, closed after the month before it, and only the latest is reopened.
CREATE FUNCTION ledger_seal_period() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    head chain_head%ROWTYPE;
    book_name text;
    body text;
    wanted bytea;
    was text;
    problem text;
    month_before text := to_char(to_date(NEW.month, 'YYYY-MM') - 1, 'YYYY-MM');
    month_after text := to_char(to_date(NEW.month, 'YYYY-MM') + 31, 'YYYY-MM');
BEGIN
    PERFORM ledger_only_on(TG_RELID, 'public.period'::regclass);
    SELECT * INTO head FROM chain_head WHERE book_id = NEW.book_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', NEW.book_id::text));
    END IF;
    SELECT name INTO book_name FROM book WHERE id = NEW.book_id;
    was := coalesce(ledger_period_status(NEW.book_id, NEW.month), 'open');
    problem := CASE
        WHEN (was, NEW.status) NOT IN (('open', 'locked'), ('locked', 'closed'), ('locked', 'open'), ('closed', 'open'))
            THEN 'open, locked, closed is the order'
        WHEN NEW.status = 'locked' AND head.period_number = 0 AND EXISTS (
            SELECT 1 FROM entry WHERE book_id = NEW.book_id AND effective_on < to_date(NEW.month, 'YYYY-MM'))
            THEN 'an earlier month has entries and is open'
        WHEN NEW.status = 'locked' AND head.period_number > 0 AND was = 'open'
            AND NEW.month <> (SELECT min(month) FROM period WHERE book_id = NEW.book_id)
            AND coalesce(ledger_period_status(NEW.book_id, month_before), 'open') = 'open'
            THEN 'the month before it is open'
        WHEN NEW.status = 'closed' AND coalesce(ledger_period_status(NEW.book_id, month_before), 'closed') <> 'closed'
            THEN 'the month before it is not closed'
        WHEN NEW.status = 'open' AND coalesce(ledger_period_status(NEW.book_id, month_after), 'open') <> 'open'
            THEN 'a later month is locked or closed'
    END;
    IF problem IS NOT NULL THEN
        PERFORM ledger_refuse('period_out_of_order', json_build_object(
            'month', NEW.month, 'status', was, 'wanted', NEW.status, 'reason', problem));
    END IF;
    IF NEW.number IS NOT NULL AND NEW.number <> head.period_number + 1 THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the number of the period row'));
    END IF;
    IF NEW.head_seq <> head.seq OR NEW.head_hash <> head.hash OR NEW.previous_hash <> head.period_hash THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the head that the period row names'));
    END IF;
    NEW.number := head.period_number + 1;
    NEW.head_seq := head.seq;
    NEW.head_hash := head.hash;
    NEW.previous_hash := head.period_hash;
    NEW.version := coalesce(NEW.version, 1);
    NEW.recorded_at := greatest(coalesce(NEW.recorded_at, fund_micros(clock_timestamp())), head.recorded_at);
    PERFORM ledger_check_instant(NEW.recorded_at);
    body := fund_field(book_name) || fund_field(NEW.number::text) || fund_field(NEW.month) || fund_field(NEW.status)
        || fund_field(NEW.head_seq::text) || fund_field(encode(NEW.head_hash, 'hex'))
        || fund_field(encode(NEW.trial_balance_hash, 'hex')) || fund_field(NEW.actor) || fund_field(NEW.second_actor)
        || fund_field(NEW.reason) || fund_field(NEW.recorded_at::text);
    wanted := fund_seal('period', NEW.version, NEW.previous_hash, convert_to(body, 'UTF8'));
    IF NEW.hash IS NOT NULL AND NEW.hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the period row'));
    END IF;
    NEW.hash := wanted;
    UPDATE chain_head SET period_number = NEW.number, period_hash = NEW.hash WHERE book_id = NEW.book_id;
    RETURN NEW;
END
$body$;

CREATE FUNCTION ledger_period_status(book integer, wanted text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $body$
    SELECT status FROM period WHERE book_id = book AND month = wanted ORDER BY number DESC LIMIT 1
$body$;

-- A set is made at a head, after the set before it, of accounts of its book.
CREATE FUNCTION ledger_seal_set() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    head chain_head%ROWTYPE;
    book_name text;
    stranger text;
    body text;
    wanted bytea;
BEGIN
    PERFORM ledger_only_on(TG_RELID, 'public.account_set'::regclass);
    SELECT * INTO head FROM chain_head WHERE book_id = NEW.book_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', NEW.book_id::text));
    END IF;
    SELECT name INTO book_name FROM book WHERE id = NEW.book_id;
    SELECT member.key INTO stranger FROM jsonb_each_text(NEW.members::jsonb) member
     WHERE NOT EXISTS (SELECT 1 FROM account WHERE book_id = NEW.book_id AND code = member.key) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('unknown_account', json_build_object('account', stranger, 'book', book_name));
    END IF;
    IF NEW.number IS NOT NULL AND NEW.number <> head.set_number + 1 THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the number of the set'));
    END IF;
    IF NEW.head_seq <> head.seq OR NEW.head_hash <> head.hash OR NEW.previous_hash <> head.set_hash THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the head that the set names'));
    END IF;
    NEW.number := head.set_number + 1;
    NEW.head_seq := head.seq;
    NEW.head_hash := head.hash;
    NEW.previous_hash := head.set_hash;
    NEW.version := coalesce(NEW.version, 1);
    NEW.recorded_at := greatest(coalesce(NEW.recorded_at, fund_micros(clock_timestamp())), head.recorded_at);
    PERFORM ledger_check_instant(NEW.recorded_at);
    body := fund_field(book_name) || fund_field(NEW.number::text) || fund_field(NEW.name) || fund_field(NEW.members)
        || fund_field(NEW.min_balance_cents::text) || fund_field(NEW.max_balance_cents::text) || fund_field(NEW.kinds)
        || fund_field(to_char(NEW.valid_from, 'YYYY-MM-DD')) || fund_field(to_char(NEW.valid_until, 'YYYY-MM-DD'))
        || fund_field(NEW.head_seq::text) || fund_field(encode(NEW.head_hash, 'hex')) || fund_field(NEW.actor)
        || fund_field(NEW.recorded_at::text);
    wanted := fund_seal('account-set', NEW.version, NEW.previous_hash, convert_to(body, 'UTF8'));
    IF NEW.hash IS NOT NULL AND NEW.hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the set'));
    END IF;
    NEW.hash := wanted;
    UPDATE chain_head SET set_number = NEW.number, set_hash = NEW.hash WHERE book_id = NEW.book_id;
    RETURN NEW;
END
$body$;

REVOKE EXECUTE ON FUNCTION ledger_open_book(), ledger_seal_period(), ledger_seal_set() FROM PUBLIC;

CREATE TRIGGER book_opens AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION ledger_open_book();
CREATE TRIGGER book_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON book FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_kept BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION ledger_keep_account();
CREATE TRIGGER account_not_removed BEFORE DELETE OR TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER posting_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER period_seals BEFORE INSERT ON period FOR EACH ROW EXECUTE FUNCTION ledger_seal_period();
CREATE TRIGGER period_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON period FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_set_seals BEFORE INSERT ON account_set FOR EACH ROW EXECUTE FUNCTION ledger_seal_set();
CREATE TRIGGER account_set_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON account_set FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- uninstall
DROP TRIGGER account_set_unchanged ON account_set;
DROP TRIGGER account_set_seals ON account_set;
DROP TRIGGER period_unchanged ON period;
DROP TRIGGER period_seals ON period;
DROP TRIGGER posting_unchanged ON posting;
DROP TRIGGER entry_unchanged ON entry;
DROP TRIGGER account_not_removed ON account;
DROP TRIGGER account_kept ON account;
DROP TRIGGER book_unchanged ON book;
DROP TRIGGER book_opens ON book;
DROP FUNCTION ledger_seal_set();
DROP FUNCTION ledger_period_status(integer, text);
DROP FUNCTION ledger_seal_period();
DROP FUNCTION ledger_open_book();
DROP FUNCTION ledger_keep_account();
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_check_instant(bigint);
DROP FUNCTION ledger_only_on(oid, regclass);
DROP FUNCTION ledger_refuse(text, json);
