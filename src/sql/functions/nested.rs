//! Arrays, maps and structs: made, measured, searched and taken apart.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray, MapArray, StructArray,
    UInt32Array, make_comparator, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, interleave, sort_to_indices, take};
use arrow::datatypes::{DataType, Int32Type};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err, internal_err};
use formats::types::{HiveType, StructField};

use super::Arg;
use super::coerce::{common, for_comparison};
use super::def::{Call, Def, Plan, Types, external, is_whole};
use super::values::numbers;

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["array"],
        usage: "values of one type",
        types: Types::Other(array_types),
        eval: make_array,
    },
    Def {
        names: &["map"],
        usage: "(key, value, key, value, ...)",
        types: Types::Other(map_types),
        eval: make_map,
    },
    Def {
        names: &["struct"],
        usage: "one or more values",
        types: Types::Other(struct_types),
        eval: |c| make_struct(c, 0, 1),
    },
    Def {
        names: &["named_struct"],
        usage: "(constant name, value, constant name, value, ...)",
        types: Types::Other(named_struct_types),
        eval: |c| make_struct(c, 1, 2),
    },
    Def { names: &["size"], usage: "(array or map)", types: Types::Other(size_types), eval: size },
    Def {
        names: &["array_contains"],
        usage: "(array, value of its type)",
        types: Types::Other(contains_types),
        eval: contains,
    },
    Def {
        names: &["map_keys"],
        usage: "(map)",
        types: Types::Other(|args| part_types(args, 0)),
        eval: |c| map_part(c, 0),
    },
    Def {
        names: &["map_values"],
        usage: "(map)",
        types: Types::Other(|args| part_types(args, 1)),
        eval: |c| map_part(c, 1),
    },
    Def {
        names: &["sort_array"],
        usage: "(array)",
        types: Types::Other(|args| match args {
            [Arg { ty: HiveType::Array(element), .. }] if element.is_primitive() => {
                let ty = HiveType::Array(element.clone());
                Plan::of([ty.clone()], ty)
            }
            _ => Ok(None),
        }),
        eval: sort_array,
    },
    Def {
        names: &["[]", "index"],
        usage: "(array, int), or (map, key)",
        types: Types::Other(element_types),
        eval: element,
    },
    Def {
        names: &["."],
        usage: "(struct, name of a field)",
        types: Types::Other(field_types),
        eval: field,
    },
];

fn meet(args: &[Arg<'_>]) -> Option<HiveType> {
    args.iter().try_fold(HiveType::Void, |ty, arg| common(&ty, arg.ty))
}

fn or_text(ty: HiveType) -> HiveType {
    if ty == HiveType::Void { HiveType::String } else { ty }
}

fn array_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let Some(ty) = meet(args).map(or_text) else { return Ok(None) };
    Plan::of(vec![ty.clone(); args.len()], HiveType::Array(Box::new(ty)))
}

fn map_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let pick =
        |offset: usize| -> Vec<Arg<'_>> { args.iter().skip(offset).step_by(2).copied().collect() };
    let (keys, values) = (meet(&pick(0)).map(or_text), meet(&pick(1)).map(or_text));
    let (Some(key), Some(value)) = (keys.filter(HiveType::is_primitive), values) else {
        return Ok(None);
    };
    if !args.len().is_multiple_of(2) {
        return Ok(None);
    }
    let types = (0..args.len()).map(|i| if i % 2 == 0 { key.clone() } else { value.clone() });
    let types: Vec<HiveType> = types.collect();
    Plan::of(types, HiveType::Map(Box::new(key), Box::new(value)))
}

fn struct_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    if args.is_empty() {
        return Ok(None);
    }
    let fields = args
        .iter()
        .enumerate()
        .map(|(i, arg)| StructField { name: format!("col{}", i + 1), ty: or_text(arg.ty.clone()) });
    let fields: Vec<StructField> = fields.collect();
    Plan::of(fields.iter().map(|f| f.ty.clone()).collect::<Vec<_>>(), HiveType::Struct(fields))
}

