//! Addresses in a Hadoop configuration file such as `hive-site.xml`. Pure.
//!
//! Source: Hadoop `Configuration`: `<property><name>..</name><value>..</value></property>`, the last one of a name counts.

/// Names of the property that lists a metastore's addresses, the stronger one first.
pub const URI_KEYS: [&str; 2] = ["metastore.thrift.uris", "hive.metastore.uris"];

/// Finds the value of a property; comments do not count.
pub fn property(text: &str, key: &str) -> Option<String> {
    let text = without_comments(text);
    let mut found = None;
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("<property>") {
        let (inside, next) = after.split_once("</property>").unwrap_or((after, ""));
        if element(inside, "name").is_some_and(|name| name.trim() == key) {
            found = element(inside, "value");
        }
        rest = next;
    }
    found
}

/// Lists the metastore's addresses that a file names; none if it names none.
pub fn uris(text: &str) -> Vec<String> {
    let value =
        URI_KEYS.iter().filter_map(|key| property(text, key)).find(|v| !v.trim().is_empty());
    let uris = value.unwrap_or_default();
    uris.split(',').map(str::trim).filter(|uri| !uri.is_empty()).map(str::to_owned).collect()
}

fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        plain.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain
}

fn element(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = after.split_once(&format!("</{name}>"))?;
    let value = value.trim();
    let value =
        value.strip_prefix("<![CDATA[").and_then(|v| v.strip_suffix("]]>")).unwrap_or(value);
    let plain = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(plain.replace("&apos;", "'").replace("&amp;", "&"))
}
