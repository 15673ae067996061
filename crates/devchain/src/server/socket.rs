//! A WebSocket connection: requests side by side, and subscriptions.
//!
//! What a subscription is told is written down a piece at a time, when the other side has taken the piece before: a
//! connection that does not read holds one piece, no matter how much happens, and ends after [`patience`].

use std::{future::Future, pin::Pin, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use futures::{SinkExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

use super::{
    MAX_REQUEST_BYTES, Place, Shared, answer,
    body::Unread,
    connections::{Connection, Cut},
    message,
    subscriptions::{Missed, PIECE_BYTES, Subscriptions},
    unsent::{Answer, Held, Unsent},
};
use crate::rpc::RpcError;

/// Most requests of one connection under way; the next is read when one ends.
const MAX_UNDER_WAY: usize = 64;
/// How long a message waits for a reader who takes none of it.
const READER_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes a second that a reader of a long message takes at least.
const SLOWEST_READER: u64 = 256 * 1024;
/// Bytes before the payload of a ping or pong from a client: two, and the four of its mask.
const CONTROL_HEAD_BYTES: usize = 6;
/// How long a connection that is being closed may take to read why.
const FAREWELL: Duration = Duration::from_secs(30);

type UnderWay = Pin<Box<dyn Future<Output = Option<Answer>> + Send>>;

/// Serves one connection until either side ends it. Requests may come in text and in binary frames; answers go out as
/// text.
pub(super) async fn serve(mut socket: WebSocket, shared: Shared, place: Place, connection: Connection) {
    let farewell = talk(&mut socket, &shared, &connection).await;
    drop(place);
    // The other side may be gone already.
    let _ = timeout(FAREWELL, socket.send(Message::Close(farewell))).await;
}

async fn talk(socket: &mut WebSocket, shared: &Shared, connection: &Connection) -> Option<CloseFrame> {
    let mut head = shared.api.chain().watch_head();
    let mut stopped = shared.stopped.clone();
    let mut subscriptions = Subscriptions::default();
    let mut under_way: FuturesUnordered<UnderWay> = FuturesUnordered::new();
    loop {
        let next_event = head.borrow_and_update().next_event;
        let (texts, _held) = tokio::select! {
            _ = stopped.changed() => return None,
            changed = head.changed(), if !subscriptions.are_behind(next_event) => {
                if changed.is_err() {
                    return None;
                }
                continue;
            }
            () = std::future::ready(()), if subscriptions.are_behind(next_event) => {
                let (back, piece) = next_piece(shared, subscriptions, next_event).await?;
                subscriptions = back;
                match piece {
                    Ok(texts) => match counted(&shared.unsent, texts) {
                        Ok(texts) => texts,
                        Err(no_room) => return Some(full(&no_room)),
                    },
                    Err(missed) => return Some(too_slow(missed.to_string())),
                }
            }
            Some(answer) = under_way.next() => to_send(answer),
            message = socket.recv(), if under_way.len() < MAX_UNDER_WAY => {
                let bytes = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    // The transport answers pings, and a farewell before it ends.
                    Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => {
                        connection.forget(CONTROL_HEAD_BYTES + bytes.len());
                        continue;
                    }
                    Some(Ok(Message::Close(_))) => continue,
                    None => return None,
                    Some(Err(error)) => return why_closed(error),
                };
                let whole = connection.whole();
                if bytes.len() > MAX_REQUEST_BYTES {
                    to_send(Some(answer::unread(&Unread::TooLarge).into()))
                } else {
                    let next_event = head.borrow().next_event;
                    if is_about_subscriptions(&bytes) {
                        // Nothing may be told to a subscription before its id is known.
                        let subscriber = Some((&mut subscriptions, next_event));
                        to_send(answer::answer(shared, &bytes, subscriber).await)
                    } else {
                        let shared = shared.clone();
                        under_way.push(Box::pin(async move {
                            let answer = answer::answer(&shared, &bytes, None).await;
                            drop(whole);
                            answer
                        }));
                        continue;
                    }
                }
            }
        };
        let bytes = texts.iter().map(String::len).sum();
        tokio::select! {
            _ = stopped.changed() => return None,
            sent = timeout(patience(bytes), send(socket, texts)) => match sent {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(too_slow(format!("nobody read for {} s", READER_PATIENCE.as_secs()))),
            },
        }
    }
}

/// The next notifications. `None`: the chain is shutting down.
async fn next_piece(
    shared: &Shared,
    mut subscriptions: Subscriptions,
    next_event: u64,
) -> Option<(Subscriptions, Result<Vec<String>, Missed>)> {
    if subscriptions.are_close(next_event)
        && let Some(chain) = shared.api.try_chain()
    {
        let piece = subscriptions.next_piece(&chain);
        return Some((subscriptions, piece));
    }
    let api = shared.api.clone();
    let _permit = shared.lanes.turn("", 0).await.ok()?;
    let written = tokio::task::spawn_blocking(move || {
        let piece = subscriptions.next_piece(&api.chain());
        (subscriptions, piece)
    });
    written.await.ok()
}

fn is_about_subscriptions(message: &Bytes) -> bool {
    message::Message::read(message).is_ok_and(|message| message.asks_for(&Subscriptions::METHODS))
}

/// Notifications, and what they hold until they are sent; a piece of the usual size holds nothing.
fn counted(unsent: &Unsent, texts: Vec<String>) -> Result<(Vec<String>, Option<Held>), RpcError> {
    if texts.iter().map(String::len).sum::<usize>() <= 2 * PIECE_BYTES {
        return Ok((texts, None));
    }
    let mut held = unsent.hold();
    let texts = texts.into_iter().map(|text| held.room_for(text)).collect::<Result<_, _>>()?;
    Ok((texts, Some(held)))
}

/// What an answer sends, and what it holds meanwhile.
fn to_send(answer: Option<Answer>) -> (Vec<String>, Option<Held>) {
    answer.map(|Answer { text, held }| (vec![text], held)).unwrap_or_default()
}

async fn send(socket: &mut WebSocket, texts: Vec<String>) -> Result<(), axum::Error> {
    for text in texts {
        socket.feed(Message::Text(text.into())).await?;
    }
    socket.flush().await
}

/// How long these bytes may take to be read.
fn patience(bytes: usize) -> Duration {
    READER_PATIENCE + Duration::from_secs(bytes as u64 / SLOWEST_READER)
}

/// What a client is told that does not keep up.
fn too_slow(why: String) -> CloseFrame {
    CloseFrame { code: close_code::POLICY, reason: format!("too slow: {why}; connect again").into() }
}

/// What a client is told that is to hear more than there is room for.
fn full(no_room: &RpcError) -> CloseFrame {
    let why = no_room.message.split(';').next().unwrap_or_default();
    CloseFrame { code: close_code::AGAIN, reason: format!("{why}; connect again later").into() }
}

/// What the other side is told when its bytes cannot be read any further.
fn why_closed(error: axum::Error) -> Option<CloseFrame> {
    if let Some(cut) = Cut::behind(&error) {
        let code = if cut == Cut::NoRoom { close_code::AGAIN } else { close_code::POLICY };
        return Some(CloseFrame { code, reason: cut.to_string().into() });
    }
    let error = error.into_inner().downcast::<tungstenite::Error>().ok()?;
    let (code, reason) = match *error {
        tungstenite::Error::Capacity(_) => {
            (close_code::SIZE, format!("a message holds at most {MAX_REQUEST_BYTES} bytes"))
        }
        tungstenite::Error::Utf8(_) => (close_code::INVALID, "a text frame must be UTF-8".to_owned()),
        tungstenite::Error::Protocol(error) => (close_code::PROTOCOL, error.to_string()),
        _ => return None,
    };
    Some(CloseFrame { code, reason: reason.into() })
}

#[cfg(test)]
mod tests {
    use super::{super::MAX_UNSENT_BYTES, *};

    #[test]
    fn large_notifications_count_and_the_usual_do_not() {
        let unsent = Unsent::default();
        let piece = |bytes: usize| vec!["x".repeat(PIECE_BYTES), "x".repeat(bytes)];
        let large = counted(&unsent, piece(MAX_UNSENT_BYTES - PIECE_BYTES)).expect("room");
        assert!(large.1.is_some());
        let usual = counted(&unsent, piece(PIECE_BYTES)).expect("it needs none");
        assert!(usual.1.is_none());
        let no_room = counted(&unsent, piece(2 * PIECE_BYTES)).expect_err("no room");
        let frame = full(&no_room);
        assert!(frame.code == close_code::AGAIN && frame.reason.len() <= 123, "{frame:?}");
        assert!(frame.reason.contains("were not read yet"), "{frame:?}");
        drop(large);
        counted(&unsent, piece(2 * PIECE_BYTES)).expect("room again");
    }
}
