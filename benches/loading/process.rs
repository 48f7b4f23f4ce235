//! A process that is measured: started on one processor, read from /proc.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on the processor that is kept for it; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) pid: u32,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a program that will listen on this port, and waits until it does.
    pub(crate) async fn start(program: &str, arguments: &[&str], variables: &[(&str, String)], port: u16) -> Self {
        let mut command = Command::new("taskset");
        command.args(["-c", super::SERVER_CORE, program]).args(arguments).env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let child = command.spawn().expect("taskset starts the server");
        let pid = child.id();
        let mut server = Self { child, pid, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        while tokio::net::TcpStream::connect(server.address).await.is_err() {
            assert!(server.child.try_wait().expect("a child").is_none(), "{program} did not stay");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Processor time a process has used so far, its threads and the kernel on its behalf included.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The name in parentheses may hold spaces; the fields after it do not. Fields 14 and 15 count in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks: u64 = [fields[11], fields[12]].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

/// Memory of a process, in megabytes.
pub(crate) fn memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("kilobytes") / 1024.0
}
