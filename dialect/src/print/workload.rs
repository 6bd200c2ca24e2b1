//! Resource plans and scheduled queries.

use super::Printer;
use super::words::interval_unit;
use crate::ast::{
    CreatePlan, Ident, Mapping, MappingKind, PlanChange, PlanSetting, PlanSettingKey, PoolChange,
    PoolName, PoolSetting, PoolTarget, Schedule, ScheduleChange, ScheduledQuery, Statement,
    TriggerAction, TriggerChange, TriggerLimit, TriggerName, TriggerRule, Workload,
};

impl Printer {
    pub(super) fn workload(&mut self, workload: &Workload) {
        match workload {
            Workload::CreatePlan(create) => self.create_plan(create),
            Workload::AlterPlan { plan, change } => self.alter_plan(plan, change),
            Workload::DropPlan { if_exists, plan } => {
                self.put("DROP RESOURCE PLAN ");
                self.put(if *if_exists { "IF EXISTS " } else { "" });
                self.ident(plan);
            }
            Workload::ReplacePlan { old, new } => {
                match old {
                    None => self.put("REPLACE ACTIVE RESOURCE PLAN"),
                    Some(old) => self.words_ident("REPLACE RESOURCE PLAN ", old),
                }
                self.words_ident(" WITH ", new);
            }
            Workload::Enable => self.put("ENABLE WORKLOAD MANAGEMENT"),
            Workload::Disable => self.put("DISABLE WORKLOAD MANAGEMENT"),
            Workload::CreateTrigger { name, rule } => {
                self.trigger_name("CREATE TRIGGER ", name);
                self.trigger_rule(rule);
            }
            Workload::AlterTrigger { name, change } => self.alter_trigger(name, change),
            Workload::DropTrigger(name) => self.trigger_name("DROP TRIGGER ", name),
            Workload::CreatePool { pool, settings } => {
                self.pool_name("CREATE POOL ", pool);
                self.put(" WITH ");
                self.list(settings, ", ", Self::pool_setting);
            }
            Workload::AlterPool { pool, change } => self.alter_pool(pool, change),
            Workload::DropPool(pool) => self.pool_name("DROP POOL ", pool),
            Workload::CreateMapping(mapping) => self.mapping("CREATE ", mapping),
            Workload::AlterMapping(mapping) => self.mapping("ALTER ", mapping),
            Workload::DropMapping { kind, name, plan } => {
                self.put("DROP ");
                self.put(mapping_word(*kind));
                self.string_clause("MAPPING", Some(name));
                self.words_ident(" IN ", plan);
            }
        }
    }

    fn words_ident(&mut self, words: &str, ident: &Ident) {
        self.put(words);
        self.ident(ident);
    }

    // ── plans ────────────────────────────────────────────────────────

    fn create_plan(&mut self, create: &CreatePlan) {
        self.put("CREATE RESOURCE PLAN ");
        self.put(if create.if_not_exists { "IF NOT EXISTS " } else { "" });
        self.ident(&create.plan);
        if let Some(like) = &create.like {
            self.words_ident(" LIKE ", like);
        }
        if !create.settings.is_empty() {
            self.put(" WITH ");
            self.list(&create.settings, ", ", Self::plan_setting);
        }
    }

    fn plan_setting(&mut self, setting: &PlanSetting) {
        match setting {
            PlanSetting::QueryParallelism(number) => {
                self.put("QUERY_PARALLELISM = ");
                self.put(&number.raw);
            }
            PlanSetting::DefaultPool(path) => {
                self.put("DEFAULT POOL = ");
                self.name(path);
            }
        }
    }

    fn alter_plan(&mut self, plan: &Ident, change: &PlanChange) {
        self.words_ident("ALTER RESOURCE PLAN ", plan);
        match change {
            PlanChange::Validate => self.put(" VALIDATE"),
            PlanChange::Disable => self.put(" DISABLE"),
            PlanChange::Set(settings) => {
                self.put(" SET ");
                self.list(settings, ", ", Self::plan_setting);
            }
            PlanChange::Unset(keys) => {
                self.put(" UNSET ");
                self.list(keys, ", ", |p, key| {
                    p.put(match key {
                        PlanSettingKey::QueryParallelism => "QUERY_PARALLELISM",
                        PlanSettingKey::DefaultPool => "DEFAULT POOL",
                    });
                });
            }
            PlanChange::Rename(name) => self.words_ident(" RENAME TO ", name),
            PlanChange::Enable { enable, activate } => {
                self.put(if *enable { " ENABLE" } else { "" });
                if let Some(activate) = activate {
                    self.put(if activate.replace { " ACTIVATE WITH REPLACE" } else { " ACTIVATE" });
                }
            }
        }
    }

    // ── triggers ─────────────────────────────────────────────────────

    fn trigger_name(&mut self, words: &str, name: &TriggerName) {
        self.words_ident(words, &name.plan);
        self.words_ident(".", &name.trigger);
    }

