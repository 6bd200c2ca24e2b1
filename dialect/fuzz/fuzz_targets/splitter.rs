//! A script gives the same whether it is parsed whole or piece by piece, and variables are replaced
//! without harm.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, options)) = dialect_fuzz::text_and_options(data) else { return };
    let whole = options.parse(&text);
    let (mut statements, mut errors) = (Vec::new(), Vec::new());
    for piece in options.split(&text) {
        match options.parse_statement(piece.text) {
            Ok(statement) => statements.push(statement),
            Err(problems) => errors.extend(problems),
        }
        let lookup = |_: &str, name: &str| (name.len() < 3).then(|| format!("{name}${{long}}'"));
        if let Err(problems) = piece.parse(&lookup) {
            for problem in problems {
                dialect_fuzz::check_span(&text, problem.span);
            }
        }
    }
    assert_eq!(statements, whole.statements);
    assert_eq!(errors.len(), whole.errors.len(), "{errors:?}\n{:?}", whole.errors);
    for (alone, within) in errors.iter().zip(&whole.errors) {
        assert_eq!(alone.message, within.message);
        assert_eq!(alone.hint, within.hint);
    }
});
