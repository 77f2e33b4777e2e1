-- Posting. Legs come first, under the id of an entry that is not there yet; the entry row seals them. Whoever writes, with
-- whatever client, meets the two triggers on entry: one for a row that comes without its number (a single post, a correction),
-- one for all rows of a statement that bring theirs (a batch, which is looked at as a whole). A leg that comes later has no
-- place left: its entry says how many there are (fk_posting_entry_id_legs), and all places are taken (pk_posting).
-- ledger_post and ledger_post_many post directly, one round trip for one entry or for many; they have no rights
-- that their caller has not, and nothing depends on their being used.
-- A refusal is 'ledger: <code>' with its particulars as JSON in DETAIL; fund/ledger/store/refusals.py names them.
-- Attacked by tests/ledger/test_attacks.py and test_batches.py.
--
-- The planner is told to go by the keys: a session whose first plans were made on empty tables would scan them for ever.

-- What a request says, in the canonical form: everything but when and where it was written.
CREATE FUNCTION ledger_request(book text, key text, day date, kind text, memo text, actor text, metadata text, reverses bigint,
                               reason text, legs text) RETURNS text
    LANGUAGE sql STABLE AS $body$
    SELECT fund_field(book) || fund_field(key) || fund_field(to_char(day, 'YYYY-MM-DD')) || fund_field(kind) || fund_field(memo)
        || fund_field(actor) || fund_field(metadata) || fund_field(reverses::text) || fund_field(reason) || fund_field(legs)
$body$;

