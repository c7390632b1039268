//! What a server takes: to start, in memory, idle and with 5,000 people connected.

use std::time::Duration;

use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

const PEOPLE: usize = 5_000;

pub(super) async fn run(mut server: Server, report: &mut Report) -> anyhow::Result<()> {
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    report.add("start-up", "first, empty directory", millis(server.started_in()), "ms");
    report.add("memory", "idle, fresh", server.resident_mib()?, "MiB");
    report.aim("idle, fresh", "< 40");
    let people_in_all = server.times(PEOPLE);
    let crowd = people(&server, "person", people_in_all).await?;
    server.restart().await?;
    report.add(
        "start-up",
        &format!("existing data, {people_in_all} accounts"),
        millis(server.started_in()),
        "ms",
    );
    report.aim(&format!("existing data, {people_in_all} accounts"), "< 150");
    let idle = server.resident_mib()?;
    report.add("memory", &format!("idle, {people_in_all} accounts"), idle, "MiB");
    let mut polls = Vec::new();
    for person in &crowd {
        let mut client = person.at(server.address(0)).await?;
        polls.push(tokio::spawn(async move {
            let (_, since) = client.syncs("?timeout=0").await?;
            client.syncs(&format!("?timeout=30000&since={since}")).await
        }));
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let connected = server.resident_mib()?;
    report.add("memory", &format!("{people_in_all} people connected"), connected, "MiB");
    #[expect(clippy::cast_precision_loss, reason = "some thousand people")]
    let each = (connected - idle) * 1024.0 / people_in_all as f64;
    report.add("memory", "each person connected, in no room", each, "KiB");
    report.aim("each person connected, in no room", "< 30");
    let before = server.usage()?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let used = server.used_since(&before)?;
    let silent = |seconds: f64| seconds / 5.0 * 100.0;
    report.add("CPU", "people connected, silent", silent(used.server), "% of a core");
    if let Some(database) = used.database {
        report.add("CPU", "PostgreSQL, meanwhile", silent(database.cpu), "% of a core");
    }
    for poll in polls {
        poll.abort();
    }
    Ok(())
}
