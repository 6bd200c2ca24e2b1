//! How a partition is announced, and in which order.

/// A way to announce a partition. The order of the variants is the order in which they are carried out.
///
/// The data are visible before any of them; whoever sees the marker file finds the partition in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// Adds the partition to the catalog or renews it there, with statistics.
    Metastore,
    /// Writes an empty marker file into the partition's folder.
    SuccessFile {
        /// Name of the file.
        name: String,
    },
    /// Runs a command.
    Custom {
        /// The command, for `sh -c`.
        command: String,
    },
}

/// Puts policies into their fixed order, each once.
///
/// Source: Flink takes the order of `sink.partition-commit.policy.kind`, so a marker can be there before its partition.
pub fn ordered(policies: impl IntoIterator<Item = Policy>) -> Vec<Policy> {
    let mut policies: Vec<_> = policies.into_iter().collect();
    policies.sort();
    policies.dedup();
    policies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_fixed_and_each_is_there_once() {
        let marker = |name: &str| Policy::SuccessFile { name: name.to_owned() };
        let custom = Policy::Custom { command: "notify".to_owned() };
        let mixed = [custom.clone(), marker("_A"), Policy::Metastore, marker("_A"), custom.clone()];
        assert_eq!(ordered(mixed), [Policy::Metastore, marker("_A"), custom]);
        assert_eq!(ordered([]), []);
    }
}
