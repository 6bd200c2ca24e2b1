//! Which fields a class has, in the order of the bytes, and which numbers stand for classes.
//!
//! Source: asked from Hive's own Kryo instances; `layout.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Version of Kryo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kryo {
    /// Hive 2.3 and 3.1.
    V3,
    /// Hive 4.
    V5,
}

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldType {
    Primitive(Primitive),
    /// The class follows.
    Any,
    /// The class is known, for nothing extends it.
    Of(&'static str),
    /// Texts, whose class is known though the list's is not.
    Texts,
}

/// Primitive type, also of its wrapper class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Primitive {
    Int,
    Float,
    Boolean,
    Byte,
    Char,
    Short,
    Long,
    Double,
}

impl Primitive {
    /// Finds it by Java's name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "int" => Self::Int,
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "byte" => Self::Byte,
            "char" => Self::Char,
            "short" => Self::Short,
            "long" => Self::Long,
            "double" => Self::Double,
            _ => return None,
        })
    }
}

pub(super) type Fields = Vec<(&'static str, FieldType)>;

static TEXT: &str = include_str!("layout.txt");

static LAYOUTS: LazyLock<[HashMap<&'static str, Fields>; 2]> = LazyLock::new(|| {
    let mut layouts = [HashMap::new(), HashMap::new()];
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(versions), Some(class)) = (words.next(), words.next()) else { continue };
        let fields: Fields = words.filter_map(|word| word.split_once(':')).map(field).collect();
        for (version, layout) in ['3', '5'].into_iter().zip(&mut layouts) {
            if versions.contains(version) {
                layout.insert(class, fields.clone());
            }
        }
    }
    layouts
});

fn field((name, kind): (&'static str, &'static str)) -> (&'static str, FieldType) {
    let kind = match (name, kind) {
        ("allStructFieldNames", _) => FieldType::Texts,
        (_, "*") => FieldType::Any,
        (_, kind) => Primitive::named(kind).map_or(FieldType::Of(kind), FieldType::Primitive),
    };
    (name, kind)
}

/// Gives the fields of a class; `None` if it is not known.
pub(super) fn fields(kryo: Kryo, class: &str) -> Option<&'static Fields> {
    let [v3, v5] = &*LAYOUTS;
    match kryo {
        Kryo::V3 => v3.get(class),
        Kryo::V5 => v5.get(class),
    }
}

/// Gives the class with this number.
pub(super) fn registered(kryo: Kryo, number: u64) -> Option<&'static str> {
    const COMMON: [&str; 9] =
        ["int", "java.lang.String", "float", "boolean", "byte", "char", "short", "long", "double"];
    let number = usize::try_from(number).ok()?;
    if let Some(class) = COMMON.get(number) {
        return Some(class);
    }
    match (kryo, number) {
        (Kryo::V3, 10) | (Kryo::V5, 9) => Some("java.sql.Date"),
        (Kryo::V3, 11) | (Kryo::V5, 10) => Some("java.sql.Timestamp"),
        // 13 in Hive 2.3 and 4, 14 in 3.1.
        (_, 13) | (Kryo::V3, 14) => Some("java.util.Arrays$ArrayList"),
        _ => None,
    }
}
