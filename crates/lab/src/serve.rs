//! Binds the listeners of a population and serves whoever comes.

use std::io;
use std::net::SocketAddr;
use std::net::SocketAddrV4;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use socket2::Domain;
use socket2::Protocol;
use socket2::Socket;
use socket2::Type;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::Error;
use crate::LabPlan;
use crate::TruthRow;
use crate::descriptors::make_room;
use crate::dialogue::Next;
use crate::dialogue::Role;
use crate::dialogue::converse;
use crate::flavour::Flavour;
use crate::misbehave;
use crate::population::Endpoint;
use crate::population::Population;
use crate::state::Conduct;
use crate::state::Handshake;
use crate::state::Inside;
use crate::state::Manner;
use crate::state::Opening;
use crate::state::Upgrade;
use crate::tls_servers::TlsServers;
use crate::wire::Duplex;
use crate::wire::Truncated;
use crate::wire::Wire;
use crate::wire::drain;
use crate::wire::leave;

/// A population being served; dropping it ends all its servers.
pub struct Lab {
    truth: Vec<TruthRow>,
    listeners: JoinSet<()>,
}

impl Lab {
    /// Makes the population of this plan and serves it on the current runtime.
    ///
    /// # Errors
    /// [`Error`]: a port that cannot be bound, too few file descriptors, a plan that cannot be.
    pub async fn start(plan: LabPlan) -> Result<Self, Error> {
        plan.check()?;
        let limit = plan.connection_limit;
        let wanted = plan.connections;
        let dealing = move || {
            let population = Population::deal(&plan)?;
            Ok::<_, Error>((population, TlsServers::new()?))
        };
        let (population, servers) =
            tokio::task::spawn_blocking(dealing).await.expect("dealing does not panic")?;
        let slots = make_room(population.endpoints.len(), wanted)?;
        let house = Arc::new(House { servers, slots: Arc::new(Semaphore::new(slots)), limit });
        let mut listeners = JoinSet::new();
        for endpoint in population.endpoints {
            let listener = bind(&endpoint)?;
            listeners.spawn(accept(listener, Arc::new(endpoint), Arc::clone(&house)));
        }
        Ok(Self { truth: population.truth, listeners })
    }

    /// What a correct scan must find, for every host and service.
    pub fn truth(&self) -> &[TruthRow] {
        &self.truth
    }

    /// How many endpoints are served.
    pub fn listeners(&self) -> usize {
        self.listeners.len()
    }

    /// Writes the truth as one JSON object per line.
    ///
    /// # Errors
    /// The file system's.
    pub fn write_truth(&self, path: &Path) -> io::Result<()> {
        crate::truth::write(&self.truth, path)
    }

    /// Ends all servers and waits until their ports are free.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
    }
}

/// What all endpoints share.
struct House {
    servers: TlsServers,
    slots: Arc<Semaphore>,
    limit: Duration,
}

fn bind(endpoint: &Endpoint) -> Result<TcpListener, Error> {
    let address = SocketAddr::V4(SocketAddrV4::new(endpoint.address, endpoint.port));
    // What is no address of this machine cannot be bound: a lab is never anywhere else.
    let bound = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        TcpListener::from_std(socket.into())
    };
    bound().map_err(|source| Error::Bind { address, source })
}

/// Serves one endpoint until the lab ends; its connections end with it.
async fn accept(listener: TcpListener, endpoint: Arc<Endpoint>, house: Arc<House>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            // Out of descriptors or a client that left at once: neither is cured by hurry.
            sleep(AFTER_FAILURE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let slot =
            Arc::clone(&house.slots).acquire_owned().await.expect("the semaphore is never closed");
        let (endpoint, house) = (Arc::clone(&endpoint), Arc::clone(&house));
        // Boxed, so that what a finished task keeps until it is joined is small.
        connections.spawn(Box::pin(async move {
            let _ = timeout(house.limit, serve(tcp, &endpoint, &house)).await;
            drop(slot);
        }));
    }
}

