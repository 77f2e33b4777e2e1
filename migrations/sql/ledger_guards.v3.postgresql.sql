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
    INSERT INTO chain_head (book_id, seq, hash, recorded_at, period_number, period_hash)
    VALUES (NEW.id, 0, decode(repeat('00', 32), 'hex'), 0, 0, decode(repeat('00', 32), 'hex'));
    RETURN NULL;
END
$body$;

-- Legs for an entry that is sealed come too late. (The planner is told to go by the keys, here and below: a session whose
-- first plans were made on empty tables would scan them for ever.)
CREATE FUNCTION ledger_refuse_late_legs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    late text;
BEGIN
    SELECT leg.entry_id INTO late FROM added leg JOIN entry ON entry.id = leg.entry_id LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('entry_exists', json_build_object('entry_id', late));
    END IF;
    RETURN NULL;
END
$body$;

-- The limits of the accounts and sets that an entry moves, on its day and every later one; an entry of a kind that is not
-- bound passes, and one that does not lower a minimum or raise a maximum. Its legs are in the balances already. A balance
-- at the end of a day is the balance of all days less what moves later: that costs the later days only.
CREATE FUNCTION ledger_keep_limits(of_book integer, of_entry text, on_day date, of_kind text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    bound record;
    moved numeric;
    stood numeric;
    lowest numeric;
    highest numeric;
BEGIN
    FOR bound IN
        SELECT account.id, account.code, account.min_balance_cents, account.max_balance_cents,
               sum(posting.amount_cents) AS moved, max(kept.debit_cents - kept.credit_cents) AS stood
          FROM posting JOIN account ON account.id = posting.account_id
               JOIN account_balance kept ON kept.account_id = account.id
         WHERE posting.entry_id = of_entry
           AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)
           AND (account.limit_kinds IS NULL OR account.limit_kinds::jsonb ? of_kind)
         GROUP BY account.id ORDER BY account.code
    LOOP
        SELECT least(bound.stood, min(bound.stood - later.sum)), greatest(bound.stood, max(bound.stood - later.sum))
          INTO lowest, highest
          FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                  FROM balance_day WHERE account_id = bound.id AND day > on_day) later;
        IF bound.moved < 0 AND lowest < bound.min_balance_cents THEN
            PERFORM ledger_refuse('limit_exceeded', json_build_object(
                'account', bound.code, 'balance_cents', lowest, 'limit_cents', bound.min_balance_cents));
        ELSIF bound.moved > 0 AND highest > bound.max_balance_cents THEN
            PERFORM ledger_refuse('limit_exceeded', json_build_object(
                'account', bound.code, 'balance_cents', highest, 'limit_cents', bound.max_balance_cents));
        END IF;
    END LOOP;
    FOR bound IN
        SELECT DISTINCT ON (name) number, name, members::jsonb AS members, min_balance_cents, max_balance_cents, kinds
          FROM account_set
         WHERE book_id = of_book AND (valid_from IS NULL OR valid_from <= on_day)
           AND (valid_until IS NULL OR valid_until >= on_day)
         ORDER BY name, number DESC
    LOOP
        CONTINUE WHEN bound.kinds IS NOT NULL AND NOT bound.kinds::jsonb ? of_kind;
        SELECT sum(posting.amount_cents * (bound.members ->> account.main)::integer) INTO moved
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = of_entry AND bound.members ? account.main;
        CONTINUE WHEN coalesce(moved, 0) = 0 OR (moved < 0 AND bound.min_balance_cents IS NULL)
                   OR (moved > 0 AND bound.max_balance_cents IS NULL);
        SELECT coalesce(sum((kept.debit_cents - kept.credit_cents) * member.value::integer), 0) INTO stood
          FROM jsonb_each_text(bound.members) member
               JOIN account ON account.book_id = of_book AND account.main = member.key
               JOIN account_balance kept ON kept.account_id = account.id;
        SELECT least(stood, min(stood - later.sum)), greatest(stood, max(stood - later.sum)) INTO lowest, highest
          FROM (SELECT sum(sum((kept.debit_cents - kept.credit_cents) * member.value::integer)) OVER (ORDER BY kept.day DESC) AS sum
                  FROM jsonb_each_text(bound.members) member
                       JOIN account ON account.book_id = of_book AND account.main = member.key
                       JOIN balance_day kept ON kept.account_id = account.id AND kept.day > on_day
                 GROUP BY kept.day) later;
        IF moved < 0 AND lowest < bound.min_balance_cents THEN
            PERFORM ledger_refuse('set_limit_exceeded', json_build_object(
                'set', bound.name, 'balance_cents', lowest, 'limit_cents', bound.min_balance_cents));
        ELSIF moved > 0 AND highest > bound.max_balance_cents THEN
            PERFORM ledger_refuse('set_limit_exceeded', json_build_object(
                'set', bound.name, 'balance_cents', highest, 'limit_cents', bound.max_balance_cents));
        END IF;
    END LOOP;
