//! What is printed parses to an equal statement with an equal syntax tree, and prints the same.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, options)) = dialect_fuzz::text_and_options(data) else { return };
    for statement in options.parse(&text).statements {
        let printed = statement.to_string();
        let again = match options.parse_statement(&printed) {
            Ok(again) => again,
            Err(problems) => panic!("{printed}\n{problems:?}"),
        };
        assert_eq!(again, statement, "{printed}");
        assert_eq!(again.syntax_tree(), statement.syntax_tree(), "{printed}");
        assert_eq!(again.to_string(), printed);
    }
});