fn constant_name(arg: &Arg<'_>) -> Option<String> {
    match arg.value? {
        ScalarValue::Utf8(Some(name)) => Some(name.to_lowercase()),
        _ => None,
    }
}

fn named_struct_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    if args.is_empty() || !args.len().is_multiple_of(2) {
        return Ok(None);
    }
    let mut types = Vec::new();
    let mut fields = Vec::new();
    for pair in args.chunks_exact(2) {
        let [name, value] = pair else { return Ok(None) };
        let Some(name) = constant_name(name) else { return Ok(None) };
        let ty = or_text(value.ty.clone());
        types.extend([HiveType::String, ty.clone()]);
        fields.push(StructField { name, ty });
    }
    Plan::of(types, HiveType::Struct(fields))
}

/// Puts columns side by side: the values of each row one behind the other.
fn weave(call: &Call<'_>, arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    let places = (0..call.rows).flat_map(|row| (0..arrays.len()).map(move |i| (i, row)));
    Ok(interleave(&arrays, &places.collect::<Vec<_>>())?)
}

fn make_array(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = call.returns else {
        return internal_err!("array returns {}", call.returns);
    };
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>>>()?;
    let values =
        if arrays.is_empty() { new_null_array(item.data_type(), 0) } else { weave(call, &arrays)? };
    let offsets = OffsetBuffer::from_repeated_length(arrays.len(), call.rows);
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, None).map_err(external)?))
}

/// Of equal keys the first gives the place, the last the value; NULL keys are left out.
fn make_map(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::Map(entries_field, _) = call.returns else {
        return internal_err!("map returns {}", call.returns);
    };
    let DataType::Struct(fields) = entries_field.data_type() else {
        return internal_err!("a map's entries are {entries_field}");
    };
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>>>()?;
    let pick = |offset: usize| -> Vec<ArrayRef> {
        arrays.iter().skip(offset).step_by(2).map(Arc::clone).collect()
    };
    let pairs = arrays.len() / 2;
    let mut offsets = Vec::with_capacity(call.rows);
    let (mut key_places, mut value_places) = (Vec::<u32>::new(), Vec::<u32>::new());
    let (keys, values) = if pairs == 0 {
        let empty = |i: usize| fields.get(i).map(|f| new_null_array(f.data_type(), 0));
        (empty(0), empty(1))
    } else {
        (Some(weave(call, &pick(0))?), Some(weave(call, &pick(1))?))
    };
    let (Some(keys), Some(values)) = (keys, values) else {
        return internal_err!("a map's entries have no key and value");
    };
    let compare = make_comparator(&keys, &keys, SortOptions::default())?;
    for row in 0..call.rows {
        let from = key_places.len();
        for place in row * pairs..(row + 1) * pairs {
            if keys.is_null(place) {
                continue;
            }
            let small =
                u32::try_from(place).map_err(|_| exec_datafusion_err!("batch too large"))?;
            let known = key_places.iter().skip(from).position(|known| {
                usize::try_from(*known).is_ok_and(|known| compare(known, place).is_eq())
            });
            match known.and_then(|at| value_places.get_mut(from + at)) {
                Some(value) => *value = small,
                None => {
                    key_places.push(small);
                    value_places.push(small);
                }
            }
        }
        offsets.push(key_places.len() - from);
    }
    let keys = take(&keys, &UInt32Array::from(key_places), None)?;
    let values = take(&values, &UInt32Array::from(value_places), None)?;
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None);
    let offsets = OffsetBuffer::from_lengths(offsets);
    let field = Arc::clone(entries_field);
    let map = MapArray::try_new(field, offsets, entries.map_err(external)?, None, false);
    Ok(Arc::new(map.map_err(external)?))
}

fn make_struct(call: &Call<'_>, first: usize, step: usize) -> Result<ArrayRef> {
    let DataType::Struct(fields) = call.returns else {
        return internal_err!("struct returns {}", call.returns);
    };
    let columns = (first..call.args.len()).step_by(step).map(|i| call.array(i));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, None).map_err(external)?))
}

