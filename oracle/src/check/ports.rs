//! The listening addresses: free, held by the node that runs on the same keys, or taken by somebody else.

use std::{
    fmt, fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    time::Duration,
};

use alloy::primitives::Address;
use oracle_net::Multiaddr;
use serde_json::Value;
use tokio::time::timeout;

use super::Line;
use crate::{config::Config, peers::socket_of};

/// Time the admin port has to say whose it is.
const ASK_TIME: Duration = Duration::from_secs(5);
/// Longest answer read from it, in bytes.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// How `/proc/net/tcp` writes that a socket listens.
const LISTENS: &str = "0A";

/// A process that holds the keystore.
pub(super) struct Running {
    /// Its id, where the system tells.
    pub(super) pid: Option<u32>,
}

impl fmt::Display for Running {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(out, "process {pid}"),
            None => out.write_str("another process"),
        }
    }
}

/// Looks at all of them. `node` runs on the same keys, whose signer is beside it when they could be read.
pub(super) async fn look(config: &Config, node: Option<(Running, Option<Address>)>) -> Vec<Line> {
    let mut lines = Vec::new();
    let listen = &config.net.listen;
    let remedy = "write for example \"/ip4/0.0.0.0/tcp/9001\"";
    lines.push(match listen.parse::<Multiaddr>() {
        Err(err) => Line::fail("net.listen", format!("{listen:?} is no multiaddress ({err})"), remedy),
        Ok(address) => match socket_of(&address) {
            None => Line::fail("net.listen", format!("{listen:?} is no IP address with a TCP port"), remedy),
            Some(address) => port("net.listen", address, node.as_ref().map(|(node, _)| (node, None))).await,
        },
    });
    let admin = config.admin.listen;
    let asked = node.as_ref().map(|(node, signer)| (node, *signer));
    lines.push(port("admin.listen", admin, asked).await);
    if let Some(gateway) = config.gateway.listen {
        lines.push(port("gateway.listen", gateway, node.as_ref().map(|(node, _)| (node, None))).await);
    }
    if !admin.ip().is_loopback() {
        let words = format!("{admin} is reachable from other machines");
        lines.push(Line::warn("admin.public", words, "keep it behind a firewall, or listen on 127.0.0.1"));
    }
    lines
}

/// One address. With a signer, whoever serves there can be asked whether it is that node.
async fn port(id: &str, address: SocketAddr, node: Option<(&Running, Option<Address>)>) -> Line {
    let Err(err) = TcpListener::bind(address) else { return Line::ok(id, format!("{address} is free")) };
    let remedy = match err.kind() {
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one of its own, 0.0.0.0 for all, or 127.0.0.1 for itself alone"
        }
        io::ErrorKind::PermissionDenied => {
            "the system keeps this port for its administrator: choose one from 1024 on"
        }
        _ => "end the other program (`ss -ltnp` shows it), or choose a free port",
    };
    let taken = |words: String| Line::fail(id, words, remedy);
    let Some((node, signer)) = node else {
        return taken(format!("{address} cannot be listened on ({err})"));
    };
    let ours = || Line::ok(id, format!("{address} is held by the node on this keystore, {node}"));
    match node.pid.and_then(|pid| listens(pid, address.port())) {
        Some(true) => return ours(),
        Some(false) => {
            return taken(format!(
                "{address} cannot be listened on ({err}), and not because of the node on this keystore, {node}"
            ));
        }
        None => {}
    }
    let Some(signer) = signer else {
        let words =
            format!("{address} is in use; whether by the node on this keystore, {node}, cannot be seen");
        return Line::warn(id, words, "look with `ss -ltnp`; end the other program, or choose a free port");
    };
    match signer_at(address).await {
        Ok(found) if found == signer => ours(),
        Ok(found) => taken(format!("{address} is held by the node of signer {found}, this one is {signer}")),
        Err(problem) => {
            taken(format!("{address} is in use, and no node of these keys answers there ({problem})"))
        }
    }
}

