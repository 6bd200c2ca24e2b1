//! Data types.

use super::Printer;
use crate::ast::{DataType, StructField, TypeKind};

impl Printer {
    pub(super) fn data_type(&mut self, data_type: &DataType) {
        let simple = match &data_type.kind {
            TypeKind::TinyInt => "TINYINT",
            TypeKind::SmallInt => "SMALLINT",
            TypeKind::Int => "INT",
            TypeKind::BigInt => "BIGINT",
            TypeKind::Boolean => "BOOLEAN",
            TypeKind::Float => "FLOAT",
            TypeKind::Double => "DOUBLE",
            TypeKind::String => "STRING",
            TypeKind::Binary => "BINARY",
            TypeKind::Date => "DATE",
            TypeKind::Datetime => "DATETIME",
            kind => return self.type_with_parts(kind),
        };
        self.put(simple);
    }

    fn type_with_parts(&mut self, kind: &TypeKind) {
        match kind {
            TypeKind::Decimal { precision, scale } => {
                self.put("DECIMAL");
                self.lengths(&[*precision, *scale]);
            }
            TypeKind::Varchar(length) => {
                self.put("VARCHAR");
                self.lengths(&[Some(*length)]);
            }
            TypeKind::Char(length) => {
                self.put("CHAR");
                self.lengths(&[Some(*length)]);
            }
            TypeKind::Timestamp { precision } => {
                self.put("TIMESTAMP");
                self.lengths(&[*precision]);
            }
            TypeKind::TimestampLocalTz { precision } => {
                self.put("TIMESTAMP");
                self.lengths(&[*precision]);
                self.put(" WITH LOCAL TIME ZONE");
            }
            TypeKind::Time { precision } => {
                self.put("TIME");
                self.lengths(&[*precision]);
            }
            TypeKind::Array(element) => {
                self.put("ARRAY<");
                self.data_type(element);
                self.put(">");
            }
            TypeKind::Map(key, value) => {
                self.put("MAP<");
                self.data_type(key);
                self.put(", ");
                self.data_type(value);
                self.put(">");
            }
            TypeKind::Struct(fields) => {
                self.put("STRUCT<");
                self.list(fields, ", ", Self::struct_field);
                self.put(">");
            }
            TypeKind::Union(types) => {
                self.put("UNIONTYPE<");
                self.list(types, ", ", Self::data_type);
                self.put(">");
            }
            _ => {}
        }
    }

    fn struct_field(&mut self, field: &StructField) {
        self.ident(&field.name);
        self.put(": ");
        self.data_type(&field.data_type);
        self.string_clause("COMMENT", field.comment.as_ref());
    }

    /// Puts `(n, n)` of the lengths that are there.
    fn lengths(&mut self, lengths: &[Option<u32>]) {
        let there: Vec<u32> = lengths.iter().flatten().copied().collect();
        if !there.is_empty() {
            self.parens(&there, |p, length| p.put(&length.to_string()));
        }
    }
}
