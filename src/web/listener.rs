//! Serving a router on a socket, with what `axum::serve` leaves out: whoever connects and does not send a request is not waited for.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// How long to let connections end when no more can be taken, which mostly means too many open files.
const BREATHE: Duration = Duration::from_secs(1);

/// Serves until `stopping`, then takes no more connections and ends when the requests in flight are answered. A connection on which the head of a request
/// does not arrive within `head_within` is closed, the first one and one kept alive alike.
pub async fn serve(listener: TcpListener, router: Router, head_within: Duration, stopping: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_within);
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // One that went away before it was taken says nothing about the next.
                if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset) {
                    tracing::error!(%error, "no connection could be taken; trying again in a second");
                    tokio::time::sleep(BREATHE).await;
                }
                continue;
            }
        };
        // An answer goes out when it is there, also when the one before it is still on its way.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "a connection that went away at once");
        }
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service_fn(answerer(router.clone(), peer))));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// Answers the requests of one connection, which carry where they come from. A router is always ready.
fn answerer(router: Router, peer: SocketAddr) -> impl Fn(Request<Incoming>) -> <Router as tower::Service<Request<Body>>>::Future {
    move |request| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;

    const PATIENCE: Duration = Duration::from_secs(20);

    async fn everything(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        tokio::time::timeout(PATIENCE, stream.read_to_string(&mut text)).await.expect("the connection ends").unwrap();
        text
    }

    #[tokio::test]
    async fn whoever_is_slow_to_ask_is_not_waited_for_and_keeps_nobody_else_waiting() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stopping) = (listener.local_addr().unwrap(), CancellationToken::new());
        let router = Router::new().route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }));
        let serving = tokio::spawn(serve(listener, router, Duration::from_millis(300), stopping.clone()));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        // Kept alive, and then ended as well when nothing more comes.
        let answer = everything(&mut quick).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&quick.local_addr().unwrap().to_string()), "{answer}");
        assert_eq!(everything(&mut silent).await, "");
        assert!(!everything(&mut slow).await.contains("200"));
        stopping.cancel();
        tokio::time::timeout(PATIENCE, serving).await.expect("it stops").unwrap();
    }

    #[tokio::test]
    async fn a_request_in_flight_is_answered_before_the_end_and_none_is_taken_after() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stopping) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let both = (Arc::clone(&arrived), Arc::clone(&go_on));
        let answer = move || async move {
            both.0.notify_one();
            both.1.notified().await;
            "done"
        };
        let serving = tokio::spawn(serve(listener, Router::new().route("/", get(answer)), PATIENCE, stopping.clone()));
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        asking.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        arrived.notified().await;
        stopping.cancel();
        assert_eq!(everything(&mut idle).await, "", "an idle connection holds nothing up");
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!serving.is_finished());
        go_on.notify_one();
        assert!(everything(&mut asking).await.ends_with("done"));
        tokio::time::timeout(PATIENCE, serving).await.expect("it stops").unwrap();
    }
}
