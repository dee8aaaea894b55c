//! Answers on stdout, a line each, as they come.

use std::io;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;
use tlscensus_discovery::Event;
use tlscensus_targets::RouteTable;

use super::fields::FIELDS;
use super::fields::Field;
use super::fields::Said;
use super::fields::chosen;
use crate::args::ResultArguments;
use crate::args::ResultFormat;
use crate::console;

/// Writes answers.
pub(crate) struct Emitter {
    format: ResultFormat,
    fields: Vec<&'static Field>,
    with_port: bool,
    routes: Option<Arc<RouteTable>>,
    out: Box<dyn Write + Send>,
}

impl Emitter {
    /// To stdout.
    ///
    /// # Errors
    /// For fields that are none, and when stdout cannot be written.
    pub(crate) fn new(
        typed: &ResultArguments,
        ports: usize,
        routes: Option<Arc<RouteTable>>,
    ) -> anyhow::Result<Self> {
        Self::into(Box::new(io::BufWriter::new(io::stdout())), typed, ports, routes)
    }

    fn into(
        out: Box<dyn Write + Send>,
        typed: &ResultArguments,
        ports: usize,
        routes: Option<Arc<RouteTable>>,
    ) -> anyhow::Result<Self> {
        let mut names = typed.output_fields.clone();
        if names.is_empty() {
            names.push("saddr".to_owned());
            names.extend((ports > 1).then(|| "sport".to_owned()));
        }
        let fields = chosen(&names)?;
        let with_port = ports > 1;
        let format = typed.output_format;
        let mut emitter = Self { format, fields, with_port, routes, out };
        if format == ResultFormat::Csv && !typed.no_header_row {
            let names: Vec<_> = emitter.fields.iter().map(|field| field.name).collect();
            writeln!(emitter.out, "{}", names.join(","))?;
        }
        Ok(emitter)
    }

    /// Writes one.
    ///
    /// # Errors
    /// When stdout cannot be written; a closed pipe is among them.
    pub(crate) fn write(&mut self, event: &Event) -> io::Result<()> {
        let said = Said { event, routes: self.routes.as_deref() };
        match self.format {
            ResultFormat::List if self.with_port => {
                writeln!(self.out, "{}", SocketAddr::new(event.answer.addr, event.answer.port))
            }
            ResultFormat::List => writeln!(self.out, "{}", event.answer.addr),
            ResultFormat::Csv => {
                let cells: Vec<_> =
                    self.fields.iter().map(|field| cell(&(field.value)(&said))).collect();
                writeln!(self.out, "{}", cells.join(","))
            }
            ResultFormat::Json => {
                let object: Map<String, Value> = self
                    .fields
                    .iter()
                    .map(|field| (field.name.to_owned(), (field.value)(&said)))
                    .collect();
                writeln!(self.out, "{}", Value::Object(object))
            }
        }
    }

    /// Lets a reader behind a pipe see what was written.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// As ZMap writes it: 1 and 0 for yes and no, nothing where there is no value.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The fields there are.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn list_fields() -> anyhow::Result<()> {
    console::results(|out| {
        for field in FIELDS {
            writeln!(out, "{:16} {}", field.name, field.doc)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Mutex;

    use tlscensus_discovery::Answer;
    use tlscensus_discovery::TcpFacts;
    use tlscensus_records::ResponderKind;
    use tlscensus_records::Timestamp;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("alone").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn event(addr: &str) -> Event {
        let addr: IpAddr = addr.parse().expect("an address");
        let tcp = TcpFacts {
            sequence: 7,
            acknowledgement: 9,
            window: 64_240,
            mss: Some(1460),
            options: vec![2, 4],
        };
        let answer = Answer {
            addr,
            port: 25,
            ours: Some((addr, 61_000)),
            probe_number: Some(1),
            kind: ResponderKind::SynAck,
            ttl: Some(57),
            tcp: Some(tcp),
            icmp: None,
        };
        Event { answer, at: Timestamp(1_700_000_000_123_456), in_cooldown: false }
    }

    fn written(format: ResultFormat, fields: &[&str], ports: usize, addr: &str) -> String {
        let typed = ResultArguments {
            output_format: format,
            output_fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            no_header_row: false,
            list_fields: false,
        };
        let sink = Sink::default();
        let mut emitter =
            Emitter::into(Box::new(sink.clone()), &typed, ports, None).expect("fields");
        emitter.write(&event(addr)).expect("memory");
        let bytes = sink.0.lock().expect("alone").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn lines_are_what_other_tools_read() {
        use ResultFormat::Csv;
        use ResultFormat::Json;
        use ResultFormat::List;
        let all = ["saddr", "sport", "success", "classification", "tcpopt_kinds", "timestamp_str"];
        for (format, fields, ports, addr, expected) in [
            (List, &[][..], 1, "192.0.2.1", "192.0.2.1\n"),
            (List, &[], 2, "192.0.2.1", "192.0.2.1:25\n"),
            (List, &[], 2, "2001:db8::1", "[2001:db8::1]:25\n"),
            (Csv, &[], 1, "192.0.2.1", "saddr\n192.0.2.1\n"),
            (Csv, &[], 2, "192.0.2.1", "saddr,sport\n192.0.2.1,25\n"),
            (
                Csv,
                &all,
                1,
                "192.0.2.1",
                "saddr,sport,success,classification,tcpopt_kinds,timestamp_str\n\
                 192.0.2.1,25,1,synack,2 4,2023-11-14T22:13:20.123+0000\n",
            ),
            (
                Json,
                &["saddr", "success", "icmp_type", "timestamp_us"],
                1,
                "192.0.2.1",
                "{\"icmp_type\":null,\"saddr\":\"192.0.2.1\",\"success\":true,\"timestamp_us\":123456}\n",
            ),
        ] {
            assert_eq!(written(format, fields, ports, addr), expected);
        }
        assert_eq!(written(Csv, &["saddr_raw"], 1, "1.2.3.4"), "saddr_raw\n67305985\n");
        assert!(chosen(&["nothing".to_owned()]).is_err());
    }
}
