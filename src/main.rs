//! The binary: hands over to [`muster::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    muster::cli::run().await
}
