//! Resource plans and scheduled queries.

use super::Tree;
use crate::ast::{
    Activate, CreatePlan, CreateScheduledQuery, Ident, IntervalUnit, Mapping, MappingKind,
    PlanChange, PlanSetting, PlanSettingKey, PoolChange, PoolName, PoolSetting, PoolTarget,
    Schedule, ScheduleChange, ScheduledQuery, Statement, TriggerAction, TriggerChange,
    TriggerLimit, TriggerName, TriggerRule, Workload,
};

impl Tree {
    pub(super) fn workload(&mut self, workload: &Workload) {
        match workload {
            Workload::CreatePlan(create) => self.create_plan(create),
            Workload::AlterPlan { plan, change } => self.alter_plan(plan, change),
            Workload::DropPlan { if_exists, plan } => self.node("tok_drop_rp", |tree| {
                tree.ident(plan);
                tree.flag("tok_ifexists", *if_exists);
            }),
            Workload::ReplacePlan { old, new } => self.node("tok_alter_rp_replace", |tree| {
                tree.ident(new);
                if let Some(old) = old {
                    tree.ident(old);
                }
            }),
            Workload::Enable => self.leaf("tok_alter_rp_enable"),
            Workload::Disable => self.leaf("tok_alter_rp_disable"),
            Workload::CreateTrigger { name, rule } => {
                self.trigger("tok_create_trigger", name, Some(rule));
            }
            Workload::AlterTrigger { name, change } => self.alter_trigger(name, change),
            Workload::DropTrigger(name) => self.trigger("tok_drop_trigger", name, None),
            Workload::CreatePool { pool, settings } => {
                self.pool("tok_create_pool", pool, |tree| tree.pool_settings(settings));
            }
            Workload::AlterPool { pool, change } => self.alter_pool(pool, change),
            Workload::DropPool(pool) => self.pool("tok_drop_pool", pool, |_| {}),
            Workload::CreateMapping(mapping) => self.mapping("tok_create_mapping", mapping),
            Workload::AlterMapping(mapping) => self.mapping("tok_alter_mapping", mapping),
            Workload::DropMapping { kind, name, plan } => self.node("tok_drop_mapping", |tree| {
                tree.ident(plan);
                tree.mapping_kind(*kind);
                tree.string(name);
            }),
        }
    }

    // ── plans ────────────────────────────────────────────────────────

    fn create_plan(&mut self, create: &CreatePlan) {
        self.node("tok_create_rp", |tree| {
            tree.ident(&create.plan);
            tree.flag("tok_ifnotexists", create.if_not_exists);
            if let Some(like) = &create.like {
                tree.node("tok_likerp", |tree| tree.ident(like));
            }
            tree.plan_settings(&create.settings);
        });
    }

    fn plan_settings(&mut self, settings: &[PlanSetting]) {
        for setting in settings {
            match setting {
                PlanSetting::QueryParallelism(number) => {
                    self.node("tok_query_parallelism", |tree| tree.text(&number.raw));
                }
                PlanSetting::DefaultPool(path) => {
                    self.node("tok_default_pool", |tree| tree.pool_path(&path.parts));
                }
            }
        }
    }

    fn alter_plan(&mut self, plan: &Ident, change: &PlanChange) {
        let name = match change {
            PlanChange::Validate => "tok_alter_rp_validate",
            PlanChange::Disable => "tok_alter_rp_disable",
            PlanChange::Set(_) => "tok_alter_rp_set",
            PlanChange::Unset(_) => "tok_alter_rp_unset",
            PlanChange::Rename(_) => "tok_alter_rp_rename",
            PlanChange::Enable { .. } => "tok_alter_rp_enable",
        };
        self.node(name, |tree| {
            tree.ident(plan);
            match change {
                PlanChange::Validate | PlanChange::Disable => {}
                PlanChange::Set(settings) => tree.plan_settings(settings),
                PlanChange::Unset(keys) => keys.iter().for_each(|key| {
                    tree.leaf(match key {
                        PlanSettingKey::QueryParallelism => "tok_query_parallelism",
                        PlanSettingKey::DefaultPool => "tok_default_pool",
                    });
                }),
                PlanChange::Rename(name) => tree.ident(name),
                PlanChange::Enable { enable, activate } => {
                    if let Some(Activate { replace }) = activate {
                        tree.node("tok_activate", |tree| tree.flag("tok_replace", *replace));
                    }
                    tree.flag("tok_enable", *enable);
                }
            }
        });
    }

