//! The bytes of one file, plain or decompressed, and the proof that it is still the one listed.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Take};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::listing::{Listed, reading_hint, require_regular};
use crate::error::{Error, Kind, Result};
use crate::source::FileIdentity;

/// Bytes read from a compressed file at once.
const COMPRESSED_BYTES: usize = 128 << 10;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// By the end of the name: `.gz` and `.gzip`, `.zst` and `.zstd`, else not at all.
    #[default]
    Auto,
    /// Not at all.
    None,
    /// gzip, also several members in one file.
    Gzip,
    /// Zstandard, also several frames in one file.
    Zstd,
}

/// How the bytes of one file are got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// As they are; `guessed` if nobody but the name has said so.
    Plain {
        /// True if the file's first bytes may prove that wrong.
        guessed: bool,
    },
    /// By gzip.
    Gzip,
    /// By Zstandard.
    Zstd,
}

/// Ends of names of compressed files that are known and not read.
const OTHER_SUFFIXES: [&str; 9] =
    ["bz2", "xz", "deflate", "lz4", "snappy", "lzo", "br", "zip", "7z"];

impl Compression {
    /// Gives the codec of a file.
    ///
    /// # Errors
    /// `Unsupported` if the name says a compression that is not read here.
    pub(super) fn of(self, path: &str) -> Result<Codec> {
        Ok(match self {
            Self::None => Codec::Plain { guessed: false },
            Self::Gzip => Codec::Gzip,
            Self::Zstd => Codec::Zstd,
            Self::Auto => {
                let suffix = Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or("");
                match suffix.to_ascii_lowercase().as_str() {
                    "gz" | "gzip" => Codec::Gzip,
                    "zst" | "zstd" => Codec::Zstd,
                    other if OTHER_SUFFIXES.contains(&other) => {
                        return Err(Error::unsupported("compression of the file is not supported")
                            .with("file", path)
                            .with_hint(
                                "compress it with gzip or zstd; if its name misleads, set \
                                 'source.compression'='none'",
                            ));
                    }
                    _ => Codec::Plain { guessed: true },
                }
            }
        })
    }
}

impl Codec {
    /// Tells whether reading can begin anywhere in the file.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::Plain { .. })
    }
}

/// An open file, read from some position on.
pub(super) struct Input {
    path: String,
    identity: FileIdentity,
    file: Arc<File>,
    bytes: Bytes,
    position: u64,
}

enum Bytes {
    Plain,
    Stream { decoder: Box<dyn Read + Send>, ended: bool },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("path", &self.path)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Input {
    /// Opens a file if it is still the one that was listed.
    ///
    /// # Errors
    /// `NotFound` if it is gone, `Data` if it has changed, `Config` if it may not be read.
    pub(super) fn open(listed: Listed, codec: Codec) -> Result<Self> {
        let Listed { path, identity } = listed;
        // Opening a pipe would block, so what it is must be known before.
        let metadata = fs::metadata(&path).map_err(|e| cannot_open(&path, e))?;
        require_regular(Path::new(&path), metadata.file_type())?;
        let file = Arc::new(File::open(&path).map_err(|e| cannot_open(&path, e))?);
        let compressed = || -> BufReader<Take<Arc<File>>> {
            BufReader::with_capacity(COMPRESSED_BYTES, Arc::clone(&file).take(identity.size))
        };
        let bytes = match codec {
            Codec::Plain { .. } => Bytes::Plain,
            Codec::Gzip => Bytes::stream(MultiGzDecoder::new(compressed())),
            Codec::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(compressed());
                Bytes::stream(decoder.map_err(|e| cannot_open(&path, e))?)
            }
        };
        let input = Self { path, identity, file, bytes, position: 0 };
        input.require_unchanged()?;
        if codec == (Codec::Plain { guessed: true }) {
            input.require_text()?;
        }
        Ok(input)
    }

