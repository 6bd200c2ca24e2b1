//! Runs the catalog suite against metastores: `conformance URI...`. Prints what fails.
//!
//! The metastores are real ones, as `integration/services/up` starts them, or `skep metastore`.

#![expect(clippy::print_stdout, reason = "a command")]

use std::process::ExitCode;

use metastore::client::{HiveCatalog, Options};
use metastore::conformance::CASES;

fn main() -> ExitCode {
    let mut failed = 0;
    for uri in std::env::args().skip(1) {
        let catalog = match HiveCatalog::new(Options::new(vec![uri.clone()])) {
            Ok(catalog) => catalog,
            Err(error) => {
                println!("{uri}: {error}");
                return ExitCode::FAILURE;
            }
        };
        match catalog.version() {
            Ok(version) => println!("{uri} version {version}"),
            Err(error) => println!("{uri} {error:?}"),
        }
        for (name, case) in CASES {
            match case(&catalog) {
                Ok(()) => println!("  {name} ok"),
                Err(error) => {
                    failed += 1;
                    println!("  {name} FAILED: {error}: {error:?}");
                }
            }
        }
    }
    println!("{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
