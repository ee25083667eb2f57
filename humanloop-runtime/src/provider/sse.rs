//! Server-sent events: bytes as they come, cut anywhere, into the data of events.

/// What is left of the bytes, until it makes an event.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The data of the event that has not ended yet, a line each.
    data: Option<String>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    returned: bool,
    begun: bool,
}

impl Events {
    /// Takes more bytes, and gives the data of the events that ended in them.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.line_ended()),
                _ => self.line.push(byte),
            }
        }
        events
    }

    /// The last event, whose end did not come.
    pub(crate) fn end(&mut self) -> Option<String> {
        if !self.line.is_empty() {
            self.line_ended();
        }
        self.data.take()
    }

    fn line_ended(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = if std::mem::replace(&mut self.begun, true) { &*line } else { line.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return self.data.take();
        }
        // `:` begins a comment; `event`, `id` and `retry` say nothing that the data does not.
        if let Some(value) = line.strip_prefix("data").filter(|rest| rest.is_empty() || rest.starts_with(':')) {
            let value = value.strip_prefix(':').unwrap_or(value);
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.into()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\u{feff}: hello\r\ndata: {\"a\":1}\r\n\r\nevent: x\rdata:b ä🦀\rdata\rdata:  c\r\rid: 7\n\ndata: [DONE]\n\ndata: last";

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let expected = ["{\"a\":1}", "b ä🦀\n\n c", "[DONE]", "last"];
        for size in 1..TEXT.len() {
            let mut events = Events::default();
            let mut found: Vec<String> = TEXT.as_bytes().chunks(size).flat_map(|bytes| events.add(bytes)).collect();
            found.extend(events.end());
            assert_eq!(found, expected, "in pieces of {size} bytes");
        }
    }

    #[test]
    fn other_fields_make_no_event() {
        let mut events = Events::default();
        assert_eq!(events.add(b"retry: 5\n\n:\n\ndatabase: x\n\n"), Vec::<String>::new());
        assert_eq!(events.end(), None);
    }
}