    /// Gives the file's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Tells whether reading can begin anywhere in the file.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.bytes, Bytes::Plain)
    }

    /// Goes to another position of a plain file.
    ///
    /// # Errors
    /// `Internal` for a compressed file, whose bytes come in order only.
    pub(super) fn seek(&mut self, position: u64) -> Result<()> {
        crate::ensure!(self.is_plain(), "a compressed file cannot be sought");
        self.position = position;
        Ok(())
    }

    /// Tells whether the end is known to be reached.
    pub(super) fn is_at_end(&self) -> bool {
        match &self.bytes {
            Bytes::Plain => self.position >= self.identity.size,
            Bytes::Stream { ended, .. } => *ended,
        }
    }

    /// Fills the buffer from its begin and gives the number of bytes; fewer than it holds mean the
    /// end.
    ///
    /// # Errors
    /// `NotFound` if the file was deleted, `Data` if it changed or is cut off or damaged,
    /// `Unavailable` if it cannot be read now.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && !self.is_at_end() {
            let n = match self.read_some(&mut buffer[filled..]) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    return Err(self
                        .require_unchanged()
                        .err()
                        .unwrap_or_else(|| self.cannot_read(e)));
                }
            };
            filled += n;
            self.position += n as u64;
            if n == 0 {
                self.require_unchanged()?;
                match &mut self.bytes {
                    Bytes::Stream { ended, .. } => *ended = true,
                    Bytes::Plain => {
                        return Err(self.cannot_read(io::ErrorKind::UnexpectedEof.into()));
                    }
                }
            }
        }
        // Only now are the bytes known to be those of the file that was listed.
        self.require_unchanged()?;
        Ok(filled)
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Plain => {
                let left = self.identity.size.saturating_sub(self.position);
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                self.file.read_at(&mut buffer[..n], self.position)
            }
            Bytes::Stream { decoder, .. } => decoder.read(buffer),
        }
    }

    /// Checks that the path still leads to the file that was listed.
    ///
    /// # Errors
    /// `NotFound` if it is gone, `Data` if it has changed.
    pub(super) fn require_in_place(&self) -> Result<()> {
        let metadata = fs::metadata(&self.path).map_err(|e| cannot_open(&self.path, e))?;
        self.compare(&FileIdentity::of(&metadata))
    }

    fn require_unchanged(&self) -> Result<()> {
        let metadata = self.file.metadata().map_err(|e| self.cannot_read(e))?;
        if metadata.nlink() == 0 {
            self.require_in_place()?;
            return Err(vanished(&self.path));
        }
        self.compare(&FileIdentity::of(&metadata))
    }

    fn compare(&self, now: &FileIdentity) -> Result<()> {
        match self.identity.difference(now) {
            None => Ok(()),
            Some(difference) => {
                Err(changed("file changed while it was being read", &self.path, &difference))
            }
        }
    }

    fn require_text(&self) -> Result<()> {
        let mut head = [0; 4];
        let n = self.file.read_at(&mut head, 0).map_err(|e| self.cannot_read(e))?;
        let (what, suffix) = match head[..n] {
            [0x1f, 0x8b, 8, ..] => ("gzip", ".gz"),
            [0x28, 0xb5, 0x2f, 0xfd] => ("zstd", ".zst"),
            _ => return Ok(()),
        };
        Err(Error::data("file is compressed, and its name does not say so")
            .with("file", &self.path)
            .with("compression", what)
            .with_hint(format!(
                "let its name end in {suffix}, or set 'source.compression'='{what}'"
            )))
    }

    fn cannot_read(&self, e: io::Error) -> Error {
        let file = |error: Error| error.with("file", &self.path).with("offset", self.position);
        if e.raw_os_error().is_some() {
            return file(reading_hint(Error::io("cannot read the file", e)));
        }
        let compressed = matches!(self.bytes, Bytes::Stream { .. });
        match e.kind() {
            io::ErrorKind::UnexpectedEof if compressed => {
                file(Error::data("compressed file is cut off"))
                    .with_hint("its end is missing: copy it here again in whole, under a new name")
            }
            io::ErrorKind::UnexpectedEof => file(Error::data("file ends before its size says")),
            _ => file(Error::data("compressed file is damaged").with_source(e)).with_hint(
                "copy it here again, under a new name; if it is not compressed, set \
                     'source.compression'='none'",
            ),
        }
    }
}

impl Bytes {
    fn stream(decoder: impl Read + Send + 'static) -> Self {
        Self::Stream { decoder: Box::new(decoder), ended: false }
    }
}

/// Makes the error of a file that is no longer what it was.
pub(super) fn changed(message: &str, path: &str, difference: &str) -> Error {
    Error::data(message).with("file", path).with("what", difference).with_hint(
        "files must not change once they are here: write elsewhere or under a name that begins \
         with `_` or `.`, then rename; restore the old file, or move it away and give the \
         new data a new name",
    )
}

pub(super) fn vanished(path: &str) -> Error {
    Error::not_found("file vanished before it was read to its end")
        .with("file", path)
        .with_hint("restore it, and start again: reading goes on where it stopped")
}

fn cannot_open(path: &str, e: io::Error) -> Error {
    let error = Error::io("cannot open the file", e);
    match error.kind() {
        Kind::NotFound => vanished(path),
        _ => reading_hint(error.with("file", path)),
    }
}
