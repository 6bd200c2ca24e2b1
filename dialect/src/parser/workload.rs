//! Workload management: resource plans, pools, triggers, mappings.

use super::{Parsed, Parser};
use crate::ast::{
    Activate, CreatePlan, Ident, Mapping, MappingKind, ObjectName, PlanChange, PlanSetting,
    PlanSettingKey, PoolChange, PoolName, PoolSetting, PoolTarget, StatementKind, TriggerAction,
    TriggerChange, TriggerLimit, TriggerName, TriggerRule, Workload,
};
use crate::token::{Keyword, TokenKind};

fn statement(workload: Workload) -> StatementKind {
    StatementKind::Workload(Box::new(workload))
}

impl Parser<'_> {
    /// Reads the statement behind `CREATE` if it is one about workload management.
    pub(super) fn create_workload(&mut self) -> Parsed<Option<StatementKind>> {
        use Keyword as K;
        let workload = if self.eat_keywords(&[K::Resource, K::Plan]) {
            Workload::CreatePlan(self.create_plan()?)
        } else if self.eat_keyword(K::Trigger) {
            Workload::CreateTrigger { name: self.trigger_name()?, rule: self.trigger_rule()? }
        } else if self.eat_keyword(K::Pool) {
            let pool = self.pool_name()?;
            self.expect_keyword(K::With)?;
            Workload::CreatePool { pool, settings: self.comma_separated(Self::pool_setting)? }
        } else if let Some(kind) = self.mapping_kind() {
            Workload::CreateMapping(self.mapping(kind)?)
        } else {
            return Ok(None);
        };
        Ok(Some(statement(workload)))
    }

    /// Reads the statement behind `ALTER` if it is one about workload management.
    pub(super) fn alter_workload(&mut self) -> Parsed<Option<StatementKind>> {
        use Keyword as K;
        let workload = if self.eat_keywords(&[K::Resource, K::Plan]) {
            Workload::AlterPlan { plan: self.plan()?, change: self.plan_change()? }
        } else if self.eat_keyword(K::Trigger) {
            Workload::AlterTrigger { name: self.trigger_name()?, change: self.trigger_change()? }
        } else if self.eat_keyword(K::Pool) {
            Workload::AlterPool { pool: self.pool_name()?, change: self.pool_change()? }
        } else if let Some(kind) = self.mapping_kind() {
            Workload::AlterMapping(self.mapping(kind)?)
        } else {
            return Ok(None);
        };
        Ok(Some(statement(workload)))
    }

    /// Reads the statement behind `DROP` if it is one about workload management.
    pub(super) fn drop_workload(&mut self) -> Parsed<Option<StatementKind>> {
        use Keyword as K;
        let workload = if self.eat_keywords(&[K::Resource, K::Plan]) {
            Workload::DropPlan { if_exists: self.if_exists()?, plan: self.plan()? }
        } else if self.eat_keyword(K::Trigger) {
            Workload::DropTrigger(self.trigger_name()?)
        } else if self.eat_keyword(K::Pool) {
            Workload::DropPool(self.pool_name()?)
        } else if let Some(kind) = self.mapping_kind() {
            let name = self.string()?;
            self.expect_keyword(K::In)?;
            Workload::DropMapping { kind, name, plan: self.plan()? }
        } else {
            return Ok(None);
        };
        Ok(Some(statement(workload)))
    }

    pub(super) fn enable_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keywords(&[Keyword::Enable, Keyword::Workload, Keyword::Management])?;
        Ok(statement(Workload::Enable))
    }

    pub(super) fn disable_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keywords(&[Keyword::Disable, Keyword::Workload, Keyword::Management])?;
        Ok(statement(Workload::Disable))
    }

    pub(super) fn replace_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Replace)?;
        let active = self.eat_keyword(K::Active);
        self.expect_keywords(&[K::Resource, K::Plan])?;
        let old = if active { None } else { Some(self.plan()?) };
        self.expect_keyword(K::With)?;
        Ok(statement(Workload::ReplacePlan { old, new: self.plan()? }))
    }

    // ── plans ────────────────────────────────────────────────────────

    fn plan(&mut self) -> Parsed<Ident> {
        self.ident_as("a resource plan")
    }

    fn create_plan(&mut self) -> Parsed<CreatePlan> {
        let if_not_exists = self.if_not_exists()?;
        let plan = self.plan()?;
        let like = if self.eat_keyword(Keyword::Like) { Some(self.plan()?) } else { None };
        let settings = if like.is_none() && self.eat_keyword(Keyword::With) {
            self.comma_separated(Self::plan_setting)?
        } else {
            vec![]
        };
        Ok(CreatePlan { if_not_exists, plan, like, settings })
    }

    fn plan_setting(&mut self) -> Parsed<PlanSetting> {
        Ok(match self.plan_setting_key()? {
            PlanSettingKey::QueryParallelism => {
                self.equals()?;
                PlanSetting::QueryParallelism(self.plain_number()?)
            }
            PlanSettingKey::DefaultPool => {
                self.equals()?;
                PlanSetting::DefaultPool(self.pool_path()?)
            }
        })
    }

    fn plan_setting_key(&mut self) -> Parsed<PlanSettingKey> {
        if self.eat_keyword(Keyword::QueryParallelism) {
            return Ok(PlanSettingKey::QueryParallelism);
        }
        self.expect_keywords(&[Keyword::Default, Keyword::Pool])?;
        Ok(PlanSettingKey::DefaultPool)
    }

    fn plan_change(&mut self) -> Parsed<PlanChange> {
        use Keyword as K;
        if self.eat_keyword(K::Validate) {
            return Ok(PlanChange::Validate);
        }
        if self.eat_keyword(K::Disable) {
            return Ok(PlanChange::Disable);
        }
        if self.eat_keyword(K::Set) {
            return Ok(PlanChange::Set(self.comma_separated(Self::plan_setting)?));
        }
        if self.eat_keyword(K::Unset) {
            return Ok(PlanChange::Unset(self.comma_separated(Self::plan_setting_key)?));
        }
        if self.eat_keyword(K::Rename) {
            self.expect_keyword(K::To)?;
            return Ok(PlanChange::Rename(self.plan()?));
        }
        if self.eat_keyword(K::Enable) {
            let activate = if self.at_keyword(K::Activate) { Some(self.activate()?) } else { None };
            return Ok(PlanChange::Enable { enable: true, activate });
        }
        let activate = Some(self.activate()?);
        Ok(PlanChange::Enable { enable: self.eat_keyword(K::Enable), activate })
    }

    fn activate(&mut self) -> Parsed<Activate> {
        self.expect_keyword(Keyword::Activate)?;
        let replace = self.eat_keyword(Keyword::With);
        if replace {
            self.expect_keyword(Keyword::Replace)?;
        }
        Ok(Activate { replace })
    }

    fn equals(&mut self) -> Parsed<()> {
        if !self.eat(TokenKind::EqEq) {
            self.expect(TokenKind::Eq)?;
        }
        Ok(())
    }

    // ── triggers ─────────────────────────────────────────────────────

    fn trigger_name(&mut self) -> Parsed<TriggerName> {
        let start = self.start();
        let plan = self.plan()?;
        self.expect(TokenKind::Dot)?;
        let trigger = self.trigger()?;
        Ok(TriggerName { span: self.span_from(start), plan, trigger })
    }

    fn trigger(&mut self) -> Parsed<Ident> {
        self.ident_as("a trigger")
    }

    /// Reads `WHEN counter > limit DO action`.
    fn trigger_rule(&mut self) -> Parsed<TriggerRule> {
        use Keyword as K;
        let start = self.start();
        self.expect_keyword(K::When)?;
        let counter = self.ident_as("a counter")?;
        self.expect(TokenKind::Gt)?;
        let limit = if self.at(TokenKind::String) {
            TriggerLimit::String(self.string()?)
        } else {
            TriggerLimit::Number(self.plain_number()?)
        };
        self.expect_keyword(K::Do)?;
        let action = if self.eat_keyword(K::Kill) {
            TriggerAction::Kill
        } else {
            self.expect_keywords(&[K::Move, K::To])?;
            TriggerAction::Move(self.pool_path()?)
        };
        Ok(TriggerRule { span: self.span_from(start), counter, limit, action })
    }

    fn trigger_change(&mut self) -> Parsed<TriggerChange> {
        use Keyword as K;
        if self.eat_keyword(K::Add) {
            self.expect_keyword(K::To)?;
            return Ok(TriggerChange::AddTo(self.trigger_place()?));
        }
        if self.eat_keyword(K::Drop) {
            self.expect_keyword(K::From)?;
            return Ok(TriggerChange::DropFrom(self.trigger_place()?));
        }
        Ok(TriggerChange::Rule(self.trigger_rule()?))
    }

    fn trigger_place(&mut self) -> Parsed<PoolTarget> {
        if self.eat_keyword(Keyword::Unmanaged) {
            return Ok(PoolTarget::Unmanaged);
        }
        self.expect_keyword(Keyword::Pool)?;
        Ok(PoolTarget::Pool(self.pool_path()?))
    }

    // ── pools ────────────────────────────────────────────────────────

    /// Reads `pool[.pool]...`.
    fn pool_path(&mut self) -> Parsed<ObjectName> {
        self.object_name("a pool", usize::MAX)
    }

    fn pool_name(&mut self) -> Parsed<PoolName> {
        let start = self.start();
        let plan = self.plan()?;
        self.expect(TokenKind::Dot)?;
        let path = self.pool_path()?;
        Ok(PoolName { span: self.span_from(start), plan, path })
    }

    fn pool_setting(&mut self) -> Parsed<PoolSetting> {
        use Keyword as K;
        if self.eat_keyword(K::AllocFraction) {
            self.equals()?;
            return Ok(PoolSetting::AllocFraction(self.plain_number()?));
        }
        if self.eat_keyword(K::QueryParallelism) {
            self.equals()?;
            return Ok(PoolSetting::QueryParallelism(self.plain_number()?));
        }
        if self.eat_keyword(K::SchedulingPolicy) {
            self.equals()?;
            return Ok(PoolSetting::SchedulingPolicy(self.string()?));
        }
        self.expect_keyword(K::Path)?;
        self.equals()?;
        Ok(PoolSetting::Path(self.pool_path()?))
    }

    fn pool_change(&mut self) -> Parsed<PoolChange> {
        use Keyword as K;
        if self.eat_keyword(K::Set) {
            return Ok(PoolChange::Set(self.comma_separated(Self::pool_setting)?));
        }
        if self.eat_keyword(K::Unset) {
            self.expect_keyword(K::SchedulingPolicy)?;
            return Ok(PoolChange::UnsetSchedulingPolicy);
        }
        if self.eat_keyword(K::Add) {
            self.expect_keyword(K::Trigger)?;
            return Ok(PoolChange::AddTrigger(self.trigger()?));
        }
        self.expect_keywords(&[K::Drop, K::Trigger])?;
        Ok(PoolChange::DropTrigger(self.trigger()?))
    }

    // ── mappings ─────────────────────────────────────────────────────

    /// Reads `USER MAPPING`, `GROUP MAPPING` or `APPLICATION MAPPING` if it comes next.
    fn mapping_kind(&mut self) -> Option<MappingKind> {
        use Keyword as K;
        let kinds = [
            (K::User, MappingKind::User),
            (K::Group, MappingKind::Group),
            (K::Application, MappingKind::Application),
        ];
        kinds
            .into_iter()
            .find_map(|(word, kind)| self.eat_keywords(&[word, K::Mapping]).then_some(kind))
    }

    fn mapping(&mut self, kind: MappingKind) -> Parsed<Mapping> {
        use Keyword as K;
        let name = self.string()?;
        self.expect_keyword(K::In)?;
        let plan = self.plan()?;
        let target = if self.eat_keyword(K::Unmanaged) {
            PoolTarget::Unmanaged
        } else {
            self.expect_keyword(K::To)?;
            PoolTarget::Pool(self.pool_path()?)
        };
        let order = if self.eat_keyword(K::With) {
            self.expect_keyword(K::Order)?;
            Some(self.plain_number()?)
        } else {
            None
        };
        Ok(Mapping { kind, name, plan, target, order })
    }
}
