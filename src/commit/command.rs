//! Runs the command of the policy `custom`.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::error::{Error, Result};

/// Bytes of the command's error output that are kept: the last ones.
const TAIL_BYTES: usize = 2000;

/// How long to wait for the last error output of a command that has ended.
const TAIL_WAIT: Duration = Duration::from_secs(1);

/// Runs `sh -c command`, without input and output; it must end well within `timeout`, or it is killed.
///
/// # Errors
/// `Unavailable` if it cannot be run, fails or takes too long, with the end of its error output.
pub(super) fn run(
    command: &str,
    environment: &[(&'static str, String)],
    timeout: Duration,
) -> Result<()> {
    let failed = |what: &str| Error::unavailable(what).with("command", command);
    let mut child = Command::new("sh")
        .args(["-c", command])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own: it can be killed with its children, and Ctrl-C does not hit it.
        .process_group(0)
        .spawn()
        .map_err(|e| failed("cannot run the commit command").with_source(e))?;
    let tail = child.stderr.take().map(read_tail);
    let ended =
        wait_aside(&child).map_err(|e| failed("cannot wait for the commit command").with_source(e));
    let in_time = ended.map(|ended| ended.recv_timeout(timeout) != Err(RecvTimeoutError::Timeout));
    if !matches!(in_time, Ok(true)) {
        kill(&mut child);
    }
    let status =
        child.wait().map_err(|e| failed("cannot wait for the commit command").with_source(e))?;
    let error = if !in_time? {
        failed("the commit command took too long and was killed")
            .with("timeout", format!("{timeout:?}"))
    } else if status.success() {
        return Ok(());
    } else {
        failed("the commit command failed").with("status", status)
    };
    let tail = tail.and_then(|tail| tail.recv_timeout(TAIL_WAIT).ok()).unwrap_or_default();
    let tail = String::from_utf8_lossy(&tail);
    Err(error.with("stderr", tail.trim().escape_debug()))
}

/// Says when the process has ended, without taking its status: its id stays its own until then.
fn wait_aside(child: &Child) -> io::Result<Receiver<()>> {
    let pid = Pid::from_child(child);
    let (end, ended) = mpsc::sync_channel(1);
    thread::Builder::new().name("commit-command".to_owned()).spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        // Whatever the answer is: there is nothing more to wait for.
        let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
        // Nobody listens any more if the time was up.
        let _ = end.send(());
    })?;
    Ok(ended)
}

fn kill(child: &mut Child) {
    // The process may have ended in this moment: then there is nobody to kill.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    drop(child.kill());
}

/// Reads all of the output, keeps the end, and gives it once the output ends.
fn read_tail(mut output: ChildStderr) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::sync_channel(1);
    let read = move || {
        let mut tail = VecDeque::new();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = output.read(&mut buffer) {
            tail.extend(&buffer[..n]);
            tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
        }
        drop(send.send(tail.into()));
    };
    // Without the thread the command's error output is lost, nothing else.
    drop(thread::Builder::new().name("commit-command-stderr".to_owned()).spawn(read));
    receive
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn the_environment_is_passed_on() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let environment =
            [("SKEP_A", "x y\"'$(false)".to_owned()), ("OUT", out.display().to_string())];
        run("printf %s \"$SKEP_A\" > \"$OUT\"; echo to nobody", &environment, LONG).unwrap();
        assert_eq!(std::fs::read_to_string(out).unwrap(), "x y\"'$(false)");
    }

    #[test]
    fn failures_say_what_the_command_said() {
        for (command, want) in [
            (
                "echo one >&2; echo two >&2; exit 3",
                "the commit command failed (command=echo one >&2; echo two >&2; exit 3, status=exit status: 3, stderr=one\\ntwo)",
            ),
            (
                "exit 1",
                "the commit command failed (command=exit 1, status=exit status: 1, stderr=)",
            ),
            (
                "kill -9 $$",
                "the commit command failed (command=kill -9 $$, status=signal: 9 (SIGKILL), stderr=)",
            ),
        ] {
            let error = run(command, &[], LONG).unwrap_err();
            assert_eq!(error.kind(), Kind::Unavailable);
            assert_eq!(error.to_string(), want);
        }
        let error = run("x", &[("A", "nul\0".to_owned())], LONG).unwrap_err();
        assert!(error.to_string().starts_with("cannot run the commit command"), "{error}");
    }

    #[test]
    fn only_the_end_of_much_output_is_kept() {
        let error = run("yes | head -c 300000 >&2; echo end >&2; exit 1", &[], LONG).unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with("y\\ny\\nend)") && text.len() < 2 * TAIL_BYTES, "{}", text.len());
    }

    #[test]
    fn a_command_that_hangs_is_killed_with_its_children() {
        let error =
            run("echo working >&2; sleep 1000 & sleep 1000", &[], Duration::from_millis(300))
                .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the commit command took too long"), "{text}");
        assert!(text.ends_with("timeout=300ms, stderr=working)"), "{text}");
    }
}