/// Whether the process listens on a TCP port, by what the kernel says; `None` where it does not.
fn listens(pid: u32, port: u16) -> Option<bool> {
    let sockets: Vec<String> = ["tcp", "tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(format!("/proc/net/{table}")).ok())
        .flat_map(|table| listeners(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let held = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let mut links = held.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    Some(links.any(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str())))
}

/// The inodes of sockets that listen on `port`, in a table of `/proc/net`.
fn listeners(table: &str, port: u16) -> Vec<String> {
    let found = table.lines().skip(1).filter_map(|line| {
        //  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 131074 …
        let fields: Vec<&str> = line.split_whitespace().collect();
        let own = fields.get(1)?.rsplit(':').next()?;
        let is_it = *fields.get(3)? == LISTENS && u16::from_str_radix(own, 16) == Ok(port);
        is_it.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    });
    found.collect()
}

/// The signer of the node whose admin pages are served at an address, or why none is known.
async fn signer_at(address: SocketAddr) -> Result<Address, String> {
    let mut to = address;
    match to.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => to.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => to.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let asked = async {
        let client = functions_trust::http_client().no_proxy().build().map_err(|err| err.to_string())?;
        let mut answer = client
            .get(format!("http://{to}/status"))
            .send()
            .await
            .map_err(|err| err.without_url().to_string())?;
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|err| err.without_url().to_string())? {
            bytes.extend_from_slice(&part);
            if bytes.len() > MAX_ANSWER_BYTES {
                return Err("its answer is too long".to_owned());
            }
        }
        let status: Value = serde_json::from_slice(&bytes).map_err(|_| "its answer is no JSON".to_owned())?;
        let signer = status["node"]["signer"].as_str().and_then(|text| text.parse().ok());
        signer.ok_or_else(|| "its answer names no signer".to_owned())
    };
    match timeout(ASK_TIME, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", ASK_TIME.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::check::Verdict;

    /// Serves one answer per connection; where.
    async fn says(body: String) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1_024];
                let _ = stream.read(&mut head).await;
                let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn port_is_excused_only_when_the_node_on_the_keys_holds_it() {
        let held = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = held.local_addr().expect("an address");
        let me = Running { pid: Some(std::process::id()) };
        let line = port("x", address, Some((&me, None))).await;
        assert_eq!(line.verdict, Verdict::Ok, "{line}");
        // Another process runs on the keys, and it does not hold the port.
        let mut other = std::process::Command::new("sleep").arg("60").spawn().expect("a process");
        let sleeper = Running { pid: Some(other.id()) };
        let line = port("x", address, Some((&sleeper, Some(Address::ZERO)))).await;
        let _ = other.kill();
        let _ = other.wait();
        assert!(line.verdict == Verdict::Fail && line.words.contains("not because of"), "{line}");
        let line = port("x", address, None).await;
        assert!(line.verdict == Verdict::Fail && !line.remedy.is_empty(), "{line}");
        drop(held);
        assert_eq!(port("x", address, Some((&sleeper, None))).await.verdict, Verdict::Ok, "free");
    }

    #[tokio::test]
    async fn who_serves_is_asked_where_the_kernel_does_not_tell() {
        let (ours, theirs) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let unseen = Running { pid: None };
        let node = says(format!("{{\"node\":{{\"signer\":\"{ours}\"}}}}")).await;
        for (address, signer, verdict, words) in [
            (node, ours, Verdict::Ok, "held by the node on this keystore"),
            (node, theirs, Verdict::Fail, "held by the node of signer"),
            (says("<html>".to_owned()).await, ours, Verdict::Fail, "no JSON"),
            (says("{}".to_owned()).await, ours, Verdict::Fail, "names no signer"),
        ] {
            let line = port("x", address, Some((&unseen, Some(signer)))).await;
            assert!(line.verdict == verdict && line.words.contains(words), "{line}");
        }
        let line = port("x", node, Some((&unseen, None))).await;
        assert_eq!(line.verdict, Verdict::Warn, "{line}");
    }
}
