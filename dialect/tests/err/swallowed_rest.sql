-- A quote too many swallows the statements up to the next one.
SELECT a FROM t WHERE a = 'it's';
SELECT b FROM u;
SELECT c FROM v;
