-- The chart, sealed: one row for each time that an account was opened, renamed, closed, reopened or given other limits, with
-- all that it is from then on. Protects what entries do not say: names, normal sides, limits, days, whether an account is open.
-- Whoever writes an account, with whatever client, its row is written here; nobody else writes one.
-- Attacked by tests/ledger/test_chart.py.

-- A main account is the sum of its sub-accounts: they are of one type, layer and currency, and nothing new opens under a main
-- account that is closed. The head first, so that two clients do not each open half of what does not fit. One other account
-- speaks for them all, since each was looked at when it came.
CREATE FUNCTION ledger_fit_account() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $body$
DECLARE
    first text := split_part(NEW.code, '.', 1);
    other account%ROWTYPE;
BEGIN
    PERFORM ledger_hold_head(NEW.book_id);
    SELECT * INTO other FROM account WHERE book_id = NEW.book_id AND code = first;
    IF NOT FOUND THEN
        SELECT * INTO other FROM account WHERE book_id = NEW.book_id AND main = first LIMIT 1;
    ELSIF other.status <> 'open' AND NEW.code <> first THEN
        PERFORM ledger_refuse('closed_account', json_build_object('account', first));
    END IF;
    IF FOUND AND (other.type, other.layer, other.currency) IS DISTINCT FROM (NEW.type, NEW.layer, NEW.currency) THEN
        PERFORM ledger_refuse('unfit_account', json_build_object(
            'account', NEW.code, 'what', concat_ws(', ', NEW.type, NEW.layer, NEW.currency),
            'other', other.code, 'other_what', concat_ws(', ', other.type, other.layer, other.currency)));
    END IF;
    RETURN NEW;
END
$body$;

-- All accounts of one statement together: the head is read once and written once. (Whoever opens accounts takes the head before
-- it, with ledger_hold_head: two that open the same one then wait for each other there.) An update that says nothing new is no
-- change.
CREATE FUNCTION ledger_seal_accounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $body$
DECLARE
    head chain_head%ROWTYPE;
    made record;
    book_name text;
    same boolean;
    at bigint;
    body text;
    wanted bytea;
BEGIN
    PERFORM ledger_only_on(TG_RELID, 'public.account'::regclass);
    FOR made IN SELECT * FROM added ORDER BY book_id, id LOOP
        IF head.book_id IS DISTINCT FROM made.book_id THEN
            IF head.book_id IS NOT NULL THEN
                UPDATE chain_head SET chart_number = head.chart_number, chart_hash = head.chart_hash WHERE book_id = head.book_id;
            END IF;
            SELECT * INTO head FROM chain_head WHERE book_id = made.book_id FOR UPDATE;
            IF NOT FOUND THEN
                PERFORM ledger_refuse('unknown_book', json_build_object('book', made.book_id::text));
            END IF;
            SELECT name INTO book_name FROM book WHERE id = made.book_id;
            at := greatest(fund_micros(clock_timestamp()), head.recorded_at);
        END IF;
        IF TG_OP = 'UPDATE' THEN
            SELECT (said.name, said.type, said.layer, said.currency, said.normal_side, said.min_balance_cents,
                    said.max_balance_cents, said.status, said.limit_kinds, said.valid_from, said.valid_until)
                   IS NOT DISTINCT FROM
                   (made.name, made.type, made.layer, made.currency, made.normal_side, made.min_balance_cents,
                    made.max_balance_cents, made.status, made.limit_kinds, made.valid_from, made.valid_until)
              INTO same
              FROM account_change said WHERE book_id = made.book_id AND code = made.code ORDER BY number DESC LIMIT 1;
            CONTINUE WHEN same;
        END IF;
        head.chart_number := head.chart_number + 1;
        body := fund_field(book_name) || fund_field(head.chart_number::text) || fund_field(made.code) || fund_field(made.name)
            || fund_field(made.type) || fund_field(made.layer) || fund_field(made.currency) || fund_field(made.normal_side)
            || fund_field(made.min_balance_cents::text) || fund_field(made.max_balance_cents::text) || fund_field(made.status)
            || fund_field(made.limit_kinds) || fund_field(to_char(made.valid_from, 'YYYY-MM-DD'))
            || fund_field(to_char(made.valid_until, 'YYYY-MM-DD')) || fund_field(head.seq::text)
            || fund_field(encode(head.hash, 'hex')) || fund_field(at::text);
        wanted := fund_seal('account-change', 1, head.chart_hash, convert_to(body, 'UTF8'));
        INSERT INTO account_change VALUES (
            made.book_id, head.chart_number, made.code, made.name, made.type, made.layer, made.currency, made.normal_side,
            made.min_balance_cents, made.max_balance_cents, made.status, made.limit_kinds, made.valid_from, made.valid_until,
            head.seq, head.hash, at, 1, head.chart_hash, wanted);
        head.chart_hash := wanted;
    END LOOP;
    UPDATE chain_head SET chart_number = head.chart_number, chart_hash = head.chart_hash WHERE book_id = head.book_id;
    RETURN NULL;
END
$body$;

-- Rows are not changed or removed, and one that no account brought about is refused: all this also to the owner.
CREATE FUNCTION ledger_keep_chart() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    IF TG_OP <> 'INSERT' OR pg_trigger_depth() < 2 THEN
        PERFORM ledger_refuse('append_only', json_build_object('table', TG_TABLE_NAME, 'operation', TG_OP));
    END IF;
    RETURN NULL;
END
$body$;

-- Nobody hangs this on a table of their own.
REVOKE EXECUTE ON FUNCTION ledger_seal_accounts() FROM PUBLIC;

CREATE TRIGGER account_fits BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION ledger_fit_account();
CREATE TRIGGER account_opens AFTER INSERT ON account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_seal_accounts();
CREATE TRIGGER account_changes AFTER UPDATE ON account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_seal_accounts();
CREATE TRIGGER account_change_kept BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON account_change FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_chart();

-- uninstall
DROP TRIGGER account_changes ON account;
DROP TRIGGER account_opens ON account;
DROP TRIGGER account_fits ON account;
DROP TRIGGER account_change_kept ON account_change;
DROP FUNCTION ledger_keep_chart();
DROP FUNCTION ledger_seal_accounts();
DROP FUNCTION ledger_fit_account();