fn size_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [Arg { ty: HiveType::Array(_) | HiveType::Map(..) | HiveType::Void, .. }] => {
            Plan::of([args[0].ty.clone()], HiveType::Int)
        }
        _ => Ok(None),
    }
}

/// The size of NULL is -1.
fn size(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let lengths: Vec<i32> = if let Some(list) = array.as_list_opt::<i32>() {
        list.offsets().windows(2).map(|w| w[1] - w[0]).collect()
    } else if let Some(map) = array.as_map_opt() {
        map.offsets().windows(2).map(|w| w[1] - w[0]).collect()
    } else {
        vec![-1; call.rows]
    };
    let known = |i: usize| if array.is_null(i) { None } else { lengths.get(i).copied() };
    Ok(numbers::<Int32Type>(call.rows, |i| Some(known(i).unwrap_or(-1))))
}

fn contains_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [Arg { ty: HiveType::Array(element), .. }, value] = args else { return Ok(None) };
    match for_comparison(element, value.ty).filter(HiveType::is_primitive) {
        Some(ty) => {
            let ty = or_text(ty);
            Plan::of([HiveType::Array(Box::new(ty.clone())), ty], HiveType::Boolean)
        }
        None => Ok(None),
    }
}

/// NULL is in no array, and no array contains anything.
fn contains(call: &Call<'_>) -> Result<ArrayRef> {
    let (lists, needles) = (call.array(0)?, call.array(1)?);
    let Some(lists) = lists.as_list_opt::<i32>() else {
        return internal_err!("array_contains in {}", lists.data_type());
    };
    let compare = make_comparator(lists.values(), &needles, SortOptions::default())?;
    let found = (0..call.rows).map(|row| {
        if lists.is_null(row) || needles.is_null(row) {
            return Some(false);
        }
        let bounds = lists.offsets().get(row..row + 2)?;
        let range = usize::try_from(bounds[0]).ok()?..usize::try_from(bounds[1]).ok()?;
        Some(range.into_iter().any(|i| lists.values().is_valid(i) && compare(i, row).is_eq()))
    });
    Ok(Arc::new(found.collect::<BooleanArray>()))
}

fn part_types(args: &[Arg<'_>], part: usize) -> Result<Option<Plan>, String> {
    match args {
        [Arg { ty: ty @ HiveType::Map(key, value), .. }] => {
            let element = if part == 0 { key } else { value };
            Plan::of([(*ty).clone()], HiveType::Array(element.clone()))
        }
        _ => Ok(None),
    }
}

fn map_part(call: &Call<'_>, part: usize) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let (Some(map), DataType::List(item)) = (array.as_map_opt(), call.returns) else {
        return internal_err!("no keys and values in {}", array.data_type());
    };
    let values = Arc::clone(map.entries().column(part));
    let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls).map_err(external)?))
}

fn sort_array(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let (Some(lists), DataType::List(item)) = (array.as_list_opt::<i32>(), call.returns) else {
        return internal_err!("{} cannot be sorted", array.data_type());
    };
    let sorted = (0..call.rows)
        .filter(|row| lists.is_valid(*row))
        .map(|row| {
            let values = lists.value(row);
            Ok(take(&values, &sort_to_indices(&values, None, None)?, None)?)
        })
        .collect::<Result<Vec<_>>>()?;
    let parts: Vec<&dyn Array> = sorted.iter().map(AsRef::as_ref).collect();
    let values = if parts.is_empty() {
        new_null_array(item.data_type(), 0)
    } else {
        arrow::compute::concat(&parts)?
    };
    let length = |row| if lists.is_valid(row) { lists.value(row).len() } else { 0 };
    let offsets = OffsetBuffer::from_lengths((0..call.rows).map(length));
    let nulls = lists.nulls().cloned();
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls).map_err(external)?))
}

