//! Journals on a PostgreSQL server that is there already: each has a schema of its own, which needs no more than the
//! right to make some.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _};
use url::Url;

/// The variable that names the server and its database.
pub const DATABASE_URL: &str = "DATABASE_URL";

/// Schemas of this process. Dropping it removes them, but not while a test fails.
pub struct Schemas {
    server: Url,
    made: Vec<String>,
}

/// Number of the next schema of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

pub(crate) async fn connect(url: &str) -> Result<AnyConnection, sqlx::Error> {
    sqlx::any::install_default_drivers();
    AnyConnectOptions::from_str(url)?.connect().await
}

async fn run(url: &Url, statements: Vec<String>) -> Result<(), sqlx::Error> {
    let mut connection = connect(url.as_str()).await?;
    for statement in statements {
        // Their names are made here.
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await
}

impl Schemas {
    /// On the server at this URL.
    ///
    /// # Panics
    /// When it is none of PostgreSQL.
    pub fn on(server: &str) -> Self {
        let server: Url = server.parse().unwrap_or_else(|error| panic!("{DATABASE_URL} is no URL: {error}"));
        assert!(
            matches!(server.scheme(), "postgres" | "postgresql"),
            "{DATABASE_URL} names no PostgreSQL server: write postgres://user@host/database"
        );
        Self { server, made: Vec::new() }
    }

    /// On the server that `DATABASE_URL` names, if it does.
    ///
    /// # Panics
    /// When it names something else.
    pub fn of_env() -> Option<Self> {
        std::env::var(DATABASE_URL).ok().filter(|url| !url.is_empty()).map(|url| Self::on(&url))
    }

    /// Makes an empty one; its URL.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn make(&mut self) -> String {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("functions_test_{}_{number}", std::process::id());
        self.empty(&name).await;
        let mut url = self.server.clone();
        url.query_pairs_mut().append_pair("options[search_path]", &name);
        self.made.push(name);
        url.into()
    }

    /// Makes the `index`th empty again.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn clear(&self, index: usize) {
        self.empty(&self.made[index]).await;
    }

    async fn empty(&self, name: &str) {
        // An earlier process with this id may have been killed.
        let statements =
            vec![format!("DROP SCHEMA IF EXISTS {name} CASCADE"), format!("CREATE SCHEMA {name}")];
        let done = run(&self.server, statements).await;
        done.unwrap_or_else(|error| panic!("the server of {DATABASE_URL} makes a schema: {error}"));
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept on the server: the schemas {}", self.made.join(", "));
            return;
        }
        let (server, made) = (self.server.clone(), std::mem::take(&mut self.made));
        // A thread of its own may wait, whatever this one is in.
        let removal = std::thread::spawn(move || {
            let statements =
                made.iter().map(|name| format!("DROP SCHEMA IF EXISTS {name} CASCADE")).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let _ = runtime.map(|runtime| runtime.block_on(run(&server, statements)));
        });
        let _ = removal.join();
    }
}
