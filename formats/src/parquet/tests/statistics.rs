//! Statistics and page index follow Parquet's rules.

use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::*;

/// Writes one column in pages of eight rows and prints what its statistics say.
fn describe(array: ArrayRef, options: &ParquetOptions) -> String {
    let options = ParquetOptions { page_rows: 8, ..options.clone() };
    let (file, _) = encode(&options, None, &[vec![batch(vec![("c", array)])]]).unwrap();
    let metadata = metadata(&file);
    let stats = metadata.row_group(0).column(0).statistics().unwrap();
    let bytes = |b: Option<&[u8]>| b.map_or("-".to_owned(), |b| b.escape_ascii().to_string());
    let (min, max) = match stats {
        Statistics::Boolean(s) => (format!("{:?}", s.min_opt()), format!("{:?}", s.max_opt())),
        Statistics::Int32(s) => (format!("{:?}", s.min_opt()), format!("{:?}", s.max_opt())),
        Statistics::Int64(s) => (format!("{:?}", s.min_opt()), format!("{:?}", s.max_opt())),
        Statistics::Float(s) => (format!("{:?}", s.min_opt()), format!("{:?}", s.max_opt())),
        Statistics::Double(s) => (format!("{:?}", s.min_opt()), format!("{:?}", s.max_opt())),
        other => (bytes(other.min_bytes_opt()), bytes(other.max_bytes_opt())),
    };
    let min = min.replace("Some", "").replace("None", "-");
    let max = max.replace("Some", "").replace("None", "-");
    let exact = stats.min_is_exact() && stats.max_is_exact();
    let inexact = if exact || min == "-" { "" } else { " inexact" };
    let index = match metadata.column_index() {
        None => "no index".to_owned(),
        Some(index) => match &index[0][0] {
            ColumnIndexMetaData::NONE => "no index".to_owned(),
            index => {
                let nulls = index.null_counts().cloned();
                format!("{:?} nulls {:?}", index.get_boundary_order().unwrap(), nulls.unwrap())
            }
        },
    };
    format!("{min} {max} nulls {}{inexact}, {index}", stats.null_count_opt().unwrap())
}

fn check(array: impl Array + 'static, expected: &str) {
    assert_eq!(describe(Arc::new(array), &ParquetOptions::default()), expected);
}

#[test]
fn floats_leave_nan_out_and_widen_zeros() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    check(Float64Array::from(vec![1.0, nan, -2.0]), "(-2.0) (1.0) nulls 0, ASCENDING nulls [0]");
    check(Float64Array::from(vec![nan, nan]), "- - nulls 0, no index");
    check(Float64Array::from(vec![0.0, 5.0]), "(-0.0) (5.0) nulls 0, ASCENDING nulls [0]");
    check(Float64Array::from(vec![-0.0, -5.0]), "(-5.0) (0.0) nulls 0, ASCENDING nulls [0]");
    check(Float64Array::from(vec![inf, -inf]), "(-inf) (inf) nulls 0, ASCENDING nulls [0]");
    check(Float32Array::from(vec![f32::NAN, 0.0]), "(-0.0) (0.0) nulls 0, ASCENDING nulls [0]");
    // One page of NaN alone among others.
    let values = [vec![1.0; 8], vec![nan; 8], vec![3.0; 8]].concat();
    check(Float64Array::from(values), "(1.0) (3.0) nulls 0, no index");
}

#[test]
fn pages_and_nulls() {
    check(Int32Array::from_iter_values(0..24), "(0) (23) nulls 0, ASCENDING nulls [0, 0, 0]");
    check(
        Int64Array::from_iter_values((0..24).rev()),
        "(0) (23) nulls 0, DESCENDING nulls [0, 0, 0]",
    );
    let zigzag = Int64Array::from_iter_values((0..24).map(|i| if i / 8 == 1 { -i } else { i }));
    check(zigzag, "(-15) (23) nulls 0, UNORDERED nulls [0, 0, 0]");
    let holes = (0..24).map(|i| (i / 8 != 1 && i != 3).then_some(i));
    check(holes.collect::<Int64Array>(), "(0) (23) nulls 9, ASCENDING nulls [1, 8, 0]");
    check(Int64Array::new_null(9), "- - nulls 9, ASCENDING nulls [8, 1]");
    check(BooleanArray::from(vec![Some(true), None]), "(true) (true) nulls 1, ASCENDING nulls [1]");
    // In dictionaries too, page by page.
    let repeated = Int64Array::from_iter_values((0..64).map(|i| i / 16));
    check(repeated, "(0) (3) nulls 0, ASCENDING nulls [0, 0, 0, 0, 0, 0, 0, 0]");
}

