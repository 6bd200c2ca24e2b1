//! LZO1X blocks, decompression only.
//!
//! Source: the kernel's description of the LZO stream format ("Documentation/staging/lzo").

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Input<'a> {
    rest: &'a [u8],
}

impl Input<'_> {
    fn byte(&mut self) -> Result<usize, Error> {
        let (first, rest) = self.rest.split_first().ok_or("an lzo block is cut off")?;
        self.rest = rest;
        Ok(usize::from(*first))
    }

    /// Reads a length whose bits in the instruction are all zero: zero bytes count 255 each.
    fn long(&mut self, base: usize) -> Result<usize, Error> {
        let mut length = base;
        loop {
            match self.byte()? {
                0 => length += 255,
                last => return Ok(length + last),
            }
            if length > 1 << 24 {
                return Err("an lzo length is too large".into());
            }
        }
    }

    fn copy(&mut self, length: usize, output: &mut Output<'_>) -> Result<(), Error> {
        let (literal, rest) =
            self.rest.split_at_checked(length).ok_or("an lzo literal is cut off")?;
        self.rest = rest;
        output.room(length)?;
        output.out.extend_from_slice(literal);
        Ok(())
    }
}

struct Output<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    limit: usize,
}

impl Output<'_> {
    fn room(&self, length: usize) -> Result<(), Error> {
        if self.out.len() - self.start + length > self.limit {
            return Err("it is longer than the file's blocks".into());
        }
        Ok(())
    }

    fn repeat(&mut self, distance: usize, length: usize) -> Result<(), Error> {
        self.room(length)?;
        let from = self.out.len().checked_sub(distance).filter(|from| *from >= self.start);
        let from = from.ok_or("an lzo match points before the block")?;
        if distance >= length {
            self.out.extend_from_within(from..from + length);
        } else {
            for i in from..from + length {
                self.out.push(self.out[i]);
            }
        }
        Ok(())
    }
}

/// Appends the decompressed block of at most `limit` bytes.
pub(super) fn decompress(block: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let start = out.len();
    let mut input = Input { rest: block };
    let mut output = Output { out, start, limit };
    // How many literals the last instruction copied: 0 to 3, or 4 for a run of them.
    let mut state = 0;
    if let Some(first) = block.first().filter(|b| **b > 17) {
        input.byte()?;
        let length = usize::from(*first) - 17;
        input.copy(length, &mut output)?;
        state = length.min(4);
    }
    loop {
        let code = input.byte()?;
        let (distance, length, literals);
        match code {
            0..16 if state == 0 => {
                let run = if code == 0 { input.long(15 + 3)? } else { code + 3 };
                input.copy(run, &mut output)?;
                state = 4;
                continue;
            }
            0..16 => {
                let high = input.byte()? << 2;
                literals = code & 3;
                (distance, length) = if state == 4 {
                    (high + (code >> 2) + 2049, 3)
                } else {
                    (high + (code >> 2) + 1, 2)
                };
            }
            16..32 => {
                let bits = code & 7;
                length = if bits == 0 { input.long(7 + 2)? } else { bits + 2 };
                let low = input.byte()? | input.byte()? << 8;
                literals = low & 3;
                let far = (code & 8) << 11 | low >> 2;
                if far == 0 {
                    return Ok(());
                }
                distance = far + 16_384;
            }
            32..64 => {
                let bits = code & 31;
                length = if bits == 0 { input.long(31 + 2)? } else { bits + 2 };
                let low = input.byte()? | input.byte()? << 8;
                literals = low & 3;
                distance = (low >> 2) + 1;
            }
            64..128 => {
                distance = (input.byte()? << 3) + ((code >> 2) & 7) + 1;
                length = 3 + ((code >> 5) & 1);
                literals = code & 3;
            }
            _ => {
                distance = (input.byte()? << 3) + ((code >> 2) & 7) + 1;
                length = 5 + ((code >> 5) & 3);
                literals = code & 3;
            }
        }
        output.repeat(distance, length)?;
        input.copy(literals, &mut output)?;
        state = literals;
    }
}