    fn trigger_rule(&mut self, rule: &TriggerRule) {
        self.words_ident(" WHEN ", &rule.counter);
        self.put(" > ");
        match &rule.limit {
            TriggerLimit::Number(number) => self.put(&number.raw),
            TriggerLimit::String(string) => self.string(string),
        }
        match &rule.action {
            TriggerAction::Kill => self.put(" DO KILL"),
            TriggerAction::Move(pool) => {
                self.put(" DO MOVE TO ");
                self.name(pool);
            }
        }
    }

    fn alter_trigger(&mut self, name: &TriggerName, change: &TriggerChange) {
        self.trigger_name("ALTER TRIGGER ", name);
        let target = match change {
            TriggerChange::Rule(rule) => return self.trigger_rule(rule),
            TriggerChange::AddTo(target) => {
                self.put(" ADD TO ");
                target
            }
            TriggerChange::DropFrom(target) => {
                self.put(" DROP FROM ");
                target
            }
        };
        match target {
            PoolTarget::Pool(path) => {
                self.put("POOL ");
                self.name(path);
            }
            PoolTarget::Unmanaged => self.put("UNMANAGED"),
        }
    }

    // ── pools and mappings ───────────────────────────────────────────

    fn pool_name(&mut self, words: &str, pool: &PoolName) {
        self.words_ident(words, &pool.plan);
        self.put(".");
        self.name(&pool.path);
    }

    fn pool_setting(&mut self, setting: &PoolSetting) {
        match setting {
            PoolSetting::AllocFraction(number) => {
                self.put("ALLOC_FRACTION = ");
                self.put(&number.raw);
            }
            PoolSetting::QueryParallelism(number) => {
                self.put("QUERY_PARALLELISM = ");
                self.put(&number.raw);
            }
            PoolSetting::SchedulingPolicy(policy) => {
                self.put("SCHEDULING_POLICY = ");
                self.string(policy);
            }
            PoolSetting::Path(path) => {
                self.put("PATH = ");
                self.name(path);
            }
        }
    }

    fn alter_pool(&mut self, pool: &PoolName, change: &PoolChange) {
        self.pool_name("ALTER POOL ", pool);
        match change {
            PoolChange::Set(settings) => {
                self.put(" SET ");
                self.list(settings, ", ", Self::pool_setting);
            }
            PoolChange::UnsetSchedulingPolicy => self.put(" UNSET SCHEDULING_POLICY"),
            PoolChange::AddTrigger(trigger) => self.words_ident(" ADD TRIGGER ", trigger),
            PoolChange::DropTrigger(trigger) => self.words_ident(" DROP TRIGGER ", trigger),
        }
    }

    fn mapping(&mut self, word: &str, mapping: &Mapping) {
        self.put(word);
        self.put(mapping_word(mapping.kind));
        self.string_clause("MAPPING", Some(&mapping.name));
        self.words_ident(" IN ", &mapping.plan);
        match &mapping.target {
            PoolTarget::Pool(path) => {
                self.put(" TO ");
                self.name(path);
            }
            PoolTarget::Unmanaged => self.put(" UNMANAGED"),
        }
        if let Some(order) = &mapping.order {
            self.put(" WITH ORDER ");
            self.put(&order.raw);
        }
    }

    // ── scheduled queries ────────────────────────────────────────────

    pub(super) fn scheduled_query(&mut self, query: &ScheduledQuery) {
        match query {
            ScheduledQuery::Create(create) => {
                self.words_ident("CREATE SCHEDULED QUERY ", &create.name);
                self.schedule(&create.schedule);
                self.string_clause("EXECUTED AS", create.executed_as.as_ref());
                if let Some(enable) = create.enable {
                    self.enable(enable);
                }
                self.scheduled_statement(&create.statement);
            }
            ScheduledQuery::Alter { name, change } => {
                self.words_ident("ALTER SCHEDULED QUERY ", name);
                match change {
                    ScheduleChange::Schedule(schedule) => self.schedule(schedule),
                    ScheduleChange::ExecutedAs(user) => {
                        self.string_clause("EXECUTED AS", Some(user));
                    }
                    ScheduleChange::Enable(enable) => self.enable(*enable),
                    ScheduleChange::Statement(statement) => self.scheduled_statement(statement),
                    ScheduleChange::Execute => self.put(" EXECUTE"),
                }
            }
            ScheduledQuery::Drop(name) => self.words_ident("DROP SCHEDULED QUERY ", name),
        }
    }

    fn schedule(&mut self, schedule: &Schedule) {
        match schedule {
            Schedule::Cron(cron) => self.string_clause("CRON", Some(cron)),
            Schedule::Every { count, unit, offset } => {
                self.put(" EVERY ");
                if let Some(count) = count {
                    self.put(&count.raw);
                    self.put(" ");
                }
                self.put(interval_unit(*unit));
                self.string_clause("AT", offset.as_ref());
            }
        }
    }

    fn enable(&mut self, enable: bool) {
        self.put(if enable { " ENABLE" } else { " DISABLE" });
    }

    fn scheduled_statement(&mut self, statement: &Statement) {
        self.put(" AS");
        self.line();
        self.statement(&statement.kind);
    }
}

const fn mapping_word(kind: MappingKind) -> &'static str {
    match kind {
        MappingKind::User => "USER",
        MappingKind::Group => "GROUP",
        MappingKind::Application => "APPLICATION",
    }
}
