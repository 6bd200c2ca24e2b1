use expect_test::expect;

use super::inserts::check;

#[test]
fn refuses_with_place_and_reason() {
    check(
        "insert into plain select idd, e.nme, x.id from events e",
        expect![[r#"
        error: unknown column idd
         --> q:1:26
          |
        1 | insert into plain select idd, e.nme, x.id from events e
          |                          ^^^
          = hint: did you mean id?
        error: unknown column nme
         --> q:1:31
          |
        1 | insert into plain select idd, e.nme, x.id from events e
          |                               ^^^^^
          = hint: did you mean name?
        error: unknown table in x.id
         --> q:1:38
          |
        1 | insert into plain select idd, e.nme, x.id from events e
          |                                      ^^^^
          = hint: in scope: e
        error: the table takes 2 columns, but the query gives 3
         --> q:1:1
          |
        1 | insert into plain select idd, e.nme, x.id from events e
          | ^^^^^^^^^^^^^^^^^
          = hint: expected, in this order: id, name
    "#]],
    );
    check(
        "insert into plain select count(*), dat_format(ts, 'yyyy') from events group by id having id > 1 order by id limit 3",
        expect![[r#"
            error: ORDER BY needs all rows at once
             --> q:1:106
              |
            1 | ...') from events group by id having id > 1 order by id limit 3
              |                                                      ^^
              = hint: a streaming INSERT computes each row for itself; sort and limit when you read
            error: LIMIT needs all rows at once
             --> q:1:109
              |
            1 | ...from events group by id having id > 1 order by id limit 3
              |                                                      ^^^^^^^
              = hint: a streaming INSERT computes each row for itself; sort and limit when you read
            error: GROUP BY needs more rows than one
             --> q:1:71
              |
            1 | insert into plain select count(*), dat_format(ts, 'yyyy') from events group by id having id > 1 orde...
              |                                                                       ^^^^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
            error: HAVING needs more rows than one
             --> q:1:90
              |
            1 | ...format(ts, 'yyyy') from events group by id having id > 1 order by id limit 3
              |                                                      ^^^^^^
              = hint: a streaming INSERT computes each row for itself
            error: count is an aggregate, which needs more rows than one
             --> q:1:26
              |
            1 | insert into plain select count(*), dat_format(ts, 'yyyy') from events group by id having id > 1 orde...
              |                          ^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
            error: unknown function dat_format
             --> q:1:36
              |
            1 | insert into plain select count(*), dat_format(ts, 'yyyy') from events group by id having id > 1 orde...
              |                                    ^^^^^^^^^^^^^^^^^^^^^^
              = hint: did you mean date_format?
        "#]],
    );
    check(
        "insert into plain select distinct e.id, row_number() over (order by ts) from events e join other o on e.id = o.id",
        expect![[r#"
            error: SELECT DISTINCT needs more rows than one
             --> q:1:19
              |
            1 | insert into plain select distinct e.id, row_number() over (order by ts) from events e join other o o...
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
            error: other is a stream: two streams cannot be joined
             --> q:1:87
              |
            1 | ...id, row_number() over (order by ts) from events e join other o on e.id = o.id
              |                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: FROM names the stream first; JOIN and LEFT JOIN add Hive tables to it
            error: row_number is a window function, which needs more rows than one
             --> q:1:41
              |
            1 | insert into plain select distinct e.id, row_number() over (order by ts) from events e join other o o...
              |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
        "#]],
    );
    check(
        "insert into plain select id from events",
        expect![[r#"
        error: the table takes 2 columns, but the query gives 1
         --> q:1:1
          |
        1 | insert into plain select id from events
          | ^^^^^^^^^^^^^^^^^
          = hint: expected, in this order: id, name
    "#]],
    );
    check(
        "insert into nowhere select id from events",
        expect![[r#"
        error: no table nowhere
         --> q:1:13
          |
        1 | insert into nowhere select id from events
          |             ^^^^^^^
          = hint: create it with CREATE TABLE before the INSERT
    "#]],
    );
    check(
        "insert into plain select id, name from nowhere",
        expect![[r#"
        error: no source table nowhere
         --> q:1:40
          |
        1 | insert into plain select id, name from nowhere
          |                                        ^^^^^^^
          = hint: define it with CREATE TABLE ... WITH ('connector'='...') before the INSERT
    "#]],
    );
    check(
        "insert into plain select id, tags from events",
        expect![[r#"
            error: column name is string, the query gives array<string>
             --> q:1:30
              |
            1 | insert into plain select id, tags from events
              |                              ^^^^
              = hint: columns go by position, not by name
        "#]],
    );
    check(
        "insert into plain select date_format(amount, 'yyyy'), if(amount, 1, 2) from events",
        expect![[r#"
            error: date_format does not take (int, string)
             --> q:1:26
              |
            1 | insert into plain select date_format(amount, 'yyyy'), if(amount, 1, 2) from events
              |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: it takes (date, timestamp or string, string)
            error: if: the condition is int, not boolean
             --> q:1:58
              |
            1 | insert into plain select date_format(amount, 'yyyy'), if(amount, 1, 2) from events
              |                                                          ^^^^^^
              = hint: compare it with something
        "#]],
    );
    check(
        "insert into plain select id, name from events where name + ts",
        expect![[r#"
        error: + does not take (string, timestamp)
         --> q:1:53
          |
        1 | insert into plain select id, name from events where name + ts
          |                                                     ^^^^^^^^^
          = hint: it takes (number, number), or a time and an interval
    "#]],
    );
}

#[test]
fn refuses_what_the_target_does_not_take() {
    check(
        "insert into plain select rand(), explode(tags) from events lateral view explode(tags) t as x",
        expect![[r#"
            error: LATERAL VIEW is not supported in a streaming INSERT
             --> q:1:60
              |
            1 | insert into plain select rand(), explode(tags) from events lateral view explode(tags) t as x
              |                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            error: rand gives another value when a row is read again after a crash
             --> q:1:26
              |
            1 | insert into plain select rand(), explode(tags) from events lateral view explode(tags) t as x
              |                          ^^^^^^
              = hint: compute it from the row, for example with md5 or hash
            error: explode makes several rows or columns of one, which is not supported yet
             --> q:1:34
              |
            1 | insert into plain select rand(), explode(tags) from events lateral view explode(tags) t as x
              |                                  ^^^^^^^^^^^^^
              = hint: take elements with [n], or get_json_object for each key
        "#]],
    );
    check(
        "insert into plain select id, name from events union select id, note from other",
        expect![[r#"
            error: this set operation needs all rows at once
             --> q:1:47
              |
            1 | insert into plain select id, name from events union select id, note from other
              |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: only UNION ALL is possible
        "#]],
    );
    check(
        "insert into plain select id, (select max(id) from other) from events where id in (select id from other)",
        expect![[r#"
            error: a subquery as a value needs more rows than one
             --> q:1:76
              |
            1 | insert into plain select id, (select max(id) from other) from events where id in (select id from oth...
              |                                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
            error: a subquery as a value needs more rows than one
             --> q:1:31
              |
            1 | insert into plain select id, (select max(id) from other) from events where id in (select id from oth...
              |                               ^^^^^^^^^^^^^^^^^^^^^^^^^
              = hint: a streaming INSERT computes each row for itself
        "#]],
    );
    check(
        "insert into parted partition (dt, hr='1') select id, name from events",
        expect![[r#"
        error: a dynamic partition column comes before a static one
         --> q:1:13
          |
        1 | insert into parted partition (dt, hr='1') select id, name from events
          |             ^^^^^^
          = hint: give the first partition columns a value, the last ones none
    "#]],
    );
    check(
        "insert into typed partition (d='soon', n=1) select id from events",
        expect![[r#"
        error: the value of partition column d is no date
         --> q:1:32
          |
        1 | insert into typed partition (d='soon', n=1) select id from events
          |                                ^^^^^^
    "#]],
    );
    check(
        "insert into plain partition (x=1) select id, name from events",
        expect![[r#"
        error: the table is not partitioned
         --> q:1:19
          |
        1 | insert into plain partition (x=1) select id, name from events
          |                   ^^^^^^^^^^^^^^^
          = hint: leave PARTITION out
        error: x is not a partition column
         --> q:1:30
          |
        1 | insert into plain partition (x=1) select id, name from events
          |                              ^^^
    "#]],
    );
    check(
        "insert into plain select geo.alt, name from events where name rlike 'a(?=b)'",
        expect![[r#"
            error: rlike: look-ahead (?=...) is not supported
             --> q:1:58
              |
            1 | insert into plain select geo.alt, name from events where name rlike 'a(?=b)'
              |                                                          ^^^^^^^^^^^^^^^^^^^
            error: no field alt; there are: lat, lon
             --> q:1:26
              |
            1 | insert into plain select geo.alt, name from events where name rlike 'a(?=b)'
              |                          ^^^^^^^
        "#]],
    );
    check(
        "insert into plain (id, nam) select id, name from events",
        expect![[r#"
        error: the table has no column nam
         --> q:1:24
          |
        1 | insert into plain (id, nam) select id, name from events
          |                        ^^^
    "#]],
    );
    check(
        "with a as (select * from b), b as (select * from a) insert into plain select * from a",
        expect![[r#"
            error: no source table a
             --> q:1:50
              |
            1 | with a as (select * from b), b as (select * from a) insert into plain select * from a
              |                                                  ^
              = hint: define it with CREATE TABLE ... WITH ('connector'='...') before the INSERT
        "#]],
    );
}
