//! The binary: hands over to [`muster::cli`].

use std::process::ExitCode;

/// Reading a directory makes dozens of small pieces of memory per entry, and frees them on another thread than the one that made them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    muster::cli::run().await
}
