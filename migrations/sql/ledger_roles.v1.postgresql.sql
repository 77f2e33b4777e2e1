-- The application's role: it reads, and adds rows. It owns nothing and changes or removes nothing of the ledger; balances, heads
-- and numbers are kept for it by the triggers, as their owner. Where the login that migrates may not make roles, somebody who may
-- makes fund_application first. Attacked by tests/ledger/test_attack_table.py.

CREATE FUNCTION ledger_hold_head(of_book integer) RETURNS SETOF chain_head
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
    SELECT * FROM chain_head WHERE book_id = of_book FOR UPDATE
$body$;

DO $do$
DECLARE
    other record;
BEGIN
    BEGIN
        CREATE ROLE fund_application NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
        NULL;
    END;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'fund_application') THEN
        GRANT USAGE ON SCHEMA public TO fund_application;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO fund_application;
        GRANT INSERT ON book, account, account_set, entry, posting, period, anchor, verification TO fund_application;
        GRANT UPDATE (name, status) ON account TO fund_application;
        FOR other IN
            SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN (
                'account', 'account_balance', 'account_change', 'account_set', 'alembic_version', 'anchor', 'balance_day', 'book',
                'chain_head', 'entry', 'event', 'event_head', 'event_link', 'period', 'posting', 'verification')
        LOOP
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO fund_application', other.tablename);
        END LOOP;
        IF to_regclass('public.event') IS NOT NULL THEN
            GRANT INSERT ON event, event_link TO fund_application;
            GRANT UPDATE (id) ON event_head TO fund_application;
        END IF;
    END IF;
END
$do$;

-- uninstall
DO $do$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'fund_application') THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fund_application;
        REVOKE UPDATE (name, status) ON account FROM fund_application;
        IF to_regclass('public.event_head') IS NOT NULL THEN
            REVOKE UPDATE (id) ON event_head FROM fund_application;
        END IF;
        REVOKE USAGE ON SCHEMA public FROM fund_application;
    END IF;
END
$do$;
DROP FUNCTION ledger_hold_head(integer);