fn element_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [base, index] = args else { return Ok(None) };
    match base.ty {
        HiveType::Array(element) if is_whole(index.ty) || *index.ty == HiveType::Void => {
            Plan::of([base.ty.clone(), HiveType::Int], (**element).clone())
        }
        HiveType::Map(key, value) if common(key, index.ty).is_some() => {
            Plan::of([base.ty.clone(), (**key).clone()], (**value).clone())
        }
        _ => Ok(None),
    }
}

/// Positions begin at 0; what is not there is NULL.
fn element(call: &Call<'_>) -> Result<ArrayRef> {
    let (base, index) = (call.array(0)?, call.array(1)?);
    let places: Vec<Option<u32>>;
    let values = if let Some(list) = base.as_list_opt::<i32>() {
        let index: &Int32Array = index.as_primitive();
        let place = |row: usize| {
            let bounds = list.offsets().get(row..row + 2)?;
            let at = (list.is_valid(row) && index.is_valid(row)).then(|| index.value(row))?;
            let place = bounds[0].checked_add(at).filter(|place| at >= 0 && *place < bounds[1])?;
            u32::try_from(place).ok()
        };
        places = (0..call.rows).map(place).collect();
        Arc::clone(list.values())
    } else if let Some(map) = base.as_map_opt() {
        let compare = make_comparator(map.keys(), &index, SortOptions::default())?;
        let place = |row: usize| {
            let bounds = map.offsets().get(row..row + 2)?;
            if map.is_null(row) || index.is_null(row) {
                return None;
            }
            let range = usize::try_from(bounds[0]).ok()?..usize::try_from(bounds[1]).ok()?;
            u32::try_from(range.into_iter().find(|i| compare(*i, row).is_eq())?).ok()
        };
        places = (0..call.rows).map(place).collect();
        Arc::clone(map.values())
    } else {
        return internal_err!("no elements in {}", base.data_type());
    };
    Ok(take(&values, &UInt32Array::from(places), None)?)
}

fn field_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [base, name] = args else { return Ok(None) };
    let Some(name) = constant_name(name) else { return Ok(None) };
    let find = |fields: &[StructField]| {
        let found = fields.iter().find(|f| f.name.eq_ignore_ascii_case(&name));
        let known = || fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
        let message = || format!("no field {name}; there are: {}", known());
        found.map(|f| f.ty.clone()).ok_or_else(message)
    };
    let returns = match base.ty {
        HiveType::Struct(fields) => find(fields)?,
        HiveType::Array(element) => match &**element {
            HiveType::Struct(fields) => HiveType::Array(Box::new(find(fields)?)),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Plan::of([base.ty.clone(), HiveType::String], returns)
}

/// Takes a field of a struct, or of all structs of an array.
fn field(call: &Call<'_>) -> Result<ArrayRef> {
    let base = call.array(0)?;
    let name = call.text(1)?;
    let name = name.get(0).unwrap_or_default();
    if let (Some(list), DataType::List(item)) = (base.as_list_opt::<i32>(), call.returns) {
        let values = field_of(list.values(), name)?;
        let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
        let list = ListArray::try_new(Arc::clone(item), offsets, values, nulls);
        return Ok(Arc::new(list.map_err(external)?));
    }
    field_of(&base, name)
}

/// A field of a NULL struct is NULL.
fn field_of(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let Some(parent) = array.as_struct_opt() else {
        return internal_err!("no field {name} in {}", array.data_type());
    };
    let at = parent.fields().iter().position(|f| f.name().eq_ignore_ascii_case(name));
    let Some(column) = at.and_then(|at| parent.columns().get(at)) else {
        return internal_err!("no field {name} in {}", array.data_type());
    };
    match parent.nulls() {
        None => Ok(Arc::clone(column)),
        Some(nulls) => {
            let missing = BooleanArray::new(!nulls.inner(), None);
            Ok(arrow::compute::nullif(column, &missing)?)
        }
    }
}
