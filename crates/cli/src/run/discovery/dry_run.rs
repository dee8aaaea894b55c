//! `discover --dry-run`: how much and how long it would be, with nothing sent.

use std::time::Duration;

use indicatif::HumanBytes;
use indicatif::HumanDuration;
use tlscensus_discovery::Busiest;
use tlscensus_discovery::Intent;
use tlscensus_discovery::Way;
use tlscensus_targets::AddressSet;

use crate::console;
use crate::exit::Exit;
use crate::plan::discovery::DiscoveryPlan;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::discovery::Ways;

/// Prints the estimate. Where there is no way to the targets yet, that is said beside it.
pub(crate) fn dry_run(
    settings: &DiscoverySettings,
    ready: &DiscoveryPlan,
    ways: Result<&Ways, &anyhow::Error>,
) -> anyhow::Result<Exit> {
    let (plan, targets) = (&ready.plan, &ready.targets);
    let frame = match ways.map(|ways| &ways.way) {
        Ok(Way::Wire(wire)) => wire.frame_octets(),
        Ok(Way::Connect(_)) | Err(_) => FRAME,
    };
    let asked_for = targets.addresses.union(&targets.taken_out);
    let rate = plan.rate.packets_per_second(frame);
    let intent = Intent {
        listed: &asked_for,
        allowed: &targets.addresses,
        ports: u64::try_from(plan.visits.ports().len())?,
        targets: plan.positions.end - plan.positions.start,
        probes_per_target: plan.probes,
        frame_bytes: usize::from(frame),
        is_ethernet: true,
        rate,
    };
    let volume = intent.volume();
    console::results(|out| {
        let addresses = |set: &AddressSet| set.count();
        let mut line = |name: &str, text: String| writeln!(out, "{name:18} {text}");
        line(
            "addresses",
            format!(
                "{} asked for, {} blocked ({:.4} %), {} left",
                addresses(&asked_for),
                targets.blocked,
                100.0 * volume.blocked_share,
                addresses(&targets.addresses)
            ),
        )?;
        line("ports", plan.visits.ports().len().to_string())?;
        line(
            "targets",
            format!(
                "{} of {} (shard {}, seed {})",
                intent.targets,
                plan.visits.len(),
                settings.shard,
                settings.seed
            ),
        )?;
        line("packets", format!("{} at most, {} probes to a target", volume.packets, plan.probes))?;
        let bytes = u64::try_from(volume.wire_bytes).unwrap_or(u64::MAX);
        line("bytes on the wire", format!("{} ({})", volume.wire_bytes, HumanBytes(bytes)))?;
        line("rate", format!("{rate:.0} packets/s, {:.2} Mbit/s", volume.bits_per_second / 1e6))?;
        let cooldown = plan.answer_window.as_secs_f64();
        // The busiest network is done no sooner than its ceiling lets it be.
        let busiest = [volume.busiest_v4, volume.busiest_v6].into_iter().flatten();
        let least = busiest.map(|busiest| {
            let packets = busiest.packets_per_second * volume.seconds;
            if settings.net_rate > 0.0 { packets / settings.net_rate } else { 0.0 }
        });
        let sending = least.fold(volume.seconds, f64::max);
        let seconds = Duration::try_from_secs_f64(sending + cooldown).unwrap_or(Duration::MAX);
        line("time", format!("{} ({:.0} s)", HumanDuration(seconds), seconds.as_secs_f64()))?;
        for (what, busiest) in
            [("most-hit /24", volume.busiest_v4), ("most-hit /48", volume.busiest_v6)]
        {
            if let Some(Busiest { network, addresses, packets_per_second }) = busiest {
                line(
                    what,
                    format!(
                        "{network}: {addresses} addresses, {packets_per_second:.3} packets/s on average{}",
                        held(packets_per_second, settings.net_rate)
                    ),
                )?;
            }
        }
        match ways {
            Ok(ways) => line("way", ways.told())?,
            Err(error) => line("way", format!("none: {}", console::told(error)))?,
        }
        if let Ok(Ways { said: Some(said), .. }) = ways {
            line("", said.clone())?;
        }
        Ok(())
    })?;
    Ok(if ways.is_ok() { Exit::Done } else { Exit::Failed })
}

/// Whether the ceiling slows it down.
fn held(packets_per_second: f64, ceiling: f64) -> String {
    if ceiling > 0.0 && packets_per_second > ceiling {
        return format!(", held to {ceiling} by --net-rate: it will take longer");
    }
    String::new()
}

/// A probe with the options of Linux over IPv4.
const FRAME: u16 = 74;
