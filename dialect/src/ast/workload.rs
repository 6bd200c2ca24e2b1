//! Workload management: resource plans, pools, triggers, mappings.

use super::{Ident, NumberLit, ObjectName, Span, StringLit};

/// A statement about resource plans.
#[derive(Debug, Clone, PartialEq)]
pub enum Workload {
    /// `CREATE RESOURCE PLAN ...`.
    CreatePlan(CreatePlan),
    /// `ALTER RESOURCE PLAN plan ...`.
    AlterPlan {
        /// Which plan.
        plan: Ident,
        /// What becomes of it.
        change: PlanChange,
    },
    /// `DROP RESOURCE PLAN [IF EXISTS] plan`.
    DropPlan {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which plan.
        plan: Ident,
    },
    /// `REPLACE ACTIVE RESOURCE PLAN WITH plan`, `REPLACE RESOURCE PLAN plan WITH plan`.
    ReplacePlan {
        /// Which one is replaced; the active one if none.
        old: Option<Ident>,
        /// By which.
        new: Ident,
    },
    /// `ENABLE WORKLOAD MANAGEMENT`.
    Enable,
    /// `DISABLE WORKLOAD MANAGEMENT`.
    Disable,
    /// `CREATE TRIGGER plan.trigger WHEN ... DO ...`.
    CreateTrigger {
        /// Its name.
        name: TriggerName,
        /// When it does what.
        rule: TriggerRule,
    },
    /// `ALTER TRIGGER plan.trigger ...`.
    AlterTrigger {
        /// Which trigger.
        name: TriggerName,
        /// What becomes of it.
        change: TriggerChange,
    },
    /// `DROP TRIGGER plan.trigger`.
    DropTrigger(TriggerName),
    /// `CREATE POOL plan.path WITH setting, ...`.
    CreatePool {
        /// Its name.
        pool: PoolName,
        /// Its settings; never empty.
        settings: Vec<PoolSetting>,
    },
    /// `ALTER POOL plan.path ...`.
    AlterPool {
        /// Which pool.
        pool: PoolName,
        /// What becomes of it.
        change: PoolChange,
    },
    /// `DROP POOL plan.path`.
    DropPool(PoolName),
    /// `CREATE USER | GROUP | APPLICATION MAPPING ...`.
    CreateMapping(Mapping),
    /// `ALTER USER | GROUP | APPLICATION MAPPING ...`.
    AlterMapping(Mapping),
    /// `DROP USER | GROUP | APPLICATION MAPPING 'name' IN plan`.
    DropMapping {
        /// What is mapped.
        kind: MappingKind,
        /// Its name.
        name: StringLit,
        /// In which plan.
        plan: Ident,
    },
}

/// `CREATE RESOURCE PLAN [IF NOT EXISTS] plan [LIKE plan | WITH setting, ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatePlan {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub plan: Ident,
    /// `LIKE plan`: copy that one.
    pub like: Option<Ident>,
    /// `WITH setting, ...`; empty if not there.
    pub settings: Vec<PlanSetting>,
}

/// A setting of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanSetting {
    /// `QUERY_PARALLELISM = n`.
    QueryParallelism(NumberLit),
    /// `DEFAULT POOL = path`.
    DefaultPool(ObjectName),
}

/// Which setting of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanSettingKey {
    /// `QUERY_PARALLELISM`.
    QueryParallelism,
    /// `DEFAULT POOL`.
    DefaultPool,
}

/// What becomes of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanChange {
    /// `VALIDATE`.
    Validate,
    /// `DISABLE`.
    Disable,
    /// `SET setting, ...`; never empty.
    Set(Vec<PlanSetting>),
    /// `UNSET key, ...`; never empty.
    Unset(Vec<PlanSettingKey>),
    /// `RENAME TO plan`.
    Rename(Ident),
    /// `ENABLE`, `ACTIVATE [WITH REPLACE]`, or both in any order.
    Enable {
        /// `ENABLE`.
        enable: bool,
        /// `ACTIVATE`.
        activate: Option<Activate>,
    },
}

/// `ACTIVATE [WITH REPLACE]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activate {
    /// `WITH REPLACE`: the active plan is replaced by this one.
    pub replace: bool,
}

/// `plan.trigger`.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerName {
    /// Both parts.
    pub span: Span,
    /// The plan.
    pub plan: Ident,
    /// The trigger.
    pub trigger: Ident,
}

/// `WHEN counter > limit DO action`.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerRule {
    /// The whole rule.
    pub span: Span,
    /// What is counted.
    pub counter: Ident,
    /// What it must pass.
    pub limit: TriggerLimit,
    /// What is done then.
    pub action: TriggerAction,
}

/// What a counter must pass.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerLimit {
    /// `10`.
    Number(NumberLit),
    /// `'10 sec'`, `'1kb'`.
    String(StringLit),
}

/// What a trigger does with a query.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerAction {
    /// `KILL`.
    Kill,
    /// `MOVE TO pool`.
    Move(ObjectName),
}

/// What becomes of a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerChange {
    /// `WHEN ... DO ...`.
    Rule(TriggerRule),
    /// `ADD TO POOL path`, `ADD TO UNMANAGED`.
    AddTo(PoolTarget),
    /// `DROP FROM POOL path`, `DROP FROM UNMANAGED`.
    DropFrom(PoolTarget),
}

/// Where queries run.
#[derive(Debug, Clone, PartialEq)]
pub enum PoolTarget {
    /// A pool of the plan.
    Pool(ObjectName),
    /// `UNMANAGED`: in no pool.
    Unmanaged,
}

/// `plan.path`: a pool, perhaps within others.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolName {
    /// All parts.
    pub span: Span,
    /// The plan.
    pub plan: Ident,
    /// The pool, behind those it is in.
    pub path: ObjectName,
}

/// A setting of a pool.
#[derive(Debug, Clone, PartialEq)]
pub enum PoolSetting {
    /// `ALLOC_FRACTION = n`.
    AllocFraction(NumberLit),
    /// `QUERY_PARALLELISM = n`.
    QueryParallelism(NumberLit),
    /// `SCHEDULING_POLICY = 'fair'`.
    SchedulingPolicy(StringLit),
    /// `PATH = path`.
    Path(ObjectName),
}

/// What becomes of a pool.
#[derive(Debug, Clone, PartialEq)]
pub enum PoolChange {
    /// `SET setting, ...`; never empty.
    Set(Vec<PoolSetting>),
    /// `UNSET SCHEDULING_POLICY`.
    UnsetSchedulingPolicy,
    /// `ADD TRIGGER trigger`.
    AddTrigger(Ident),
    /// `DROP TRIGGER trigger`.
    DropTrigger(Ident),
}

/// `kind MAPPING 'name' IN plan TO path | UNMANAGED [WITH ORDER n]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// What is mapped.
    pub kind: MappingKind,
    /// Its name.
    pub name: StringLit,
    /// In which plan.
    pub plan: Ident,
    /// Where its queries run.
    pub target: PoolTarget,
    /// `WITH ORDER n`.
    pub order: Option<NumberLit>,
}

/// Whose queries are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingKind {
    /// `USER`.
    User,
    /// `GROUP`.
    Group,
    /// `APPLICATION`.
    Application,
}
