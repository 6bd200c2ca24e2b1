//! Events: what has happened to a table since the last look.

use super::{Outcome, equal, hour, hourly_table, sample_table, with};
use crate::model::Partition;
use crate::names::PartitionPath;
use crate::{Catalog, Result, TableChanges};

fn names(changes: &TableChanges) -> Vec<&str> {
    changes.partitions.iter().map(PartitionPath::as_str).collect()
}

pub(super) fn tell_what_changed(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "events")?;
    let made = ["1", "2", "3"].map(|h| Partition::of_table(&table, hour("a", h)));
    catalog.add_partitions(&table.name, &made)?;
    let Some(first) = catalog.last_event()? else {
        // It keeps none, or does not tell them.
        return equal("without events", catalog.changes(&table, 0)?, None);
    };
    let since =
        |after| -> Result<TableChanges> { Ok(catalog.changes(&table, after)?.unwrap_or_default()) };
    equal("nothing", catalog.changes(&table, first)?.map(|c| c.partitions.len()), Some(0))?;
    let changed = with(made[1].clone(), "k", "v");
    catalog.alter_partitions(&table.name, &[changed])?;
    let four = Partition::of_table(&table, hour("a b", "4"));
    catalog.add_partitions(&table.name, std::slice::from_ref(&four))?;
    let other = catalog.create_table(&sample_table(
        "events",
        "other",
        &[("dt", "string"), ("hr", "int")],
    )?)?;
    catalog.add_partitions(&other.name, &[Partition::of_table(&other, hour("x", "1"))])?;
    let changes = since(first)?;
    equal("changed and new", names(&changes), vec!["dt=a b/hr=4", "dt=a/hr=2"])?;
    equal("not the table", changes.table, false)?;
    equal("the last one", Some(changes.last), catalog.last_event()?)?;
    let second = changes.last;
    catalog.drop_partitions(&table.name, &[made[2].spec.to_path()?])?;
    equal("dropped", names(&since(second)?), vec!["dt=a/hr=3"])?;
    let mut wider = table.clone();
    wider.parameters.insert("k".to_owned(), "v".to_owned());
    catalog.alter_table(&table.name, &wider)?;
    equal("the table", since(second)?.table, true)?;
    equal("from the future", catalog.changes(&table, second + 1_000_000)?, None)
}
