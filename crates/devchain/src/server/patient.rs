//! Connections that end when the other side takes nothing of what is written to it, or does not go on with what it has
//! begun to send.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::connections::Connection;

/// A stream whose writing fails after a time in which not one byte was taken, and whose reading fails with a
/// [`Cut`](super::connections::Cut).
pub(super) struct Patient<S> {
    stream: S,
    connection: Connection,
    patience: Duration,
    /// Runs out when the write that waits now has waited long enough.
    end: Pin<Box<Sleep>>,
    is_waiting: bool,
    /// Runs out when the read that waits now has.
    read_end: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, connection: Connection, patience: Duration) -> Self {
        let [end, read_end] = [Box::pin(sleep(patience)), Box::pin(sleep(patience))];
        Self { stream, connection, patience, end, is_waiting: false, read_end }
    }

    /// The stream without its patience.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_waiting = false;
            self.connection.took();
            return written;
        }
        if !self.is_waiting {
            self.is_waiting = true;
            self.end.as_mut().reset(Instant::now() + self.patience);
        }
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side reads nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let had = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            let came = buffer.filled().len() - had;
            return Poll::Ready(read.and_then(|()| match came {
                0 => Ok(()),
                came => Ok(self.connection.came(came)?),
            }));
        }
        let Some(until) = self.connection.waits(context.waker())? else { return Poll::Pending };
        if self.read_end.deadline() != until {
            self.read_end.as_mut().reset(until);
        }
        ready!(self.read_end.as_mut().poll(context));
        Poll::Ready(Err(self.connection.late().into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures::future;

    use super::{super::connections::Connections, *};

    /// Takes so many bytes of each write, and none when there are no more.
    struct Takes(Vec<usize>);

    impl AsyncWrite for Takes {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            self.0.pop().map_or(Poll::Pending, |bytes| Poll::Ready(Ok(bytes)))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_write_that_nobody_takes_fails() {
        let connection = Connections::default().enter().expect("a place");
        let mut stream = Patient::new(Takes(vec![3, 5]), connection, Duration::from_millis(1));
        let mut write =
            async || future::poll_fn(|context| Pin::new(&mut stream).poll_write(context, b"12345")).await;
        assert_eq!(write().await.expect("taken"), 5);
        assert_eq!(write().await.expect("taken"), 3);
        assert_eq!(write().await.expect_err("nobody takes it").kind(), io::ErrorKind::TimedOut);
    }
}
