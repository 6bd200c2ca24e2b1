use std::fmt::Write as _;

use expect_test::{Expect, expect};

use crate::script::parse;

fn check(text: &str, expected: &Expect) {
    let parsed = parse(text);
    let mut out = String::new();
    for statement in &parsed.statements {
        writeln!(out, "{:?}", statement.kind).unwrap();
    }
    for problem in &parsed.errors {
        let place = &text[problem.span.range()];
        writeln!(out, "{} at {place:?}", problem.message).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn hive_settings() {
    check(
        "set; SET -v; SET  hive.x ;set hivevar:a = b = 'c;d' ;SET b=; SET d='x'--y;\n\
         SET e=f -- it's g\n  h;SET i=j\\;k;",
        &expect![[r#"
            Set(All)
            Set(Verbose)
            Set(Show(SetKey { span: 18..24, name: "hive.x", style: Hive }))
            Set(Assign { key: SetKey { span: 30..39, name: "hivevar:a", style: Hive }, value_span: 42..51, value: "b = 'c;d'" })
            Set(Assign { key: SetKey { span: 57..58, name: "b", style: Hive }, value_span: 59..59, value: "" })
            Set(Assign { key: SetKey { span: 65..66, name: "d", style: Hive }, value_span: 67..73, value: "'x'--y" })
            Set(Assign { key: SetKey { span: 79..80, name: "e", style: Hive }, value_span: 81..96, value: "f \n  h" })
            Set(Assign { key: SetKey { span: 101..102, name: "i", style: Hive }, value_span: 103..107, value: "j;k" })
        "#]],
    );
}

#[test]
fn flink_settings() {
    check(
        "SET 'a' = 'it''s;'; SET 'b'; RESET 'c'; RESET; reset -d x y.z",
        &expect![[r#"
        Set(Assign { key: SetKey { span: 4..7, name: "a", style: Flink }, value_span: 10..18, value: "it's;" })
        Set(Show(SetKey { span: 24..27, name: "b", style: Flink }))
        Reset(Reset { keys: [SetKey { span: 35..38, name: "c", style: Flink }], to_default: false })
        Reset(Reset { keys: [], to_default: false })
        Reset(Reset { keys: [SetKey { span: 56..57, name: "x", style: Hive }, SetKey { span: 58..61, name: "y.z", style: Hive }], to_default: true })
    "#]],
    );
}

#[test]
fn broken_settings() {
    check(
        "SET =x;\nSET 'a' = b;\nSET 'a = b;\nSET 'a'='b' c;\nRESET 'a",
        &expect![[r#"
            there is no key before `=` at "="
            this setting is half in quotes at "= b"
            this string has no closing quote at "'a = b"
            unexpected text behind the value at "c"
            this string has no closing quote at "'a"
        "#]],
    );
}

#[test]
fn commands_of_the_shell() {
    check(
        "add jars a.jar  ivy://b:c:1 ; ADD FILE x; list archives; delete file a; DELETE JARS;\n\
         dfs -ls -R 's3://b/x;y'; !echo 'a;b' --c -- d\n; source a b.sql; quit; EXIT ; reload; \
         llap cluster -info; CRYPTO CREATE_KEY --keyName k; erasure listPolicies;\n\
         compile `a \\`b\\` \\; c;\n d` AS Groovy NAMED x.groovy; dfs; /* c */ -- d\nADD JAR e",
        &expect![[r#"
            Command(Resource(Resource { action: Add, kind: Jar, values: [RawText { span: 9..14, value: "a.jar" }, RawText { span: 16..27, value: "ivy://b:c:1" }] }))
            Command(Resource(Resource { action: Add, kind: File, values: [RawText { span: 39..40, value: "x" }] }))
            Command(Resource(Resource { action: List, kind: Archive, values: [] }))
            Command(Resource(Resource { action: Delete, kind: File, values: [RawText { span: 69..70, value: "a" }] }))
            Command(Resource(Resource { action: Delete, kind: Jar, values: [] }))
            Command(Dfs(RawText { span: 89..108, value: "-ls -R 's3://b/x;y'" }))
            Command(Shell(RawText { span: 111..125, value: "echo 'a;b' --c" }))
            Command(Source(RawText { span: 140..147, value: "a b.sql" }))
            Command(Quit)
            Command(Exit)
            Command(Reload)
            Command(Llap { part: Cluster, arguments: RawText { span: 183..188, value: "-info" } })
            Command(Crypto(RawText { span: 197..219, value: "CREATE_KEY --keyName k" }))
            Command(Erasure(RawText { span: 229..241, value: "listPolicies" }))
            Command(Compile(Compile { code: RawText { span: 251..269, value: "a `b` ; c;\n d" }, language: RawText { span: 273..279, value: "Groovy" }, name: RawText { span: 286..294, value: "x.groovy" } }))
            Command(Dfs(RawText { span: 299..299, value: "" }))
            Command(Resource(Resource { action: Add, kind: Jar, values: [RawText { span: 322..323, value: "e" }] }))
        "#]],
    );
}

#[test]
fn statements_that_only_begin_like_commands() {
    for text in
        ["DELETE FROM t", "SET ROLE admin", "SET AUTOCOMMIT TRUE", "QUIT now", "RELOAD FUNCTION"]
    {
        let raw = &crate::split(text)[0];
        assert!(!raw.is_command(), "{text}");
    }
}

#[test]
fn broken_commands() {
    check(
        "ADD; ADD x y; ADD JAR; list ; LIST foo; source; compile; compile `a; compile `a` as \
         groovy; compile `a` as java named x",
        &expect![[r#"
            ADD says no kind of resource at "ADD"
            `x` is no kind of resource at "x"
            ADD names no resource at "ADD"
            LIST says no kind of resource at "list"
            `foo` is no kind of resource at "foo"
            SOURCE names no file at "source"
            COMPILE has no code at "compile"
            the code has no language and name at "`a` as groovy; compile `a` as java named x"
        "#]],
    );
}

#[test]
fn variables_stand_in_values_not_in_keys() {
    let lookup = |space: &str, name: &str| Some(format!("<{space}.{name}>"));
    for (text, expected) in [
        ("SET ${a}=${b};", "SET ${a}=<hivevar.b>"),
        ("RESET ${a}", "RESET ${a}"),
        ("ADD JAR ${env:x}/y.jar", "ADD JAR <env.x>/y.jar"),
        ("dfs -ls ${hiveconf:${a}}", "dfs -ls <hiveconf.<hivevar.a>>"),
        ("!ls ${a}", "!ls <hivevar.a>"),
    ] {
        let statement = crate::split(text)[0].parse(&lookup).unwrap();
        assert_eq!(statement.to_string(), expected);
    }
    let holds_a_command = |_: &str, _: &str| Some("SET x=1".to_owned());
    let problems = crate::split("${a}")[0].parse(&holds_a_command).unwrap_err();
    assert_eq!(problems[0].message, "a variable holds a command of the shell");
}
