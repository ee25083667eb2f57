//! Records of one thread on their way to the worker, in memory that goes back and forth between the two.

/// Bytes of a chunk that is full, and events. They are used again, and small ones stay in the processor's cache.
pub(crate) const CHUNK: usize = 32 << 10;
pub(crate) const EVENTS: usize = if cfg!(loom) { 2 } else { 128 };

/// Events in order, and the bytes they refer to one after the other.
#[derive(Debug)]
pub(crate) struct Chunk<E> {
    /// All of them are there from the start, and are written anew each time.
    events: Vec<E>,
    used: usize,
    pub(crate) bytes: Vec<u8>,
    /// Of all chunks and all their uses no other has this number.
    pub(crate) number: u64,
    /// What of the queue's limit it holds, in bytes.
    pub(crate) reserved: usize,
}

impl<E: Default> Chunk<E> {
    /// An empty one. It has its room from the start: growing would copy what is in it, on the caller's time.
    pub(crate) fn new() -> Self {
        let events = std::iter::repeat_with(E::default).take(EVENTS).collect();
        Self { events, used: 0, bytes: Vec::with_capacity(CHUNK + CHUNK / 16), number: 0, reserved: 0 }
    }

    /// An empty one whose memory is there already: the system gives it when it is first written.
    pub(crate) fn ready() -> Self {
        let mut chunk = Self::new();
        chunk.bytes.resize(chunk.bytes.capacity(), 1);
        chunk.bytes.clear();
        chunk
    }

    /// The next event, to be written, and its place.
    #[inline]
    pub(crate) fn next(&mut self) -> (&mut E, usize) {
        let at = self.used;
        if at == self.events.len() {
            self.events.push(E::default());
        }
        self.used += 1;
        (&mut self.events[at], at)
    }

    /// The event at a place that `next` gave since the chunk has its number.
    pub(crate) fn event(&mut self, at: usize) -> Option<&mut E> {
        self.events.get_mut(..self.used)?.get_mut(at)
    }

    pub(crate) fn events(&self) -> &[E] {
        self.events.get(..self.used).unwrap_or_default()
    }

    /// The events, and the bytes they refer to.
    pub(crate) fn parts(&mut self) -> (&mut [E], &[u8]) {
        (self.events.get_mut(..self.used).unwrap_or_default(), &self.bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= CHUNK || self.used >= EVENTS
    }

    /// Makes it ready for other events, unless a large one has blown it up; whether it is.
    pub(crate) fn empty(&mut self) -> bool {
        self.used = 0;
        self.bytes.clear();
        self.bytes.capacity() <= 4 * CHUNK
    }
}
