SELECT 1, 1.5e3, 10L, 5Y, 7S, 2.5BD, 3D, 'a' 'b' "c", 'it''s', _utf8 0xE9, NULL, TRUE, FALSE,
  DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMPLOCALTZ '2024-01-01 00:00:00 UTC';
SELECT INTERVAL '5' SECOND, INTERVAL 5 MINUTES, '1-2' YEAR TO MONTH, INTERVAL '1 2:3:4' DAY TO SECOND,
  (3) days, INTERVAL (a + 1) HOUR, a - INTERVAL '1' DAY;
SELECT a + b * c - d, (a + b) * c, -a ^ b, a || b + c, a & b | c, NOT a = b, ! a, ~ - + a, a DIV b % c;
SELECT a = b = c, a <=> b, a == b, a != b, a <> b, a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b,
  a = b IS NULL, a IS NOT TRUE, a IS UNKNOWN, (a IS NULL) = b;
SELECT a BETWEEN 1 AND 2 + 3, a NOT BETWEEN b AND c OR d, a IN (1, 2), a NOT IN (SELECT x FROM t),
  a LIKE 'x%', a NOT RLIKE 'y', a REGEXP b, a LIKE ANY ('x', 'y'), a NOT LIKE ALL ('z'),
  a > ALL (SELECT 1), a = SOME (SELECT 2), a IN ((SELECT 1) UNION (SELECT 2)), (1, 2) IN ((1, 2), (3, 4));
SELECT CASE WHEN a THEN b END, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 5 END, CAST(a AS DECIMAL(10, 2)),
  CAST(a AS STRING FORMAT 'yyyy'), EXTRACT(DAYOFWEEK FROM a), FLOOR(a TO HOUR), floor(a),
  TRIM(LEADING 'x' FROM a), TRIM(BOTH FROM a), trim(a), current_date, current_timestamp(), if(a, b, c);
SELECT t.a.b, a[0].b['k'][1], (a).b, f(x).y, count(*), count(DISTINCT a, b), db.udf(1), array(1, 2)[0],
  map('a', 1), date('2024-01-01'), year(a), t.`select`, `a.b`, day, key, f(t.*), (SELECT max(x) FROM t),
  EXISTS (SELECT 1), ((SELECT 1) + 1) * 2, struct(1, 2), a.`date`;