    // ── triggers ─────────────────────────────────────────────────────

    fn trigger(&mut self, node: &str, name: &TriggerName, rule: Option<&TriggerRule>) {
        self.node(node, |tree| {
            tree.ident(&name.plan);
            tree.ident(&name.trigger);
            if let Some(rule) = rule {
                tree.trigger_rule(rule);
            }
        });
    }

    fn trigger_rule(&mut self, rule: &TriggerRule) {
        self.node("tok_trigger_expression", |tree| {
            tree.ident(&rule.counter);
            tree.leaf(">");
            match &rule.limit {
                TriggerLimit::Number(number) => tree.text(&number.raw),
                TriggerLimit::String(string) => tree.string(string),
            }
        });
        match &rule.action {
            TriggerAction::Kill => self.leaf("kill"),
            TriggerAction::Move(pool) => self.node("move", |tree| tree.pool_path(&pool.parts)),
        }
    }

    fn alter_trigger(&mut self, name: &TriggerName, change: &TriggerChange) {
        let (node, target) = match change {
            TriggerChange::Rule(rule) => {
                return self.trigger("tok_alter_trigger", name, Some(rule));
            }
            TriggerChange::AddTo(target) => ("tok_alter_pool_add_trigger", target),
            TriggerChange::DropFrom(target) => ("tok_alter_pool_drop_trigger", target),
        };
        self.node(node, |tree| {
            tree.ident(&name.plan);
            tree.pool_target(target);
            tree.ident(&name.trigger);
        });
    }

    fn pool_target(&mut self, target: &PoolTarget) {
        match target {
            PoolTarget::Pool(path) => self.pool_path(&path.parts),
            PoolTarget::Unmanaged => self.leaf("tok_unmanaged"),
        }
    }

    // ── pools and mappings ───────────────────────────────────────────

    fn pool(&mut self, node: &str, pool: &PoolName, rest: impl FnOnce(&mut Self)) {
        self.node(node, |tree| {
            tree.ident(&pool.plan);
            tree.pool_path(&pool.path.parts);
            rest(tree);
        });
    }

    fn pool_settings(&mut self, settings: &[PoolSetting]) {
        for setting in settings {
            match setting {
                PoolSetting::AllocFraction(number) => {
                    self.node("tok_alloc_fraction", |tree| tree.text(&number.raw));
                }
                PoolSetting::QueryParallelism(number) => {
                    self.node("tok_query_parallelism", |tree| tree.text(&number.raw));
                }
                PoolSetting::SchedulingPolicy(policy) => {
                    self.node("tok_scheduling_policy", |tree| tree.string(policy));
                }
                PoolSetting::Path(path) => {
                    self.node("tok_path", |tree| tree.pool_path(&path.parts));
                }
            }
        }
    }

    fn alter_pool(&mut self, pool: &PoolName, change: &PoolChange) {
        match change {
            PoolChange::Set(settings) => {
                self.pool("tok_alter_pool", pool, |tree| tree.pool_settings(settings));
            }
            PoolChange::UnsetSchedulingPolicy => self.pool("tok_alter_pool", pool, |tree| {
                tree.node("tok_scheduling_policy", |tree| tree.leaf("tok_null"));
            }),
            PoolChange::AddTrigger(trigger) => {
                self.pool("tok_alter_pool_add_trigger", pool, |tree| tree.ident(trigger));
            }
            PoolChange::DropTrigger(trigger) => {
                self.pool("tok_alter_pool_drop_trigger", pool, |tree| tree.ident(trigger));
            }
        }
    }

