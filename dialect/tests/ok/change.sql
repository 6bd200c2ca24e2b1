UPDATE sales.orders SET amount = amount * 1.1, state = 'late', day = DEFAULT WHERE id IN (1, 2);
UPDATE t SET c == (a OR b);
DELETE FROM sales.orders WHERE day < date '2020-01-01';
DELETE FROM t;
MERGE /*+ MAPJOIN(s) */ INTO sales.orders AS o USING (SELECT * FROM news) s ON o.id = s.id
  WHEN MATCHED AND s.gone THEN DELETE
  WHEN MATCHED THEN UPDATE SET amount = s.amount, state = DEFAULT
  WHEN NOT MATCHED AND NOT s.gone THEN INSERT (id, amount) VALUES (s.id, s.amount);
MERGE INTO t USING TABLE(VALUES (1, 2)) AS v(a, b) ON t.a = v.a WHEN NOT MATCHED THEN INSERT VALUES (v.a, DEFAULT);
SELECT TRANSFORM (a, b.*) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' RECORDWRITER 'w'
  USING 'cat' AS (c INT COMMENT 'x', d MAP<STRING, INT>) ROW FORMAT SERDE 's' RECORDREADER 'r' FROM t WHERE a;
FROM t MAP a, b USING 'cat' AS c, d CLUSTER BY c;
FROM (FROM t MAP a USING 'cat') m REDUCE m.k USING 'wc' AS n;
SELECT * FROM noop(ON noopwithmap(ON (SELECT * FROM t) q PARTITION BY a ORDER BY b DESC) DISTRIBUTE BY c SORT BY d
  arg1('x.y'), arg2(a + 1)) p;
FROM UNIQUEJOIN PRESERVE a x (x.k), b TABLESAMPLE(10 PERCENT) y (y.k, y.l) SELECT x.k, y.l;
SELECT - - a, NOT ! b, -(-c), NOT (NOT d), ~ + - 1;
