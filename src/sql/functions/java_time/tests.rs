use chrono_tz::Tz;

use super::super::Formatter;
use super::super::civil::{parse_timestamp, write_timestamp};
use super::Pattern;

fn format(time: &str, pattern: &str, formatter: Formatter, zone: Tz) -> String {
    let pattern = match Pattern::new(pattern, formatter) {
        Ok(pattern) => pattern,
        Err(e) => return format!("error: {e}"),
    };
    let local = parse_timestamp(time).unwrap();
    let mut out = String::new();
    match pattern.write(local, super::super::cast::instant(local, zone), zone, &mut out) {
        Some(()) => out,
        None => "NULL".to_owned(),
    }
}

#[test]
fn writes_as_java_does() {
    for (pattern, text) in [
        ("yyyy/MM/dd", "2015/04/08"),
        ("HH:mm:ss.SSS", "13:30:45.123"),
        ("SSSSSSSSS", "123456000"),
        ("E EEEE MMM MMMM y yy Y D d", "Wed Wednesday Apr April 2015 15 2015 98 8"),
        ("a h K k H m s", "PM 1 1 13 13 30 45"),
        ("u e c w W F Q q", "2015 4 4 15 2 1 2 2"),
        ("EEEEE MMMMM LLLLL LLL QQQ QQQQ", "W A A Apr Q2 2nd quarter"),
        ("G GGGG", "AD Anno Domini"),
        ("z Z ZZZZZ X XXX x xxx VV O", "UTC +0000 Z Z Z +00 +00:00 UTC GMT"),
        ("yyyy'T'HH''mm 'o''clock'", "2015T13'30 o'clock"),
        ("DDD yyyyMMddHH", "098 2015040813"),
        ("A n", "48645123 123456000"),
        ("'open", "error: a quote has no end"),
        ("b", "error: the letter b has no meaning in a date pattern; quote it"),
        ("HHH", "error: the letter H cannot be repeated 3 times in a date pattern"),
        ("yyyy#", "error: '#' has no meaning in a date pattern; quote it"),
        ("", ""),
    ] {
        let found = format("2015-04-08 13:30:45.123456", pattern, Formatter::DateTime, Tz::UTC);
        assert_eq!(found, text, "{pattern}");
    }
    for (pattern, text) in [("u S SSSSS yy", "3 123 00123 15"), ("yyyy#", "2015#")] {
        let found = format("2015-04-08 13:30:45.123456", pattern, Formatter::Simple, Tz::UTC);
        assert_eq!(found, text, "{pattern}");
    }
    let berlin = |time, pattern| format(time, pattern, Formatter::DateTime, Tz::Europe__Berlin);
    assert_eq!(berlin("2015-04-08 13:30:45", "z Z XXX VV"), "CEST +0200 +02:00 Europe/Berlin");
    assert_eq!(berlin("2015-12-31 13:30:45", "YYYY-ww x O"), "2016-01 +01 GMT+01:00");
    assert_eq!(berlin("0015-04-08", "yyyy yyy yy y"), "0015 015 15 15");
}

#[test]
fn reads_as_java_does() {
    let read = |text: &str, pattern: &str, formatter| {
        let pattern = Pattern::new(pattern, formatter).unwrap();
        let mut out = String::new();
        match pattern.parse(text, Tz::UTC) {
            Some(micros) => write_timestamp(micros, &mut out),
            None => out.push_str("NULL"),
        }
        out
    };
    for (text, pattern, result) in [
        ("2009-03-20", "yyyy-MM-dd", "2009-03-20 00:00:00"),
        ("2009-03-20 11:30:01", "yyyy-MM-dd", "NULL"),
        ("2009-3-2", "yyyy-MM-dd", "NULL"),
        ("2009-3-2", "yyyy-M-d", "2009-03-02 00:00:00"),
        ("20090302", "yyyyMMdd", "2009-03-02 00:00:00"),
        ("20090302111213", "yyyyMMddHHmmss", "2009-03-02 11:12:13"),
        ("20090302 11", "yyyyMMdd HH", "2009-03-02 11:00:00"),
        ("02/mar/2009:11:12:13", "dd/MMM/yyyy:HH:mm:ss", "2009-03-02 11:12:13"),
        ("02/Mar/2009:11:12:13 +0100", "dd/MMM/yyyy:HH:mm:ss Z", "2009-03-02 10:12:13"),
        ("2009-03-02T11:12:13Z", "yyyy-MM-dd'T'HH:mm:ssX", "2009-03-02 11:12:13"),
        ("2009-03-02T11:12:13.123Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "2009-03-02 11:12:13.123"),
        ("2009-03-02 11:12 Europe/Berlin", "yyyy-MM-dd HH:mm VV", "2009-03-02 10:12:00"),
        ("2009-02-30", "yyyy-MM-dd", "2009-02-28 00:00:00"),
        ("2009-02-32", "yyyy-MM-dd", "NULL"),
        ("2009-061", "yyyy-DDD", "2009-03-02 00:00:00"),
        ("2009", "yyyy", "NULL"),
        ("11:12", "HH:mm", "NULL"),
        ("2009-03-02 11:12 PM", "yyyy-MM-dd hh:mm a", "2009-03-02 23:12:00"),
        ("Mon, 2 March 2009", "EEE, d MMMM yyyy", "2009-03-02 00:00:00"),
        ("09-03-02", "yy-MM-dd", "2009-03-02 00:00:00"),
        ("xyz", "yyyy", "NULL"),
        ("", "yyyy", "NULL"),
        ("é", "MMM", "NULL"),
    ] {
        assert_eq!(read(text, pattern, Formatter::DateTime), result, "{text} {pattern}");
    }
    for (text, pattern, result) in [
        ("2009-03-20 11:30:01", "yyyy-MM-dd", "2009-03-20 00:00:00"),
        ("2009-3-2", "yyyy-MM-dd", "2009-03-02 00:00:00"),
        ("2009-02-30", "yyyy-MM-dd", "2009-03-02 00:00:00"),
        ("2009", "yyyy", "2009-01-01 00:00:00"),
        ("20090302", "yyyyMMdd", "2009-03-02 00:00:00"),
    ] {
        assert_eq!(read(text, pattern, Formatter::Simple), result, "{text} {pattern}");
    }
}
