//! Files read as a table whose columns have changed since.

use super::*;

fn fields(texts: &[(&str, &str)]) -> Vec<StructField> {
    let fields = texts.iter();
    fields
        .map(|(name, ty)| StructField { name: (*name).to_owned(), ty: ty.parse().unwrap() })
        .collect()
}

fn shown(batch: &RecordBatch, row: usize) -> Vec<String> {
    let columns = batch.columns().iter();
    let show = |c: &ArrayRef| array_value_to_string(c, row).unwrap();
    columns.map(show).collect()
}

#[test]
fn columns_are_found_by_name_or_position_and_converted() {
    let old = fields(&[("A", "int"), ("b", "decimal(5,2)"), ("s", "struct<x:int,y:string>")]);
    let number: ArrayRef = Arc::new(Int32Array::from(vec![300, -1]));
    let price = Decimal128Array::from(vec![150, -5]).with_precision_and_scale(5, 2).unwrap();
    let DataType::Struct(inner) = old[2].ty.to_arrow() else { unreachable!() };
    let parts: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![1, 2])), Arc::new(StringArray::from(vec!["p", "12"]))];
    let pair: ArrayRef = Arc::new(StructArray::new(inner, parts, None));
    let columns = [("A", number), ("b", Arc::new(price) as ArrayRef), ("s", pair)];
    let rows = RecordBatch::try_from_iter(columns);
    let bytes = encode(&old, &[rows.unwrap()], &OrcOptions::default());
    for (want, positional, expected) in [
        (
            vec![("a", "bigint"), ("gone", "string"), ("b", "decimal(20,3)")],
            false,
            ["300", "", "1.500"],
        ),
        (vec![("b", "string"), ("a", "double"), ("a", "tinyint")], false, ["1.5", "300.0", ""]),
        (
            vec![("p", "string"), ("q", "double"), ("r", "struct<Y:string>")],
            true,
            ["300", "1.5", "{Y: p}"],
        ),
        (
            vec![("s", "struct<z:int,x:bigint>"), ("a", "varchar(2)"), ("b", "int")],
            false,
            ["{z: , x: 1}", "30", "1"],
        ),
    ] {
        let what = OrcRead { columns: Some(fields(&want)), positional, ..OrcRead::default() };
        assert_eq!(shown(&decode(&bytes, &what), 0), expected, "{want:?}");
    }
    let what = OrcRead { columns: Some(fields(&[("s", "int")])), ..OrcRead::default() };
    let error = OrcFile::open(bytes).unwrap().read(&what).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Schema);
}

#[test]
fn files_without_names_are_read_by_position() {
    let old = fields(&[("_col0", "int"), ("_col1", "string")]);
    let a: ArrayRef = Arc::new(Int32Array::from(vec![5]));
    let b: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let rows = RecordBatch::try_from_iter([("_col0", a), ("_col1", b)]).unwrap();
    let bytes = encode(&old, &[rows], &OrcOptions::default());
    let want = fields(&[("id", "int"), ("name", "string"), ("new", "date")]);
    let what = OrcRead { columns: Some(want), ..OrcRead::default() };
    assert_eq!(shown(&decode(&bytes, &what), 0), ["5", "x", ""]);
}