/// One connection. Errors are the client's leaving.
async fn serve(mut tcp: TcpStream, endpoint: &Endpoint, house: &House) -> io::Result<()> {
    let conduct = endpoint.state.conduct();
    tcp.set_nodelay(true)?;
    if conduct.opening != Opening::Proper {
        return misbehave::open(tcp, conduct.opening, &endpoint.service, endpoint.variant).await;
    }
    let mut kept = Vec::new();
    if !endpoint.service.implicit {
        let role = role(endpoint, conduct, false);
        let (next, behind) = hold(&mut tcp, endpoint, &role, Vec::new()).await?;
        if next == Next::End {
            leave(&mut tcp).await;
            return Ok(());
        }
        if conduct.upgrade == Upgrade::AcceptAndKeep {
            kept = behind;
        }
    }
    if secure(&mut tcp, endpoint, conduct, house, kept).await.is_err() {
        // The alert has to arrive: a close with unread bytes would overtake it with a RST.
        leave(&mut tcp).await;
    }
    Ok(())
}

/// What follows where TLS is due.
async fn secure(
    tcp: &mut TcpStream,
    endpoint: &Endpoint,
    conduct: Conduct,
    house: &House,
    kept: Vec<u8>,
) -> io::Result<()> {
    let flavour = match conduct.handshake {
        Handshake::Proper => endpoint.flavour,
        Handshake::Close => {
            leave(tcp).await;
            return Ok(());
        }
        Handshake::CloseMidway => {
            let cut = Truncated::new(tcp, SERVER_HELLO_AND_LITTLE_MORE);
            let credential = &endpoint.credential;
            // OpenSSL puts each message into a record of its own.
            house.servers.accept(CUT_SHORT, credential, cut).await?;
            return Ok(());
        }
        Handshake::Garbage => {
            let mut wire = Wire::new(tcp, 1);
            wire.say_at_once(&misbehave::garbage(endpoint.variant)).await?;
            drain(tcp).await;
            return Ok(());
        }
        Handshake::Plaintext => {
            let mut wire = Wire::new(tcp, 1);
            wire.anything().await?;
            wire.say_at_once(misbehave::plaintext(endpoint.service.language)).await?;
            drain(tcp).await;
            return Ok(());
        }
        Handshake::Silent => {
            drain(tcp).await;
            return Ok(());
        }
    };
    let mut stream = house.servers.accept(flavour, &endpoint.credential, tcp).await?;
    inside(&mut *stream, endpoint, conduct, kept).await
}

/// What follows inside TLS; `kept` is what came before it, and is answered there.
async fn inside(
    stream: &mut dyn Duplex,
    endpoint: &Endpoint,
    conduct: Conduct,
    kept: Vec<u8>,
) -> io::Result<()> {
    let language = endpoint.service.language;
    match conduct.inside {
        Inside::Proper | Inside::Shed => {
            let role = role(endpoint, conduct, true);
            hold(stream, endpoint, &role, kept).await?;
        }
        Inside::AnotherProtocol => {
            let mut wire = Wire::new(stream, 1);
            wire.say_at_once(misbehave::another(language)).await?;
            drain(stream).await;
        }
        Inside::Close => {}
        Inside::Endless => misbehave::endless(stream, misbehave::unit(language)).await?,
        Inside::Silent => drain(stream).await,
    }
    leave(stream).await;
    Ok(())
}

/// Holds a dialogue that begins with `heard`; gives what was heard behind its end.
async fn hold(
    stream: &mut dyn Duplex,
    endpoint: &Endpoint,
    role: &Role<'_>,
    heard: Vec<u8>,
) -> io::Result<(Next, Vec<u8>)> {
    let mut wire = Wire::new(stream, endpoint.pieces).after(heard);
    let next = converse(endpoint.service.language, &mut wire, role).await?;
    Ok((next, wire.into_heard()))
}

fn role(endpoint: &Endpoint, conduct: Conduct, secured: bool) -> Role<'_> {
    let shed = secured && conduct.inside == Inside::Shed;
    Role {
        name: &endpoint.name,
        offers: match secured {
            true => &endpoint.speech.after,
            false => &endpoint.speech.before,
        },
        secured,
        greets: secured == endpoint.service.implicit,
        upgrade: conduct.upgrade,
        manner: if shed { Manner::Shed } else { conduct.manner },
        variant: endpoint.variant,
    }
}

/// Who speaks where a handshake is cut short.
pub(crate) const CUT_SHORT: Flavour = Flavour::OpensslTls12P384;

/// Connections that may wait at one endpoint.
const BACKLOG: i32 = 64;

const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// A ServerHello of TLS 1.2 is about 100 bytes with its header; a Certificate message is far longer.
const SERVER_HELLO_AND_LITTLE_MORE: usize = 200;
