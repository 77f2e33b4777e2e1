-- Corrections: an entry says in its metadata, under "correction", of which entry it takes back a part and which it replaces.

CREATE INDEX ix_entry_part_of ON entry (book_id, json_extract(metadata, '$.correction.part_of')) WHERE json_extract(metadata, '$.correction.part_of') IS NOT NULL;
CREATE INDEX ix_entry_replaces ON entry (book_id, json_extract(metadata, '$.correction.replaces')) WHERE json_extract(metadata, '$.correction.replaces') IS NOT NULL;

-- uninstall
DROP INDEX ix_entry_replaces;
DROP INDEX ix_entry_part_of;
