//! What a function is, and how DataFusion sees it.

use std::any::Any;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};

use datafusion_common::{DataFusionError, Result, ScalarValue, exec_err, plan_datafusion_err};
use datafusion_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use formats::types::HiveType;

use super::{Arg, Refusal, Session};

/// A function: names, types, computation.
#[derive(Debug)]
pub(super) struct Def {
    /// Its name and its synonyms.
    pub(super) names: &'static [&'static str],
    /// What it takes, for error messages.
    pub(super) usage: &'static str,
    /// Which types it takes and returns.
    pub(super) types: Types,
    /// Computes one value for each row.
    pub(super) eval: fn(&Call<'_>) -> Result<ArrayRef>,
}

/// Which types a function takes and returns.
pub(super) enum Types {
    /// The first `required` of these, or more of them.
    Fixed { takes: &'static [Takes], required: usize, returns: HiveType },
    /// Something else; `None` if the arguments do not fit.
    Other(fn(&[Arg<'_>]) -> Result<Option<Plan>, String>),
}

impl Debug for Types {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Types")
    }
}

/// The types of a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// What each argument is converted to.
    pub(super) args: Vec<HiveType>,
    /// What comes out.
    pub(super) returns: HiveType,
}

impl Plan {
    /// Makes a plan; `Some`, for use at the end of a planning function.
    pub(super) fn of(
        args: impl IntoIterator<Item = HiveType>,
        returns: HiveType,
    ) -> Result<Option<Self>, String> {
        Ok(Some(Self { args: args.into_iter().collect(), returns }))
    }
}

/// What a parameter accepts, and what it is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Any primitive value, as text.
    Text,
    /// A whole number of at most 32 bits.
    Int,
    /// A whole number.
    BigInt,
    /// A number, or text that is one.
    Double,
    /// A boolean.
    Boolean,
    /// A date, a timestamp, or text that begins with a date; as a date.
    Date,
    /// A date, a timestamp, or text that is one; as a timestamp.
    Timestamp,
    /// Bytes, or text as its UTF-8 bytes.
    Binary,
}

impl Takes {
    /// Returns what an argument is converted to; `None` if it is refused.
    pub(super) fn target(self, ty: &HiveType) -> Option<HiveType> {
        use HiveType as H;
        let void = matches!(ty, H::Void);
        let (accepts, target) = match self {
            Self::Text => (ty.is_primitive(), H::String),
            Self::Int => (matches!(ty, H::TinyInt | H::SmallInt | H::Int), H::Int),
            Self::BigInt => (is_whole(ty), H::BigInt),
            Self::Double => (is_number(ty) || is_text(ty), H::Double),
            Self::Boolean => (matches!(ty, H::Boolean), H::Boolean),
            Self::Date => (is_time(ty) || is_text(ty), H::Date),
            Self::Timestamp => (is_time(ty) || is_text(ty), H::Timestamp),
            Self::Binary => (is_text(ty) || matches!(ty, H::Binary), H::Binary),
        };
        (accepts || void).then_some(target)
    }
}

/// Tells whether values are whole numbers.
pub(super) fn is_whole(ty: &HiveType) -> bool {
    matches!(ty, HiveType::TinyInt | HiveType::SmallInt | HiveType::Int | HiveType::BigInt)
}

/// Tells whether values are numbers.
pub(super) fn is_number(ty: &HiveType) -> bool {
    is_whole(ty) || matches!(ty, HiveType::Float | HiveType::Double | HiveType::Decimal { .. })
}

/// Tells whether values are text.
pub(super) fn is_text(ty: &HiveType) -> bool {
    matches!(ty, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_))
}

/// Tells whether values are dates or times.
pub(super) fn is_time(ty: &HiveType) -> bool {
    matches!(ty, HiveType::Date | HiveType::Timestamp | HiveType::TimestampLocalTz)
}

