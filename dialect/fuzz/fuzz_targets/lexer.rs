//! Any text is cut into tokens, which move on and do not overlap (assertions in the crate), in each
//! meaning of quotes; the pieces of a script are in order and hold all that is no blank.

#![no_main]

use dialect::{Options, QuotedIdentifiers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, options)) = dialect_fuzz::text_and_options(data) else { return };
    for quoted_identifiers in
        [QuotedIdentifiers::None, QuotedIdentifiers::Column, QuotedIdentifiers::Standard]
    {
        let options = Options { quoted_identifiers, ..options };
        let mut end = 0;
        for piece in options.split(&text) {
            dialect_fuzz::check_span(&text, piece.span);
            assert_eq!(text.get(piece.span.range()), Some(piece.text));
            assert!(end <= piece.span.start && piece.span.start < piece.span.end);
            end = piece.span.end;
        }
    }
});