-- A leg in the canonical form.
CREATE FUNCTION ledger_leg(code text, type text, layer text, currency text, cents bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT fund_field(code) || fund_field(type) || fund_field(layer) || fund_field(currency) || fund_field(cents::text)
$body$;

-- The legs of an entry do not make one: say why not. They may, where they are of several layers or currencies.
CREATE FUNCTION ledger_explain_legs(made entry, book_name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    bad record;
    counted integer;
BEGIN
    SELECT count(*) INTO counted FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = made.id;
    IF counted < 2 OR counted <> coalesce(made.legs, counted) THEN
        PERFORM ledger_refuse('too_few_postings', json_build_object('key', made.idempotency_key, 'count', counted));
    END IF;
    FOR bad IN
        SELECT account.code, account.status, account.book_id
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = made.id AND (account.book_id <> made.book_id OR account.status <> 'open')
         ORDER BY posting.position LIMIT 1
    LOOP
        PERFORM ledger_refuse(CASE WHEN bad.book_id <> made.book_id THEN 'unknown_account' ELSE 'closed_account' END,
                              json_build_object('account', bad.code, 'book', book_name));
    END LOOP;
    FOR bad IN
        SELECT account.code, account.valid_from, account.valid_until
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = made.id
           AND (account.valid_from > made.effective_on OR account.valid_until < made.effective_on)
         ORDER BY posting.position LIMIT 1
    LOOP
        PERFORM ledger_refuse('account_not_valid', json_build_object(
            'account', bad.code, 'day', made.effective_on, 'valid_from', coalesce(bad.valid_from::text, '-'),
            'valid_until', coalesce(bad.valid_until::text, '-')));
    END LOOP;
    FOR bad IN
        SELECT account.layer, account.currency, sum(greatest(posting.amount_cents, 0)) AS debits,
               sum(greatest(-posting.amount_cents, 0)) AS credits
          FROM posting JOIN account ON account.id = posting.account_id
         WHERE posting.entry_id = made.id
         GROUP BY account.layer, account.currency HAVING sum(posting.amount_cents) <> 0
         ORDER BY account.layer, account.currency LIMIT 1
    LOOP
        PERFORM ledger_refuse('unbalanced_entry', json_build_object(
            'key', made.idempotency_key, 'layer', bad.layer, 'currency', bad.currency, 'debit_cents', bad.debits,
            'credit_cents', bad.credits, 'difference_cents', bad.debits - bad.credits));
    END LOOP;
END
$body$;

-- Whether the month of an entry takes it; nothing when it does.
CREATE FUNCTION ledger_check_month(of_book integer, on_day date, of_kind text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    month_of text := to_char(on_day, 'YYYY-MM');
    standing text := ledger_period_status(of_book, month_of);
BEGIN
    IF standing IS NULL AND month_of < (SELECT min(month) FROM period WHERE book_id = of_book) THEN
        standing := 'closed';
    END IF;
    IF standing = 'closed' OR (standing = 'locked' AND of_kind NOT IN ('adjusting', 'closing')) THEN
        PERFORM ledger_refuse('closed_period', json_build_object(
            'day', on_day, 'month', month_of, 'status', standing, 'kind', of_kind));
    END IF;
END
$body$;

-- A reversal undoes its original leg by leg, once.
CREATE FUNCTION ledger_check_reversal(made entry, last bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    original entry%ROWTYPE;
    other record;
BEGIN
    SELECT * INTO original FROM entry WHERE book_id = made.book_id AND seq = made.reverses_seq;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_entry', json_build_object('seq', made.reverses_seq, 'last', last));
    END IF;
    SELECT seq INTO other FROM entry WHERE book_id = made.book_id AND reverses_seq = made.reverses_seq;
    IF FOUND THEN
        PERFORM ledger_refuse('already_reversed', json_build_object('seq', made.reverses_seq, 'reversal', other.seq));
    END IF;
    SELECT seq INTO other FROM entry
     WHERE book_id = made.book_id AND (metadata::jsonb #>> '{correction,part_of}') = made.reverses_seq::text LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('partly_reversed', json_build_object('seq', made.reverses_seq, 'part', other.seq));
    END IF;
    IF original.legs <> made.legs OR EXISTS (
        SELECT 1 FROM posting was JOIN posting now
                   ON now.entry_id = made.id AND now.position = was.position
         WHERE was.entry_id = original.id
           AND (now.account_id <> was.account_id OR now.amount_cents <> -was.amount_cents)) THEN
        PERFORM ledger_refuse('not_the_mirror', json_build_object('seq', made.reverses_seq));
    END IF;
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
    IF part_of !~ '^[0-9]{1,18}$' OR replaces !~ '^[0-9]{1,18}$'
        OR jsonb_typeof(made.metadata::jsonb #> '{correction,part_of}') <> 'number'
        OR jsonb_typeof(made.metadata::jsonb #> '{correction,replaces}') <> 'number' THEN
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

-- What the legs of one entry do to the balances, today and on their day.
CREATE FUNCTION ledger_count_entry(of_entry text, on_day date) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    INSERT INTO account_balance AS kept (account_id, debit_cents, credit_cents)
    SELECT account_id, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = of_entry GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    INSERT INTO balance_day AS kept (account_id, day, debit_cents, credit_cents)
    SELECT account_id, on_day, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = of_entry GROUP BY account_id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
END
$body$;

-- A row that comes by itself. The head of the book is locked first, so that entries of one book queue in commit order.
CREATE FUNCTION ledger_seal_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    head record;
    made record;
    request bytea;
    wanted bytea;
BEGIN
    IF TG_RELID <> 'public.entry'::regclass THEN
        PERFORM ledger_only_on(TG_RELID, 'public.entry'::regclass);
    END IF;
    SELECT chain_head.seq, chain_head.hash, chain_head.recorded_at, chain_head.period_number, chain_head.set_number, book.name
      INTO head
      FROM chain_head JOIN book ON book.id = chain_head.book_id
     WHERE chain_head.book_id = NEW.book_id FOR UPDATE OF chain_head;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', NEW.book_id::text));
    END IF;
    IF NEW.memo IS NOT NFC NORMALIZED OR NEW.kind IS NOT NFC NORMALIZED OR NEW.actor IS NOT NFC NORMALIZED
        OR NEW.idempotency_key IS NOT NFC NORMALIZED OR NEW.metadata IS NOT NFC NORMALIZED
        OR NEW.reason IS NOT NFC NORMALIZED OR NEW.metadata IS NOT JSON OBJECT WITH UNIQUE KEYS THEN
        PERFORM ledger_refuse('not_canonical', json_build_object('value', NEW.id, 'reason', 'a text is not in its canonical form'));
    END IF;
    IF NEW.effective_on NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
        PERFORM ledger_refuse('wrong_day', json_build_object('value', NEW.effective_on::text));
    END IF;

    -- The legs: all there, all on open accounts of this book, each layer and currency adding up to nothing.
    SELECT count(*) AS legs, sum(posting.amount_cents) AS cents,
           min(account.layer) = max(account.layer) AND min(account.currency) = max(account.currency) AS alike,
           bool_and(account.book_id = NEW.book_id AND account.status = 'open'
                    AND coalesce(account.valid_from, NEW.effective_on) <= NEW.effective_on
                    AND coalesce(account.valid_until, NEW.effective_on) >= NEW.effective_on) AS fit,
           bool_or(account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL) AS bound,
           string_agg(ledger_leg(account.code, account.type, account.layer, account.currency, posting.amount_cents), ''
                      ORDER BY posting.position) AS sealed
      INTO made
      FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = NEW.id;
    IF NOT coalesce(made.legs = coalesce(NEW.legs, made.legs) AND made.legs > 1 AND made.fit AND made.alike AND made.cents = 0, false)
    THEN
        PERFORM ledger_explain_legs(NEW, head.name);
    END IF;
    NEW.legs := made.legs;

    IF head.period_number > 0 THEN
        PERFORM ledger_check_month(NEW.book_id, NEW.effective_on, NEW.kind);
    END IF;
    IF NEW.reverses_seq IS NOT NULL THEN
        PERFORM ledger_check_reversal(NEW, head.seq);
    END IF;
    IF NEW.metadata LIKE '%"correction"%' OR strpos(NEW.metadata, chr(92) || 'u') > 0 THEN  -- the word, or escapes that may hide it
        PERFORM ledger_check_correction(NEW, head.seq);
    END IF;

    -- The seal: what is given must agree with what is found.
    NEW.version := coalesce(NEW.version, 1);
    NEW.recorded_at := greatest(coalesce(NEW.recorded_at, fund_micros(clock_timestamp())), head.recorded_at);
    IF NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999 THEN
        PERFORM ledger_check_instant(NEW.recorded_at);
    END IF;
    IF NEW.seq IS NOT NULL AND NEW.seq <> head.seq + 1 THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', format('number %s is not %s', NEW.seq, head.seq + 1)));
    END IF;
    NEW.seq := head.seq + 1;
    IF NEW.previous_hash IS NOT NULL AND NEW.previous_hash <> head.hash THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the previous hash is another'));
    END IF;
    NEW.previous_hash := head.hash;
    request := convert_to(ledger_request(head.name, NEW.idempotency_key, NEW.effective_on, NEW.kind, NEW.memo, NEW.actor,
                                         NEW.metadata, NEW.reverses_seq, NEW.reason, made.sealed), 'UTF8');
    wanted := fund_seal('request', NEW.version, decode(repeat('00', 32), 'hex'), request);
    IF NEW.request_hash IS NOT NULL AND NEW.request_hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the request is another'));
    END IF;
    NEW.request_hash := wanted;
    wanted := fund_seal('entry', NEW.version, head.hash, convert_to(
        fund_field(NEW.seq::text) || fund_field(NEW.recorded_at::text) || fund_field(NEW.id), 'UTF8') || request);
    IF NEW.hash IS NOT NULL AND NEW.hash <> wanted THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash is another'));
    END IF;
    NEW.hash := wanted;
    UPDATE chain_head SET seq = NEW.seq, hash = NEW.hash, recorded_at = NEW.recorded_at WHERE book_id = NEW.book_id;

    INSERT INTO account_balance AS kept (account_id, debit_cents, credit_cents)
    SELECT account_id, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    INSERT INTO balance_day AS kept (account_id, day, debit_cents, credit_cents)
    SELECT account_id, NEW.effective_on, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    IF made.bound OR head.set_number > 0 THEN
        PERFORM ledger_keep_limits(NEW.book_id, NEW.id, NEW.effective_on, NEW.kind);
    END IF;
    RETURN NEW;
END
$body$;

-- The rows of one statement that bring their numbers and seals: all of them are looked at in a few queries. Those that came by
-- themselves lie at or below the head already.
CREATE FUNCTION ledger_seal_batch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    head record;
    batch record;
    one record;
BEGIN
    IF TG_RELID <> 'public.entry'::regclass THEN
        PERFORM ledger_only_on(TG_RELID, 'public.entry'::regclass);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM added LEFT JOIN chain_head ON chain_head.book_id = added.book_id
                    WHERE added.seq BETWEEN 1 AND chain_head.seq IS NOT TRUE) THEN
        RETURN NULL;
    END IF;
    SELECT added.book_id INTO one FROM added
     WHERE NOT EXISTS (SELECT 1 FROM chain_head WHERE chain_head.book_id = added.book_id) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('unknown_book', json_build_object('book', one.book_id::text));
    END IF;
    FOR head IN
        SELECT chain_head.book_id, chain_head.seq, chain_head.hash, chain_head.recorded_at, chain_head.period_number,
               chain_head.set_number, book.name
          FROM chain_head JOIN book ON book.id = chain_head.book_id
         WHERE chain_head.book_id IN (SELECT book_id FROM added) ORDER BY chain_head.book_id FOR UPDATE OF chain_head
    LOOP
        -- The chain, as three arrays that are one apart.
        SELECT count(*) AS size, array_agg(added.seq ORDER BY added.seq) AS seqs,
               array_agg(added.previous_hash ORDER BY added.seq) AS befores, array_agg(added.hash ORDER BY added.seq) AS hashes,
               array_agg(added.recorded_at ORDER BY added.seq) AS instants, array_agg(added.id ORDER BY added.seq) AS ids,
               bool_or(added.memo IS NOT NFC NORMALIZED OR added.kind IS NOT NFC NORMALIZED OR added.actor IS NOT NFC NORMALIZED
                       OR added.idempotency_key IS NOT NFC NORMALIZED OR added.metadata IS NOT NFC NORMALIZED
                       OR added.reason IS NOT NFC NORMALIZED OR added.metadata IS NOT JSON OBJECT WITH UNIQUE KEYS) AS denormal,
               max(added.effective_on) AS last_day, min(added.effective_on) AS first_day
          INTO batch FROM added WHERE added.book_id = head.book_id AND added.seq NOT BETWEEN 1 AND head.seq;
        CONTINUE WHEN batch.size = 0;
        IF batch.denormal THEN
            PERFORM ledger_refuse('not_canonical', json_build_object('value', batch.ids[1], 'reason', 'a text is not in its canonical form'));
        END IF;
        IF batch.first_day < '0001-01-01' OR batch.last_day > '9999-12-31' THEN
            PERFORM ledger_refuse('wrong_day', json_build_object('value', batch.last_day::text));
        END IF;
        PERFORM ledger_check_instant(batch.instants[batch.size]);
        IF batch.seqs[1] <> head.seq + 1 OR batch.seqs[batch.size] <> head.seq + batch.size THEN
            PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'a number is not the next one'));
        END IF;
        IF batch.befores <> array_prepend(head.hash, batch.hashes[1 : batch.size - 1]) THEN
            PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'a previous hash is another'));
        END IF;
        IF head.recorded_at > batch.instants[1] OR EXISTS (
            SELECT 1 FROM unnest(batch.instants, head.recorded_at || batch.instants[1 : batch.size - 1]) AS pair (at, before)
             WHERE at < before) THEN
            PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'an instant lies before the one before it'));
        END IF;

        -- The legs and the seals, entry by entry.
        FOR one IN
            SELECT added.seq
              FROM added CROSS JOIN LATERAL (
                       SELECT count(*) AS legs, sum(posting.amount_cents) AS cents,
                              min(account.layer) = max(account.layer) AND min(account.currency) = max(account.currency) AS alike,
                              bool_and(account.book_id = added.book_id AND account.status = 'open'
                                       AND coalesce(account.valid_from, added.effective_on) <= added.effective_on
                                       AND coalesce(account.valid_until, added.effective_on) >= added.effective_on) AS fit,
                              convert_to(ledger_request(
                                  head.name, added.idempotency_key, added.effective_on, added.kind, added.memo, added.actor,
                                  added.metadata, added.reverses_seq, added.reason,
                                  string_agg(ledger_leg(account.code, account.type, account.layer, account.currency,
                                                        posting.amount_cents), '' ORDER BY posting.position)), 'UTF8') AS request
                         FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = added.id) AS made
             WHERE added.book_id = head.book_id AND added.seq NOT BETWEEN 1 AND head.seq
               AND NOT coalesce(
                   made.legs = added.legs AND made.legs > 1 AND made.fit AND made.alike AND made.cents = 0
                   AND added.request_hash = fund_seal('request', added.version,
                       decode(repeat('00', 32), 'hex'), made.request)
                   AND added.hash = fund_seal('entry', added.version, added.previous_hash, convert_to(
                       fund_field(added.seq::text) || fund_field(added.recorded_at::text) || fund_field(added.id), 'UTF8')
                       || made.request), false)
        LOOP
            PERFORM ledger_explain_entry(made, head.name) FROM entry AS made WHERE book_id = head.book_id AND seq = one.seq;
        END LOOP;

        IF head.period_number > 0 THEN
            PERFORM ledger_check_month(head.book_id, effective_on, kind)
               FROM (SELECT effective_on, kind FROM added
                      WHERE book_id = head.book_id AND seq NOT BETWEEN 1 AND head.seq GROUP BY effective_on, kind ORDER BY min(seq)) AS made;
        END IF;
        UPDATE chain_head SET seq = head.seq + batch.size, hash = batch.hashes[batch.size], recorded_at = batch.instants[batch.size]
         WHERE book_id = head.book_id;

        -- What the legs do to the balances. Limits are kept entry by entry, in their order; where none binds an entry of such
        -- a kind, all at once: counted one by one, a batch leaves a version of the same balances for each entry, and a long
        -- transaction walks over all of them each time.
        IF EXISTS (
            SELECT 1 FROM account_set
             WHERE account_set.book_id = head.book_id AND (account_set.kinds IS NULL OR EXISTS (
                   SELECT 1 FROM added WHERE added.book_id = head.book_id AND account_set.kinds::jsonb ? added.kind)))
           OR EXISTS (
            SELECT 1 FROM added JOIN posting ON posting.entry_id = added.id JOIN account ON account.id = posting.account_id
             WHERE added.book_id = head.book_id AND added.seq NOT BETWEEN 1 AND head.seq
               AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)
               AND (account.limit_kinds IS NULL OR account.limit_kinds::jsonb ? added.kind)) THEN
            FOR one IN
                SELECT id, effective_on, kind FROM added WHERE book_id = head.book_id AND seq NOT BETWEEN 1 AND head.seq ORDER BY seq
            LOOP
                PERFORM ledger_count_entry(one.id, one.effective_on);
                PERFORM ledger_keep_limits(head.book_id, one.id, one.effective_on, one.kind);
            END LOOP;
        ELSE
            INSERT INTO account_balance AS kept (account_id, debit_cents, credit_cents)
            SELECT account_id, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
              FROM posting WHERE entry_id = ANY (batch.ids) GROUP BY account_id
            ON CONFLICT (account_id) DO UPDATE
               SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
            INSERT INTO balance_day AS kept (account_id, day, debit_cents, credit_cents)
            SELECT posting.account_id, added.effective_on, sum(greatest(amount_cents, 0)), sum(greatest(-amount_cents, 0))
              FROM added JOIN posting ON posting.entry_id = added.id
             WHERE added.book_id = head.book_id AND added.seq NOT BETWEEN 1 AND head.seq GROUP BY posting.account_id, added.effective_on
            ON CONFLICT (account_id, day) DO UPDATE
               SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
        END IF;
    END LOOP;
    RETURN NULL;
