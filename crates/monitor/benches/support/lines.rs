//! A row as a line of what `tshark` is asked for: ends, versions, suites, name, fingerprints, groups, certificates, alerts.

use std::io;
use std::io::Write;

use tlscensus_records::FlowRow;
use tlscensus_records::Sha256;

/// Writes it behind what is there, columns between tabs, lists between commas, empty where there is nothing.
pub(crate) fn put(row: &FlowRow, out: &mut Vec<u8>) -> io::Result<()> {
    let (tls, offer) = (&row.tls, &row.offer);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    write!(out, "{}\t{}\t{}\t", row.client, row.server_addr, row.server_port)?;
    number(offer.version_code, out)?;
    list(offer.versions.as_deref(), out)?;
    list(offer.suites.as_deref(), out)?;
    write!(out, "{}\t{}\t", text(&tls.sni), text(&tls.ja3))?;
    number(tls.version_code, out)?;
    number(tls.suite_code, out)?;
    number(tls.group_code, out)?;
    number(tls.dh_bits, out)?;
    write!(out, "{}\t", text(&tls.ja3s))?;
    chain(row.server_sent.chain.as_deref(), out)?;
    chain(row.client_chain.as_deref(), out)?;
    writeln!(out, "{}", tls.alerts.join(","))
}

fn number(number: Option<u16>, out: &mut Vec<u8>) -> io::Result<()> {
    list(number.as_ref().map(std::slice::from_ref), out)
}

fn list(numbers: Option<&[u16]>, out: &mut Vec<u8>) -> io::Result<()> {
    for number in numbers.unwrap_or_default() {
        write!(out, "{number},")?;
    }
    out.push(b'\t');
    Ok(())
}

fn chain(hashes: Option<&[Sha256]>, out: &mut Vec<u8>) -> io::Result<()> {
    for hash in hashes.unwrap_or_default() {
        out.extend_from_slice(&hash.digits());
        out.push(b',');
    }
    out.push(b'\t');
    Ok(())
}