END
$body$;

-- What an entry corrects. Parts take back, all together and account by account, at most what their original moved; what
-- replaces an entry comes once, after that was taken back.
CREATE FUNCTION ledger_check_correction(made entry, last bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    part_of text := made.metadata::jsonb #>> '{correction,part_of}';
    replaces text := made.metadata::jsonb #>> '{correction,replaces}';
    original entry%ROWTYPE;
    other record;
BEGIN
    IF part_of !~ '^[0-9]{1,18}$' OR replaces !~ '^[0-9]{1,18}$' THEN
        PERFORM ledger_refuse('not_canonical', json_build_object('value', made.id, 'reason', 'a correction names a number'));
    END IF;
    IF part_of IS NOT NULL THEN
        SELECT * INTO original FROM entry WHERE book_id = made.book_id AND seq = part_of::bigint;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('unknown_entry', json_build_object('seq', part_of::bigint, 'last', last));
        END IF;
        IF coalesce(made.reason, '') = '' THEN
            PERFORM ledger_refuse('empty_text', json_build_object('field', 'reason', 'value', ''));
        END IF;
        SELECT seq INTO other FROM entry WHERE book_id = made.book_id AND reverses_seq = original.seq;
        IF FOUND THEN
            PERFORM ledger_refuse('already_reversed', json_build_object('seq', original.seq, 'reversal', other.seq));
        END IF;
        FOR other IN
            SELECT account.code, moved.was, moved.taken
              FROM (SELECT posting.account_id, sum(CASE WHEN posting.entry_id = original.id THEN amount_cents ELSE 0 END) AS was,
                           sum(CASE WHEN posting.entry_id = original.id THEN 0 ELSE amount_cents END) AS taken
                      FROM posting
                     WHERE posting.entry_id = ANY (ARRAY(
                               SELECT id FROM entry
                                WHERE book_id = made.book_id AND (metadata::jsonb #>> '{correction,part_of}') = part_of)
                           || original.id || made.id)
                     GROUP BY posting.account_id) moved
                   JOIN account ON account.id = moved.account_id
             WHERE (moved.taken > 0 AND moved.taken > -moved.was) OR (moved.taken < 0 AND moved.taken < -moved.was)
             ORDER BY account.code LIMIT 1
        LOOP
            PERFORM ledger_refuse('beyond_original', json_build_object(
                'seq', original.seq, 'account', other.code, 'original_cents', other.was, 'taken_cents', other.taken));
        END LOOP;
    END IF;
    IF replaces IS NOT NULL THEN
        SELECT * INTO original FROM entry WHERE book_id = made.book_id AND seq = replaces::bigint;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('unknown_entry', json_build_object('seq', replaces::bigint, 'last', last));
        END IF;
        PERFORM 1 FROM entry WHERE book_id = made.book_id AND reverses_seq = original.seq;
        IF NOT FOUND THEN
            PERFORM 1 FROM entry
              WHERE book_id = made.book_id AND (metadata::jsonb #>> '{correction,part_of}') = replaces;
            IF NOT FOUND THEN
                PERFORM ledger_refuse('not_reversed', json_build_object('seq', original.seq));
            END IF;
        END IF;
        SELECT seq INTO other FROM entry
         WHERE book_id = made.book_id AND (metadata::jsonb #>> '{correction,replaces}') = replaces;
        IF FOUND THEN
            PERFORM ledger_refuse('already_replaced', json_build_object('seq', original.seq, 'replacement', other.seq));
        END IF;
    END IF;
END
$body$;

-- The entry row seals its legs. The head of the book is locked first, so that entries of one book queue in commit order.
CREATE FUNCTION ledger_seal_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    head chain_head%ROWTYPE;
    book_name text;
    original entry%ROWTYPE;
    counted integer;
    sealed text;
    request text;
    body text;
    wanted bytea;
    bad record;
    standing text;
    month_of text := to_char(NEW.effective_on, 'YYYY-MM');
BEGIN
    SELECT * INTO head FROM chain_head WHERE book_id = NEW.book_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', NEW.book_id::text));
    END IF;
    SELECT name INTO book_name FROM book WHERE id = NEW.book_id;

    PERFORM 1 FROM entry WHERE id = NEW.id;
    IF FOUND THEN
        PERFORM ledger_refuse('entry_exists', json_build_object('entry_id', NEW.id));
    END IF;
    SELECT * INTO original FROM entry WHERE book_id = NEW.book_id AND idempotency_key = NEW.idempotency_key;
    IF FOUND THEN
        PERFORM ledger_refuse('idempotency_conflict', json_build_object('key', NEW.idempotency_key, 'seq', original.seq));
    END IF;
    IF NEW.memo IS NOT NFC NORMALIZED OR NEW.kind IS NOT NFC NORMALIZED OR NEW.actor IS NOT NFC NORMALIZED
        OR NEW.idempotency_key IS NOT NFC NORMALIZED OR NEW.metadata IS NOT NFC NORMALIZED
        OR NEW.reason IS NOT NFC NORMALIZED THEN
        PERFORM ledger_refuse('not_canonical', json_build_object('value', NEW.id, 'reason', 'a text is not in normal form C'));
    END IF;

    -- The legs: all there, all on open accounts of this book, each layer and currency adding up to nothing.
    SELECT count(*), string_agg(
               fund_field(account.code) || fund_field(account.type) || fund_field(account.layer)
               || fund_field(account.currency) || fund_field(posting.amount_cents::text), '' ORDER BY posting.position)
      INTO counted, sealed
      FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = NEW.id;
    NEW.legs := coalesce(NEW.legs, counted);
    IF counted < 2 OR counted <> NEW.legs THEN
        PERFORM ledger_refuse('too_few_postings', json_build_object('key', NEW.idempotency_key, 'count', counted));
    END IF;
    FOR bad IN
        SELECT account.code, account.status, account.book_id
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = NEW.id AND (account.book_id <> NEW.book_id OR account.status <> 'open') LIMIT 1
    LOOP
        PERFORM ledger_refuse(CASE WHEN bad.book_id <> NEW.book_id THEN 'unknown_account' ELSE 'closed_account' END,
                              json_build_object('account', bad.code, 'book', book_name));
    END LOOP;
    FOR bad IN
        SELECT account.code, account.valid_from, account.valid_until
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = NEW.id
           AND (account.valid_from > NEW.effective_on OR account.valid_until < NEW.effective_on) LIMIT 1
    LOOP
        PERFORM ledger_refuse('account_not_valid', json_build_object(
            'account', bad.code, 'day', NEW.effective_on, 'valid_from', coalesce(bad.valid_from::text, '-'),
            'valid_until', coalesce(bad.valid_until::text, '-')));
    END LOOP;
    FOR bad IN
        SELECT account.layer, account.currency, sum(greatest(posting.amount_cents, 0)) AS debits,
               sum(greatest(-posting.amount_cents, 0)) AS credits
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = NEW.id
         GROUP BY account.layer, account.currency HAVING sum(posting.amount_cents) <> 0 LIMIT 1
    LOOP
        PERFORM ledger_refuse('unbalanced_entry', json_build_object(
            'key', NEW.idempotency_key, 'layer', bad.layer, 'currency', bad.currency, 'debit_cents', bad.debits,
            'credit_cents', bad.credits, 'difference_cents', bad.debits - bad.credits));
    END LOOP;

    -- The month.
    SELECT status INTO standing FROM period
     WHERE book_id = NEW.book_id AND month = month_of ORDER BY number DESC LIMIT 1;
    IF NOT FOUND AND month_of < (SELECT min(month) FROM period WHERE book_id = NEW.book_id) THEN
        standing := 'closed';
    END IF;
    IF standing = 'closed' OR (standing = 'locked' AND NEW.kind NOT IN ('adjusting', 'closing')) THEN
        PERFORM ledger_refuse('closed_period', json_build_object(
            'day', NEW.effective_on, 'month', month_of, 'status', standing, 'kind', NEW.kind));
    END IF;

    -- A reversal undoes its original leg by leg, once.
    IF NEW.reverses_seq IS NOT NULL THEN
        SELECT * INTO original FROM entry WHERE book_id = NEW.book_id AND seq = NEW.reverses_seq;
        IF NOT FOUND THEN
            PERFORM ledger_refuse('unknown_entry', json_build_object('seq', NEW.reverses_seq, 'last', head.seq));
        END IF;
        SELECT seq INTO bad FROM entry WHERE book_id = NEW.book_id AND reverses_seq = NEW.reverses_seq;
        IF FOUND THEN
            PERFORM ledger_refuse('already_reversed', json_build_object('seq', NEW.reverses_seq, 'reversal', bad.seq));
        END IF;
        SELECT seq INTO bad FROM entry
         WHERE book_id = NEW.book_id AND (metadata::jsonb #>> '{correction,part_of}') = NEW.reverses_seq::text LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_refuse('partly_reversed', json_build_object('seq', NEW.reverses_seq, 'part', bad.seq));
        END IF;
        IF original.legs <> NEW.legs OR EXISTS (
            SELECT 1 FROM posting was JOIN posting now
                       ON now.entry_id = NEW.id AND now.position = was.position
             WHERE was.entry_id = original.id
               AND (now.account_id <> was.account_id OR now.amount_cents <> -was.amount_cents)) THEN
            PERFORM ledger_refuse('not_the_mirror', json_build_object('seq', NEW.reverses_seq));
        END IF;
    END IF;

    IF NEW.metadata LIKE '%"correction"%' THEN
        PERFORM ledger_check_correction(NEW, head.seq);
    END IF;

    -- The seal: what is given must agree with what is found.
    NEW.version := coalesce(NEW.version, 1);
    NEW.recorded_at := greatest(coalesce(NEW.recorded_at, fund_micros(clock_timestamp())), head.recorded_at);
    IF NEW.seq IS NOT NULL AND NEW.seq <> head.seq + 1 THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', format('number %s is not %s', NEW.seq, head.seq + 1)));
    END IF;
    NEW.seq := head.seq + 1;
    IF NEW.previous_hash IS NOT NULL AND NEW.previous_hash <> head.hash THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the previous hash is another'));
    END IF;
    NEW.previous_hash := head.hash;
    request := fund_field(book_name) || fund_field(NEW.idempotency_key) || fund_field(to_char(NEW.effective_on, 'YYYY-MM-DD'))
        || fund_field(NEW.kind) || fund_field(NEW.memo) || fund_field(NEW.actor) || fund_field(NEW.metadata)
        || fund_field(NEW.reverses_seq::text) || fund_field(NEW.reason) || fund_field(sealed);
    wanted := fund_seal('request', NEW.version, decode(repeat('00', 32), 'hex'), convert_to(request, 'UTF8'));
    IF NEW.request_hash IS NOT NULL AND NEW.request_hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the request is another'));
    END IF;
    NEW.request_hash := wanted;
    body := fund_field(NEW.seq::text) || fund_field(NEW.recorded_at::text) || fund_field(NEW.id) || request;
    wanted := fund_seal('entry', NEW.version, head.hash, convert_to(body, 'UTF8'));
    IF NEW.hash IS NOT NULL AND NEW.hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash is another'));
    END IF;
    NEW.hash := wanted;
    UPDATE chain_head SET seq = NEW.seq, hash = NEW.hash, recorded_at = NEW.recorded_at WHERE book_id = NEW.book_id;

    -- What the legs do to the balances, today and on their day.
    INSERT INTO account_balance AS kept (account_id, debit_cents, credit_cents)
    SELECT account_id, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    INSERT INTO balance_day AS kept (account_id, day, debit_cents, credit_cents)
    SELECT account_id, NEW.effective_on, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id ORDER BY account_id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;

    PERFORM ledger_keep_limits(NEW.book_id, NEW.id, NEW.effective_on, NEW.kind);
    RETURN NEW;
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

CREATE TRIGGER book_opens AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION ledger_open_book();
CREATE TRIGGER book_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON book FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_kept BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION ledger_keep_account();
CREATE TRIGGER account_not_removed BEFORE DELETE OR TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_seals BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION ledger_seal_entry();
CREATE TRIGGER entry_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER posting_not_late AFTER INSERT ON posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_late_legs();
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
DROP TRIGGER posting_not_late ON posting;
DROP TRIGGER entry_unchanged ON entry;
DROP TRIGGER entry_seals ON entry;
DROP TRIGGER account_not_removed ON account;
DROP TRIGGER account_kept ON account;
DROP TRIGGER book_unchanged ON book;
DROP TRIGGER book_opens ON book;
DROP FUNCTION ledger_seal_set();
DROP FUNCTION ledger_period_status(integer, text);
DROP FUNCTION ledger_seal_period();
DROP FUNCTION ledger_seal_entry();
DROP FUNCTION ledger_check_correction(entry, bigint);
DROP FUNCTION ledger_keep_limits(integer, text, date, text);
DROP FUNCTION ledger_refuse_late_legs();
DROP FUNCTION ledger_open_book();
DROP FUNCTION ledger_keep_account();
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_refuse(text, json);