END
$body$;

-- An entry of a batch is not right: say why not. It may be, where its legs are of several layers or currencies.
CREATE FUNCTION ledger_explain_entry(made entry, book_name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    legs text;
    request bytea;
BEGIN
    PERFORM ledger_explain_legs(made, book_name);
    SELECT string_agg(ledger_leg(account.code, account.type, account.layer, account.currency, posting.amount_cents), ''
                      ORDER BY posting.position)
      INTO legs FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = made.id;
    request := convert_to(ledger_request(book_name, made.idempotency_key, made.effective_on, made.kind, made.memo, made.actor,
                                         made.metadata, made.reverses_seq, made.reason, legs), 'UTF8');
    IF made.request_hash <> fund_seal('request', made.version, decode(repeat('00', 32), 'hex'), request) THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash of the request is another'));
    END IF;
    IF made.hash <> fund_seal('entry', made.version, made.previous_hash, convert_to(
           fund_field(made.seq::text) || fund_field(made.recorded_at::text) || fund_field(made.id), 'UTF8') || request) THEN
        PERFORM ledger_refuse('broken_chain', json_build_object('reason', 'the hash is another'));
    END IF;
END
$body$;

-- The head of a book, held until the transaction ends; a login that may not write it may hold it.
CREATE FUNCTION ledger_take_head(of_book integer, OUT periods integer, OUT sets integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    SELECT period_number, set_number INTO periods, sets FROM chain_head WHERE book_id = of_book FOR UPDATE;
END
$body$;

-- The rows of one entry, legs first.
CREATE FUNCTION ledger_write(of_book integer, of_id text, on_day date, of_kind text, of_memo text, of_actor text, of_key text,
                             of_metadata text, at bigint, accounts integer[], amounts bigint[], OUT seq bigint, OUT hash bytea)
    LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)
    SELECT of_id, leg.place, cardinality(accounts), leg.account, leg.cents
      FROM unnest(accounts, amounts) WITH ORDINALITY AS leg (account, cents, place);
    INSERT INTO entry (book_id, id, effective_on, kind, memo, actor, idempotency_key, metadata, legs, recorded_at, version)
    VALUES (of_book, of_id, on_day, of_kind, of_memo, of_actor, of_key, of_metadata, cardinality(accounts), at, 1)
    RETURNING entry.seq, entry.hash INTO ledger_write.seq, ledger_write.hash;
END
$body$;

-- One entry in one round trip. What is refused comes back as its code, and nothing of it is written; the transaction goes on.
-- Where nothing can refuse it, it is written without the detour by which PostgreSQL takes back part of a transaction.
CREATE FUNCTION ledger_post(of_book integer, of_id text, on_day date, of_kind text, of_memo text, of_actor text, of_key text,
                            of_metadata text, at bigint, codes text[], amounts bigint[],
                            OUT seq bigint, OUT hash bytea, OUT refusal text)
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    head record;
    legs record;
BEGIN
    head := ledger_take_head(of_book);
    SELECT array_agg(account.id ORDER BY leg.place) AS accounts, count(account.id) AS known,
           bool_and(account.status = 'open' AND coalesce(account.valid_from, on_day) <= on_day
                    AND coalesce(account.valid_until, on_day) >= on_day AND account.min_balance_cents IS NULL
                    AND account.max_balance_cents IS NULL AND abs(leg.cents) < 1000000000000000
                    AND coalesce(greatest(kept.debit_cents, kept.credit_cents), 0) < 9000000000000000000)
           AND sum(leg.cents) = 0 AND min(account.layer) = max(account.layer) AND min(account.currency) = max(account.currency)
           AS certain
      INTO legs
      FROM unnest(codes, amounts) WITH ORDINALITY AS leg (code, cents, place)
           LEFT JOIN account ON account.book_id = of_book AND account.code = leg.code
           LEFT JOIN account_balance AS kept ON kept.account_id = account.id;
    IF legs.known < cardinality(codes) THEN
        refusal := 'unknown_account';
    ELSIF EXISTS (SELECT 1 FROM entry WHERE book_id = of_book AND idempotency_key = of_key) THEN
        refusal := 'idempotency_conflict';
    ELSIF legs.certain AND head.periods = 0 AND head.sets = 0 THEN
        SELECT made.seq, made.hash INTO seq, hash
          FROM ledger_write(of_book, of_id, on_day, of_kind, of_memo, of_actor, of_key, of_metadata, at, legs.accounts, amounts)
               AS made;
    ELSE
        BEGIN
            SELECT made.seq, made.hash INTO seq, hash
              FROM ledger_write(of_book, of_id, on_day, of_kind, of_memo, of_actor, of_key, of_metadata, at, legs.accounts, amounts)
                   AS made;
        EXCEPTION WHEN raise_exception OR integrity_constraint_violation OR data_exception THEN
            refusal := SQLERRM;
        END;
    END IF;
END
$body$;

-- Many entries in one round trip, none of them a correction: legs flat, each with the id of its entry.
CREATE FUNCTION ledger_post_many(of_book integer, leg_ids text[], places integer[], counts integer[], codes text[], amounts bigint[],
                                 ids text[], days date[], kinds text[], memos text[], actors text[], keys text[],
                                 metadatas text[], instants bigint[], sizes integer[],
                                 OUT first_seq bigint, OUT hashes bytea[], OUT refusal text)
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    head record;
    one record;
    now_us bigint;
    last_us bigint;
    recorded bigint[];
    before bytea;
    seq_now bigint;
    befores bytea[];
    asked bytea[];
    written integer;
BEGIN
    SELECT held.seq, held.hash, held.recorded_at, book.name INTO head
      FROM ledger_hold_head(of_book) AS held JOIN book ON book.id = held.book_id;
    BEGIN
        INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)
        SELECT leg.id, leg.place, leg.size, account.id, leg.cents
          FROM unnest(leg_ids, places, counts, codes, amounts) AS leg (id, place, size, code, cents)
               JOIN account ON account.book_id = of_book AND account.code = leg.code;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> cardinality(codes) THEN
            RAISE EXCEPTION 'unknown_account';
        END IF;
        first_seq := head.seq + 1;
        now_us := fund_micros(clock_timestamp());
        last_us := head.recorded_at;
        seq_now := head.seq;
        before := head.hash;
        FOR one IN
            SELECT draft.id, draft.at,
                   convert_to(ledger_request(
                       head.name, draft.key, draft.day, draft.kind, draft.memo, draft.actor, draft.metadata, NULL, NULL,
                       (SELECT string_agg(ledger_leg(account.code, account.type, account.layer, account.currency,
                                                     posting.amount_cents), '' ORDER BY posting.position)
                          FROM posting JOIN account ON account.id = posting.account_id
                         WHERE posting.entry_id = draft.id)), 'UTF8') AS request
              FROM unnest(ids, days, kinds, memos, actors, keys, metadatas, instants)
                   WITH ORDINALITY AS draft (id, day, kind, memo, actor, key, metadata, at, place)
             ORDER BY draft.place
        LOOP
            seq_now := seq_now + 1;
            last_us := greatest(coalesce(one.at, now_us), last_us);
            recorded := recorded || last_us;
            befores := befores || before;
            before := fund_seal('entry', 1, before, convert_to(
                fund_field(seq_now::text) || fund_field(last_us::text) || fund_field(one.id), 'UTF8') || one.request);
            hashes := hashes || before;
            asked := asked || fund_seal('request', 1,
                decode(repeat('00', 32), 'hex'), one.request);
        END LOOP;
        INSERT INTO entry (book_id, seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash, metadata, legs,
                           recorded_at, version, previous_hash, hash)
        SELECT of_book, head.seq + place, id, day, kind, memo, actor, key, asked_hash, metadata, size, at, 1, before_hash, own_hash
          FROM unnest(ids, days, kinds, memos, actors, keys, metadatas, recorded, sizes, befores, asked, hashes) WITH ORDINALITY
               AS draft (id, day, kind, memo, actor, key, metadata, at, size, before_hash, asked_hash, own_hash, place);
    EXCEPTION WHEN raise_exception OR integrity_constraint_violation OR data_exception THEN
        refusal := SQLERRM;
    END;
