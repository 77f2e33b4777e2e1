-- The canonical form and the sealing hash, as fund/ledger/seal.py writes them: one netstring per field, SHA-256 over
-- tag, version, previous hash and body. Protects: that whoever writes, the database hashes what is really stored.
-- Attacked by tests/ledger/test_seal.py.

CREATE FUNCTION fund_field(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE WHEN value IS NULL THEN '-,'
                ELSE octet_length(convert_to(value, 'UTF8'))::text || ':' || value || ',' END
$body$;

CREATE FUNCTION fund_seal(tag text, version integer, previous bytea, body bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT sha256(
        convert_to(
            octet_length(convert_to(tag, 'UTF8'))::text || ':' || tag || ','
            || octet_length(version::text)::text || ':' || version::text || ','
            || (octet_length(previous) * 2)::text || ':' || encode(previous, 'hex') || ','
            || octet_length(body)::text || ':', 'UTF8')
        || body || '\x2c'::bytea)
$body$;

CREATE FUNCTION fund_micros(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT (extract(epoch FROM at) * 1000000)::bigint
$body$;

-- uninstall
DROP FUNCTION fund_micros(timestamptz);
DROP FUNCTION fund_seal(text, integer, bytea, bytea);
DROP FUNCTION fund_field(text);