impl Def {
    /// Finds the types of a call.
    pub(super) fn plan(&self, args: &[Arg<'_>]) -> Result<Plan, Refusal> {
        let plan = match &self.types {
            Types::Fixed { takes, required, returns } => {
                let fits = (*required..=takes.len()).contains(&args.len());
                fits.then(|| convert(args, takes.iter().copied(), returns)).flatten()
            }
            Types::Other(plan) => plan(args).map_err(Refusal::Value)?,
        };
        plan.ok_or_else(|| {
            let given: Vec<String> = args.iter().map(|arg| arg.ty.to_string()).collect();
            Refusal::Arguments { usage: self.usage, given: format!("({})", given.join(", ")) }
        })
    }
}

fn convert(
    args: &[Arg<'_>],
    takes: impl Iterator<Item = Takes>,
    returns: &HiveType,
) -> Option<Plan> {
    let args = args.iter().zip(takes).map(|(arg, takes)| takes.target(arg.ty));
    Some(Plan { args: args.collect::<Option<_>>()?, returns: returns.clone() })
}

/// One evaluation of a function.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) args: &'a [ColumnarValue],
    /// How many values are wanted; one if all arguments are constants.
    pub(super) rows: usize,
    /// The type of the result.
    pub(super) returns: &'a DataType,
    pub(super) session: Session,
    cache: &'a Cache,
}

/// What was last prepared from a constant argument, kept from batch to batch.
#[derive(Debug, Default)]
struct Cache(Mutex<Option<(String, Arc<dyn Any + Send + Sync>)>>);

impl Call<'_> {
    /// Returns what `prepare` makes of a text, from the last call if the text was the same.
    pub(super) fn prepared<T: Any + Send + Sync>(
        &self,
        text: &str,
        prepare: impl FnOnce(&str) -> Result<T>,
    ) -> Result<Arc<T>> {
        let mut cache = self.cache.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, value)) = cache.as_ref()
            && key == text
            && let Ok(value) = Arc::clone(value).downcast()
        {
            return Ok(value);
        }
        let value = Arc::new(prepare(text)?);
        *cache = Some((text.to_owned(), Arc::<T>::clone(&value)));
        Ok(value)
    }
}

/// A [`Def`] as DataFusion sees it.
#[derive(Debug)]
pub(super) struct HiveFunction {
    def: &'static Def,
    session: Session,
    signature: Signature,
    cache: Cache,
}

impl HiveFunction {
    pub(super) fn new(def: &'static Def, session: Session) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { def, session, signature, cache: Cache::default() }
    }

    fn plan(&self, types: &[HiveType], values: &[Option<&ScalarValue>]) -> Result<Plan> {
        let values = values.iter().copied().chain(std::iter::repeat(None));
        let args: Vec<Arg<'_>> =
            types.iter().zip(values).map(|(ty, value)| Arg { ty, value }).collect();
        self.def.plan(&args).map_err(|e| plan_datafusion_err!("{}: {e}", self.name()))
    }
}

impl PartialEq for HiveFunction {
    fn eq(&self, other: &Self) -> bool {
        self.def.names == other.def.names && self.session == other.session
    }
}

impl Eq for HiveFunction {}

impl Hash for HiveFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.def.names.hash(state);
        self.session.hash(state);
    }
}

/// Reads the Hive types of Arrow types.
fn hive_types<'a>(types: impl Iterator<Item = &'a DataType>) -> Result<Vec<HiveType>> {
    types.map(|ty| HiveType::from_arrow(ty).map_err(external)).collect()
}

/// Wraps an error of another library.
pub(super) fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

impl ScalarUDFImpl for HiveFunction {
    fn name(&self) -> &str {
        self.def.names.first().copied().unwrap_or_default()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // Some plans need the constants, which are not known here; the return type checks them.
        match self.plan(&hive_types(arg_types.iter())?, &[]) {
            Ok(plan) => Ok(plan.args.iter().map(HiveType::to_arrow).collect()),
            Err(_) => Ok(arg_types.to_vec()),
        }
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.plan(&hive_types(arg_types.iter())?, &[])?.returns.to_arrow())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types = hive_types(args.arg_fields.iter().map(|f| f.data_type()))?;
        let returns = self.plan(&types, args.scalar_arguments)?.returns;
        Ok(Arc::new(Field::new(self.name(), returns.to_arrow(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let call = Call {
            args: &args.args,
            rows: if constant { 1 } else { args.number_rows },
            returns: args.return_field.data_type(),
            session: self.session,
            cache: &self.cache,
        };
        let array = (self.def.eval)(&call)?;
        if array.len() != call.rows || array.data_type() != call.returns {
            return exec_err!(
                "{} returned {} values of {}, expected {} of {}",
                self.name(),
                array.len(),
                array.data_type(),
                call.rows,
                call.returns
            );
        }
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}
