//! The mock's outbox. It is a control route of the target, so a case asks for it, and this file reads the answer.

use serde_json::Value;

use super::letter::Letter;

/// The messages of an outbox to one recipient; none where the answer is no outbox.
pub(crate) fn letters(outbox: &Value, to: &str) -> Option<Vec<Letter>> {
    let sent = outbox["messages"].as_array()?;
    // A server that does not know the filter answers everything.
    let is_to = |message: &Value| message["to"].as_str().is_none_or(|of| of.eq_ignore_ascii_case(to));
    let letter = |(place, message): (usize, &Value)| {
        let text = |field: &str| message[field].as_str().map(str::to_owned);
        // The place tells two messages with the same text apart where there are no ids.
        let id = if message["id"].is_null() { format!("place {place}") } else { message["id"].to_string() };
        Letter { id: Some(id), text: text("text").unwrap_or_default(), link: text("link"), code: text("code") }
    };
    Some(sent.iter().enumerate().filter(|(_, message)| is_to(message)).map(letter).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_with_the_same_text_are_told_apart() {
        let message = |id: Value, to: &str| json!({ "id": id, "to": to, "text": "Confirm", "link": "http://x/1" });
        let outbox = |ids: [Value; 3]| {
            let [first, second, third] = ids;
            let (to, other) = ("a@example.com", "b@example.com");
            json!({ "messages": [message(first, to), message(second, other), message(third, "A@example.com")] })
        };
        for ids in [[json!(1), json!(2), json!(3)], [Value::Null, Value::Null, Value::Null]] {
            let letters = letters(&outbox(ids), "a@example.com").expect("an outbox");
            assert_eq!((letters.len(), letters[0].link.as_deref()), (2, Some("http://x/1")));
            assert_ne!(letters[0].id, letters[1].id);
        }
        assert_eq!(letters(&json!({ "error": "Not found" }), "a@example.com"), None);
    }
}