#[test]
fn texts_are_cut_between_characters_and_rounded_up() {
    let texts = |values: &[String]| StringArray::from_iter_values(values);
    check(texts(&["b".into(), String::new(), "ab".into()]), " b nulls 0, ASCENDING nulls [0]");
    let (low, high) = ("a".repeat(65), "z".repeat(65));
    let cut =
        format!("{} {}{{ nulls 0 inexact, ASCENDING nulls [0]", "a".repeat(64), "z".repeat(63));
    check(texts(&[low, high]), &cut);
    let wide = format!("{}é{}", "a".repeat(63), "x");
    let cut =
        format!("{} {}b nulls 0 inexact, ASCENDING nulls [0]", "a".repeat(63), "a".repeat(62));
    check(texts(&[wide]), &cut);
    // No text is greater than one of the last character alone.
    check(texts(&["\u{10ffff}".repeat(30)]), "- - nulls 0, no index");
    let bytes = BinaryArray::from_iter_values([vec![0xff; 65], vec![0x80]]);
    check(bytes, "- - nulls 0, no index");
    let mut high = vec![0xff; 65];
    high[0] = 0x7f;
    check(
        BinaryArray::from_iter_values([high]),
        &format!("\\x7f{} \\x80 nulls 0 inexact, ASCENDING nulls [0]", "\\xff".repeat(63)),
    );
    // Bytes compare without a sign.
    check(
        BinaryArray::from_iter_values([[0x80u8], [0x7f]]),
        "\\x7f \\x80 nulls 0, ASCENDING nulls [0]",
    );
}

#[test]
fn decimals_are_ordered_by_their_sign() {
    let decimal = |p| {
        let values = Decimal128Array::from(vec![-1, 2, -300]);
        Arc::new(values.with_precision_and_scale(p, 0).unwrap()) as ArrayRef
    };
    let modern = ParquetOptions { decimal: ParquetDecimal::Standard, ..ParquetOptions::default() };
    for (array, options, expected) in [
        (decimal(4), &ParquetOptions::default(), r"\xfe\xd4 \x00\x02 nulls 0, ASCENDING nulls [0]"),
        (decimal(4), &modern, "(-300) (2) nulls 0, ASCENDING nulls [0]"),
        (decimal(18), &modern, "(-300) (2) nulls 0, ASCENDING nulls [0]"),
        (
            decimal(19),
            &modern,
            r"\xff\xff\xff\xff\xff\xff\xff\xfe\xd4 \x00\x00\x00\x00\x00\x00\x00\x00\x02 nulls 0, ASCENDING nulls [0]",
        ),
    ] {
        assert_eq!(describe(array, options), expected);
    }
}

#[test]
fn int96_has_no_order() {
    let times = || TimestampMicrosecondArray::from(vec![Some(5), None, Some(-5)]);
    check(times(), "- - nulls 1, no index");
    let modern =
        ParquetOptions { timestamp: ParquetTimestamp::Int64Micros, ..ParquetOptions::default() };
    let expected = "(-5) (5) nulls 1, ASCENDING nulls [1]";
    assert_eq!(describe(Arc::new(times()), &modern), expected);
}

#[test]
fn nested_nulls_count_empty_lists() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(3), None]),
        None,
        Some(vec![]),
        Some(vec![Some(1)]),
    ]);
    check(lists, "(1) (3) nulls 3, ASCENDING nulls [3]");
}