    fn mapping(&mut self, node: &str, mapping: &Mapping) {
        self.node(node, |tree| {
            tree.ident(&mapping.plan);
            tree.mapping_kind(mapping.kind);
            tree.string(&mapping.name);
            tree.pool_target(&mapping.target);
            mapping.order.iter().for_each(|order| tree.text(&order.raw));
        });
    }

    fn mapping_kind(&mut self, kind: MappingKind) {
        self.leaf(match kind {
            MappingKind::User => "user",
            MappingKind::Group => "group",
            MappingKind::Application => "application",
        });
    }

    // ── scheduled queries ────────────────────────────────────────────

    pub(super) fn scheduled_query(&mut self, query: &ScheduledQuery) {
        match query {
            ScheduledQuery::Create(create) => self.create_scheduled_query(create),
            ScheduledQuery::Alter { name, change } => {
                self.node("tok_alter_scheduled_query", |tree| {
                    tree.ident(name);
                    tree.schedule_change(change);
                });
            }
            ScheduledQuery::Drop(name) => {
                self.node("tok_drop_scheduled_query", |tree| tree.ident(name));
            }
        }
    }

    fn create_scheduled_query(&mut self, create: &CreateScheduledQuery) {
        self.node("tok_create_scheduled_query", |tree| {
            tree.ident(&create.name);
            tree.schedule(&create.schedule);
            tree.string_node("tok_executed_as", create.executed_as.as_ref());
            create.enable.iter().for_each(|enable| tree.enable(*enable));
            tree.scheduled_statement(&create.statement);
        });
    }

    fn schedule_change(&mut self, change: &ScheduleChange) {
        match change {
            ScheduleChange::Schedule(schedule) => self.schedule(schedule),
            ScheduleChange::ExecutedAs(user) => self.string_node("tok_executed_as", Some(user)),
            ScheduleChange::Enable(enable) => self.enable(*enable),
            ScheduleChange::Statement(statement) => self.scheduled_statement(statement),
            ScheduleChange::Execute => self.leaf("tok_execute"),
        }
    }

    fn schedule(&mut self, schedule: &Schedule) {
        match schedule {
            Schedule::Cron(cron) => self.string_node("tok_cron", Some(cron)),
            Schedule::Every { count, unit, offset } => self.node("tok_schedule", |tree| {
                tree.node("tok_every", |tree| {
                    if let Some(count) = count {
                        tree.text(&count.raw);
                    }
                });
                tree.leaf(unit_name(*unit));
                if let Some(offset) = offset {
                    tree.string(offset);
                }
            }),
        }
    }

    fn enable(&mut self, enable: bool) {
        self.leaf(if enable { "tok_enable" } else { "tok_disable" });
    }

    /// Puts a whole statement, which in Hive's tree brings its end with it.
    fn scheduled_statement(&mut self, statement: &Statement) {
        self.node("tok_query", |tree| {
            tree.statement(&statement.kind);
            tree.leaf("<eof>");
        });
    }
}

const fn unit_name(unit: IntervalUnit) -> &'static str {
    match unit {
        IntervalUnit::Year => "tok_interval_year_literal",
        IntervalUnit::Month => "tok_interval_month_literal",
        IntervalUnit::Day => "tok_interval_day_literal",
        IntervalUnit::Hour => "tok_interval_hour_literal",
        IntervalUnit::Minute => "tok_interval_minute_literal",
        IntervalUnit::Second => "tok_interval_second_literal",
        IntervalUnit::YearToMonth => "tok_interval_year_month_literal",
        IntervalUnit::DayToSecond => "tok_interval_day_time_literal",
    }
}
