//! A stream of bytes to lines.

use std::io::Read;

use memchr::{memchr, memchr2, memrchr, memrchr2};

use crate::codec::Unpacked;
use crate::{FormatError, Result};

/// Bytes of one read.
pub(super) const BLOCK_BYTES: usize = 512 << 10;

/// Longest line.
const LINE_BYTES: usize = 512 << 20;

/// Gives line after line without its end, which is `\n`, `\r` or `\r\n`.
///
/// Source: Hadoop `LineReader`.
#[derive(Debug)]
pub(crate) struct Lines {
    input: Unpacked,
    block: Vec<u8>,
    /// Where the next line begins in the block.
    start: usize,
    /// Bytes of the stream before the block.
    before: u64,
    ended: bool,
    /// Whether the bytes read so far have a `\r`: most files have none.
    returns: bool,
}

impl Lines {
    pub(crate) fn new(input: Unpacked, at: u64) -> Self {
        Self { input, block: Vec::new(), start: 0, before: at, ended: false, returns: false }
    }

    /// Returns where in the stream the next line begins.
    pub(crate) fn position(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Returns the next line.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the stream is broken or a line is too long.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>> {
        let mut searched = self.start;
        loop {
            let found = if self.returns {
                memchr2(b'\n', b'\r', &self.block[searched..])
            } else {
                memchr(b'\n', &self.block[searched..])
            };
            if let Some(found) = found {
                let end = searched + found;
                let lone = self.block[end] == b'\r';
                if lone && end + 1 == self.block.len() && !self.ended {
                    // Its newline may be in the next block.
                    searched = end - self.start;
                    self.fill()?;
                    searched += self.start;
                    continue;
                }
                let start = self.start;
                let pair = lone && self.block.get(end + 1) == Some(&b'\n');
                self.start = end + 1 + usize::from(pair);
                return Ok(Some(&self.block[start..end]));
            }
            if self.ended {
                let start = std::mem::replace(&mut self.start, self.block.len());
                let last = &self.block[start..];
                return Ok((!last.is_empty()).then_some(last));
            }
            searched = self.block.len() - self.start;
            self.fill()?;
            searched += self.start;
        }
    }

    /// Returns whole lines with their ends, of at most `most` bytes if the first one is not longer; nothing at the end of the stream.
    ///
    /// They are the same until [`Self::advance`] passes some of them.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn whole(&mut self, most: usize) -> Result<&[u8]> {
        let mut searched = 0;
        let length = loop {
            let rest = &self.block[self.start..];
            // A `\r` at the end of what was read may be half of a line's end.
            let known = rest.len() - usize::from(rest.last() == Some(&b'\r') && !self.ended);
            let near = known.min(most);
            let last = if self.returns {
                memrchr2(b'\n', b'\r', &rest[searched.min(near)..near])
            } else {
                memrchr(b'\n', &rest[searched.min(near)..near])
            };
            let first = || memchr2(b'\n', b'\r', &rest[near.max(searched)..known]);
            let end = match last {
                Some(last) => Some(searched.min(near) + last),
                None => first().map(|first| near.max(searched) + first),
            };
            match end {
                Some(end) => break end + 1 + usize::from(rest[end..].starts_with(b"\r\n")),
                None if self.ended => break rest.len(),
                None => {
                    searched = known;
                    self.fill()?;
                }
            }
        };
        Ok(&self.block[self.start..self.start + length])
    }

    /// Passes so many bytes of the lines that were returned last.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Moves what is left to the front and reads on.
    fn fill(&mut self) -> Result<()> {
        self.block.drain(..self.start);
        self.before += self.start as u64;
        self.start = 0;
        let filled = self.block.len();
        too_long(filled, self.before)?;
        // Longer lines are read in longer pieces, so that they are not searched again and again.
        let want = BLOCK_BYTES.max(filled);
        let read = (&mut self.input).take(want as u64).read_to_end(&mut self.block);
        let read = read.map_err(|e| unpacking_failed(self.before + filled as u64, e))?;
        self.ended = read < want;
        self.returns = self.returns || memchr(b'\r', &self.block[filled..]).is_some();
        Ok(())
    }
}

/// Refuses a line whose end is not found in so many bytes.
pub(super) fn too_long(bytes: usize, begin: u64) -> Result<()> {
    if bytes > LINE_BYTES {
        return Err(FormatError::data("a line has more than 512 MB").with("begins at byte", begin));
    }
    Ok(())
}

pub(super) fn unpacking_failed(after: u64, error: std::io::Error) -> FormatError {
    FormatError::data("cannot unpack the text").with("after byte", after).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::StreamCodec;

    /// Gives one byte a read.
    struct Slow(std::io::Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn every_kind_of_end_ends_a_line() {
        let text = b"a\nbb\r\n\rc\r\n\nlast".to_vec();
        let input = StreamCodec::None.unpack(Slow(std::io::Cursor::new(text))).unwrap();
        let mut lines = Lines::new(input, 0);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(String::from_utf8(line.to_vec()).unwrap());
        }
        assert_eq!(found, ["a", "bb", "", "c", "", "last"]);
        assert!(lines.next().unwrap().is_none());
    }

    /// Tiles are the same lines, wherever reads and tiles end.
    #[test]
    fn whole_lines_are_all_lines() {
        let text = b"a\nbb\r\n\r\nc\r\na much longer line\r\rd\n\nlast";
        for most in 1..30 {
            let input =
                StreamCodec::None.unpack(Slow(std::io::Cursor::new(text.to_vec()))).unwrap();
            let (mut lines, mut found) = (Lines::new(input, 0), Vec::new());
            loop {
                let at = found.len() as u64;
                assert_eq!(lines.position(), at);
                let tile = lines.whole(most).unwrap();
                if tile.is_empty() {
                    break;
                }
                let one = memchr2(b'\n', b'\r', tile).is_none_or(|end| tile.len() - end <= 2);
                assert!(tile.len() <= most + 1 || one, "{most}: {tile:?}");
                let whole = tile.ends_with(b"\n") || tile.ends_with(b"\r") || tile == b"last";
                assert!(
                    whole && !text[found.len() + tile.len()..].starts_with(b"\n")
                        || tile.ends_with(b"\n"),
                    "{most}: {tile:?}"
                );
                found.extend_from_slice(tile);
                let length = tile.len();
                lines.advance(length);
            }
            assert_eq!(found, text, "{most}");
        }
    }

    #[test]
    fn long_lines_cross_blocks() {
        let text = [vec![b'x'; 3 * BLOCK_BYTES], b"\r".to_vec(), b"\ny".to_vec()].concat();
        let input = StreamCodec::None.unpack(std::io::Cursor::new(text)).unwrap();
        let mut lines = Lines::new(input, 7);
        assert_eq!(lines.next().unwrap().unwrap().len(), 3 * BLOCK_BYTES);
        assert_eq!(lines.position(), (3 * BLOCK_BYTES) as u64 + 9);
        assert_eq!(lines.next().unwrap(), Some(b"y".as_slice()));
    }
}
