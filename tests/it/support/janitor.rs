//! Nothing a test starts outlives the test binary.
//!
//! A test can panic, be interrupted from the keyboard or be killed outright, and a static is never dropped. So a small shell (`janitor.sh`) waits on a pipe
//! whose other end only this process holds: when the kernel closes it, the shell stops the servers on its list by process id and removes their
//! folders. [`Server`] takes itself off the list when it is dropped in good order.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// What the shell runs.
pub(crate) const SCRIPT: &str = include_str!("janitor.sh");

#[expect(clippy::zombie_processes, reason = "it outlives this process, that is its purpose")]
static LIST: LazyLock<Mutex<ChildStdin>> = LazyLock::new(|| {
    let mut shell = Command::new("bash")
        .args(["-c", SCRIPT, "janitor"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Its own group, so that an interrupt typed at the tests does not reach it.
        .process_group(0)
        .spawn()
        .expect("bash is there");
    Mutex::new(shell.stdin.take().expect("stdin is piped"))
});

/// The folder everything of this test binary lives in; others than its owner may pass through, for servers that run as another user.
static RUN_DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = tempfile::Builder::new().prefix("muster-it-").tempdir().expect("a temporary directory").keep();
    std::fs::set_permissions(&directory, Permissions::from_mode(0o711)).expect("own directory");
    tell(&format!("directory {}", directory.display()));
    directory
});

fn tell(line: &str) {
    let mut list = LIST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    writeln!(list, "{line}").expect("the janitor listens as long as this process lives");
}

/// A folder of the caller's own, removed when dropped.
pub(crate) fn directory(name: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .permissions(Permissions::from_mode(0o711))
        .tempdir_in(&*RUN_DIRECTORY)
        .expect("a directory inside the run's own")
}

/// Runs a shell command after the test binary has ended, before servers are stopped.
pub(crate) fn run_at_end(command: &str) {
    assert!(!command.contains('\n'), "the janitor reads one command per line");
    tell(&format!("run {command}"));
}

/// Has the process and its group stopped at the end, first with the signal `farewell`.
pub(crate) fn watch(process_id: u32, farewell: &str) {
    tell(&format!("process {process_id} {farewell}"));
}

/// Takes a process that has ended off the list.
pub(crate) fn forget(process_id: u32) {
    tell(&format!("gone {process_id}"));
}

/// A process that runs until it is told to stop, and that is killed with its whole process group when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `command` in a process group of its own, its output in the file `log`; `farewell` is the signal the janitor sends when nobody dropped it.
    pub(crate) fn start(mut command: Command, log: &Path, farewell: &str) -> Self {
        let written = std::fs::File::options().create(true).append(true).open(log).expect("the log can be written");
        let child = command
            .stdin(Stdio::null())
            .stdout(written.try_clone().expect("a second handle on the log"))
            .stderr(written)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error} (scripts/test installs what the tests need)"));
        watch(child.id(), farewell);
        Self { child, log: log.to_owned() }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything the process has printed so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// How the process ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("own child")
    }

    /// Sends `signal`.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("own child, not yet waited for");
    }

    /// Sends `signal` and waits for the end.
    ///
    /// Panics with the log when the process is still there after [`super::PATIENCE`].
    pub(crate) async fn end(&mut self, signal: Signal) -> ExitStatus {
        if self.ended().is_none() {
            kill_process(self.pid(), signal).expect("own child, not yet waited for");
        }
        let deadline = tokio::time::Instant::now() + super::PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(tokio::time::Instant::now() < deadline, "{signal:?} did not end the process:\n{}", self.log());
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The group first: it keeps its number as long as the leader has not been waited for.
        kill_process_group(self.pid(), Signal::KILL).ok();
        self.child.wait().expect("own child");
        forget(self.child.id());
    }
}
