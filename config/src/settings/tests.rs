use expect_test::{Expect, expect};

use super::*;

fn run(text: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Settings, Problems> {
    let file = FileText { path: Path::new("/etc/skep/skep.toml"), text };
    resolve(Some(file), environment.iter().copied(), flags)
}

fn check_errors(text: &str, environment: &[(&str, &str)], flags: &Flags, expected: Expect) {
    expected.assert_eq(&run(text, environment, flags).unwrap_err().to_string());
}

#[test]
fn everything_has_a_default() {
    let settings = resolve(None, [], &Flags::default()).unwrap();
    assert_eq!(settings.warehouse, Path::new("warehouse"));
    assert_eq!(settings.state, Path::new("warehouse/.skep"));
    assert!(settings.pipelines.is_empty() && settings.session.is_empty());
    assert_eq!((settings.log_format, settings.log_level), (LogFormat::Text, LogLevel::Info));
}

#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let text = r#"
        warehouse = "wh"
        state = "/state"
        pipelines = ["a, b.hql", "sub/*.hql"]
        write_memory = "1GB"
        parallelism = 4
        log = { level = "debug", format = "json" }
        [hiveconf]
        execution.checkpointing.interval = "30 s"
        "dead-letters.max-rate" = 5
        hive.exec.dynamic.partition = true
        [hivevar]
        env = "test"
        dt = "2020-01-01"
    "#;
    let environment = [
        ("HOME", "/root"),
        ("SKEP__LOG__LEVEL", "warn"),
        ("SKEP__WRITE_MEMORY", "2GB"),
        ("SKEP__HIVECONF__EXECUTION_CHECKPOINTING_INTERVAL", "20 s"),
        ("SKEP__HIVECONF__my.key", "x"),
        ("SKEP__HIVEVAR__env", "staging"),
    ];
    let flags = Flags {
        log_level: Some("error".to_owned()),
        hiveconf: vec!["execution.checkpointing.interval=10 s".to_owned(), "k=a=b".to_owned()],
        hivevar: vec!["dt=2026-01-01".to_owned()],
        ..Flags::default()
    };
    let settings = run(text, &environment, &flags).unwrap();
    assert_eq!(settings.warehouse, Path::new("/etc/skep/wh"));
    assert_eq!(settings.state, Path::new("/state"));
    let pipelines = [Path::new("/etc/skep/a, b.hql"), Path::new("/etc/skep/sub/*.hql")];
    assert_eq!(settings.pipelines, pipelines);
    assert_eq!((settings.log_format, settings.log_level), (LogFormat::Json, LogLevel::Error));
    let hivevar: Vec<_> = settings.hivevar.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(hivevar, ["dt=2026-01-01", "env=staging"]);
    let session: Vec<_> = settings
        .session
        .iter()
        .map(|(key, text, origin)| format!("{key}={text} ({origin})"))
        .collect();
    expect![[r"
        dead-letters.max-rate=5 (/etc/skep/skep.toml:10)
        execution.checkpointing.interval=10 s (--hiveconf)
        hive.exec.dynamic.partition=true (/etc/skep/skep.toml:11)
        k=a=b (--hiveconf)
        my.key=x (environment SKEP__HIVECONF__my.key)
        parallelism.default=4 (/etc/skep/skep.toml:6)
        write.memory=2GB (environment SKEP__WRITE_MEMORY)"]]
    .assert_eq(&session.join("\n"));
    let explained: Vec<_> = settings
        .explain()
        .into_iter()
        .map(|e| format!("{} = {} ({})", e.key, e.value.as_deref().unwrap_or("-"), e.origin))
        .collect();
    expect![[r#"
        warehouse = /etc/skep/wh (/etc/skep/skep.toml:2)
        state = /state (/etc/skep/skep.toml:3)
        pipelines = /etc/skep/a, b.hql,/etc/skep/sub/*.hql (/etc/skep/skep.toml:4)
        log.format = json (/etc/skep/skep.toml:7)
        log.level = error (--log-level)
        write_memory = 2gb (environment SKEP__WRITE_MEMORY)
        parallelism = 4 (/etc/skep/skep.toml:6)
        metastore.uris = - (default)
        metastore.hive_conf_dir = - (default)
        metastore.user = skep (default)
        metastore.listen = - (default)
        s3.endpoint = - (default)
        s3.region = us-east-1 (default)
        s3.access_key = - (default)
        s3.secret_key = - (default)
        s3.session_token = - (default)
        s3.path_style_access = true (default)"#]]
    .assert_eq(&explained.join("\n"));
}

#[test]
fn scripts_of_the_command_line_replace_those_of_the_file() {
    let flags = Flags { scripts: vec!["x.hql".into()], ..Flags::default() };
    let settings = run("pipelines = ['a.hql']", &[], &flags).unwrap();
    assert_eq!(settings.pipelines, [Path::new("x.hql")]);
}

#[test]
fn reports_all_mistakes_with_their_line() {
    check_errors(
        "warehose = 'wh'\nstate = ''\nparallelism = 'many'\nwrite_memory = 1.5\npipelines = [1]\n\n[log]\nlevel = 'loud'\n[hivconf]\nx = 1\n[hiveconf]\na = [1]\nb = 2020-01-01\n",
        &[("SKEP__LOG__FORMAT", "xml"), ("SKEP__STAT", "x")],
        &Flags { hiveconf: vec!["novalue".to_owned(), "=1".to_owned()], ..Flags::default() },
        expect![[r"
            error: hiveconf.a: is a list: expected one value (/etc/skep/skep.toml:12)
            error: hiveconf.b: is not text: expected a value in quotes (/etc/skep/skep.toml:13)
            error: pipelines: has an item that is not a path in quotes (/etc/skep/skep.toml:5)
            error: --hiveconf: `novalue` is not of the form key=value
              hint: write --hiveconf key=value
            error: --hiveconf: `=1` is not of the form key=value
              hint: write --hiveconf key=value
            error: state: is not a path: expected a name without NUL that is not empty (/etc/skep/skep.toml:2)
            error: log.format: `xml` is not accepted: expected one of `text`, `json` (environment SKEP__LOG__FORMAT)
            error: log.level: `loud` is not accepted: expected one of `error`, `warn`, `info`, `debug`, `trace` (/etc/skep/skep.toml:8)
            error: write_memory: `1.5` is not a size: expected a whole number and a unit (kb, mb, gb, tb; 1 kb is 1024 bytes), such as `128MB`; a plain number is bytes (/etc/skep/skep.toml:4)
            error: parallelism: `many` is not a whole number from 0 to 4294967295 (/etc/skep/skep.toml:3)
            error: hivconf.x: is not an option of a service file (/etc/skep/skep.toml:10)
              hint: did you mean the section `[hiveconf]`?
            error: stat: is not an option of a service file (environment SKEP__STAT)
              hint: did you mean `state`?
            error: warehose: is not an option of a service file (/etc/skep/skep.toml:1)
              hint: did you mean `warehouse`?"]],
    );
}

#[test]
fn reports_where_the_syntax_breaks() {
    check_errors(
        "a = 1\nwarehouse = \n",
        &[],
        &Flags::default(),
        expect![
            "error: service file: string values must be quoted, expected literal string (/etc/skep/skep.toml:2)"
        ],
    );
    check_errors(
        "a = 1\na = 2\n",
        &[],
        &Flags::default(),
        expect!["error: service file: duplicate key (/etc/skep/skep.toml:2)"],
    );
}

#[test]
fn objects_are_found_as_other_programs_find_them() {
    let environment = [
        ("AWS_ACCESS_KEY_ID", "env"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_DEFAULT_REGION", "eu-1"),
        ("AWS_REGION", "eu-2"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"),
        ("AWS_PROFILE", "not known here"),
    ];
    let s3 = |text| {
        let s3 = run(text, &environment, &Flags::default()).unwrap().s3;
        let shown = |secret: Option<crate::Secret>| secret.map(|s| s.expose().to_owned());
        let keys = [s3.access_key, s3.secret_key, s3.session_token].map(shown);
        (s3.endpoint.unwrap(), s3.region, keys, s3.path_style_access)
    };
    let keys = |keys: [Option<&str>; 3]| keys.map(|key| key.map(str::to_owned));
    let of_environment = keys([Some("env"), Some("secret"), Some("token")]);
    let endpoint = "http://127.0.0.1:9000".to_owned();
    assert_eq!(s3(""), (endpoint.clone(), "eu-2".to_owned(), of_environment, true));
    let text = "[s3]\naccess_key = 'file'\nsecret_key = 'key'\npath_style_access = false";
    let of_file = keys([Some("file"), Some("key"), None]);
    assert_eq!(s3(text), (endpoint, "eu-2".to_owned(), of_file, false), "the token is another's");
    let wrong = run("[s4]\nendpoint = 'x'", &[], &Flags::default()).unwrap_err().to_string();
    assert!(wrong.contains("s3"), "{wrong}");
}
