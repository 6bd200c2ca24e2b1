//! The `skep` command: arguments to settings to a run, an error chain, an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(skep::cli::main())
}
