# a shell comment
SELECT 1;
// a comment
SELECT 1;
SELECT ‘a’ FROM t;
SELECT größe FROM t;
SELECT _id FROM t;
SELECT a FROM t;
SELECT ${day} FROM t WHERE dt = '${hiveconf:dt}';
SELECT ${hiveconf:limit};
SELECT a @ b;
SELECT /*+ x */ a /*+ y */ FROM t;
SELECT 1; /* never closed