END
$body$;

REVOKE EXECUTE ON FUNCTION ledger_seal_entry(), ledger_seal_batch() FROM PUBLIC;

CREATE TRIGGER entry_seals BEFORE INSERT ON entry FOR EACH ROW WHEN (((new.seq IS NULL) OR (new.recorded_at IS NULL) OR (new.version IS NULL) OR (new.previous_hash IS NULL) OR (new.request_hash IS NULL) OR (new.hash IS NULL) OR (new.reverses_seq IS NOT NULL) OR (new.metadata ~~ '%"correction"%'::text) OR (strpos(new.metadata, (chr(92) || 'u'::text)) > 0))) EXECUTE FUNCTION ledger_seal_entry();
CREATE TRIGGER entry_batch_seals AFTER INSERT ON entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_seal_batch();

-- uninstall
DROP TRIGGER entry_batch_seals ON entry;
DROP TRIGGER entry_seals ON entry;
DROP FUNCTION ledger_post_many(integer, text[], integer[], integer[], text[], bigint[], text[], date[], text[], text[], text[], text[], text[], bigint[], integer[]);
DROP FUNCTION ledger_post(integer, text, date, text, text, text, text, text, bigint, text[], bigint[]);
DROP FUNCTION ledger_write(integer, text, date, text, text, text, text, text, bigint, integer[], bigint[]);
DROP FUNCTION ledger_take_head(integer);
DROP FUNCTION ledger_explain_entry(entry, text);
DROP FUNCTION ledger_seal_batch();
DROP FUNCTION ledger_seal_entry();
DROP FUNCTION ledger_count_entry(text, date);
DROP FUNCTION ledger_check_correction(entry, bigint);
DROP FUNCTION ledger_keep_limits(integer, text, date, text);
DROP FUNCTION ledger_check_reversal(entry, bigint);
DROP FUNCTION ledger_check_month(integer, date, text);
DROP FUNCTION ledger_explain_legs(entry, text);
DROP FUNCTION ledger_leg(text, text, text, text, bigint);
DROP FUNCTION ledger_request(text, text, date, text, text, text, text, bigint, text, text);
