use proptest::prelude::*;

use super::*;
use crate::Kind;

fn spec(pairs: &[(&str, Option<&str>)]) -> PartitionSpec {
    PartitionSpec::new(pairs.iter().copied())
}

#[test]
fn table_names_are_checked_and_lower_cased() {
    let cases = [
        ("orders", Some("sales.orders")),
        (" Sales.Orders ", Some("sales.orders")),
        ("x.T_1", Some("x.t_1")),
        ("", None),
        (".", None),
        ("a.", None),
        (".b", None),
        ("a.b.c", None),
        ("..", None),
        ("a/b", None),
        ("a b", None),
        ("tëst", None),
        ("t\0", None),
    ];
    for (text, want) in cases {
        let name = TableName::parse(text, "SALES");
        match want {
            Some(want) => assert_eq!(name.unwrap().to_string(), want, "{text:?}"),
            None => assert_eq!(name.unwrap_err().kind(), Kind::Config, "{text:?}"),
        }
    }
    assert_eq!("t".parse::<TableName>().unwrap().database(), "default");
    assert!(TableName::new("d", &"x".repeat(128)).is_ok());
    assert!(TableName::new("d", &"x".repeat(129)).is_err());
}

#[test]
fn values_are_escaped_as_in_hive() {
    let cases = [
        ("US/East", "US%2FEast"),
        ("2026-01-01 07:00:00", "2026-01-01 07%3A00%3A00"),
        ("a=b", "a%3Db"),
        ("100%", "100%25"),
        ("\"#%'*/:=?\\\u{7f}{[]^", "%22%23%25%27%2A%2F%3A%3D%3F%5C%7F%7B%5B%5D%5E"),
        ("\u{0}\u{1}\t\n\r\u{1f}", "%00%01%09%0A%0D%1F"),
        ("a b}|~<>&;,.!@$()+-_`", "a b}|~<>&;,.!@$()+-_`"),
        ("..", ".."),
        ("日本é\u{80}", "日本é\u{80}"),
    ];
    for (value, folder) in cases {
        assert_eq!(escape_path_name(value), folder);
        assert_eq!(unescape_path_name(folder), value);
    }
    for (folder, value) in [
        ("%", "%"),
        ("%2", "%2"),
        ("%zz", "%zz"),
        ("%+5", "%+5"),
        ("%%41", "%A"),
        ("%2fx", "/x"),
        ("%E9", "é"),
    ] {
        assert_eq!(unescape_path_name(folder), value, "{folder:?}");
    }
}

#[test]
fn null_and_empty_share_the_default_folder() {
    let path = spec(&[("DT", Some("2026-01-01")), ("hr", None)]).to_path().unwrap();
    assert_eq!(path.as_str(), "dt=2026-01-01/hr=__HIVE_DEFAULT_PARTITION__");
    assert_eq!(spec(&[("a", Some(""))]), spec(&[("A", None)]));
    assert_eq!(spec(&[("a", Some(DEFAULT_PARTITION_NAME))]), spec(&[("a", None)]));
    let own = PartitionPath::new(&spec(&[("a", None), ("b", Some("none"))]), "none").unwrap();
    assert_eq!(own.as_str(), "a=none/b=none");
    assert_eq!(PartitionPath::parse_spec("a=none", "none").unwrap(), spec(&[("a", None)]));
    for bad in ["", "a/b", "..%", "x\0", "a=b"] {
        assert!(PartitionPath::new(&spec(&[("a", None)]), bad).is_err(), "{bad:?}");
    }
}

#[test]
fn paths_that_are_no_partition_are_refused() {
    for bad in [
        "dt",
        "..",
        ".",
        "/dt=1",
        "dt=1/",
        "dt=1//hr=2",
        "dt=1/..",
        "=1",
        "dt=1/DT=2",
        "dt=%00",
        "%00=1",
        "../dt=1",
    ] {
        assert_eq!(bad.parse::<PartitionPath>().unwrap_err().kind(), Kind::Config, "{bad:?}");
    }
    let long = format!("dt={}", "x".repeat(252));
    assert_eq!(long.parse::<PartitionPath>().unwrap().as_str(), long);
    assert!(format!("{long}x").parse::<PartitionPath>().is_err());
    assert_eq!("".parse::<PartitionPath>().unwrap(), PartitionPath::default());
    assert_eq!("DT=a%3ab".parse::<PartitionPath>().unwrap().as_str(), "dt=a%3Ab");
}

#[test]
fn specs_without_a_folder_are_refused() {
    let (nul, long) = ("a\0b", "/".repeat(85));
    for bad in [
        &[("dt", Some(nul))][..],
        &[("", Some("1"))],
        &[("dt", Some(&long))],
        &[("a", None), ("A", None)],
    ] {
        assert_eq!(spec(bad).to_path().unwrap_err().kind(), Kind::Config, "{bad:?}");
    }
}

#[test]
fn metastore_values_become_specs_and_back() {
    let values = ["2026".to_owned(), DEFAULT_PARTITION_NAME.to_owned()];
    let made = PartitionSpec::from_values(&["y", "m"], &values).unwrap();
    assert_eq!(made, spec(&[("y", Some("2026")), ("m", None)]));
    assert_eq!(made.to_values(), values);
    assert_eq!(made.get("M"), Some(None));
    assert_eq!(made.get("d"), None);
    assert_eq!(PartitionSpec::from_values(&["y"], &values).unwrap_err().kind(), Kind::Schema);
}

proptest! {
    #[test]
    fn escape_is_undone_by_unescape(text in any::<String>()) {
        let escaped = escape_path_name(&text);
        prop_assert!(!escaped.bytes().any(|b| b != b'%' && must_escape(b)));
        prop_assert_eq!(unescape_path_name(&escaped), text.as_str());
    }

    #[test]
    fn unescape_takes_any_text(text in "[%0-9a-fg/é]{0,20}") {
        let _any = unescape_path_name(&text).len();
    }

    #[test]
    fn an_owned_text_is_read_as_a_borrowed_one(
        text in prop_oneof![
            "[a-c=/]{1,8}",
            "[abA%2é]{0,3}=[ab%:=2é ]{0,4}(/[abA%]{0,3}=[ab%=\u{1}]{0,4}){0,2}",
            "a=b{0,260}",
        ]
    ) {
        let borrowed = text.parse::<PartitionPath>().map_err(|error| error.kind());
        prop_assert_eq!(PartitionPath::try_from(text).map_err(|error| error.kind()), borrowed);
    }

    #[test]
    fn a_path_reads_back_as_its_spec(values in prop::collection::vec(any::<Option<String>>(), 0..4)) {
        let spec = PartitionSpec::new(values.into_iter().enumerate().map(|(i, v)| (format!("k%{i}"), v)));
        if let Ok(path) = spec.to_path() {
            prop_assert_eq!(path.as_str().split('/').filter(|c| !c.is_empty()).count(), spec.len());
            prop_assert_eq!(&path.to_spec().unwrap(), &spec);
            prop_assert_eq!(&path.as_str().parse::<PartitionPath>().unwrap(), &path);
            prop_assert_eq!(spec.to_string(), path.as_str());
        }
    }
}
