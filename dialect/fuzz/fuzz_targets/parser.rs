//! Any text is parsed or refused, and every complaint can be drawn.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((text, options)) = dialect_fuzz::text_and_options(data) else { return };
    let parsed = options.parse(&text);
    for statement in &parsed.statements {
        dialect_fuzz::check_span(&text, statement.span);
        assert!(!statement.syntax_tree_dump().is_empty());
    }
    for problem in &parsed.errors {
        dialect_fuzz::check_span(&text, problem.span);
        assert!(!problem.message.is_empty());
        assert!(dialect::render(problem, &text, "a.sql").contains('^'));
    }
});
